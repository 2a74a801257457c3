import type { Json } from './model.ts';
import type { FoundPassage } from './retriever.ts';
import type { Solution } from './solution.ts';

/** A passage as a solution keeps it: under the number by which its text cites it. */
export interface ShownPassage {
  readonly number: number; // from 1
  readonly id: string;
  readonly title?: string;
  readonly text: string; // as far as it is kept
  readonly document?: string;
  readonly start?: number;
  readonly end?: number;
}

/** Characters of a passage that a solution keeps, and passages. */
const KEPT_CHARACTERS = 4_000;
const MOST_KEPT = 100;

/** The passages a method showed, numbered as `framePassages` numbers them, for the details of its solution. */
export function passageDetails(found: readonly FoundPassage[]): Json {
  return found.slice(0, MOST_KEPT).map(({ passage: { id, title, text, source } }, index) => ({
    number: index + 1,
    id,
    text: text.slice(0, KEPT_CHARACTERS),
    ...(title !== undefined && { title }),
    ...(source && { document: source.document, start: source.start, end: source.end }),
  }));
}

/** The passages in a solution's details; none when its method showed none. */
export function shownPassages({ details }: Solution): ShownPassage[] {
  const passages =
    typeof details === 'object' && details !== null && 'passages' in details ? details.passages : [];
  return Array.isArray(passages) ? (passages as unknown[]).filter(isShownPassage) : [];
}

function isShownPassage(value: unknown): value is ShownPassage {
  if (typeof value !== 'object' || value === null) return false;
  const { number, text } = value as { number?: unknown; text?: unknown };
  return typeof number === 'number' && typeof text === 'string';
}

/** A sentence of an answer and the passages it cites. */
export interface Claim {
  readonly text: string; // without its citations
  readonly citations: readonly number[];
}

/** Characters of a text whose claims are read. */
const READ_CHARACTERS = 50_000;
/** Claims read from one text at the most. */
const MOST_CLAIMS = 500;

/**
 * The sentences of a text with the numbers in square brackets that they cite, like [1] or [1, 3]. A citation after the full
 * stop belongs to the sentence before it. Sentences without letters or digits are left out.
 */
export function claimsIn(text: string): Claim[] {
  const claims: { text: string; citations: number[] }[] = [];
  for (const line of text.slice(0, READ_CHARACTERS).split('\n')) {
    for (const sentence of sentencesOf(line)) {
      const citations = [...sentence.matchAll(/\[(\d{1,4}(?:[,;\s]{1,3}\d{1,4}){0,20})\]/g)].flatMap(
        ([, list = '']) => list.split(/[,;\s]+/).map(Number),
      );
      const bare = sentence.replace(/\s?\[[\d,;\s]{1,100}\]/g, '').trim();
      const last = claims.at(-1);
      if (/[\p{L}\p{N}]/u.test(bare)) claims.push({ text: bare, citations: [...new Set(citations)] });
      else if (last && citations.length > 0) last.citations = [...new Set([...last.citations, ...citations])];
      if (claims.length >= MOST_CLAIMS) return claims;
    }
  }
  return claims;
}

/** A line cut after `.`, `!` or `?` that is followed by space and anything but a small letter. */
export function sentencesOf(line: string): string[] {
  const sentences: string[] = [];
  let start = 0;
  for (const match of line.matchAll(/[.!?…]["'”’)]{0,2}\s{1,8}(?![\s\p{Ll}])/gu)) {
    const before = line.slice(start, match.index);
    // an initial or a short abbreviation ends no sentence: "J. Smith", "St. Petersburg"
    if (
      match[0].startsWith('.') &&
      /(?:^|\s)(?:\p{L}|St|Mr|Mrs|Ms|Dr|Jr|Sr|Mt|No|Prof|vs)$/u.test(before.slice(-8))
    )
      continue;
    sentences.push(line.slice(start, match.index + match[0].length).trim());
    start = match.index + match[0].length;
  }
  const rest = line.slice(start).trim();
  if (rest !== '') sentences.push(rest);
  return sentences;
}
