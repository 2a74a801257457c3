/** Every primitive the compiler knows, on both back ends, against jax-js's reference back end in plain JavaScript. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Array as JaxArray } from '@jax-js/jax';
import fc from 'fast-check';
import { seeded } from '../core/random.ts';
import { compile, type Executor, loadJax } from './compile.ts';
import { TensorError, UnsupportedPrimitiveError } from './errors.ts';
import { tensorFunctions } from './functions.ts';
import { normal } from './random.ts';
import { elementCount, type Tensor, tensor } from './tensor.ts';
import { isTensor, type Traced } from './trace.ts';
import { leavesOf, type Tree } from './tree.ts';

const jax = await loadJax();
const { numpy: np, lax, nn } = jax;
const { rmsNorm, silu } = tensorFunctions(jax);
const BACKENDS = ['onnx', 'jax'] as const;
const random = seeded(7);

const floats = (...shape: number[]): Tensor => normal(random, shape, 1);
const positive = (...shape: number[]): Tensor => {
  const { data } = normal(random, shape, 1);
  return tensor(
    data.map((value) => Math.abs(value) + 0.1),
    shape,
  );
};
const integers = (bound: number, ...shape: number[]): Tensor =>
  tensor(
    Int32Array.from({ length: elementCount(shape) }, () => random.integer(bound)),
    shape,
  );

async function outputsOf(
  fn: (...inputs: never[]) => unknown,
  inputs: readonly Tree<Tensor>[],
  backend: 'onnx' | 'jax',
) {
  const executor: Executor = await compile(fn, inputs, { backend });
  const outputs = await executor.run(inputs);
  await executor.dispose();
  return leavesOf(outputs, isTensor).map(([, leaf]) => leaf);
}

/** The function's value without tracing or compiling. */
function eager(fn: (...inputs: never[]) => unknown, inputs: readonly Tensor[]): JaxArray {
  const arrays = inputs.map(({ data, shape }) =>
    np.array(data as Float32Array<ArrayBuffer>, { shape: [...shape] }),
  );
  return (fn as (...values: JaxArray[]) => JaxArray)(...arrays);
}

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, message: string): void {
  assert.equal(actual.length, expected.length, message);
  const size = Math.max(1e-3, ...Array.from(expected, Math.abs));
  for (let index = 0; index < actual.length; index++) {
    const difference = Math.abs((actual[index] as number) - (expected[index] as number));
    assert.ok(difference <= 1e-5 * size, `${message}[${index}]: ${actual[index]}, not ${expected[index]}`);
  }
}

/** Pairs of the halves of the last axis turned by an angle. */
function rotated(x: Traced, cosine: Traced, sine: Traced): Traced {
  const [a, b] = np.split(x, 2, -1) as [Traced, Traced];
  const first = a.ref.mul(cosine.ref).sub(b.ref.mul(sine.ref));
  return np.concatenate([first, b.mul(cosine).add(a.mul(sine))], -1);
}

type Case = (x: Traced, y: Traced, z: Traced) => Traced;

