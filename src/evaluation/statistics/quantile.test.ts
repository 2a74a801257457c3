import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError } from '../../core/errors.ts';
import { quantile } from './quantile.ts';

test('quantile', () => {
  // numpy 2.4.6: quantile
  const values = [3, 1, 4, 1, 5, 9, 2, 6];
  for (const [share, expected] of [
    [0, 1],
    [0.05, 1],
    [0.25, 1.75],
    [0.5, 3.5],
    [0.9, 6.9],
    [0.95, 7.95],
    [1, 9],
  ] as const)
    assert.ok(Math.abs(quantile(values, share) - expected) < 1e-12);
  assert.deepEqual(values, [3, 1, 4, 1, 5, 9, 2, 6]);
  assert.equal(quantile([7], 0.95), 7);
  assert.equal(quantile([10, 9], 0), 9); // numbers, not text
  assert.throws(() => quantile([], 0.5), InputError);
});
