/** Views against the plain definition of what each element is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  align,
  broadcast,
  byDimension,
  contiguous,
  reshape,
  shapeOf,
  transpose,
  type View,
  viewOver,
} from './view.ts';

const buffer = (...shape: number[]) => ({ name: 'x', type: 'float32' as const, shape });

/** Offsets into the buffer, in row-major order of the view. */
function offsets({ axes }: View): number[] {
  return axes
    .flat()
    .reduce<number[]>(
      (all, { size, stride }) =>
        all.flatMap((start) => Array.from({ length: size }, (_, index) => start + index * stride)),
      [0],
    );
}

test('a transpose reads down the columns', () => {
  const view = transpose(contiguous(buffer(2, 3), [2, 3]), [1, 0]);
  assert.deepEqual(shapeOf(view), [3, 2]);
  assert.deepEqual(offsets(view), [0, 3, 1, 4, 2, 5]);
});

test('a reshape of a transpose cuts loops and keeps the order', () => {
  const view = reshape(transpose(contiguous(buffer(4, 6), [4, 6]), [1, 0]), [2, 3, 4]) as View;
  assert.deepEqual(shapeOf(view), [2, 3, 4]);
  assert.deepEqual(offsets(view), offsets(transpose(contiguous(buffer(4, 6), [4, 6]), [1, 0])));
});

test('a reshape joins loops that lie side by side, and refuses fractions of a loop', () => {
  const joined = reshape(contiguous(buffer(2, 3, 4), [2, 3, 4]), [24]) as View;
  assert.deepEqual(joined.axes, [[{ size: 24, stride: 1 }]]);
  const turned = transpose(contiguous(buffer(4, 6), [4, 6]), [1, 0]);
  assert.equal(reshape(turned, [4, 6]), undefined);
});

test('a broadcast repeats without a stride', () => {
  const view = broadcast(contiguous(buffer(3), [3]), [2, 3, 4], [0, 2]);
  assert.deepEqual(offsets(view), [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
  const merged = reshape(view, [24]) as View;
  assert.deepEqual(offsets(merged), offsets(view));
});

test('aligned views share cuts; the result lies in the order asked for', () => {
  const whole = contiguous(buffer(12), [12]);
  const cut = reshape(transpose(contiguous(buffer(4, 3), [4, 3]), [1, 0]), [12]) as View;
  const loops = align([whole, cut]);
  assert.deepEqual(loops, [
    { axis: 0, size: 3, strides: [4, 1] },
    { axis: 0, size: 4, strides: [1, 3] },
  ]);
  const reversed = viewOver(buffer(4, 3), 1, loops ?? [], (loops ?? []).toReversed());
  assert.deepEqual(offsets(reversed), offsets(cut));
  const otherwise = reshape(transpose(contiguous(buffer(6, 2), [6, 2]), [1, 0]), [12]) as View;
  assert.equal(align([cut, otherwise]), undefined);
});

test('loops are cut at the dimensions of a shape, or refused where they do not fit', () => {
  const loops = [
    { axis: 0, size: 4, strides: [6, 0] },
    { axis: 1, size: 6, strides: [1, 1] },
  ];
  assert.deepEqual(byDimension(loops, [2, 2, 1, 6]), [
    [{ axis: 0, size: 2, strides: [12, 0] }],
    [{ axis: 0, size: 2, strides: [6, 0] }],
    [],
    [loops[1]],
  ]);
  assert.deepEqual(byDimension(loops, [24]), [loops]);
  assert.equal(byDimension(loops, [3, 8]), undefined);
});
