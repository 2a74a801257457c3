/** Characters of a text that are read for its terms: passages are shorter, and nobody types a longer query. */
export const TERM_CHARACTERS = 100_000;
/** A longer run of letters is no word: it is cut here. */
const WORD_CHARACTERS = 64;

const STOP_WORDS = new Set(
  (
    'a an and are as at be been being but by can could did do does for from had has have he her his how i if in into is it ' +
    'its me my no not of on or our she should so some such than that the their them then there these they this those to ' +
    'was we were what when where which while who whom whose why will with would you your'
  ).split(' '),
);

/**
 * The search terms of a text, in order and with repetitions: words of letters and digits, lower case, without accents,
 * stop words or a plural s (the S-stemmer of Harman 1991). Every index uses these and nothing else, so that they agree.
 */
export function terms(text: string): string[] {
  return words(text)
    .filter((word) => !STOP_WORDS.has(word))
    .map(singular);
}

/** The words of a text in lower case and without accents, stop words included. */
export function words(text: string): string[] {
  const plain = text
    .slice(0, TERM_CHARACTERS)
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/['’]s(?![\p{L}\p{N}])/gu, '')
    .replace(/n['’]t(?![\p{L}\p{N}])/gu, ' not');
  return (plain.match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => word.slice(0, WORD_CHARACTERS));
}

/** Whether a word in lower case says next to nothing about the subject of a text. */
export function isStopWord(word: string): boolean {
  return STOP_WORDS.has(word);
}

function singular(word: string): string {
  if (word.length < 4 || !word.endsWith('s')) return word;
  if (/(?:ss|us|is)$/.test(word)) return word;
  if (word.endsWith('ies') && !/(?:eies|aies)$/.test(word)) return `${word.slice(0, -3)}y`;
  return word.slice(0, -1);
}
