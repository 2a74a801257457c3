import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { metricNames } from './metric-names.ts';
import { aligned, MetricTable, smoothed } from './series.ts';

test('rows become series; what is no number is left out', () => {
  const table = new MetricTable();
  table.add({ step: 1, loss: 2, note: 'x', reward: null, parts: { countdown: 0.5 } });
  table.add({ step: 2, loss: Number.NaN, accuracy: 0.25 });
  table.add({ loss: 7 });
  table.add({ step: 3, loss: 1, __proto__: { evil: 1 } });
  assert.deepEqual(Object.fromEntries(table.series), {
    loss: { steps: [1, 3], values: [2, 1] },
    'parts.countdown': { steps: [1], values: [0.5] },
    accuracy: { steps: [2], values: [0.25] },
  });
});

test('smoothing keeps a constant, stays between the extremes, and does nothing at 0', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 50 }),
      fc.double({ min: 0, max: 0.99, noNaN: true }),
      (values, factor) => {
        const smooth = smoothed(values, factor);
        const [low, high] = [Math.min(...values) - 1e-9, Math.max(...values) + 1e-9];
        assert.ok(smooth.every((value) => value >= low && value <= high));
        assert.deepEqual(
          smoothed(values, 0).map((value) => value + 0),
          values.map((value) => value + 0), // no −0
        );
      },
    ),
  );
  assert.deepEqual(
    smoothed([3, 3, 3], 0.9).map((value) => Math.round(value * 1e9) / 1e9),
    [3, 3, 3],
  );
  assert.deepEqual(smoothed([0, 1], 0.5), [0, 2 / 3]);
});

test('series of different steps share one axis', () => {
  assert.deepEqual(
    aligned([
      { steps: [1, 3], values: [10, 30] },
      { steps: [3, 2, 2], values: [3, 1, 2] },
    ]),
    [
      [1, 2, 3],
      [10, null, 30],
      [null, 2, 3],
    ],
  );
  assert.deepEqual(aligned([]), [[]]);
});

test('what is watched comes first, pass@k with it, the rest after', () => {
  const { main, further } = metricNames([
    'step',
    'kl',
    'loss',
    'pass@4',
    'zeta',
    'gradientNorm',
    'accuracyLow',
  ]);
  assert.deepEqual(
    main.map(({ key }) => key),
    ['loss', 'kl', 'pass@4'],
  );
  assert.deepEqual(
    further.map(({ key }) => key),
    ['gradientNorm', 'zeta'],
  );
});
