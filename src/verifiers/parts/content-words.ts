/** Words that say nothing about the subject, and those that only connect a claim to its source. */
const EMPTY = new Set(
  (
    'the and for are was were been being has have had does did will would could should can may might must not with from into onto ' +
    'that this these those there then than thus hence therefore who whom whose which what when where while because its his her ' +
    'their our your they them she him you also both each such some any all more most very according passage passages says said ' +
    'states stated answer question'
  ).split(' '),
);
/** Longer texts are read by their beginning. */
const READ_CHARACTERS = 50_000;

/** The words that carry a text's meaning, by their stems; `exact` are those of names and numbers. */
export function contentWords(text: string): { readonly all: string[]; readonly exact: string[] } {
  const all = new Set<string>();
  const exact = new Set<string>();
  const plain = text
    .slice(0, READ_CHARACTERS)
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '');
  let begins = true; // of a sentence: its capital says nothing
  for (const [piece] of plain.matchAll(/[\p{L}\p{N}]+|[.!?\n]/gu)) {
    if (/^[.!?\n]$/.test(piece)) {
      begins = true;
      continue;
    }
    const word = piece.toLowerCase();
    const number = /\p{N}/u.test(word);
    if (number || (word.length > 2 && !EMPTY.has(word))) {
      const key = number ? word : stem(word);
      all.add(key);
      if (number || (!begins && /^\p{Lu}/u.test(piece))) exact.add(key);
    }
    begins = false;
  }
  return { all: [...all], exact: [...exact] };
}

/** Cuts the commonest endings, so that `directed`, `director` and `directs` meet. */
function stem(word: string): string {
  return word.length < 5 ? word : word.replace(/(?:ing|ed|er|or|es|s|e|ly|ion)$/, '');
}