const CASES: Record<string, [Case, Tensor[]]> = {
  'add, subtract, multiply with broadcasting': [
    (x, y) => x.ref.add(y.ref).mul(x.ref.sub(y.ref)).add(y.mul(2)).sub(x.neg()),
    [floats(3, 1, 4), floats(5, 1)],
  ],
  'divide by something as large': [(x, y) => x.div(y), [floats(3, 4), positive(3, 4)]],
  'divide by something smaller': [(x, y) => x.div(y), [floats(3, 4), positive(3, 1)]],
  'exp, log, sqrt, reciprocal': [
    (x) => np.exp(x.ref.neg()).add(np.log(x.ref)).add(np.sqrt(x.ref)).add(np.reciprocal(x)),
    [positive(6)],
  ],
  'sin, cos, asin, atan, erf': [
    (x) =>
      np
        .sin(x.ref)
        .add(np.cos(x.ref))
        .add(np.atan(x.ref))
        .add(lax.erf(x.ref))
        .add(np.asin(x.mul(0.1))),
    [floats(2, 3)],
  ],
  'floor, ceil, minimum, maximum': [
    (x, y) => np.floor(x.ref).add(np.ceil(y.ref)).add(np.minimum(x.ref, y.ref)).sub(np.maximum(x, y)),
    [floats(2, 3), floats(3)],
  ],
  sigmoid: [(x) => nn.sigmoid(x), [floats(4, 5)]],
  softmax: [(x) => nn.softmax(x, -1), [floats(3, 4, 5)]],
  'softmax over a transposed axis': [(x) => nn.softmax(x.transpose([0, 2, 1]), -1), [floats(3, 4, 5)]],
  'softmax over another axis': [(x) => nn.softmax(x, 1), [floats(3, 4, 5)]],
  'log-softmax': [(x) => nn.logSoftmax(x, -1), [floats(3, 5)]],
  'comparisons and where': [
    (x, y) => np.where(np.less(x.ref, y.ref), x.ref, np.where(np.notEqual(x.ref, y.ref), y, x.mul(3))),
    [floats(4, 3), floats(3)],
  ],
  'equality of integers': [
    (x, y) => np.equal(x.ref, y.ref).astype(np.float32).add(np.lessEqual(x, y).astype(np.float32)),
    [integers(3, 4, 3), integers(3, 3)],
  ],
  'integer arithmetic': [(x, y) => x.ref.mul(y.ref).add(x).sub(y), [integers(9, 4, 3), integers(9, 3)]],
  'sums over several axes': [(x) => np.sum(x, [0, 2]), [floats(3, 4, 5)]],
  'sum of a repeated axis': [(x) => np.sum(np.broadcastTo(x, [6, 3, 4]), [0, 2]), [floats(3, 1)]],
  'sum of everything': [(x) => np.sum(x), [floats(3, 4)]],
  'max, min and product': [(x) => np.max(x.ref, 0).add(np.min(x.ref, 0)).add(np.prod(x, 0)), [floats(3, 4)]],
  'reduction after a transpose': [(x) => np.max(x.transpose([2, 0, 1]), 1), [floats(3, 4, 5)]],
  'transpose, reshape and add in different orders': [
    (x, y) => x.transpose([1, 0, 2]).reshape([4, 15]).add(y.transpose()),
    [floats(3, 4, 5), floats(15, 4)],
  ],
  'reshape that cuts across a transpose': [(x) => x.transpose().reshape([4, 5]).mul(2), [floats(4, 5)]],
  'loops whose cuts do not divide each other': [
    (x, y) => x.reshape([12]).add(y.transpose().reshape([12])),
    [floats(4, 3), floats(2, 6)],
  ],
  'matrix product': [(x, y) => np.matmul(x, y), [floats(3, 4), floats(4, 5)]],
  'matrix products of every orientation': [
    (x, y, z) => np.matmul(x.ref.transpose(), y).add(np.matmul(z, x).transpose()),
    [floats(4, 3), floats(4, 5), floats(5, 4)],
  ],
  'batched product': [(x, y) => np.matmul(x, y), [floats(2, 3, 4), floats(2, 4, 5)]],
  'batch against a single matrix': [(x, y) => np.matmul(x, y), [floats(2, 3, 4), floats(4, 5)]],
  'batches that lie between rows and columns': [
    (x, y) => np.einsum('tbhd,sbhd->bhts', x, y),
    [floats(5, 2, 3, 4), floats(6, 2, 3, 4)],
  ],
  'batches inside, summed axis outside': [
    (x, y) => np.einsum('kbm,kbn->bmn', x, y),
    [floats(5, 2, 3), floats(5, 2, 4)],
  ],
  'product then transpose': [
    (x, y) => np.einsum('bhts,bshd->bthd', x, y).reshape([2, 4, 15]),
    [floats(2, 3, 4, 6), floats(2, 6, 3, 5)],
  ],
  'product of scaled factors': [
    (x, y) => np.matmul(x.mul(0.5).neg(), y.transpose().mul(3)),
    [floats(3, 4), floats(5, 4)],
  ],
  'scaled vectors by matrices': [
    (x, y, z) => np.matmul(x.mul(0.3), y.ref.mul(-2)).add(np.matmul(y.transpose([0, 2, 1]), z.mul(7)).sum()),
    [floats(3, 1, 4), floats(3, 4, 5), floats(3, 4, 1)],
  ],
  'root mean square norm of what lies elsewhere': [
    (x, w) => rmsNorm(x.transpose([1, 0, 2]).mul(3), w.mul(2), 1e-3),
    [floats(3, 2, 5), floats(5)],
  ],
  'root mean square norm of repeats': [
    (x, w) => rmsNorm(np.broadcastTo(x, [2, 3, 4]), w),
    [floats(3, 1), floats(4)],
  ],
  'what is only like a root mean square norm': [
    (x, y, w) => {
      const inverse = np.reciprocal(np.sqrt(np.mean(x.ref.mul(x.ref), 0, { keepdims: true }).add(1e-3)));
      const other = np.reciprocal(
        np.sqrt(np.sum(x.ref.mul(y), -1, { keepdims: true }).mul(x.ref.mul(0)).add(2)),
      );
      return x.ref.mul(inverse).mul(w.ref).add(x.mul(other).mul(w));
    },
    [floats(4, 4), floats(4, 4), floats(4)],
  ],
  'x times its own sigmoid': [(x) => silu(x.transpose().mul(2)), [floats(3, 5)]],
  'rotation, repeated between rows': [rotated, [floats(2, 3, 4, 6), floats(2, 3, 1, 3), floats(2, 3, 1, 3)]],
  'rotation of rows that lie between others': [
    (x, c, s) => rotated(x.transpose([0, 2, 1, 3]).mul(3), c.mul(2), s).transpose([0, 2, 1, 3]),
    [floats(2, 3, 4, 10), floats(2, 1, 3, 5), floats(2, 1, 3, 5)],
  ],
  'rotation of rows that lie as no operator reads them': [
    (x, c, s) => rotated(x, c, s),
    [floats(2, 3, 4, 6), floats(1, 3, 1, 3), floats(3, 4, 3)],
  ],
  'rotation across what lies together': [
    (x, c, s) => rotated(x.transpose(), c, np.broadcastTo(s, [5, 2])),
    [floats(4, 5), floats(5, 2), floats(5, 1)],
  ],
  'what is only like a rotation': [
    (x, c, s) => {
      const [a, b] = np.split(x, 2, -1) as [Traced, Traced];
      const first = a.ref.mul(c.ref).add(b.ref.mul(s.ref));
      return np.concatenate([first, b.mul(c).add(a.mul(s))], -1);
    },
    [floats(3, 6), floats(3, 3), floats(3, 3)],
  ],
  'matrix by vector': [(x, y) => np.matmul(x, y), [floats(3, 4), floats(4)]],
  'inner product': [(x, y) => np.dot(x, y), [floats(4), floats(4)]],
  'outer product': [(x, y) => np.outer(x, y), [floats(4), floats(3)]],
  'row-wise inner products': [(x, y) => np.einsum('bk,bk->b', x, y), [floats(3, 4), floats(3, 4)]],
  'gather of rows': [(x, at) => x.slice(at), [floats(5, 3), integers(5, 2, 4)]],
  'gather along an inner axis': [(x, at) => np.take(x, at, 1), [floats(3, 5, 2), integers(5, 4)]],
  'gather of single elements': [(x, at) => np.takeAlongAxis(x, at, -1), [floats(3, 5), integers(5, 3, 2)]],
  'concatenate in different orders': [
    (x, y) => np.concatenate([x.transpose(), y.mul(2)], 1),
    [floats(3, 4), floats(4, 2)],
  ],
  'split inside a transpose': [
    (x) => {
      const [a, b] = np.split(x.transpose([1, 0, 2]), 2, 0) as [Traced, Traced];
      return a.mul(b);
    },
    [floats(3, 4, 5)],
  ],
  'slice, pad and flip': [
    (x) =>
      np.flip(
        np.pad(x.slice([1, 3], [0, 2]), [
          [1, 0],
          [0, 2],
        ]),
        [0, 1],
      ),
    [floats(4, 3)],
  ],
  'an output that is an input': [(x) => x, [floats(3)]],
  'an output that is a transposed input': [(x) => x.transpose(), [floats(3, 2)]],
  'an output that is repeated': [(x) => np.broadcastTo(x, [4, 3]), [floats(3)]],
  'a constant output': [(x) => x.sub(lax.stopGradient(x.ref)).add(2), [floats(3)]],
};

