import { isStopWord, TERM_CHARACTERS, words } from './terms.ts';

/** Words that may stand inside a name without a capital. */
const JOINING = new Set(
  'of the de la le du von van der den del di da dos and for in at on to y al el ibn bin'.split(' '),
);
/** More joining words in a row end a name. */
const MOST_JOINING = 2;
/** Names read from one text at the most. */
const MOST_NAMES = 512;
/** Longest name, in words. */
const NAME_WORDS = 12;

/** The form under which two spellings of a name or phrase are one: its words, without a leading article. */
export function phraseKey(text: string): string {
  const found = words(text);
  const first = found[0] === 'the' || found[0] === 'a' || found[0] === 'an' ? 1 : 0;
  return found.slice(found.length > 1 ? first : 0).join(' ');
}

/** The keys of a title: as it stands, and without what a bracket at its end adds: `Brand (play)` is also `brand`. */
export function titleKeys(title: string): string[] {
  const open = title.trimEnd().endsWith(')') ? title.lastIndexOf('(') : -1;
  const keys = [phraseKey(title), ...(open > 0 ? [phraseKey(title.slice(0, open))] : [])];
  return [...new Set(keys)].filter((key) => key !== '');
}

/**
 * The names in a text, as phrase keys in the order of their first appearance: runs of capitalised words, which may hold a
 * few joining words and end in a number. Needs no model; takes the first word of a sentence for a name only when it is no
 * stop word.
 */
export function namesIn(text: string): string[] {
  const names = new Set<string>();
  let name: string[] = [];
  let joining: string[] = [];
  const flush = () => {
    const key = keyOf(name);
    if (key !== undefined && names.size < MOST_NAMES) names.add(key);
    name = [];
    joining = [];
  };
  const pieces = text
    .slice(0, TERM_CHARACTERS)
    .matchAll(/[\p{L}\p{N}][\p{L}\p{N}\p{M}'’.-]*|[^\s\p{L}\p{N}]|\n/gu);
  for (const [piece] of pieces) {
    if (!/^[\p{L}\p{N}]/u.test(piece)) {
      flush();
      continue;
    }
    const endsSentence = piece.endsWith('.') && /\p{Ll}{2}\.$/u.test(piece);
    const word = piece.replace(/['’]s$/u, '').replace(/[.'’-]+$/u, '');
    if (/^\p{Lu}/u.test(word)) {
      if (name.length > 0) name.push(...joining);
      joining = [];
      name.push(word);
    } else if (name.length > 0 && JOINING.has(word.toLowerCase()) && joining.length < MOST_JOINING)
      joining.push(word);
    else if (name.length > 0 && joining.length === 0 && /^\d{1,4}$/.test(word)) name.push(word);
    else flush();
    if (endsSentence || name.length >= NAME_WORDS) flush();
  }
  flush();
  return [...names];
}

function keyOf(name: readonly string[]): string | undefined {
  const found = words(name.join(' '));
  const start = found.findIndex((word) => !isStopWord(word));
  if (start < 0) return undefined;
  const kept = found.slice(start);
  return kept.length === 1 && (kept[0] as string).length < 3 ? undefined : kept.join(' ');
}
