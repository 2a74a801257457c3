import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mcnemarExact } from './mcnemar.ts';
import { signFlip } from './sign-flip.ts';

/** All 2^n sign patterns. */
function bruteForce(values: readonly number[]): number {
  const observed = Math.abs(values.reduce((sum, value) => sum + value, 0));
  let extreme = 0;
  for (let pattern = 0; pattern < 2 ** values.length; pattern++) {
    let sum = 0;
    for (const [index, value] of values.entries()) sum += (pattern >> index) & 1 ? value : -value;
    if (Math.abs(sum) >= observed - 1e-9) extreme++;
  }
  return extreme / 2 ** values.length;
}

test('signFlip', () => {
  // scipy 1.17.1: permutation_test(permutation_type='samples', n_resamples=inf)
  const quarters = [0.5, 0.25, -0.25, 1, 0.75, -0.5, 0.25, 0.5, 1, -0.25, 0.25, 0.75];
  assert.ok(Math.abs(signFlip(quarters) - 0.046875) < 1e-12);
  const thirds = [1 / 3, 2 / 3, -1 / 3, 1, 1 / 3, 1 / 3, -2 / 3, 1];
  assert.ok(Math.abs(signFlip(thirds) - 0.2109375) < 1e-12);
});

test('with one answer per problem it is McNemar, and ties change nothing', () => {
  const differences = [...new Array<number>(12).fill(1), ...new Array<number>(3).fill(-1), 0, 0, 0];
  assert.equal(signFlip(differences), mcnemarExact(3, 12));
  assert.equal(signFlip([]), 1);
  assert.equal(signFlip([0, 0]), 1);
});

test('the exact distribution equals all sign patterns', () => {
  const fifths = fc.integer({ min: -5, max: 5 }).map((fifth) => fifth / 5);
  fc.assert(
    fc.property(fc.array(fifths, { minLength: 1, maxLength: 11 }), (differences) => {
      assert.ok(Math.abs(signFlip(differences) - bruteForce(differences)) < 1e-9);
    }),
  );
});

test('differences without a common denominator are flipped at random, the same for the same seed', () => {
  const differences = [0.91, 0.13, -0.4, 0.77, 0.35, -0.12, 0.58, 0.66].map((value) => value + Math.PI / 1e4);
  const p = signFlip(differences, 4);
  assert.equal(p, signFlip(differences, 4));
  assert.ok(Math.abs(p - bruteForce(differences)) < 0.015); // 4 standard errors of 20,000 flips
});
