/** The four primitives: gradients against finite differences and between back ends, packing, gathering, faults, resuming. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '../core/random.ts';
import { NotFiniteError } from '../tensor/errors.ts';
import { adamW, type NamedTensors } from '../tensor/optimizer.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { initialWeights } from '../transformer/decoder.ts';
import type { DecoderConfig } from '../transformer/decoder-config.ts';
import { generator } from '../transformer/generate.ts';
import { type Batch, packSequences, type Sequence } from './batch.ts';
import { type Learner, learner } from './learner.ts';
import { likelihood } from './likelihood.ts';

const TINY: DecoderConfig = {
  vocabularySize: 13,
  width: 16,
  hidden: 24,
  layers: 2,
  heads: 4,
  keyValueHeads: 2,
  context: 16,
  normEpsilon: 1e-5,
  ropeTheta: 10_000,
  tiedEmbeddings: true,
};
const SHAPE = { rows: 2, length: 12 };
const random = seeded(3);

function sequence(length: number): Sequence {
  const ids = Int32Array.from({ length }, () => random.integer(TINY.vocabularySize));
  const weight = Float32Array.from({ length }, () => random.next());
  return { ids, columns: { weight } };
}

const sequences = [7, 5, 4, 9, 3].map(sequence);
const { batch, placements } = packSequences(sequences, SHAPE, ['weight']);
/** Large enough for every derivative to matter. */
const weights = scaled(initialWeights(TINY, seeded(1)), 8);

/** With a memory in its second layer. */
const REMEMBERING: DecoderConfig = { ...TINY, memoryLayers: [1] };
const DECODERS = [
  ['', { config: TINY, from: { weights } }],
  [
    ', with a memory',
    { config: REMEMBERING, from: { weights: scaled(initialWeights(REMEMBERING, seeded(1)), 8) } },
  ],
] as const;

function scaled(tensors: NamedTensors, factor: number): NamedTensors {
  const change = ([name, { data, shape }]: [string, Tensor<Float32Array>]) =>
    [name, { data: shape.length > 1 ? data.map((x) => x * factor) : data, shape }] as const;
  return Object.fromEntries(Object.entries(tensors).map(change));
}

/** With a rate of 1, no decay, no momentum and ε ≫ gradient, the update is -gradient/ε: what was gathered can be read off. */
const READING = 1e6;
const reader = adamW({ beta1: 0, beta2: 0, epsilon: READING, weightDecay: 0, maximumNorm: 1e9 });

async function make(options: Partial<Parameters<typeof learner>[0]> = {}): Promise<Learner> {
  return learner({ config: TINY, from: { weights }, objective: likelihood, optimizer: reader, ...options });
}

/** The gradients of some batches, gathered: the first moments after one update without momentum. */
async function gradients(batches: readonly Batch[], options = {}): Promise<NamedTensors> {
  const made = await make(options);
  for (const one of batches) await made.forwardBackward(one);
  await made.optimStep({ learningRate: 0 });
  await made.dispose();
  return made.state.moments.first;
}

function distance(actual: NamedTensors, expected: NamedTensors): number {
  let worst = 0;
  for (const [name, { data }] of Object.entries(expected)) {
    const other = (actual[name] as Tensor).data;
    const size = Math.max(1e-12, ...Array.from(data, Math.abs));
    for (const [index, value] of data.entries())
      worst = Math.max(worst, Math.abs(value - (other[index] as number)) / size);
  }
  return worst;
}

for (const [kind, of] of DECODERS) {
  test(`both back ends agree on the loss and on every gradient${kind}`, async () => {
    const [onnx, wasm] = [await make({ ...of, backend: 'onnx' }), await make({ ...of, backend: 'jax' })];
    const [a, b] = [await onnx.forwardBackward(batch), await wasm.forwardBackward(batch)];
    assert.ok(Math.abs(a.loss / b.loss - 1) < 1e-5);
    for (const each of [onnx, wasm]) {
      await each.optimStep({ learningRate: 0 });
      await each.dispose();
    }
    assert.ok(distance(onnx.state.moments.first, wasm.state.moments.first) < 1e-4);
  });

  test(`every gradient is the slope of the loss along it${kind}`, async () => {
    const slopes = await gradients([batch], of);
    for (const name of Object.keys(of.from.weights)) {
      const direction = (slopes[name] as Tensor<Float32Array>).data;
      const norm = Math.sqrt(direction.reduce((sum, x) => sum + x * x, 0));
      const lossAt = async (shift: number): Promise<number> => {
        const moved = structuredClone(of.from.weights) as Record<string, Tensor<Float32Array>>;
        const { data } = moved[name] as Tensor<Float32Array>;
        for (let i = 0; i < data.length; i++)
          data[i] = (data[i] as number) + (shift * (direction[i] as number)) / norm;
        const logProbs = await probe.logProbabilities(batch, moved);
        const weight = (batch.columns.weight as Tensor).data;
        return -logProbs.reduce((sum, x, t) => sum + x * (weight[t] as number), 0);
      };
      const probe = await make(of);
      const step = 2e-3;
      const measured = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
      await probe.dispose();
      assert.ok(Math.abs(measured / norm - 1) < 0.02, `${name}: ${measured} against ${norm}`);
    }
  });

  test(`packed sequences have the log-probabilities that they have alone${kind}`, async () => {
    const made = await make(of);
    const packed = await made.logProbabilities(batch);
    for (const [index, one] of sequences.entries()) {
      const alone = packSequences([one], { rows: 1, length: 15 }, ['weight']);
      const expected = await made.logProbabilities(alone.batch);
      const { offset, length } = placements[index] as (typeof placements)[number];
      for (let t = 0; t < length; t++)
        assert.ok(Math.abs((packed[offset + t] as number) - (expected[t] as number)) < 1e-4);
    }
    const { logProbs } = await made.forwardBackward(batch);
    for (const [t, value] of logProbs.entries()) assert.ok(Math.abs(value - (packed[t] as number)) < 1e-4);
    await made.dispose();
  });
}

