import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '../core/random.ts';
import { arena } from '../tensor/arena.ts';
import { graphKernels } from './graph-network-kernels.ts';

const random = seeded('kernels');
const memory = arena();
const kernels = graphKernels(memory);

function floats(count: number): Float32Array {
  const array = memory.floats(count);
  for (let at = 0; at < count; at++) array[at] = random.next() - 0.5;
  return array;
}

function places(count: number, below: number): Int32Array {
  return memory.integers(Int32Array.from({ length: count }, () => random.integer(below)));
}

/** A place that a plain loop adds to: an index into one array gets the product of elements of two others. */
type Term = readonly [sum: number, left: number, right: number];

/** Compares an array after the work with the same sums taken one by one. */
function compare(
  sum: Float32Array,
  [left, right]: readonly [Float32Array, Float32Array],
  terms: readonly Term[],
  work: () => void,
): void {
  const expected = Float64Array.from(sum);
  for (const [to, a, b] of terms)
    expected[to] = (expected[to] as number) + (left[a] as number) * (right[b] as number);
  work();
  expected.forEach((value, at) => {
    assert.ok(Math.abs(value - (sum[at] as number)) < 1e-5, `${at}: ${sum[at]} instead of ${value}`);
  });
}

for (const width of [4, 12]) {
  test(`messages along facts and their slopes, width ${width}`, () => {
    const [rows, relations, count] = [5, 3, 40];
    const facts = {
      source: places(count, rows),
      relation: places(count, relations),
      target: places(count, rows),
    };
    const [state, vectors, arrived] = [rows, relations, rows].map((size) => floats(size * width)) as Three;
    const slopes = { state: floats(rows * width), vectors: floats(relations * width), arrived };
    const terms = (sum: keyof typeof facts, left: keyof typeof facts, right: keyof typeof facts): Term[] =>
      Array.from({ length: count * width }, (_, index): Term => {
        const at = (of: keyof typeof facts): number =>
          (facts[of][Math.floor(index / width)] as number) * width + (index % width);
        return [at(sum), at(left), at(right)];
      });
    compare(arrived, [state, vectors], terms('target', 'source', 'relation'), () =>
      kernels.pass(facts, state, vectors, arrived, width),
    );
    compare(slopes.state, [vectors, arrived], terms('source', 'relation', 'target'), () =>
      compare(slopes.vectors, [state, arrived], terms('relation', 'source', 'target'), () =>
        kernels.passBack(facts, { state, vectors }, slopes, width),
      ),
    );
  });

  test(`products of matrices and their slopes, ${width} columns`, () => {
    const [rows, inner] = [5, 8];
    const [x, matrix, y] = [rows * inner, inner * width, rows * width].map(floats) as Three;
    const terms = (order: (inX: number, inMatrix: number, inY: number) => Term): Term[] =>
      Array.from({ length: rows * inner * width }, (_, index) => {
        const [row, i, column] = [
          Math.floor(index / (inner * width)),
          Math.floor(index / width) % inner,
          index % width,
        ];
        return order(row * inner + i, i * width + column, row * width + column);
      });
    compare(
      y,
      [x, matrix],
      terms((a, b, c) => [c, a, b]),
      () => kernels.product(x, matrix, y, inner, width),
    );
    compare(
      x,
      [y, matrix],
      terms((a, b, c) => [a, c, b]),
      () => kernels.productBack(y, matrix, x, inner, width),
    );
    compare(
      matrix,
      [x, y],
      terms((a, b, c) => [b, a, c]),
      () => kernels.outerProduct(x, y, matrix, inner, width),
    );
  });
}

type Three = [Float32Array, Float32Array, Float32Array];
