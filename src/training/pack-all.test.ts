import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InputError } from '../core/errors.ts';
import { packAll } from './pack-all.ts';

const sequence = (length: number, id: number) => ({
  id,
  ids: Int32Array.from({ length }, (_, t) => 100 * id + t),
  columns: { mark: Float32Array.from({ length }, () => id) },
});

test('every sequence lies in one batch, at its place, whole', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 2, max: 13 }), { maxLength: 40 }), (lengths) => {
      const sequences = lengths.map((length, index) => sequence(length, index + 1));
      const found = packAll(sequences, { rows: 3, length: 12 }, ['mark']).flatMap(
        ({ batch, sequences: packed, placements }) =>
          packed.map(({ id, ids }, index) => {
            const { offset, length } = placements[index]!;
            assert.deepEqual(batch.targets.data.slice(offset, offset + length), ids.slice(1));
            assert.deepEqual(
              [...batch.columns.mark!.data.slice(offset, offset + length)],
              Array(length).fill(id),
            );
            return id;
          }),
      );
      assert.deepEqual(
        found.toSorted((a, b) => a - b),
        sequences.map(({ id }) => id),
      );
    }),
  );
});

test('short ones fill what long ones leave', () => {
  const lengths = [4, 10, 4, 10, 4, 10];
  assert.equal(packAll(lengths.map(sequence), { rows: 3, length: 12 }, []).length, 1); // 9 + 3 in each row
});

test('one that is longer than a row is refused', () => {
  assert.throws(() => packAll([sequence(14, 1)], { rows: 3, length: 12 }, []), InputError);
});
