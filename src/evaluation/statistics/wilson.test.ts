import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InputError } from '../../core/errors.ts';
import { wilson, wilsonOfMeans } from './wilson.ts';

test('wilson', () => {
  // statsmodels 0.15.0: proportion_confint(method='wilson')
  for (const [correct, n, level, low, high] of [
    [0, 10, 0.95, 0, 0.2775327998628892],
    [10, 10, 0.95, 0.7224672001371107, 1],
    [7, 10, 0.95, 0.39677814746114537, 0.8922087325936989],
    [152, 200, 0.95, 0.6962665902079583, 0.8139338400758631],
    [999, 1319, 0.99, 0.7257501439266267, 0.7864572532541372],
    [1, 3, 0.8, 0.10577563612172286, 0.6788173521696514],
  ] as const) {
    const interval = wilson(correct, n, level);
    assert.ok(Math.abs(interval[0] - low) < 1e-11, `${interval[0]} is not ${low}`);
    assert.ok(Math.abs(interval[1] - high) < 1e-11, `${interval[1]} is not ${high}`);
  }
  assert.deepEqual(wilson(0, 0), [0, 1]);
  assert.throws(() => wilson(5, 4), InputError);
});

test('wilsonOfMeans with one answer per problem is wilson', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0, 1), { minLength: 1, maxLength: 200 }), (values) => {
      const correct = values.filter((value) => value === 1).length;
      const [low, high] = wilson(correct, values.length);
      const interval = wilsonOfMeans(values);
      assert.ok(Math.abs(interval[0] - low) < 1e-9 && Math.abs(interval[1] - high) < 1e-9);
    }),
  );
});

test('repeats that always agree add no evidence, repeats that are coin flips add all of it', () => {
  const agreeing = Array.from({ length: 40 }, (_, index) => (index < 30 ? 1 : 0));
  assert.deepEqual(wilsonOfMeans(agreeing, 4), wilsonOfMeans(agreeing, 1));
  const even = new Array<number>(40).fill(0.5);
  assert.deepEqual(wilsonOfMeans(even, 4), wilson(80, 160));
  assert.deepEqual(wilsonOfMeans([1, 1, 1], 5), wilson(3, 3));
  assert.deepEqual(wilsonOfMeans([], 5), [0, 1]);
});

test('wilsonOfMeans holds the mean and stays in [0, 1]', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 50 }), (thirds) => {
      const values = thirds.map((third) => third / 3);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const [low, high] = wilsonOfMeans(values, 3);
      assert.ok(low >= 0 && low <= mean + 1e-9 && mean <= high + 1e-9 && high <= 1);
    }),
  );
});
