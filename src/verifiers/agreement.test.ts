import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError } from '../core/errors.ts';
import type { Method } from '../core/method.ts';
import type { Question } from '../core/problem.ts';
import { seeded } from '../core/random.ts';
import { startRun } from '../core/run.ts';
import { agreement } from './agreement.ts';

const question: Question = { id: 'q', messages: [{ role: 'user', text: '3 + 4?' }], answerKind: 'number' };
const answering = (answer?: string): Method => ({
  name: `says ${answer}`,
  solve: async () => ({ steps: [], complete: true, ...(answer !== undefined && { answer }) }),
});

test('the score is the share of other answers that agree, whatever their form', async () => {
  for (const [others, score] of [
    [['7.0', '7'], 1],
    [['7', '8'], 0.5],
    [['8'], 0],
    [['7', undefined], 1],
    [[undefined], 0],
  ] as const) {
    const verifier = agreement({ methods: others.map(answering) });
    const { signal } = new AbortController();
    const verdict = await startRun(
      { signal, limits: {}, random: seeded(0), record: () => {}, label: 'test' },
      (run) => verifier.verify(question, { steps: [], answer: '7', complete: true }, run),
    );
    assert.equal(verdict.score, score);
  }
  assert.throws(() => agreement({ methods: [] }), InputError);
});
