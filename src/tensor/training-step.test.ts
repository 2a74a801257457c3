/** Training on both back ends: the same numbers, a reference update by hand, checkpoints, faults, memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decoderLoss, initialWeights, randomBatch } from '../../bench/decoder.ts';
import { seeded } from '../core/random.ts';
import { compile, loadJax } from './compile.ts';
import { NotFiniteError } from './errors.ts';
import { adamW } from './optimizer.ts';
import { normal } from './random.ts';
import { constant, warmupCosine } from './schedule.ts';
import { type Tensor, tensor } from './tensor.ts';
import { isTensor, type Traced } from './trace.ts';
import { type TrainingState, trainingStep } from './training-step.ts';
import { leavesOf, type Tree } from './tree.ts';

const jax = await loadJax();
const { numpy: np } = jax;

const TINY = { layers: 2, width: 16, heads: 2, hidden: 24, vocabulary: 11, context: 6, batch: 3 };

/** Largest difference, relative to the largest element of each leaf. */
function distance(actual: Tree<Tensor>, expected: Tree<Tensor>): number {
  const wanted = new Map(leavesOf(expected, isTensor));
  return Math.max(
    ...leavesOf(actual, isTensor).map(([path, { data }]) => {
      const other = (wanted.get(path) as Tensor).data;
      const size = Math.max(1e-12, ...Array.from(other, Math.abs));
      return (
        Math.max(...Array.from(data, (value, index) => Math.abs(value - (other[index] as number)))) / size
      );
    }),
  );
}

test('both back ends agree on the loss of a decoder and on every gradient', async () => {
  const weights = initialWeights(TINY, seeded(1));
  const batch = randomBatch(TINY, seeded(2));
  const [onnx, wasm] = await Promise.all(
    (['onnx', 'jax'] as const).map(async (backend) => {
      const executor = await compile(jax.valueAndGrad(decoderLoss(jax, TINY)), [weights, batch], { backend });
      const result = await executor.run([weights, batch]);
      await executor.dispose();
      return result;
    }),
  );
  assert.ok(distance(onnx as Tree<Tensor>, wasm as Tree<Tensor>) < 1e-4);
  assert.equal(leavesOf(onnx as Tree<Tensor>, isTensor).length, 1 + 2 + 9 * TINY.layers);
});

test('the gradient of a decoder predicts how its loss changes along it', async () => {
  const weights = initialWeights(TINY, seeded(1));
  const batch = randomBatch(TINY, seeded(2));
  const executor = await compile(jax.valueAndGrad(decoderLoss(jax, TINY)), [weights, batch]);
  const lossAt = async (shift: number, direction: Map<string, Tensor>): Promise<number> => {
    const moved = structuredClone(weights);
    for (const [path, { data }] of leavesOf<Tensor>(moved, isTensor))
      for (const index of data.keys())
        data[index] =
          (data[index] as number) + shift * ((direction.get(path) as Tensor).data[index] as number);
    const [loss] = (await executor.run([moved, batch])) as [Tensor];
    return loss.data[0] as number;
  };
  const [, gradients] = (await executor.run([weights, batch])) as [Tensor, Tree<Tensor>];
  const direction = new Map(leavesOf(structuredClone(gradients), isTensor));
  let predicted = 0;
  for (const { data } of direction.values()) for (const slope of data) predicted += slope ** 2;
  const step = 0.004 / Math.sqrt(predicted);
  const measured = ((await lossAt(step, direction)) - (await lossAt(-step, direction))) / (2 * step);
  await executor.dispose();
  assert.ok(Math.abs(measured / predicted - 1) < 2e-3, `${measured} against ${predicted}`);
});

/** A least-squares fit: 6 weights and 2 offsets, 16 examples. */
const fit = {
  loss: (
    { weight, offset }: { weight: Traced; offset: Traced },
    { x, y }: { x: Traced; y: Traced },
  ): Traced => np.mean(np.square(np.matmul(x, weight).add(offset).sub(y))),
  parameters: { weight: normal(seeded(5), [3, 2], 1), offset: normal(seeded(6), [2], 1) },
  batch: { x: normal(seeded(7), [16, 3], 1), y: normal(seeded(8), [16, 2], 1) },
};

