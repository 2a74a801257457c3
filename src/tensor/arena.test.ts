import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arena } from './arena.ts';

test('arrays keep what is in them when the memory grows', () => {
  const memory = arena();
  const small = memory.floats(3);
  small.set([1, 2, 3]);
  const places = memory.integers(Int32Array.of(-1, 7));
  const large = memory.floats(1_000_000);
  assert.ok(large.byteOffset >= places.byteOffset + places.byteLength);
  assert.deepEqual([...small, ...places], [1, 2, 3, -1, 7]);
  assert.ok(large.every((value) => value === 0));
});

test('a scope gives its arrays back, also when it fails, and the next ones are zero again', () => {
  const memory = arena();
  const first = memory.scope(() => memory.floats(4).fill(5).byteOffset);
  assert.throws(() =>
    memory.scope(() => {
      memory.floats(100);
      throw new Error('stop');
    }),
  );
  const next = memory.floats(4);
  assert.equal(next.byteOffset, first);
  assert.deepEqual([...next], [0, 0, 0, 0]);
});

test('addresses are those of vectors', () => {
  const memory = arena();
  for (const count of [1, 3, 5]) assert.equal(memory.floats(count).byteOffset % 16, 0);
});

test('says how much is too much', () => {
  assert.throws(() => arena().floats(2 ** 30), /bytes are more than the 4 GiB of a memory/);
});
