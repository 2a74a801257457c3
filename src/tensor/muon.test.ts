/** Muon against its update written out in double precision, on both back ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '../core/random.ts';
import { NotFiniteError } from './errors.ts';
import { muon } from './muon.ts';
import { adamW, type NamedTensors } from './optimizer.ts';
import { normal } from './random.ts';
import { type Tensor, tensor } from './tensor.ts';

type Matrix = number[][];

const matrixOf = ({ data, shape }: Tensor<Float32Array>): Matrix =>
  Array.from({ length: shape[0] as number }, (_, row) => [
    ...data.subarray(row * (shape[1] as number), (row + 1) * (shape[1] as number)),
  ]);
const transposed = (a: Matrix): Matrix =>
  (a[0] as number[]).map((_, column) => a.map((row) => row[column] as number));
const product = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) =>
    transposed(b).map((column) => row.reduce((sum, x, k) => sum + x * (column[k] as number), 0)),
  );
const combined = (...terms: [number, Matrix][]): Matrix =>
  (terms[0] as [number, Matrix])[1].map((row, i) =>
    row.map((_, j) => terms.reduce((sum, [factor, x]) => sum + factor * (x[i]?.[j] as number), 0)),
  );

/** Newton-Schulz as the paper writes it. */
function orthogonalised(gradient: Matrix): Matrix {
  const norm = Math.sqrt(gradient.flat().reduce((sum, x) => sum + x * x, 0)) + 1e-7;
  let x = combined([1 / norm, gradient]);
  for (let iteration = 0; iteration < 5; iteration++) {
    const square = product(x, transposed(x));
    const fourth = product(square, square);
    x = combined([3.4445, x], [1, product(combined([-4.775, square], [2.0315, fourth]), x)]);
  }
  return x;
}

for (const backend of ['onnx', 'jax'] as const)
  test(`${backend}: three steps equal the update rule written out`, async () => {
    const shapes = { wide: [3, 5], tall: [6, 2], alike: [3, 5] };
    const draw = (seed: string): Record<string, Tensor<Float32Array>> =>
      Object.fromEntries(
        Object.entries(shapes).map(([name, shape]) => [name, normal(seeded(`${seed} ${name}`), shape, 1)]),
      );
    const parameters = draw('start');
    const optimizer = muon({
      matrices: () => true,
      momentum: 0.9,
      weightDecay: 0.1,
      maximumNorm: 2,
      backend,
    });
    const moments = optimizer.initial(parameters);
    const expected = new Map(Object.entries(parameters).map(([name, value]) => [name, matrixOf(value)]));
    const means = new Map<string, Matrix>();
    for (let step = 1; step <= 3; step++) {
      const gradients = draw(`gradient ${step}`);
      const all = Object.values(gradients).flatMap(({ data }) => [...data]);
      const norm = Math.sqrt(all.reduce((sum, x) => sum + x * x, 0));
      const clip = Math.min(1, 2 / norm);
      for (const [name, gradient] of Object.entries(gradients)) {
        const slope = combined([clip, matrixOf(gradient)]);
        const before = means.get(name) ?? combined([0, slope]);
        const mean = combined([0.9, before], [0.1, slope]);
        means.set(name, mean);
        const direction = orthogonalised(combined([0.9, mean], [0.1, slope]));
        const scale = 0.01 * 0.2 * Math.sqrt(Math.max(...(shapes[name as keyof typeof shapes] as number[])));
        const value = expected.get(name) as Matrix;
        expected.set(name, combined([1 - 0.01 * 0.1, value], [-scale, direction]));
      }
      const measured = await optimizer.update(parameters, gradients, moments, { step, learningRate: 0.01 });
      assert.ok(Math.abs(measured / norm - 1) < 1e-5);
    }
    for (const [name, value] of Object.entries(parameters))
      for (const [index, reached] of value.data.entries()) {
        const wanted = expected.get(name)?.flat()[index] as number;
        assert.ok(Math.abs(reached - wanted) < 1e-5, `${name} ${index}: ${reached}, ${wanted}`);
      }
    await optimizer.dispose?.();
  });

test('what is no named matrix is left to AdamW, gradients clipped together', async () => {
  const start = (): NamedTensors => ({
    matrix: normal(seeded(1), [4, 4], 1),
    table: normal(seeded(2), [5, 4], 1),
    norm: normal(seeded(3), [4], 1),
  });
  const gradients = (): NamedTensors => ({
    matrix: normal(seeded(4), [4, 4], 1),
    table: normal(seeded(5), [5, 4], 1),
    norm: normal(seeded(6), [4], 1),
  });
  const [one, other] = [start(), start()];
  const ours = muon({ matrices: (name) => name === 'matrix' });
  const theirs = adamW();
  await ours.update(one, gradients(), ours.initial(one), { step: 1, learningRate: 0.01 });
  theirs.update(other, gradients(), theirs.initial(other), { step: 1, learningRate: 0.01 });
  for (const name of ['table', 'norm'])
    for (const [index, value] of (one[name] as Tensor).data.entries())
      assert.ok(Math.abs(value - ((other[name] as Tensor).data[index] as number)) < 1e-6, `${name} ${index}`);
  assert.notDeepEqual(one.matrix, other.matrix);
  await ours.dispose?.();
});

test('a gradient that is not finite changes nothing', async () => {
  const parameters: NamedTensors = { a: tensor(Float32Array.of(1, 2, 3, 4), [2, 2]) };
  const optimizer = muon({ matrices: () => true });
  const gradients = { a: tensor(Float32Array.of(1, Number.NaN, 0, 0), [2, 2]) };
  const moments = optimizer.initial(parameters);
  await assert.rejects(
    async () => optimizer.update(parameters, gradients, moments, { step: 7, learningRate: 0.1 }),
    (error) => error instanceof NotFiniteError && error.step === 7,
  );
  assert.deepEqual([...(parameters.a as Tensor).data], [1, 2, 3, 4]);
});
