/** A question to begin with, and the method that shows something on it. */
export interface Example {
  readonly question: string;
  readonly method: string; // spec
}

const SUMS: readonly Example[] = [
  { question: 'What is 17 + 25 * 3?', method: 'tot' },
  { question: 'What is 48 - 6 * 7 + 15?', method: 'sc@8' },
  { question: 'What is 12 * 12 - 9 * 11?', method: 'cot' },
];

const GENERATED: readonly Example[] = [
  {
    question: 'Use the numbers 1 1 4 12 and the operations + - * / to make 47. Use each number exactly once.',
    method: 'tot',
  },
  { question: 'What is 17 + 25 * 3?', method: 'sc@8' },
  {
    question:
      'Every wug is a dax. Every dax is a fep. No fep is red. Lena is a wug. True, false or unknown: Lena is red?',
    method: 'cot',
  },
];

const OPEN: readonly Example[] = [
  { question: 'Use the numbers 4, 7, 8 and 8 once each, with + − × ÷, to make 24.', method: 'tot' },
  {
    question:
      'A bat and a ball cost $1.10 together. The bat costs a dollar more than the ball. What does the ball cost?',
    method: 'sc@8',
  },
  {
    question:
      'Three boxes are labelled apples, oranges and both, and every label is wrong. You draw one fruit from one box. Which box tells you all the contents?',
    method: 'cot',
  },
];

/** Questions that a model can be expected to make something of. */
export function examplesFor(model: string): readonly Example[] {
  if (model.startsWith('noisy-solver')) return SUMS;
  if (model.startsWith('reckon-')) return GENERATED;
  return OPEN;
}
