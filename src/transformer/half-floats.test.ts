import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from './half-floats.ts';

const anyFloat = fc.oneof(
  fc.float(),
  fc
    .integer({ min: 0, max: 0xffffffff })
    .map((all) => new Float32Array(Uint32Array.of(all).buffer)[0] as number),
);

/** The value of a format nearest to `value`, found among all finite ones; of two as near the one with even bits. */
function nearest(value: number, widen: (half: number) => number): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let half = 0; half < 0x8000; half++) {
    const candidate = widen(half);
    if (!Number.isFinite(candidate)) break;
    const distance = Math.abs(candidate - value);
    if (distance < least || (distance === least && half % 2 === 0)) {
      best = half;
      least = distance;
    }
  }
  return best;
}

test('every bit pattern comes back, and NaN stays NaN', () => {
  for (const [widen, narrow] of [
    [fromFloat16, toFloat16],
    [fromBfloat16, toBfloat16],
  ] as const)
    for (let half = 0; half < 0x10000; half++) {
      const value = widen(half);
      if (Number.isNaN(value)) assert.ok(Number.isNaN(widen(narrow(value))));
      else assert.equal(narrow(value), half);
    }
  const payload = new Float32Array(Uint32Array.of(0x7f800001).buffer)[0] as number;
  assert.ok(Number.isNaN(fromBfloat16(toBfloat16(payload))) && Number.isNaN(fromFloat16(toFloat16(payload))));
});

test('floats are rounded to the nearest value, to the even one of two', () => {
  fc.assert(
    fc.property(fc.float({ min: Math.fround(-65519), max: Math.fround(65519), noNaN: true }), (value) => {
      const magnitude = Math.abs(value);
      assert.equal(toFloat16(magnitude), nearest(magnitude, fromFloat16));
      assert.equal(toBfloat16(magnitude), nearest(magnitude, fromBfloat16));
      assert.equal(toFloat16(-magnitude), toFloat16(magnitude) | 0x8000);
      assert.equal(toBfloat16(-magnitude), toBfloat16(magnitude) | 0x8000);
    }),
    { numRuns: 300 },
  );
  // ties between two neighbours, the last finite value, and overflow
  assert.equal(toFloat16(1 + 2 ** -11), 0x3c00);
  assert.equal(toFloat16(1 + 3 * 2 ** -11), 0x3c02);
  assert.equal(toFloat16(2 ** -25), 0);
  assert.equal(toFloat16(3 * 2 ** -26), 1);
  assert.equal(toFloat16(65519), 0x7bff);
  assert.equal(toFloat16(65520), 0x7c00);
  assert.equal(toBfloat16(1 + 2 ** -8), 0x3f80);
  assert.equal(toBfloat16(1 + 3 * 2 ** -8), 0x3f82);
  assert.equal(toBfloat16(3.4028234663852886e38), 0x7f80);
});

test('half precision agrees with the engine where it has the format', (context) => {
  const f16round = (Math as { f16round?: (value: number) => number }).f16round;
  if (!f16round) return context.skip('no Math.f16round here');
  fc.assert(
    fc.property(anyFloat, (value) => {
      assert.ok(Object.is(fromFloat16(toFloat16(value)), f16round(value)), String(value));
    }),
    { numRuns: 20_000 },
  );
});
