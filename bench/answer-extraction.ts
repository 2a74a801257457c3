/**
 * What extraction costs on hostile text: repeated fragments from a thousand to a million characters (time per doubling
 * stays near 2 when it is linear), and texts made of random fragments.
 *
 *   node bench/answer-extraction.ts [--json]
 */
import { canonicalAnswer, extractAnswer } from '../src/core/answer.ts';
import type { AnswerKind } from '../src/core/problem.ts';
import { seeded } from '../src/core/random.ts';

const KINDS: readonly AnswerKind[] = ['number', 'math', 'choice', 'expression', 'text'];
const CHOICES = [
  { label: 'A', text: 'a' },
  { label: 'B', text: '1 1' },
];
const FRAGMENTS = [
  ...[
    'a',
    '1',
    '(',
    '((1+',
    '{',
    '}',
    '|',
    '&',
    '.',
    ' ',
    '\t',
    '\n',
    '-',
    '--1',
    '1/',
    '=1',
    '= ',
    '1,',
    '1.',
    '0,',
  ],
  ...[
    '\\boxed{',
    '\\boxed{1}',
    '\\boxed ',
    '####',
    '#### 1\n',
    'answer',
    'answer is',
    'answer: ',
    'The answer is ',
  ],
  ...['"answer":', '"answer": "', "'answer' : ", '“answer”:', 'answer (', 'answer to ', 'answer is **'],
  ...[
    '</think>',
    '<think>',
    '<|im_end|>',
    '$',
    '$ ',
    '$5 and ',
    '\\(',
    '\\[',
    '\\\\',
    '\\$',
    '\\frac{',
    '\\text{a} ',
  ],
  ...[
    '^{',
    '_{',
    '{,}',
    '1{,}',
    '1 000 ',
    '1,000',
    '*',
    '**A**',
    '(A) ',
    'A ',
    'A.',
    'option A ',
    '. A',
    'word. ',
  ],
  ...[
    'é',
    '😀',
    '\u0000',
    'İ',
    '1e5',
    '\\left(',
    '\\begin{matrix}',
    'Answer: (1+2)*',
    '× ',
    '1+',
    'if ',
    'aaaa ',
  ],
];
const SIZES = [2 ** 10, 2 ** 13, 2 ** 17, 2 ** 20] as const;
const FUZZED = 50_000;

function extract(text: string, answerKind: AnswerKind): number {
  const question = { answerKind, choices: CHOICES };
  const start = performance.now();
  const answer = extractAnswer(text, question);
  if (answer !== null) canonicalAnswer(answer, question);
  return performance.now() - start;
}

const longest: { milliseconds: number; fragment: string; kind: AnswerKind }[] = [];
const totals = SIZES.map(() => 0);
for (const fragment of FRAGMENTS)
  for (const kind of KINDS)
    for (const [index, size] of SIZES.entries()) {
      const text = fragment.repeat(Math.ceil(size / fragment.length));
      extract(text.slice(0, 2000), kind); // warms the patterns up
      const milliseconds = extract(text, kind);
      totals[index] = (totals[index] as number) + milliseconds;
      if (size === SIZES.at(-1)) longest.push({ milliseconds, fragment, kind });
    }
longest.sort((a, b) => b.milliseconds - a.milliseconds);

let crashes = 0;
let answers = 0;
const random = seeded('extraction fuzz');
for (let text = 0; text < FUZZED; text++) {
  const pieces = Array.from(
    { length: 1 + random.integer(40) },
    () => FRAGMENTS[random.integer(FRAGMENTS.length)],
  );
  const answerKind = KINDS[random.integer(KINDS.length)] as AnswerKind;
  try {
    const question = { answerKind, choices: CHOICES };
    const answer = extractAnswer(pieces.join(''), question);
    if (answer !== null && canonicalAnswer(answer, question) !== undefined) answers++;
  } catch {
    crashes++; // counted and printed; the bench fails below
  }
}

const growth = totals.slice(1).map((total, index) => {
  const doublings = Math.log2((SIZES[index + 1] as number) / (SIZES[index] as number));
  return (total / (totals[index] as number)) ** (1 / doublings);
});
const result = {
  texts: FRAGMENTS.length * KINDS.length,
  totals: Object.fromEntries(SIZES.map((size, index) => [size, totals[index]])),
  growthPerDoubling: growth,
  longestAtOneMillion: longest.slice(0, 3),
  fuzzed: { n: FUZZED, answers, crashes },
};
if (process.argv.includes('--json')) console.log(JSON.stringify(result, null, 2));
else {
  console.log(`${result.texts} hostile texts of each size`);
  for (const [index, size] of SIZES.entries())
    console.log(
      `${String(size).padStart(8)} characters  ${(totals[index] as number).toFixed(0).padStart(6)} ms in all${index > 0 ? `, × ${(growth[index - 1] as number).toFixed(2)} per doubling` : ''}`,
    );
  for (const { milliseconds, fragment, kind } of result.longestAtOneMillion)
    console.log(`longest: ${milliseconds.toFixed(0)} ms, ${kind}, ${JSON.stringify(fragment)}`);
  console.log(`${FUZZED} random texts: ${crashes} crashes, ${answers} answers`);
}
if (crashes > 0) process.exitCode = 1;
