import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { canonicalAnswer, EXTRACTION_CHARACTERS, extractAnswer } from './answer.ts';
import type { AnswerKind } from './problem.ts';

const number = { answerKind: 'number' } as const;
const math = { answerKind: 'math' } as const;
const text = { answerKind: 'text' } as const;
const expression = { answerKind: 'expression' } as const;
const choice = {
  answerKind: 'choice',
  choices: [
    { label: 'A', text: 'a red brick' },
    { label: 'B', text: '-5' },
    { label: 'C', text: '5' },
    { label: 'D', text: 'the moon' },
  ],
} as const;

function table(
  question: Parameters<typeof extractAnswer>[1],
  rows: readonly (readonly [string, string | null])[],
) {
  for (const [given, wanted] of rows)
    assert.equal(extractAnswer(given, question), wanted, given.slice(0, 100));
}

describe('extractAnswer', () => {
  it('looks only behind the reasoning', () => {
    table(number, [
      ['<think>The answer is 7.</think>The answer is 8.', '8'],
      ['<think>maybe 7</think>I meant 9. <think>\\boxed{3}', '9'],
      ['<think>The answer is 7.', null],
      ['The answer is 7.</think>\n', null],
      ['<think>a</think> 1 </reasoning> so 2', '2'],
    ]);
  });

  it('drops turns that the model invented', () => {
    table(number, [
      ['It is 12. <|im_start|>user What is 3 + 4?', '12'],
      ['<|im_start|>The answer is 5<|im_end|> 6', '5'],
    ]);
  });

  it('reads JSON, also cut short and badly escaped', () => {
    table(number, [
      ['{"reasoning": "3 + 4 = 8, no, 7", "answer": "7"}', '7'],
      ['```json\n{"answer": "$1,234", "reasoning": "then 9"}\n```', '$1,234'],
      ['{"reasoning": "so \\( x = 3 \\)", "answer": 42}', '42'],
      ['{"reasoning": "…", "answer": "18 dollars', '18 dollars'],
      ['{"answer": "5", "answer": "6"}', '6'],
      ['{"reasoning": "20 of them", "answer": ""}', null],
      ['{"reasoning": "20 of them", "answer": null}', null],
      ['{"answer": "Tom has 4 left of 16"}', '16'],
    ]);
    table(math, [
      ['{"answer": "\\frac{1}{2}"}', '\\frac{1}{2}'],
      ['{"answer": "\\\\frac{1}{2}"}', '\\frac{1}{2}'],
    ]);
    table(text, [
      ['{"answer": "the \\"Big\\" one", "x": 1}', 'the "Big" one'],
      ["{'final_answer': 'Paris'}", 'Paris'],
    ]);
  });

  it('prefers the last balanced box, then ####, then the phrase', () => {
    table(number, [
      ['\\boxed{3} and later \\boxed{4}. The answer is 5.', '4'],
      ['\\boxed{\\frac{1}{2}}', '\\frac{1}{2}'],
      ['First \\boxed{3}, then \\boxed{4', '3'],
      ['\\boxed 42', '42'],
      ['12 apples\n#### 14', '14'],
      ['#### Step 2\nThe answer is 6', '6'],
      ['The final answer is: **72**', '72'],
      ['The answer to the question is 3 + 4 = 7. There were 20.', '7'],
      ['Answer:\n\n15', '15'],
      ['I hope this answer is correct: 11 then 12', '12'],
      ['ANSWER: 8', '8'],
    ]);
  });

  it('falls back to the last number', () => {
    table(number, [
      ['3 and 4 make 7.', '7'],
      ['It costs $9 500.', '$9 500'],
      ['864 - 900 = -36 beans', '-36'],
      ['from 70-50', '50'],
      ['a total of 14{,}916', '14{,}916'],
      ['no number', null],
      ['', null],
    ]);
  });

  it('reads formulas', () => {
    table(math, [
      ['Therefore $x > 5$ is the solution.', 'x > 5'],
      ['\\[ x = 2 \\]', '\\[ x = 2 \\]'],
      ['The roots are $1$ and $2$.', '1, 2'],
      ['\\boxed{1} and \\boxed{2}', '1, 2'],
      ['\\boxed{1} is not, hence it is not there \\boxed{2}', '2'],
      ['For each $n$ there are 12 sequences.', '12'],
      ['costs $5 and not $10', '$10'],
      ['\\frac{1}{3} \\text{ meters}', '\\frac{1}{3} \\text{ meters}'],
      [
        'We get $$\\frac{a}{b}.$$ Final Answer: The final answer is $\\frac{a}{b}$. I hope it is correct.',
        '$\\frac{a}{b}$',
      ],
    ]);
  });

  it('reads choices by letter or by text', () => {
    table(choice, [
      ['The answer is (B).', 'B'],
      ['b', 'B'],
      ['**C**', 'C'],
      ['Answer: D) the moon', 'D'],
      ['A is wrong. I choose option D', 'D'],
      ['A dog ran away.', null],
      ['It must be the moon.', 'D'],
      ['-5', 'B'],
      ['5', 'C'],
      ['The answer is 5.0', 'C'],
      ['a red brick on the moon', null],
      ['\\boxed{\\text{(D)}}', 'D'],
    ]);
  });

  it('reads the last arithmetic line', () => {
    table(expression, [
      ['10 - 4 = 6 (left: 5 6 6)\nAnswer: (10 - 4) * 5 - 6 = 24', '(10 - 4) * 5 - 6'],
      ['(1 + 2) × 8 = 24', '(1 + 2) × 8'],
      ['1 + 2 = 3\n3 * 8 = 24', '3 * 8'],
      ['Steps: 5 * 4 = 20\nAnswer: None', null],
      ['\\boxed{6 \\times (5 - 1) = 24}', '6 \\times (5 - 1)'],
      ['- (4 + 2) * 4', '(4 + 2) * 4'],
      ['no idea', null],
    ]);
  });

  it('reads short texts', () => {
    table(text, [
      ['The answer is Paris. It lies in France.', 'Paris'],
      ['So the answer is J. K. Rowling.', 'J. K. Rowling'],
      ['Some thoughts.\n"Paris"', 'Paris'],
      [`Some ${'long '.repeat(60)}line`, null],
    ]);
    assert.equal(extractAnswer('Answer: yes', {}), 'yes', 'without a kind an answer is text');
  });

  it('gives a short answer or null for whatever a model writes', () => {
    const kinds: AnswerKind[] = ['number', 'math', 'choice', 'expression', 'text'];
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom(
        '\\boxed{',
        '}',
        '{"answer": "',
        '####',
        'answer is ',
        '$',
        '\\(',
        '\\)',
        '<think>',
        '</think>',
        '12',
        '\n',
        'A',
        '\\frac',
        '=',
        '(',
        '+',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.constantFrom(...kinds), (pieces, answerKind) => {
        const asked = { ...choice, answerKind };
        const answer = extractAnswer(pieces.join(''), asked);
        if (answer === null) return;
        assert.ok(answer.length > 0 && answer.length <= 4000);
        assert.equal(typeof canonicalAnswer(answer, asked), 'string');
      }),
      { numRuns: 1000, seed: 7 },
    );
  });

  it('copes with a megabyte of anything', () => {
    const bait = [
      '(',
      '{',
      '\\boxed{',
      '$',
      '\\(',
      'answer is ',
      '"answer": ',
      '####',
      '1,',
      'İ',
      '\\frac{',
      '<think>',
      '((1+',
    ];
    for (const piece of bait)
      for (const asked of [number, math, choice, expression, text])
        extractAnswer(piece.repeat(EXTRACTION_CHARACTERS / piece.length + 1), asked);
  });
});