for (const backend of BACKENDS)
  for (const [name, [fn, inputs]] of Object.entries(CASES))
    test(`${backend}: ${name}`, async () => {
      const expected = eager(fn, inputs);
      const shape = [...expected.shape];
      const [actual] = (await outputsOf(fn, inputs, backend)) as [Tensor];
      assert.deepEqual(actual.shape, shape);
      assertClose(actual.data, expected.dataSync(), name);
    });

test('onnx: chains of transposes, reshapes and broadcasts into products and sums', async () => {
  const size = fc.integer({ min: 1, max: 4 });
  const shapes = fc.tuple(size, size, size, size);
  const order = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(shapes, order, order, fc.boolean(), async ([a, b, c, d], first, second, asProduct) => {
      const fn = (x: Traced, y: Traced): Traced => {
        const moved = x.transpose(first);
        const [p, q, r, s] = moved.shape as [number, number, number, number];
        const left = moved
          .reshape([p, q * r, s])
          .transpose([2, 0, 1])
          .reshape([s * p, q, r]);
        const right = y.transpose(second).reshape([b * c, a * d]);
        const row = np.sum(right, 0, { keepdims: true }).reshape([1, 1, a * d]);
        if (asProduct) return np.einsum('mqr,zyn->qmn', left, row);
        return left.add(np.sum(row, 2, { keepdims: true }));
      };
      const inputs = [floats(a, b, c, d), floats(d, c, b, a)];
      const [actual] = (await outputsOf(fn, inputs, 'onnx')) as [Tensor];
      assertClose(actual.data, eager(fn, inputs).dataSync(), JSON.stringify([a, b, c, d, first, second]));
    }),
    { numRuns: 60, seed: 3 },
  );
});

