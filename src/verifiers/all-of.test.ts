import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answered, judgeAlone } from '../../test/judge-alone.ts';
import { InputError } from '../core/errors.ts';
import type { Question } from '../core/problem.ts';
import type { Verifier } from '../core/verifier.ts';
import { allOf } from './all-of.ts';

const question = { id: 'q', messages: [] };

function fixed(score: number, calls: string[] = []): Verifier<Question> {
  return {
    name: `fixed ${score}`,
    verify: async () => {
      calls.push(String(score));
      return { score, note: 'said so' };
    },
  };
}

describe('allOf', () => {
  it('combines by minimum or product', async () => {
    const verifiers = [fixed(0.5), fixed(0.8)];
    assert.equal((await judgeAlone(allOf({ verifiers }), question, answered('x'))).score, 0.5);
    assert.equal(
      (await judgeAlone(allOf({ verifiers, combine: 'product' }), question, answered('x'))).score,
      0.4,
    );
  });

  it('asks in order and stops at 0', async () => {
    const calls: string[] = [];
    const verifiers = [fixed(1, calls), fixed(0, calls), fixed(0.5, calls)];
    const verdict = await judgeAlone(allOf({ verifiers }), question, answered('x'));
    assert.deepEqual(calls, ['1', '0']);
    assert.deepEqual(verdict, { score: 0, note: 'fixed 1 1 (said so); fixed 0 0 (said so)' });
  });

  it('needs something to ask', () => {
    assert.throws(() => allOf({ verifiers: [] }), InputError);
  });
});