for (const temperature of [0.5, 1.6])
  test(`probabilities at temperature ${temperature} are those that a sampler records at it`, async () => {
    const sampler = await generator({ config: TINY, weights, slots: 2 });
    const made = await make({ temperature });
    const promptIds = Int32Array.of(3, 1, 4);
    const sampled = await sampler.generate({ promptIds, random: seeded(8), temperature, maxTokens: 9 });
    const ids = Int32Array.from([...promptIds, ...sampled.ids]);
    const columns = { weight: new Float32Array(ids.length).fill(1) };
    const shape = { rows: 1, length: ids.length - 1 };
    const { batch: alone } = packSequences([{ ids, columns }], shape, ['weight']);
    const told = (await made.logProbabilities(alone)).subarray(promptIds.length - 1);
    const { logProbs } = await made.forwardBackward(alone);
    assert.equal(told.length, 9);
    for (const [t, value] of told.entries()) {
      assert.ok(Math.abs(value - (sampled.logProbs[t] as number)) < 1e-4, `token ${t}`);
      assert.ok(Math.abs(value - (logProbs[promptIds.length - 1 + t] as number)) < 1e-4, `token ${t}`);
    }
    await Promise.all([sampler.dispose(), made.dispose()]);
  });

test('gradients of several batches add up to those of all their sequences', async () => {
  const part = (some: readonly Sequence[]): Batch => packSequences(some, SHAPE, ['weight']).batch;
  const parts = [part(sequences.slice(0, 2)), part(sequences.slice(2, 4)), part(sequences.slice(4))];
  assert.ok(distance(await gradients(parts), await gradients([batch])) < 1e-5);
});

test('a loss that is not finite keeps no gradients, and the weights go on', async () => {
  const made = await make({ optimizer: adamW() });
  await made.forwardBackward(batch);
  await made.optimStep({ learningRate: 1e-3 });
  const before = structuredClone(made.state);
  const bad = structuredClone(batch);
  (bad.columns.weight as Tensor).data[0] = Number.NaN;
  await assert.rejects(made.forwardBackward(bad), (error) => {
    return error instanceof NotFiniteError && error.step === 2 && /loss is NaN/.test(error.message);
  });
  assert.deepEqual(made.state, before);
  await assert.rejects(made.optimStep({ learningRate: 1e-3 }), /forwardBackward first/);
  await made.forwardBackward(batch);
  await made.optimStep({ learningRate: 1e-3 });
  assert.equal(made.state.step, 2);
  await made.dispose();
});

for (const backend of ['onnx', 'jax'] as const)
  test(`weights that are no numbers make a loss that is none, ${backend}`, async () => {
    const broken = structuredClone(weights);
    (broken['model.norm.weight'] as Tensor).data[0] = Number.NaN;
    const made = await make({ from: { weights: broken }, backend });
    await assert.rejects(made.forwardBackward(batch), NotFiniteError);
    assert.ok(Number.isNaN((await made.logProbabilities(batch))[0]));
    await made.dispose();
  });

test('a saved state continues to the same numbers, bit for bit', async () => {
  const walk = async (each: Learner, steps: number): Promise<void> => {
    for (let step = 0; step < steps; step++) {
      await each.forwardBackward(batch);
      await each.optimStep({ learningRate: 1e-2 });
    }
  };
  const [whole, start] = [await make({ optimizer: adamW() }), await make({ optimizer: adamW() })];
  await walk(whole, 5);
  await walk(start, 2);
  const rest = await make({ optimizer: adamW(), from: structuredClone(start.state) });
  await walk(rest, 3);
  assert.deepEqual(rest.state, whole.state);
  for (const each of [whole, start, rest]) await each.dispose();
});

test('what it was given stays as it was, and other weights are refused', async () => {
  const before = structuredClone(weights);
  const made = await make({ optimizer: adamW() });
  await made.forwardBackward(batch);
  await made.optimStep({ learningRate: 0.1 });
  await made.dispose();
  assert.deepEqual(weights, before);
  const { 'model.norm.weight': _, ...less } = weights;
  await assert.rejects(make({ from: { weights: less } }), /model\.norm\.weight has shape \[none\]/);
});

test('a thousand steps do not make the process grow', async () => {
  const made = await make({ optimizer: adamW() });
  const walk = async (steps: number): Promise<void> => {
    for (let step = 0; step < steps; step++) {
      await made.forwardBackward(batch);
      await made.optimStep({ learningRate: 1e-3 });
    }
  };
  await walk(200);
  const before = process.memoryUsage.rss();
  await walk(1_000);
  const grown = (process.memoryUsage.rss() - before) / 2 ** 20;
  await made.dispose();
  assert.ok(grown < 30, `${grown} MiB`);
});