for (const backend of BACKENDS)
  test(`${backend}: gradients of gather, concatenate, split, slice, where, max and products`, async () => {
    const loss = (weights: { table: Traced; matrix: Traced }, at: Traced): Traced => {
      const rows = weights.table.slice(at); // [2, 3, 4], some rows twice
      const [left, right] = np.split(rows.ref, 2, -1) as [Traced, Traced];
      const joined = np.concatenate([right.mul(2), np.tanh(left)], -1);
      const product = np.einsum('bti,oi->bto', joined, weights.matrix).slice([], [1, 3]);
      return np.sum(np.where(np.less(product.ref, 0.1), product.ref.mul(0.5), product)).add(np.max(rows));
    };
    const weights = { table: floats(5, 4), matrix: floats(3, 4) };
    const at = tensor(Int32Array.of(0, 1, 1, 4, 1, 2), [2, 3]);
    const lossOnly = (given: typeof weights): number => {
      const arrays = Object.fromEntries(
        Object.entries(given).map(([name, { data, shape }]) => [
          name,
          np.array(data as Float32Array<ArrayBuffer>, { shape: [...shape] }),
        ]),
      );
      const positions = np.array(at.data, { shape: [2, 3] });
      return (loss as (w: unknown, at: JaxArray) => JaxArray)(arrays, positions).dataSync()[0] as number;
    };
    const [value, ...gradients] = await outputsOf(jax.valueAndGrad(loss), [weights, at], backend);
    assertClose((value as Tensor).data, [lossOnly(weights)], 'loss');
    const step = 1e-2;
    for (const [index, name] of (['table', 'matrix'] as const).entries()) {
      const { data } = weights[name];
      const slopes = Array.from(data, (value, element) => {
        const at = (moved: number): number =>
          lossOnly({ ...weights, [name]: { ...weights[name], data: data.with(element, moved) } });
        return (at(value + step) - at(value - step)) / (2 * step);
      });
      const actual = (gradients[index] as Tensor).data;
      const size = Math.max(...slopes.map(Math.abs));
      for (const [element, slope] of slopes.entries())
        assert.ok(
          Math.abs((actual[element] as number) - slope) < 2e-3 * size,
          `${name}[${element}] ${actual[element]} ${slope}`,
        );
    }
  });

