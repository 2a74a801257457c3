import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { differenceScale, logScale, roundTicks, shareScale } from './scales.ts';

const amount = fc.double({ min: 1e-6, max: 1e9, noNaN: true });
const part = fc.double({ min: 0, max: 1, noNaN: true });

test('every value of its range lies on an axis, in order', () => {
  fc.assert(
    fc.property(amount, amount, (a, b) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      const { at, ticks } = logScale(low, high);
      assert.ok(at(low) > 0 && at(high) < 1 && at(low) <= at(high));
      assert.ok(ticks.length > 0 && ticks.every((tick) => at(tick) >= 0 && at(tick) <= 1));
    }),
  );
  fc.assert(
    fc.property(part, part, (a, b) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      const shares = shareScale(low, high);
      assert.ok(shares.at(low) >= 0 && shares.at(high) <= 1);
      const differences = differenceScale([[-high, low]]);
      assert.ok(differences.at(-high) > 0 && differences.at(low) < 1 && differences.ticks.includes(0));
    }),
  );
});

test('ticks are few and round', () => {
  assert.deepEqual(roundTicks(0.12, 0.97, 6), [0.2, 0.4, 0.6, 0.8]);
  assert.deepEqual(roundTicks(-0.3, 0.1, 5), [-0.3, -0.2, -0.1, 0, 0.1]);
});
