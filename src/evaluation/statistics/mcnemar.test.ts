import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError } from '../../core/errors.ts';
import { MOST_PROBLEMS, mcnemarExact, sampleSizeForDifference } from './mcnemar.ts';

test('mcnemarExact', () => {
  // statsmodels 0.15.0: mcnemar(exact=True)
  for (const [onlyA, onlyB, expected] of [
    [0, 0, 1],
    [1, 0, 1],
    [5, 5, 1],
    [3, 12, 0.03515625],
    [0, 6, 0.03125],
    [40, 70, 0.005447429511444476],
    [1200, 1350, 0.003163536948938072],
  ] as const) {
    assert.ok(Math.abs(mcnemarExact(onlyA, onlyB) / expected - 1) < 1e-10);
    assert.equal(mcnemarExact(onlyB, onlyA), mcnemarExact(onlyA, onlyB));
  }
});

test('a million discordant problems', () => {
  // twice the tail that mpmath gives at 40 digits
  assert.ok(Math.abs(mcnemarExact(499_000, 501_000) / 0.04560829986538208 - 1) < 1e-10);
  assert.equal(mcnemarExact(0, 1_000_000), 0);
  assert.throws(() => mcnemarExact(0.5, 3), InputError);
});

test('the planning rule', () => {
  // 7.85 · 0.1 / 0.03² = 872, 7.85 · 0.1 / 0.02² = 1,962, 7.85 · 0.1 / 0.05² = 314
  assert.equal(sampleSizeForDifference(0.03, 0.1), 873);
  assert.equal(sampleSizeForDifference(-0.02, 0.1), 1963);
  assert.equal(sampleSizeForDifference(0.05, 0.1), 314);
  assert.equal(sampleSizeForDifference(1e-9, 0.5), MOST_PROBLEMS);
  assert.ok(sampleSizeForDifference(0.03, 0.1, 0.9) > 873);
  assert.ok(sampleSizeForDifference(0.03, 0.1, 0.8, 0.01) > 873);
  assert.throws(() => sampleSizeForDifference(0, 0.1), InputError);
});
