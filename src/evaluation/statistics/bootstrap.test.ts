import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InputError } from '../../core/errors.ts';
import { adjustedWald, type PairedScores, pairedBootstrap, pairedDifferences } from './bootstrap.ts';

const outcomes = (onlyA: number, onlyB: number, ties: number): PairedScores[] => [
  ...Array.from({ length: onlyA }, () => ({ a: [1], b: [0] })),
  ...Array.from({ length: onlyB }, () => ({ a: [0], b: [1] })),
  ...Array.from({ length: ties }, () => ({ a: [1], b: [1] })),
];
const fromDifferences = (values: readonly number[]): PairedScores[] =>
  values.map((value) => ({ a: [0], b: [value] }));

function near(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  for (const [index, value] of actual.entries())
    assert.ok(Math.abs(value - expected[index]!) <= tolerance, `${actual} is not ${expected}`);
}

test('pairedBootstrap', () => {
  // scipy 1.17.1: bootstrap(method='BCa', n_resamples=200000); within the resampling error of 10,000
  const right = pairedBootstrap(outcomes(6, 18, 76), { seed: 1 });
  assert.ok(Math.abs(right.difference - 0.12) < 1e-12);
  near(right.interval, [0.03, 0.22], 0.01);
  const quarters = [
    0.5, 0.25, 0, -0.75, 1, 0.5, 0.25, 0.25, -0.25, 0, 0, 0.75, 1, 1, -0.5, 0.25, 0.5, 0, 0.25, 0.75,
  ];
  near(pairedBootstrap(fromDifferences(quarters), { seed: 2 }).interval, [0.075, 0.4875], 0.013);
  const skewed = [0.01, 0.02, 0.03, 0.05, 0.08, 0.1, 0.12, 0.2, 0.22, 0.3, 0.4, 0.45, 0.6, 0.8, 1];
  near(pairedBootstrap(fromDifferences(skewed), { seed: 3 }).interval, [0.17, 0.478], 0.008);
});

test('repeats are averaged within their problem', () => {
  assert.deepEqual(
    pairedDifferences([
      { a: [1, 0], b: [1, 1] },
      { a: [0], b: [1, 0, 0, 0] },
    ]),
    [0.5, 0.25],
  );
  const once = outcomes(4, 14, 42);
  const copied = once.map(({ a, b }) => ({ a: [...a, ...a, ...a], b: [...b, ...b, ...b] }));
  assert.deepEqual(pairedBootstrap(copied), pairedBootstrap(once));
  assert.throws(() => pairedDifferences([{ a: [], b: [1] }]), InputError);
});

test('the same seed gives the same interval, another seed nearly so', () => {
  const pairs = outcomes(10, 25, 65);
  assert.deepEqual(pairedBootstrap(pairs, { seed: 7 }), pairedBootstrap(pairs, { seed: 7 }));
  near(pairedBootstrap(pairs, { seed: 8 }).interval, pairedBootstrap(pairs, { seed: 7 }).interval, 0.011);
});

test('exchanging the methods mirrors the interval', () => {
  const ab = pairedBootstrap(outcomes(9, 30, 80), { seed: 5 });
  const ba = pairedBootstrap(outcomes(30, 9, 80), { seed: 5 });
  assert.ok(Math.abs(ab.difference + ba.difference) < 1e-12);
  near(ab.interval, [-ba.interval[1], -ba.interval[0]], 0.009);
});

test('no problems, no spread, and bad options', () => {
  assert.deepEqual(pairedBootstrap([]).interval, [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  assert.deepEqual(pairedBootstrap(outcomes(0, 0, 5)).interval, [0, 0]);
  assert.throws(() => pairedBootstrap(outcomes(1, 1, 1), { resamples: 3 }), /Resamples are 3/);
});

test('the interval holds the difference, and a higher level is wider', () => {
  const score = fc.constantFrom(0, 0.25, 0.5, 0.75, 1);
  fc.assert(
    fc.property(fc.array(fc.tuple(score, score), { minLength: 5, maxLength: 40 }), (scores) => {
      const pairs = scores.map(([a, b]) => ({ a: [a], b: [b] }));
      const { difference, interval } = pairedBootstrap(pairs, { resamples: 500 });
      const wide = pairedBootstrap(pairs, { resamples: 500, level: 0.99 }).interval;
      assert.ok(interval[0] <= difference + 1e-9 && difference <= interval[1] + 1e-9);
      assert.ok(wide[0] <= interval[0] && interval[1] <= wide[1]);
    }),
    { numRuns: 50 },
  );
});

test('adjustedWald', () => {
  // Bonett and Price's formula by hand: (3 + 1 − 1) / 102 ± 1.95996 · sqrt((5 / 102 − (3 / 102)²) / 102)
  near(
    adjustedWald(pairedDifferences(outcomes(0, 3, 97))),
    [-0.013174220247331947, 0.07199774965909665],
    1e-12,
  );
  const [low, high] = adjustedWald(new Array<number>(200).fill(0));
  assert.ok(low < 0 && high > 0 && Math.abs(low + high) < 1e-15);
  assert.deepEqual(adjustedWald([]), [-1, 1]);
});