test('a primitive without a translation is refused by name', async () => {
  await assert.rejects(
    compile((x: Traced) => np.sort(x), [floats(4)]),
    (error) => {
      assert.ok(error instanceof UnsupportedPrimitiveError);
      assert.equal(error.primitive, 'sort');
      return true;
    },
  );
  await assert.rejects(
    compile((x: Traced) => x.astype(np.float16), [floats(4)]),
    /float16/,
  );
});

test('an input without elements is refused', async () => {
  const empty = tensor(new Float32Array(0), [2, 0]);
  await assert.rejects(
    compile((x: Traced) => x, [empty]),
    /shape \[2,0\], without elements/,
  );
});

test('inputs and outputs of another shape or type are refused by path', async () => {
  const executor = await compile(
    (input: { a: Traced; b: Traced }) => ({ sum: input.a.add(input.b) }),
    [{ a: floats(3), b: floats(3) }],
  );
  const [a, b] = [floats(3), floats(3)];
  await assert.rejects(
    executor.run([{ a, b: floats(4) }]),
    /Input "0.b" is float32 \[4\], compiled for float32 \[3\]/,
  );
  await assert.rejects(executor.run([{ a, b: integers(3, 3) }]), /int32 \[3\]/);
  await assert.rejects(executor.run([{ a }]), TensorError);
  await assert.rejects(executor.run([{ a, b }], { sum: floats(2) }), /Output "sum"/);
  const into = executor.allocate() as { sum: Tensor };
  const returned = await executor.run([{ b, a }], into); // keys in another order
  assert.equal(returned, into);
  assertClose(
    into.sum.data,
    a.data.map((value, index) => value + (b.data[index] as number)),
    'sum',
  );
  await executor.dispose();
});

test('rows gathered many times collect every one of their gradients, on several threads', async () => {
  const [rows, width, count] = [3, 64, 4_000];
  const at = integers(rows, count);
  const inputs = [floats(rows, width), at, floats(count, width)];
  const fn = jax.grad((table: Traced, at: Traced, factors: Traced) => np.sum(table.slice(at).mul(factors)));
  const executor = await compile(fn, inputs, { threads: 2 });
  const factors = (inputs[2] as Tensor).data;
  const expected = new Float64Array(rows * width);
  for (let n = 0; n < count; n++)
    for (let c = 0; c < width; c++) {
      const place = (at.data[n] as number) * width + c;
      expected[place] = (expected[place] as number) + (factors[n * width + c] as number);
    }
  const results = [];
  for (let run = 0; run < 10; run++) results.push((await executor.run(inputs)) as Tensor);
  await executor.dispose();
  for (const { data } of results) {
    assertClose(data, expected, 'row');
    assert.deepEqual(data, results[0]?.data); // the same bits each time
  }
});
