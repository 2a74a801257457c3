/**
 * Cuts text into the pieces that tokens never cross: a word with the space before it, a digit (or a run of digits), a run
 * of signs, white space. It is the split of GPT-2 (`runs`) and of SmolLM and StarCoder (`single`), which other engines know
 * by name, written as a scanner: linear in the length of the text whatever the text is.
 */
export type DigitSplit = 'single' | 'runs';

/** The same split as the regular expression that `tokenizer.json` holds; `\s` there is Unicode's White_Space. */
export const SPLIT_PATTERNS: Readonly<Record<DigitSplit, string>> = {
  single: "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+|\\s+(?![^\\s\\p{N}])|\\s+",
  runs: "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
};

const UNKNOWN = 0;
const LETTER = 1;
const DIGIT = 2;
const SPACE = 3;
const SIGN = 4; // everything else, marks and lone surrogates included

const APOSTROPHE = 0x27;

/** Class of every code unit met so far; the pairs of the higher planes are looked up each time. */
const classes = new Uint8Array(0x10000);

function classify(codePoint: number): number {
  const character = String.fromCodePoint(codePoint);
  if (/\p{L}/u.test(character)) return LETTER;
  if (/\p{N}/u.test(character)) return DIGIT;
  return /\p{White_Space}/u.test(character) ? SPACE : SIGN;
}

function classAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  const known = classes[unit] as number;
  if (known !== UNKNOWN) return known;
  const codePoint = text.codePointAt(at) as number;
  if (codePoint > 0xffff) return classify(codePoint);
  const found = classify(codePoint);
  // a surrogate alone is a sign, but its class must not be remembered: it may be half of a letter next time
  if (unit < 0xd800 || unit > 0xdfff) classes[unit] = found;
  return found;
}

/** Code units of the character at a place: 2 for a surrogate pair. */
function widthAt(text: string, at: number): number {
  return (text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.codePointAt(at) as number) > 0xffff ? 2 : 1;
}

function endOfRun(text: string, from: number, kind: number): number {
  let at = from;
  while (at < text.length && classAt(text, at) === kind) at += widthAt(text, at);
  return at;
}

/** Length of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` at a place; 0 when there is none. */
function contraction(text: string, at: number): number {
  switch (text[at + 1]) {
    case 's':
    case 't':
    case 'm':
    case 'd':
      return 2;
    case 'r':
    case 'v':
      return text[at + 2] === 'e' ? 3 : 0;
    case 'l':
      return text[at + 2] === 'l' ? 3 : 0;
    default:
      return 0;
  }
}

/** Where the piece that starts at `from` ends. */
function endOfPiece(text: string, from: number, digits: DigitSplit): number {
  const kind = classAt(text, from);
  if (kind === SPACE) return endOfSpace(text, from, digits);
  if (kind === DIGIT && digits === 'single') return from + widthAt(text, from);
  if (text.charCodeAt(from) === APOSTROPHE) {
    const length = contraction(text, from);
    if (length > 0) return from + length;
  }
  return endOfRun(text, from, kind);
}

/** A space goes with the word behind it; other white space before a word stands in front of its last character. */
function endOfSpace(text: string, from: number, digits: DigitSplit): number {
  const end = endOfRun(text, from, SPACE);
  if (end === text.length) return end;
  const following = classAt(text, end);
  if (following === DIGIT && digits === 'single') return end;
  if (end - from > 1) return end - 1;
  return text[from] === ' ' ? endOfRun(text, end, following) : end;
}

/** Calls `visit` with the start and end of each piece of a text, in order and without gaps. */
export function splitPieces(
  text: string,
  digits: DigitSplit,
  visit: (start: number, end: number) => void,
): void {
  for (let start = 0; start < text.length; ) {
    const end = endOfPiece(text, start, digits);
    visit(start, end);
    start = end;
  }
}
