import { ANSWER_CHARACTERS } from './canonical.ts';
import type { AnswerKind } from './problem.ts';

/** Announcements of each sort that are looked at, from the end: a text with more is repeating itself. */
const ANNOUNCEMENTS = 16;

/** A place where the final answer is announced. */
export interface AnswerRegion {
  readonly text: string;
  /** An answer the model wrote in prose ends with its sentence; in a field or a box it may have several. */
  readonly prose: boolean;
  /** When nothing can be read here, there is no answer at all. */
  readonly decides: boolean;
}

/** The places where a text announces its final answer: JSON field, box, `####`, phrase; best first. */
export function* answerRegions(text: string, kind: AnswerKind): Generator<AnswerRegion> {
  const field = jsonAnswer(text);
  if (field !== undefined) yield { text: field, prose: false, decides: true };
  const box = boxed(text, kind === 'math');
  if (box !== undefined) yield { text: box, prose: false, decides: false };
  const marked = afterMarker(text);
  if (marked !== undefined) yield { text: marked, prose: true, decides: false };
  for (const start of lastIndexes(text, ANSWER)) {
    const region = announced(text, start);
    if (region !== undefined) yield { text: region, prose: true, decides: kind === 'expression' };
  }
}

const ANSWER = ['answer', 'Answer', 'ANSWER'];
const BOXED = ['boxed'];

/** Where one of some words occurs, from the end. */
function* lastIndexes(text: string, words: readonly string[]): Generator<number> {
  let from = text.length;
  for (let count = 0; count < ANNOUNCEMENTS && from >= 0; count++) {
    const start = from;
    from = Math.max(...words.map((word) => text.lastIndexOf(word, start)));
    if (from < 0) return;
    yield from;
    from -= 1;
  }
}

/** The value of the last `"answer":` of a JSON text, which may be cut short or badly escaped. */
function jsonAnswer(text: string): string | undefined {
  for (const start of lastIndexes(text, ANSWER)) {
    const key = /["'“](?:final[_ ]?)?answer["'”]\s{0,20}:\s{0,20}/iy;
    for (const before of [1, 6, 7]) {
      key.lastIndex = start - before;
      const match = start >= before ? key.exec(text) : null;
      if (match) return jsonValue(text.slice(key.lastIndex, key.lastIndex + ANSWER_CHARACTERS));
    }
  }
  return undefined;
}

function jsonValue(rest: string): string {
  const quote = rest[0];
  if (quote !== '"' && quote !== "'") return (/^[^,}\n]*/.exec(rest)?.[0] ?? '').replace(/^\s*null\s*$/, '');
  for (let index = 1; index < rest.length; index++) {
    if (rest[index] === '\\') index++;
    else if (rest[index] === quote && /^.\s*(?:[,}\]]|$)/.test(rest.slice(index, index + 20)))
      return withoutEscapes(rest.slice(1, index));
  }
  return withoutEscapes(rest.slice(1));
}

/** Undoes the escapes that cannot be LaTeX; `\frac` and `\text` are left alone however they were escaped. */
function withoutEscapes(value: string): string {
  return value.replace(/\\(["'/]|\\|n(?![a-z]))/g, (_, escaped: string) =>
    escaped === 'n' ? '\n' : escaped,
  );
}

/** The content of the last `\boxed{}`. With `list`, boxes joined by a conjunction are one answer: '1, 2'. */
function boxed(text: string, list: boolean): string | undefined {
  let found: { readonly content: string; readonly start: number } | undefined;
  for (const start of lastIndexes(text, BOXED)) {
    const command = text.slice(Math.max(0, start - 2), start).lastIndexOf('\\');
    if (command < 0) continue;
    const box = boxAt(text, start + 'boxed'.length);
    if (!box) continue;
    if (!found) found = { content: box.content, start };
    else if (list && joins(text.slice(box.end, found.start)))
      found = { content: `${box.content}, ${found.content}`, start };
    else break;
    if (!list) break;
  }
  return found?.content;
}

function boxAt(text: string, start: number): { readonly content: string; readonly end: number } | undefined {
  const open = text.slice(start, start + 2).indexOf('{');
  if (open < 0) {
    const bare = /\s([-\w.]{1,40})/y; // '\boxed 42'
    bare.lastIndex = start;
    const match = bare.exec(text);
    return match ? { content: match[1] as string, end: bare.lastIndex } : undefined;
  }
  let depth = 0;
  const limit = Math.min(text.length, start + ANSWER_CHARACTERS);
  for (let index = start + open; index < limit; index++) {
    const character = text[index];
    if (character === '\\' && /[{}]/.test(text[index + 1] ?? '')) index++;
    else if (character === '{') depth++;
    else if (character === '}' && --depth === 0)
      return { content: text.slice(start + open + 1, index), end: index + 1 };
  }
  return undefined;
}

/** Whether the text between two boxes makes them one list: 'and', a comma, at most a word or a name around them. */
function joins(gap: string): boolean {
  if (gap.length > 60) return false;
  const plain = `${gap}boxed`
    .replace(/\\f?boxed$/, '')
    .replace(/\\(?:q?quad|text|mbox)|\\[()[\],;:! ]|[${}]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return /^(?:[a-z]+ )?(?:[,;]|,? ?(?:and|or))(?: ?\w{1,4} ?=)?$/i.test(plain);
}

/** The line after the last `####`, when it holds a value or ends the text: headings look the same. */
function afterMarker(text: string): string | undefined {
  const marker = text.lastIndexOf('####');
  if (marker < 0) return undefined;
  const line = lineAt(text, marker + 4);
  return /^\s*[-+$]?[\d.]/.test(line) || text.slice(marker + 4).trim() === line.trim() ? line : undefined;
}

const ANNOUNCEMENT =
  /answers?\b[*_"']{0,3}(?:\s(?:to|for|of|in)\b[^.:\n]{0,80}?)?(?:\s?\([^()\n]{0,40}\))?\s{0,5}(?:is|are|was|would be|should be|must be|will be|=|:)(?![\w])[*_:\s]{0,8}(?:therefore|thus|hence|simply|then)?[,:\s]{0,4}/iy;

/** What an "answer is" phrase at `start` announces; undefined when the words there announce nothing. */
function announced(text: string, start: number): string | undefined {
  ANNOUNCEMENT.lastIndex = start;
  if (!ANNOUNCEMENT.test(text)) return undefined;
  const line = lineAt(text, ANNOUNCEMENT.lastIndex);
  return /^(?:in)?correct\b|^(?:right|wrong|below|above|as follows|given by)\b/i.test(line)
    ? undefined
    : line;
}

function lineAt(text: string, start: number): string {
  const end = text.indexOf('\n', start);
  return text.slice(start, end < 0 ? undefined : end).slice(0, ANSWER_CHARACTERS);
}
