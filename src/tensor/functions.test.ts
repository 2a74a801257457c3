/** Values and written-down derivatives against plain double precision and its central differences. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '../core/random.ts';
import { compile, loadJax } from './compile.ts';
import { tensorFunctions } from './functions.ts';
import { normal } from './random.ts';
import { type Tensor, tensor } from './tensor.ts';
import { isTensor, type Traced } from './trace.ts';
import { leavesOf } from './tree.ts';

const jax = await loadJax();
const { numpy: np } = jax;
const { attention, logProbabilities, rmsNorm, silu, softmax, unitLowerSolve } = tensorFunctions(jax);
const random = seeded(11);

type Numbers = readonly number[];
const sum = (values: Numbers): number => values.reduce((a, b) => a + b, 0);
const rows = (values: Numbers, width: number): number[][] =>
  Array.from({ length: values.length / width }, (_, row) => values.slice(row * width, (row + 1) * width));
const softmaxRow = (row: Numbers): number[] => {
  const powers = row.map((value) => Math.exp(value - Math.max(...row)));
  return powers.map((power) => power / sum(powers));
};

const [B, T, H, D] = [2, 3, 2, 4];
const at = (b: number, t: number, h: number): number => ((b * T + t) * H + h) * D;
const BIAS = [0, -1e9, -1e9, 0, 0, -1e9, 0, 0, 0];

function attentionReference(q: Numbers, k: Numbers, v: Numbers): number[] {
  const output = Array<number>(B * T * H * D).fill(0);
  for (let b = 0; b < B; b++)
    for (let h = 0; h < H; h++)
      for (let t = 0; t < T; t++) {
        const score = (s: number): number => {
          const products = Array.from(
            { length: D },
            (_, d) => (q[at(b, t, h) + d] as number) * (k[at(b, s, h) + d] as number),
          );
          return sum(products) / Math.sqrt(D) + (BIAS[t * T + s] as number);
        };
        const weights = softmaxRow([0, 1, 2].map(score));
        for (let d = 0; d < D; d++)
          output[at(b, t, h) + d] = sum(weights.map((weight, s) => weight * (v[at(b, s, h) + d] as number)));
      }
  return output;
}

/** Row by row: x_t = y_t - Σ_{s<t} a_ts x_s. */
function unitLowerReference(size: number, width: number): (a: Numbers, y: Numbers) => number[] {
  return (a, y) =>
    rows(y, size * width).flatMap((right, n) => {
      const solved: number[][] = [];
      for (const [t, row] of rows(right, width).entries())
        solved.push(
          row.map((value, d) => {
            const before = solved.map((x, s) => (a[(n * size + t) * size + s] as number) * (x[d] as number));
            return value - sum(before);
          }),
        );
      return solved.flat();
    });
}

/** What lies below the diagonal of x [N, T, T], and zeros. */
function below(x: Traced): Traced {
  const places = np.arange(x.shape[1] as number);
  return np.where(np.less(places.ref, np.expandDims(places, 1)), x, 0);
}

interface Case {
  readonly fn: (...inputs: Traced[]) => Traced;
  readonly reference: (...inputs: Numbers[]) => number[];
  readonly shapes: readonly (readonly number[])[];
}

const TARGETS = [1, 4, 0];
const attentionBias = (): Traced => np.array(Float32Array.from(BIAS), { shape: [T, T] });

const CASES: Record<string, Case> = {
  silu: {
    fn: (x) => silu(x as Traced),
    reference: (x) => x.map((value) => value / (1 + Math.exp(-value))),
    shapes: [[7]],
  },
  rmsNorm: {
    fn: (x, weight) => rmsNorm(x as Traced, weight as Traced, 1e-5),
    reference: (x, weight) =>
      rows(x, 5).flatMap((row) => {
        const root = Math.sqrt(sum(row.map((value) => value ** 2)) / 5 + 1e-5);
        return row.map((value, index) => (value / root) * (weight[index] as number));
      }),
    shapes: [[3, 5], [5]],
  },
  softmax: {
    fn: (x) => softmax(x as Traced),
    reference: (x) => rows(x, 5).flatMap(softmaxRow),
    shapes: [[2, 3, 5]],
  },
  logProbabilities: {
    fn: (x, table) =>
      logProbabilities(x as Traced, table as Traced, np.array(Int32Array.from(TARGETS), { shape: [1, 3] })),
    reference: (x, table) =>
      rows(x, 2).map((row, index) => {
        const logits = rows(table, 2).map((entry) =>
          sum(entry.map((value, d) => value * (row[d] as number))),
        );
        return Math.log(softmaxRow(logits)[TARGETS[index] as number] as number);
      }),
    shapes: [
      [1, 3, 2],
      [5, 2],
    ],
  },
  attention: {
    fn: (q, k, v) => attention(q as Traced, k as Traced, v as Traced, attentionBias()),
    reference: attentionReference,
    shapes: [
      [B, T, H, D],
      [B, T, H, D],
      [B, T, H, D],
    ],
  },
  unitLowerSolve: {
    fn: (a, y) => unitLowerSolve(below(a as Traced), y as Traced),
    reference: unitLowerReference(6, 3),
    shapes: [
      [2, 6, 6],
      [2, 6, 3],
    ],
  },
};

