import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { arena } from './arena.ts';
import {
  addSumAt,
  instantiate,
  integer,
  plus,
  storeVector,
  vectorAt,
  wasmFunction,
  whileLess,
} from './wasm-code.ts';

test('vectors are read, written and summed, at addresses of any integer', () => {
  fc.assert(
    fc.property(fc.integer(), (offset) => {
      const copy = wasmFunction(['from', 'to', 'sum'], ({ from, to, sum }, fresh) => {
        const vector = fresh.vector();
        return [
          vector.set(vectorAt(plus(from.value, integer(offset)))),
          storeVector(to.value, vector.value),
          addSumAt(sum.value, vector),
        ];
      });
      const memory = arena();
      const { run } = instantiate({ run: copy }, memory.memory);
      const [from, to, sum] = [memory.floats(4), memory.floats(4), memory.floats(1)];
      from.set([1, 2.5, -4, 8]);
      sum[0] = 100;
      run(from.byteOffset - offset, to.byteOffset, sum.byteOffset);
      assert.deepEqual([...to], [1, 2.5, -4, 8]);
      assert.equal(sum[0], 107.5);
    }),
  );
});

test('a loop ends where its integer is no longer less, without sign', () => {
  const count = wasmFunction(['from', 'end', 'one', 'sum'], ({ from, end, one, sum }, fresh) => {
    const vector = fresh.vector();
    return [
      vector.set(vectorAt(one.value)),
      whileLess(from.value, end.value, [addSumAt(sum.value, vector), from.set(plus(from.value, integer(1)))]),
    ];
  });
  const memory = arena();
  const { run } = instantiate({ run: count }, memory.memory);
  const [one, sum] = [memory.floats(4), memory.floats(1)];
  one[2] = 1;
  const counted = (from: number, end: number): number => {
    sum[0] = 0;
    run(from, end, one.byteOffset, sum.byteOffset);
    return sum[0];
  };
  assert.equal(counted(3, 8), 5);
  assert.equal(counted(8, 8), 0);
  assert.equal(counted(9, 8), 0);
  assert.equal(counted(2 ** 31 - 2, 2 ** 31 + 2), 4);
});
