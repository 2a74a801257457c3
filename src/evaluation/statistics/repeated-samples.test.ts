import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InputError } from '../../core/errors.ts';
import { type AnswerCount, majAtK, passAtK, passHatK } from './repeated-samples.ts';

/** Every subset of k out of n, as index lists. */
function subsets(n: number, k: number): number[][] {
  if (k === 0) return [[]];
  if (k > n) return [];
  return [...subsets(n - 1, k), ...subsets(n - 1, k - 1).map((subset) => [...subset, n - 1])];
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The chance that a vote over a random subset is right, by listing the subsets. */
function majorityByListing(answers: readonly AnswerCount[], unanswered: number, k: number): number {
  const samples = [
    ...answers.flatMap(({ count }, index) => new Array<number>(count).fill(index)),
    ...new Array<number>(unanswered).fill(-1),
  ];
  return mean(
    subsets(samples.length, k).map((subset) => {
      const votes = answers.map((_, index) => subset.filter((pick) => samples[pick] === index).length);
      const most = Math.max(...votes);
      if (most === 0) return 0;
      const tied = answers.filter((_, index) => votes[index] === most);
      return tied.filter((answer) => answer.correct).length / tied.length;
    }),
  );
}

test('passAtK and passHatK equal the share of subsets', () => {
  for (let n = 1; n <= 7; n++)
    for (let correct = 0; correct <= n; correct++)
      for (let k = 1; k <= n; k++) {
        const all = subsets(n, k);
        const any = mean(all.map((subset) => (subset.some((pick) => pick < correct) ? 1 : 0)));
        const every = mean(all.map((subset) => (subset.every((pick) => pick < correct) ? 1 : 0)));
        assert.ok(Math.abs(passAtK(n, correct, k) - any) < 1e-12, `pass@${k} of ${n}, ${correct} right`);
        assert.ok(Math.abs(passHatK(n, correct, k) - every) < 1e-12, `pass^${k} of ${n}, ${correct} right`);
      }
});

test('large counts do not overflow', () => {
  assert.ok(Math.abs(passAtK(100_000, 50_000, 2) - 0.7500025) < 1e-7);
  assert.ok(passAtK(10_000, 1, 9_999) > 0.9998);
  assert.throws(() => passAtK(10, 3, 11), InputError);
  assert.throws(() => passHatK(10, 11, 2), InputError);
});

test('majAtK by hand', () => {
  // 3 right, 2 wrong and alike, k = 1: a single sample; k = 2: both right 3/10, one each 6/10 (a tie); k = 5: 3 against 2
  const answers = [
    { count: 3, correct: true },
    { count: 2, correct: false },
  ];
  assert.ok(Math.abs(majAtK(answers, 1) - 0.6) < 1e-12);
  assert.ok(Math.abs(majAtK(answers, 2) - (0.3 + 0.6 / 2)) < 1e-12);
  assert.ok(Math.abs(majAtK(answers, 5) - 1) < 1e-12);
  assert.equal(majAtK([{ count: 4, correct: false }], 2), 0);
  // one right answer among silent samples wins whenever it is drawn
  assert.ok(Math.abs(majAtK([{ count: 1, correct: true }], 2, { unanswered: 3 }) - 0.5) < 1e-12);
});

test('majAtK equals the listing of all subsets', () => {
  const answer = fc.record({ count: fc.integer({ min: 1, max: 3 }), correct: fc.boolean() });
  fc.assert(
    fc.property(
      fc.array(answer, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 0, max: 3 }),
      fc.nat(),
      (answers, unanswered, pick) => {
        const n = answers.reduce((sum, { count }) => sum + count, unanswered);
        const k = 1 + (pick % n);
        const listed = majorityByListing(answers, unanswered, k);
        assert.ok(Math.abs(majAtK(answers, k, { unanswered }) - listed) < 1e-9);
      },
    ),
    { numRuns: 150 },
  );
});

test('resampling takes over where enumeration is too dear, and agrees', () => {
  // 600 samples are beyond enumeration; a vote over 2 of them is right with 0.5² + 2 · 0.5 · 0.5 / 2, all but 1/600 of it
  const answers = [
    { count: 300, correct: true },
    { count: 200, correct: false },
    { count: 100, correct: false },
  ];
  assert.ok(Math.abs(majAtK(answers, 2, { seed: 1 }) - 0.5) < 0.012);
  assert.equal(majAtK(answers, 2, { seed: 1 }), majAtK(answers, 2, { seed: 1 }));
});