const STEP = 1e-5;

for (const backend of ['onnx', 'jax'] as const)
  for (const [name, { fn, reference, shapes }] of Object.entries(CASES))
    test(`${backend}: ${name} and its derivative`, async () => {
      const inputs = shapes.map((shape) => normal(random, shape, 1));
      const doubles = inputs.map(({ data }) => Array.from(data));
      const value = reference(...doubles);
      const weights = value.map(() => random.next() - 0.5); // a random direction of the output
      const loss = (given: readonly Numbers[]): number =>
        sum(reference(...given).map((output, index) => output * (weights[index] as number)));
      const traced = (...given: Traced[]): [Traced, Traced] => {
        const output = fn(...given);
        const direction = np.array(Float32Array.from(weights), { shape: [...output.shape] });
        return [np.sum(output.ref.mul(direction)), output];
      };
      const argnums = inputs.map((_, index) => index);
      const differentiated = jax.valueAndGrad(traced, { argnums, hasAux: true });
      const executor = await compile(differentiated, inputs, { backend });
      const leaves = leavesOf(await executor.run(inputs), isTensor).map(([, leaf]) => leaf);
      await executor.dispose();
      const [, output, ...gradients] = leaves as [Tensor, Tensor, ...Tensor[]];
      assertClose(output.data, value, `${name} value`);
      for (const [index, gradient] of gradients.entries()) {
        const moved = (element: number, by: number): number[][] =>
          doubles.with(
            index,
            (doubles[index] as number[]).map((x, at) => (at === element ? x + by : x)),
          );
        const slopes = Array.from(
          gradient.data,
          (_, element) => (loss(moved(element, STEP)) - loss(moved(element, -STEP))) / (2 * STEP),
        );
        assertClose(gradient.data, slopes, `${name} gradient ${index}`);
      }
    });

function assertClose(actual: ArrayLike<number>, expected: Numbers, message: string): void {
  const size = Math.max(...expected.map(Math.abs));
  assert.equal(actual.length, expected.length, message);
  for (const [index, value] of expected.entries())
    assert.ok(
      Math.abs((actual[index] as number) - value) <= 1e-5 * size,
      `${message}[${index}]: ${actual[index]}, not ${value}`,
    );
}

test('the derivative of a function used twice adds up', async () => {
  const twice = (x: Traced): Traced => np.sum(silu(silu(x.ref)).mul(silu(x)));
  const inputs = [tensor(Float32Array.of(-1, 0, 2), [3])];
  const both = await Promise.all(
    (['onnx', 'jax'] as const).map(async (backend) => {
      const executor = await compile(jax.valueAndGrad(twice), inputs, { backend });
      const leaves = leavesOf(await executor.run(inputs), isTensor);
      await executor.dispose();
      return leaves.map(([, leaf]) => Array.from(leaf.data));
    }),
  );
  const f = (x: number): number => x / (1 + Math.exp(-x));
  const slope = (x: number): number => {
    const value = (x: number): number => f(f(x)) * f(x);
    return (value(x + STEP) - value(x - STEP)) / (2 * STEP);
  };
  for (const [, gradient] of both) assertClose(gradient as number[], [-1, 0, 2].map(slope), 'gradient');
});

test('a system whose powers outgrow single precision is solved all the same', async () => {
  const size = 128;
  const ones = tensor(new Float32Array(size * size).fill(1), [1, size, size]);
  const right = normal(random, [1, size, 1], 1);
  const inputs = [ones, right];
  for (const backend of ['onnx', 'jax'] as const) {
    const executor = await compile((a: Traced, y: Traced) => unitLowerSolve(below(a), y), inputs, {
      backend,
    });
    const { data } = (await executor.run(inputs)) as Tensor;
    await executor.dispose();
    assertClose(data, unitLowerReference(size, 1)(Array.from(ones.data), Array.from(right.data)), backend);
  }
});
