import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { holm } from './holm.ts';

test('holm', () => {
  // statsmodels 0.15.0: multipletests(method='holm')
  for (const [raw, expected] of [
    [
      [0.01, 0.04, 0.03, 0.005],
      [0.03, 0.06, 0.06, 0.02],
    ],
    [
      [0.5, 0.5, 0.5],
      [1, 1, 1],
    ],
    [
      [0.0001, 0.9, 0.02, 0.02, 0.049],
      [0.0005, 0.9, 0.08, 0.08, 0.098],
    ],
    [[0.03], [0.03]],
    [[], []],
  ] as const) {
    const adjusted = holm(raw);
    assert.equal(adjusted.length, expected.length);
    for (const [index, value] of adjusted.entries()) assert.ok(Math.abs(value - expected[index]!) < 1e-12);
  }
});

test('never below the raw p-value, never above Bonferroni, order kept', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 15 }),
      (raw) => {
        const adjusted = holm(raw);
        for (const [i, p] of raw.entries()) {
          assert.ok(adjusted[i]! >= p && adjusted[i]! <= Math.min(1, p * raw.length));
          for (const [j, q] of raw.entries()) if (p < q) assert.ok(adjusted[i]! <= adjusted[j]!);
        }
      },
    ),
  );
});