test('three steps of AdamW equal the update rule written out in double precision', async () => {
  const options = { beta1: 0.8, beta2: 0.9, epsilon: 1e-6, weightDecay: 0.1, maximumNorm: 0.5 };
  const { weight, offset } = fit.parameters;
  const theta = [...weight.data, ...offset.data];
  const [m, v] = [theta.map(() => 0), theta.map(() => 0)];
  const norms: number[] = [];
  for (let step = 1; step <= 3; step++) {
    const gradient = theta.map(() => 0);
    for (let row = 0; row < 16; row++)
      for (let column = 0; column < 2; column++) {
        const inputs = [0, 1, 2].map((k) => fit.batch.x.data[row * 3 + k] as number);
        const product = inputs.reduce((total, x, k) => total + x * (theta[k * 2 + column] as number), 0);
        const error =
          product + (theta[6 + column] as number) - (fit.batch.y.data[row * 2 + column] as number);
        for (const [k, x] of [...inputs, 1].entries())
          gradient[k * 2 + column] = (gradient[k * 2 + column] as number) + (2 * error * x) / 32;
      }
    const norm = Math.sqrt(gradient.reduce((total, g) => total + g * g, 0));
    norms.push(norm);
    for (const [index, slope] of gradient.entries()) {
      const g = slope * Math.min(1, options.maximumNorm / norm);
      m[index] = options.beta1 * (m[index] as number) + (1 - options.beta1) * g;
      v[index] = options.beta2 * (v[index] as number) + (1 - options.beta2) * g * g;
      const mean = (m[index] as number) / (1 - options.beta1 ** step);
      const square = (v[index] as number) / (1 - options.beta2 ** step);
      const decay = index < 6 ? 0.01 * options.weightDecay * (theta[index] as number) : 0;
      theta[index] = (theta[index] as number) - decay - (0.01 * mean) / (Math.sqrt(square) + options.epsilon);
    }
  }
  assert.ok((norms[0] as number) > options.maximumNorm); // clipping was at work
  for (const backend of ['onnx', 'jax'] as const) {
    const training = await trainingStep({ loss: fit.loss, from: fit, optimizer: adamW(options), backend });
    for (const norm of norms) {
      const { gradientNorm } = await training.run(fit.batch, 0.01);
      assert.ok(Math.abs(gradientNorm / norm - 1) < 1e-5, backend);
    }
    const expected = {
      weight: tensor(Float32Array.from(theta.slice(0, 6)), [3, 2]),
      offset: tensor(Float32Array.from(theta.slice(6)), [2]),
    };
    assert.ok(distance(training.state.parameters, expected) < 1e-5, backend);
    assert.equal(training.state.step, 3);
    await training.dispose();
  }
});

test('training lowers the loss, and leaves the parameters it was given alone', async () => {
  const before = structuredClone(fit.parameters);
  const training = await trainingStep({ loss: fit.loss, from: fit, optimizer: adamW({ weightDecay: 0 }) });
  const schedule = warmupCosine({ peak: 0.1, warmupSteps: 5, totalSteps: 100 });
  const losses: number[] = [];
  for (let step = 1; step <= 100; step++) losses.push((await training.run(fit.batch, schedule(step))).loss);
  await training.dispose();
  assert.ok((losses.at(-1) as number) < 0.5 * (losses[0] as number), `${losses[0]} to ${losses.at(-1)}`);
  assert.equal(distance(fit.parameters, before), 0);
});

