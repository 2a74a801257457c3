import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '../core/random.ts';
import type { NamedTensors } from '../tensor/optimizer.ts';
import { initialWeights } from '../transformer/decoder.ts';
import type { DecoderConfig } from '../transformer/decoder-config.ts';
import { callLogProbs } from './call-sequences.ts';
import { learner } from './learner.ts';
import { likelihood } from './likelihood.ts';
import { policyDivergence } from './policy-divergence.ts';
import type { Rollout, SampledCall } from './rollout.ts';

const config: DecoderConfig = {
  vocabularySize: 11,
  width: 16,
  hidden: 16,
  layers: 1,
  heads: 2,
  keyValueHeads: 2,
  context: 16,
  normEpsilon: 1e-5,
  ropeTheta: 10_000,
  tiedEmbeddings: false,
};
const SHAPE = { rows: 64, length: 128 };
const promptIds = Int32Array.of(1, 2, 3);

/** Weights large enough for distributions that differ. */
function weights(seed: number): NamedTensors {
  const entries = Object.entries(initialWeights(config, seeded(seed))).map(([name, { data, shape }]) => [
    name,
    { data: shape.length > 1 ? data.map((x) => 6 * x) : data, shape },
  ]);
  return Object.fromEntries(entries);
}

const callOf = (id: number, logProb: number): SampledCall => ({
  promptIds,
  tokens: { ids: Int32Array.of(id), logProbs: Float32Array.of(logProb), sampled: Uint8Array.of(1) },
});

test('the estimate is the divergence of the present policy, though an older one sampled', async () => {
  const [present, reference, older] = [weights(1), weights(2), weights(3)];
  const learns = await learner({ config, from: { weights: present }, objective: likelihood, threads: 1 });
  const every = Array.from({ length: config.vocabularySize }, (_, id) => callOf(id, 0));
  const distribution = async (of: NamedTensors): Promise<number[]> => {
    const found = await callLogProbs(learns, every, SHAPE, of);
    return every.map((call) => found.get(call)![0]!);
  };
  const [p, q, sampler] = [
    await distribution(present),
    await distribution(reference),
    await distribution(older),
  ];
  assert.ok(Math.abs(p.reduce((sum, logProb) => sum + Math.exp(logProb), 0) - 1) < 1e-4);
  const exact = p.reduce((sum, logProb, id) => sum + Math.exp(logProb) * (logProb - q[id]!), 0);
  assert.ok(exact > 0.01, `${exact}`);

  const random = seeded('samples');
  const count = 1_600; // few enough to be looked at all
  const calls = Array.from({ length: count }, (_, index) => {
    let left = (index + 0.5) / count; // as a sampler that meets its own odds
    const id = sampler.findIndex((logProb) => {
      left -= Math.exp(logProb);
      return left < 0;
    });
    return callOf(id, sampler[id]!);
  });
  const rollout: Rollout = { problem: 'p', calls, sampledTokens: calls.length, reward: 0, complete: true };
  const found = await policyDivergence(learns, reference, [rollout], SHAPE, random);
  assert.ok(Math.abs(found - exact) < 0.02 * exact, `${found}, exactly ${exact}`);
  assert.ok(Math.abs(await policyDivergence(learns, present, [rollout], SHAPE, random)) < 1e-6);
  assert.equal(await policyDivergence(learns, reference, [], SHAPE, random), 0);
  await learns.dispose();
});
