import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Question } from '../core/problem.ts';
import type { Solution } from '../core/solution.ts';
import { solve } from '../core/solve.ts';
import { scripted } from '../models/scripted.ts';
import { direct } from './direct.ts';
import { selfRefine } from './self-refine.ts';

const question: Question = { id: 'q', messages: [{ role: 'user', text: 'How many?' }], answerKind: 'number' };
const first = direct({ model: scripted({ answer: () => 'The answer is 1' }) });

/** A critic that always finds a mistake and rewrites to 2; readers prefer the solution with this answer. */
const model = (preferred: string) =>
  scripted({
    answer: ({ messages }) => {
      const text = messages.at(-1)?.text ?? '';
      if (text.includes('Which is right'))
        return text.indexOf(`answer is ${preferred}`) < text.indexOf('Solution 2') ? '1' : '2';
      return text.includes('corrected solution') ? 'The answer is 2' : 'The sum is wrong.';
    },
  });

const checking = (right: string) => ({
  name: 'check',
  verify: async (_question: Question, { answer }: Solution) => ({
    score: answer === right ? 1 : 0,
    note: 'off by one',
  }),
});

test('a revision stands when the external check failed the old answer', async () => {
  const { solution } = await solve(
    selfRefine({ model: model('2'), method: first, verifier: checking('2') }),
    question,
  );
  assert.deepEqual([solution.answer, solution.details], ['2', { revisions: 1 }]);
});

test('an answer that passes the check is not touched, and costs nothing more', async () => {
  const { solution, usage } = await solve(
    selfRefine({ model: model('2'), method: first, verifier: checking('1') }),
    question,
  );
  assert.deepEqual([solution.answer, usage.calls], ['1', 1]);
});

test('a revision that the check does not prefer is dropped', async () => {
  const { solution } = await solve(
    selfRefine({ model: model('2'), method: first, verifier: checking('3') }),
    question,
  );
  assert.equal(solution.answer, '1');
});

test('without a check most votes decide', async () => {
  assert.equal(
    (await solve(selfRefine({ model: model('2'), method: first }), question)).solution.answer,
    '2',
  );
  assert.equal(
    (await solve(selfRefine({ model: model('1'), method: first }), question)).solution.answer,
    '1',
  );
});

test('a critic that finds no mistake ends it', async () => {
  const content = scripted({ answer: () => 'There is no mistake.' });
  const { solution, usage } = await solve(selfRefine({ model: content, method: first }), question);
  assert.deepEqual([solution.answer, usage.calls], ['1', 2]);
});