test('a checkpoint continues to the same numbers', async () => {
  const whole = await trainingStep({ loss: fit.loss, from: fit });
  const start = await trainingStep({ loss: fit.loss, from: fit });
  for (let step = 0; step < 6; step++) await whole.run(fit.batch, 0.01);
  for (let step = 0; step < 3; step++) await start.run(fit.batch, 0.01);
  const checkpoint: TrainingState = structuredClone(start.state);
  const rest = await trainingStep({ loss: fit.loss, from: checkpoint });
  for (let step = 0; step < 3; step++) await rest.run(fit.batch, 0.01);
  assert.deepEqual(rest.state, whole.state);
  for (const training of [whole, start, rest]) await training.dispose();
});

for (const backend of ['onnx', 'jax'] as const)
  for (const [name, poison] of Object.entries({ NaN: Number.NaN, infinity: Number.POSITIVE_INFINITY }))
    test(`${backend}: a step that meets ${name} is refused and changes nothing`, async () => {
      const training = await trainingStep({ loss: fit.loss, from: fit, backend });
      await training.run(fit.batch, 0.01);
      const before = structuredClone(training.state);
      const data = fit.batch.x.data.slice();
      data[4] = poison;
      const bad = { ...fit.batch, x: { ...fit.batch.x, data } };
      await assert.rejects(training.run(bad, 0.01), (error) => {
        assert.ok(error instanceof NotFiniteError);
        assert.equal(error.step, 2);
        assert.ok(!Number.isFinite(error.loss));
        return true;
      });
      assert.deepEqual(training.state, before);
      const { loss } = await training.run(fit.batch, 0.01);
      assert.ok(Number.isFinite(loss));
      assert.equal(training.state.step, 2);
      await training.dispose();
    });

test('a gradient that overflows is refused even when the loss is finite', async () => {
  const loss = ({ weight }: { weight: Traced }, { x }: { x: Traced }): Traced =>
    np.sum(np.sqrt(weight.mul(x)));
  const from = { parameters: { weight: tensor(Float32Array.of(0, 1), [2]) } }; // sqrt has an infinite slope at 0
  const training = await trainingStep({ loss, from });
  await assert.rejects(training.run({ x: tensor(Float32Array.of(1, 1), [2]) }, 0.1), (error) => {
    assert.ok(error instanceof NotFiniteError);
    assert.equal(error.loss, 1);
    return true;
  });
  await training.dispose();
});

test('batches of several shapes train the same parameters; executors past the capacity are disposed of', async () => {
  const training = await trainingStep({ loss: fit.loss, from: fit, capacity: 2 });
  for (const rows of [16, 8, 4, 16, 8]) {
    const part = ({ data }: Tensor, width: number): Tensor =>
      tensor(data.slice(0, rows * width), [rows, width]);
    await training.run({ x: part(fit.batch.x, 3), y: part(fit.batch.y, 2) }, 0.01);
  }
  assert.equal(training.state.step, 5);
  await training.dispose();
});

test('schedules', () => {
  assert.equal(constant(0.1)(77), 0.1);
  const schedule = warmupCosine({ peak: 1, warmupSteps: 10, totalSteps: 110, floor: 0.1 });
  assert.deepEqual([1, 5, 10, 110, 500].map(schedule), [0.1, 0.5, 1, 0.1, 0.1]);
  assert.ok(Math.abs(schedule(60) - 0.55) < 1e-12); // half-way down
  assert.throws(() => warmupCosine({ peak: 1, warmupSteps: 10, totalSteps: 10 }), /warm-up/);
});

test('a thousand more steps do not make the process grow', async () => {
  const training = await trainingStep({
    loss: decoderLoss(jax, TINY),
    from: { parameters: initialWeights(TINY, seeded(1)) },
  });
  const batch = randomBatch(TINY, seeded(2));
  for (let step = 0; step < 200; step++) await training.run(batch, 1e-3);
  const before = process.memoryUsage.rss();
  for (let step = 0; step < 1_000; step++) await training.run(batch, 1e-3);
  const grown = (process.memoryUsage.rss() - before) / 2 ** 20;
  await training.dispose();
  assert.ok(grown < 30, `${grown} MiB`);
});
