import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InputError } from '../core/errors.ts';
import { ADVANTAGE_FORMS, groupAdvantages, withoutVariance } from './advantages.ts';

function close(actual: readonly number[], expected: readonly number[]): void {
  assert.equal(actual.length, expected.length);
  for (const [index, value] of actual.entries())
    assert.ok(Math.abs(value - expected[index]!) < 1e-5, `${actual} instead of ${expected}`);
}

test('hand values: one right of four', () => {
  const rewards = [1, 0, 0, 0]; // mean 1/4, sample variance (9/16 + 3/16) / 3 = 1/4
  close(groupAdvantages(rewards, 'grpo'), [1.5, -0.5, -0.5, -0.5]);
  close(groupAdvantages(rewards, 'dr-grpo'), [0.75, -0.25, -0.25, -0.25]);
  close(groupAdvantages(rewards, 'rloo'), [1, -1 / 3, -1 / 3, -1 / 3]);
});

test('leave-one-out is the reward less the mean of the others', () => {
  fc.assert(
    fc.property(
      fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 16 }),
      (rewards) => {
        const sum = rewards.reduce((total, reward) => total + reward, 0);
        close(
          groupAdvantages(rewards, 'rloo'),
          rewards.map((reward) => reward - (sum - reward) / (rewards.length - 1)),
        );
      },
    ),
  );
});

test('advantages sum to zero, keep the order of the rewards, and the normalised ones do not depend on their scale', () => {
  const rewards = [0.2, 0.9, 0.4, 0.9, 0];
  for (const form of ADVANTAGE_FORMS) {
    const advantages = groupAdvantages(rewards, form);
    assert.ok(Math.abs(advantages.reduce((sum, value) => sum + value, 0)) < 1e-9);
    for (const [i, one] of rewards.entries())
      for (const [j, other] of rewards.entries())
        assert.equal(Math.sign(one - other), Math.sign(advantages[i]! - advantages[j]!));
  }
  const scaled = rewards.map((reward) => 100 * reward - 7);
  close(groupAdvantages(scaled, 'grpo'), groupAdvantages(rewards, 'grpo'));
});

test('a group without variance has advantages of exactly zero, whatever rounding makes of its mean', () => {
  const rewards = Array(7).fill(0.1); // 7 × 0.1 / 7 is not 0.1
  assert.equal(withoutVariance(rewards), true);
  assert.equal(withoutVariance([0.1, 0.1, 0.2]), false);
  for (const form of ADVANTAGE_FORMS) assert.deepEqual(groupAdvantages(rewards, form), Array(7).fill(0));
});

test('one rollout is no group', () => {
  assert.throws(() => groupAdvantages([1]), InputError);
});
