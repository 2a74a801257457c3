import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { curve, sparkline } from './sparkline.ts';

test('bars between the least and the greatest', () => {
  assert.equal(sparkline([0, 1, 2, 3, 4, 5, 6, 7]), '▁▂▃▄▅▆▇█');
  assert.equal(sparkline([5, 5]), '▁▁');
  assert.equal(sparkline([0, Number.NaN, 1]), '▁ █');
  assert.equal(sparkline([]), '');
});

test('a curve is never wider than asked, and its points are means of equal parts', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -100, max: 100 }), { maxLength: 300 }),
      fc.integer({ min: 2, max: 20 }),
      (values, width) => {
        const drawn = curve(width);
        for (const value of values) drawn.add(value);
        const { points } = drawn;
        assert.ok(points.length <= width);
        const each = 2 ** Math.ceil(Math.log2(Math.max(1, values.length / width)));
        const part = (index: number) => values.slice(index * each, (index + 1) * each);
        for (const [index, point] of points.entries()) {
          const mean = part(index).reduce((sum, value) => sum + value, 0) / part(index).length;
          assert.ok(Math.abs(point - mean) < 1e-9, `${index}: ${point} is not ${mean}`);
        }
      },
    ),
  );
});
