import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fairCoinTail, probabilityOfLead } from './beta.ts';
import { InputError } from './errors.ts';

/** Fewest votes for the leader at which the posterior reaches `threshold`, by runner-up count. */
function neededVotes(threshold: number, runnersUp: number): number[] {
  return Array.from({ length: runnersUp }, (_, second) => {
    let first = second;
    while (probabilityOfLead(first, second) < threshold) first++;
    return first;
  });
}

test('the stop table of the Beta rule', () => {
  assert.deepEqual(neededVotes(0.9, 6), [3, 5, 6, 8, 9, 11]);
  assert.deepEqual(neededVotes(0.95, 8), [4, 6, 8, 9, 11, 12, 14, 15]);
  assert.deepEqual(neededVotes(0.99, 6), [6, 9, 11, 13, 14, 16]);
});

test('probabilityOfLead equals the Beta survival function at one half', () => {
  // scipy 1.17.1: beta.sf(0.5, first + 1, second + 1)
  for (const [first, second, expected] of [
    [0, 0, 0.5],
    [3, 0, 0.9375],
    [4, 0, 0.96875],
    [10, 7, 0.7596588134765625],
    [40, 31, 0.8556078597929475],
    [500, 450, 0.9475546923481526],
  ] as const)
    assert.ok(Math.abs(probabilityOfLead(first, second) - expected) < 1e-12, `${first} against ${second}`);
});

test('fairCoinTail keeps its relative accuracy up to a million flips', () => {
  // mpmath at 40 digits, summed term by term
  for (const [heads, flips, expected] of [
    [0, 1, 0.5],
    [0, 10, 0.0009765625],
    [3, 10, 0.171875],
    [7, 31, 0.0016634464263916016],
    [490, 1000, 0.2739863729617385],
    [400, 1000, 1.3642320780330092e-10],
    [100, 1000, 6.701717790006296e-162],
    [499_000, 1_000_000, 0.02280414993269104],
    [498_000, 1_000_000, 3.1804668750412444e-5],
    [490_000, 1_000_000, 2.7721816438496123e-89],
    [499_999, 1_000_000, 0.4996010578193341],
  ] as const) {
    const error = Math.abs(fairCoinTail(heads, flips) / expected - 1);
    assert.ok(error < 1e-11, `P(X <= ${heads} of ${flips}) is off by ${error}`);
  }
});

test('fairCoinTail equals exact whole-number arithmetic', () => {
  for (let flips = 1; flips <= 60; flips++) {
    let coefficient = 1n;
    let sum = 0n;
    for (let heads = 0; heads < flips; heads++) {
      sum += coefficient;
      coefficient = (coefficient * BigInt(flips - heads)) / BigInt(heads + 1);
      const exact = Number((sum * 10n ** 30n) / 2n ** BigInt(flips)) / 1e30;
      assert.ok(Math.abs(fairCoinTail(heads, flips) - exact) < 1e-13 * exact + 1e-29);
    }
  }
});

test('leads are symmetric, grow with votes and stay probabilities', () => {
  const count = fc.integer({ min: 0, max: 3000 });
  fc.assert(
    fc.property(count, count, (first, second) => {
      const probability = probabilityOfLead(first, second);
      assert.ok(probability >= 0 && probability <= 1);
      assert.ok(Math.abs(probability + probabilityOfLead(second, first) - 1) < 1e-12);
      assert.ok(probabilityOfLead(first + 1, second) >= probability - 1e-12);
    }),
  );
});

test('a fraction is refused', () => {
  assert.throws(() => fairCoinTail(1.5, 4), InputError);
  assert.throws(() => fairCoinTail(1, -1), InputError);
});
