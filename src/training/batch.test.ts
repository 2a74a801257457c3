import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { packSequences, type Sequence } from './batch.ts';

const made = (ids: readonly number[]): Sequence => ({
  ids: Int32Array.from(ids),
  columns: { weight: Float32Array.from(ids, (id) => id / 2) },
});

test('rows hold whole sequences, one after the other', () => {
  const { batch, placements } = packSequences(
    [made([1, 5, 6, 7]), made([1, 8, 9]), made([1, 4])],
    { rows: 2, length: 5 },
    ['weight'],
  );
  assert.deepEqual([...batch.ids.data], [1, 5, 6, 1, 8, 1, 0, 0, 0, 0]);
  assert.deepEqual([...batch.targets.data], [5, 6, 7, 8, 9, 4, 0, 0, 0, 0]);
  assert.deepEqual([...batch.positions.data], [0, 1, 2, 0, 1, 0, 0, 0, 0, 0]);
  assert.deepEqual([...batch.segments.data], [1, 1, 1, 2, 2, 1, 0, 0, 0, 0]);
  assert.deepEqual([...(batch.columns.weight?.data ?? [])], [2.5, 3, 3.5, 4, 4.5, 2, 0, 0, 0, 0]);
  assert.deepEqual(placements, [
    { offset: 0, length: 3 },
    { offset: 3, length: 2 },
    { offset: 5, length: 1 },
  ]);
});

test('every sequence is found where its placement says', () => {
  const ids = fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 2, maxLength: 9 });
  fc.assert(
    fc.property(fc.array(ids, { maxLength: 8 }), (all) => {
      const { batch, placements } = packSequences(all.map(made), { rows: 8, length: 8 }, ['weight']);
      for (const [index, one] of all.entries()) {
        const { offset, length } = placements[index] ?? assert.fail();
        const slice = (data: Int32Array): number[] => [...data.subarray(offset, offset + length)];
        assert.deepEqual(slice(batch.ids.data), one.slice(0, -1));
        assert.deepEqual(slice(batch.targets.data), one.slice(1));
        assert.equal(new Set(slice(batch.segments.data)).size, 1);
      }
    }),
  );
});

test('what does not fit is refused', () => {
  const shape = { rows: 1, length: 3 };
  assert.throws(() => packSequences([made([1, 2, 3, 4, 5])], shape, []), /has 5 tokens; a row takes 2 to 4/);
  assert.throws(() => packSequences([made([1])], shape, []), /has 1 tokens/);
  assert.throws(() => packSequences([made([1, 2, 3]), made([1, 2, 3])], shape, []), /do not fit in 1 rows/);
  assert.throws(() => packSequences([made([1, 2])], shape, ['advantage']), /"advantage" has no values for 2/);
});
