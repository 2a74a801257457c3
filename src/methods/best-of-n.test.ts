import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Question } from '../core/problem.ts';
import type { Solution } from '../core/solution.ts';
import { solve } from '../core/solve.ts';
import type { Verdict } from '../core/verifier.ts';
import { scripted } from '../models/scripted.ts';
import type { Selection, StepAggregate } from './best-of-n.ts';
import { bestOfN } from './best-of-n.ts';
import { chainOfThought } from './chain-of-thought.ts';

const question: Question = { id: 'q', messages: [{ role: 'user', text: 'Pick.' }], answerKind: 'number' };

async function pick(
  answers: readonly string[],
  verdicts: Readonly<Record<string, Verdict>>,
  select: Selection,
  aggregate: StepAggregate = 'score',
) {
  const model = scripted({ answer: ({ index = 0 }) => `The answer is ${answers[index]}` });
  const verifier = {
    name: 'v',
    verify: async (_question: Question, { answer = '' }: Solution) => verdicts[answer] ?? { score: 0 },
  };
  const method = bestOfN({
    method: chainOfThought({ model }),
    verifier,
    samples: answers.length,
    select,
    aggregate,
  });
  return (await solve(method, question)).solution;
}

test('max keeps the best score, the earliest among equals', async () => {
  const scores = { 1: { score: 0.3 }, 2: { score: 0.8 }, 3: { score: 0.8 } };
  const solution = await pick(['1', '2', '3', '1'], scores, 'max');
  assert.deepEqual([solution.answer, solution.confidence], ['2', 0.8]);
});

test('majority ignores the scores, weighted adds them up', async () => {
  const scores = { 1: { score: 0.2 }, 2: { score: 0.9 } };
  assert.equal((await pick(['1', '2', '1', '1'], scores, 'majority')).answer, '1');
  assert.equal((await pick(['1', '2', '1', '1'], scores, 'weighted')).answer, '2'); // 0.6 against 0.9
});

test('step scores aggregate by last, minimum and product', async () => {
  const scores = { 1: { score: 0.5, steps: [0.9, 0.9, 0.2] }, 2: { score: 0.4, steps: [0.3, 0.9, 0.8] } };
  assert.equal((await pick(['1', '2'], scores, 'max', 'last')).answer, '2');
  assert.equal((await pick(['1', '2'], scores, 'max', 'min')).answer, '2');
  assert.equal((await pick(['1', '2'], scores, 'max', 'product')).confidence?.toFixed(3), '0.216');
  assert.equal((await pick(['1', '2'], scores, 'max', 'score')).answer, '1');
});
