import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InputError } from '../core/errors.ts';
import { seeded } from '../core/random.ts';
import { loadJax } from '../tensor/compile.ts';
import { adamW, type NamedTensors } from '../tensor/optimizer.ts';
import { initialWeights } from '../transformer/decoder.ts';
import type { DecoderConfig } from '../transformer/decoder-config.ts';
import { packSequences } from './batch.ts';
import { type ClippedSurrogate, clippedSurrogate, type SurrogateToken } from './clipped-surrogate.ts';
import { learner } from './learner.ts';

const jax = await loadJax();

/** The objective's coefficient of one token of weight 1. */
function coefficient({ objective }: ClippedSurrogate, token: SurrogateToken): number {
  const column = (value: number) => jax.numpy.array([[value]]);
  const columns: Record<string, ReturnType<typeof column>> = { weight: column(1) };
  for (const name of objective.columns)
    if (name !== 'weight') columns[name] = column(token[name as keyof SurrogateToken]);
  return objective.coefficient(jax, column(token.logProb), columns).dataSync()[0]!;
}

function close(actual: number, expected: number, tolerance = 1e-5): void {
  assert.ok(
    Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)),
    `${actual}, not ${expected}`,
  );
}

const at = (ratio: number, advantage: number, toReference = 1): SurrogateToken => ({
  oldLogProb: -1,
  logProb: -1 + Math.log(ratio),
  referenceLogProb: -1 + Math.log(ratio) - Math.log(toReference),
  advantage,
});

test('hand values on both sides of both bounds', () => {
  const surrogate = clippedSurrogate({ clipLow: 0.2, clipHigh: 0.28 });
  const cases: [ratio: number, advantage: number, value: number, coefficient: number, clipped: boolean][] = [
    [1, 2, 2, 2, false],
    [1.25, 2, 2.5, 2.5, false], // past 1.2: clip-higher leaves it
    [1.3, 2, 2.56, 0, true],
    [0.5, 2, 1, 1, false], // worse than before: no clip on this side
    [0.9, -2, -1.8, -1.8, false],
    [0.7, -2, -1.6, 0, true],
    [1.5, -2, -3, -3, false],
    [1.5, 0, 0, 0, false],
  ];
  for (const [ratio, advantage, value, slope, clipped] of cases) {
    const token = at(ratio, advantage);
    close(surrogate.value(token), value);
    close(coefficient(surrogate, token), slope);
    assert.equal(surrogate.clipped(token), clipped);
  }
});

test('the penalty has the slope of its estimate and none where the policies agree', () => {
  const surrogate = clippedSurrogate({ klWeight: 0.5 });
  close(coefficient(surrogate, at(1, 2, 1)), 2);
  close(coefficient(surrogate, at(1, 2, 2)), 2 + 0.5 * (1 / 2 - 1)); // π = 2 π_ref
  close(surrogate.value(at(1, 2, 2)), 2 - 0.5 * (1 / 2 - 1 + Math.LN2));
  close(coefficient(clippedSurrogate({ klWeight: 0.5, klPenalty: 'k2' }), at(1, 2, 2)), 2 - 0.5 * Math.LN2);
});

test('the coefficient is the slope of the written-out objective, by finite differences', () => {
  const log = fc.double({ min: -4, max: -0.01, noNaN: true });
  const near = fc.double({ min: -0.6, max: 0.6, noNaN: true });
  const advantage = fc.double({ min: -3, max: 3, noNaN: true });
  const step = 1e-6;
  for (const options of [
    { clipLow: 0.2, clipHigh: 0.28 },
    { clipLow: 0.1, clipHigh: 0.1, klWeight: 0.3 },
    { clipLow: 0.2, clipHigh: 10, klWeight: 1, klPenalty: 'k2' as const },
  ]) {
    const surrogate = clippedSurrogate(options);
    fc.assert(
      fc.property(log, near, log, advantage, (oldLogProb, change, referenceLogProb, value) => {
        const logProb = oldLogProb + change;
        const token = { logProb, oldLogProb, referenceLogProb, advantage: value };
        for (const edge of [1 - options.clipLow, 1 + options.clipHigh])
          fc.pre(Math.abs(Math.exp(change) - edge) > 1e-4); // no derivative at a corner
        const moved = (by: number): number => surrogate.value({ ...token, logProb: logProb + by });
        close(coefficient(surrogate, token), (moved(step) - moved(-step)) / (2 * step), 1e-4);
      }),
      { numRuns: 150, seed: 1 },
    );
  }
});

test('a token of weight 0 teaches nothing, however far its ratio', () => {
  const { objective } = clippedSurrogate({ klWeight: 1 });
  const column = (value: number) => jax.numpy.array([[value]]);
  const found = objective.coefficient(jax, column(-60), {
    weight: column(0),
    advantage: column(1),
    oldLogProb: column(0),
    referenceLogProb: column(0),
  });
  close(found.dataSync()[0]!, 0, 0);
});

test('the reference is read only where it is weighed', () => {
  assert.deepEqual(clippedSurrogate().objective.columns, ['weight', 'advantage', 'oldLogProb']);
  assert.ok(clippedSurrogate({ klWeight: 0.1 }).objective.columns.includes('referenceLogProb'));
});

test('bounds out of range are refused', () => {
  for (const options of [
    { clipLow: 0 },
    { clipLow: 1.1 },
    { clipHigh: 0 },
    { klWeight: -1 },
    { klWeight: Number.NaN },
  ])
    assert.throws(() => clippedSurrogate(options), InputError);
});

test('the gradient of a decoder is that of the written-out objective, by finite differences', async () => {
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
    tiedEmbeddings: true,
  };
  const random = seeded(5);
  const weights = mapped(initialWeights(config, random), (x) => (x === 1 ? 1 : 6 * x)); // norms stay
  const surrogate = clippedSurrogate({ klWeight: 0.2 });
  const { columns } = surrogate.objective;
  const normal = (): number => random.next() + random.next() + random.next() - 1.5;
  const sequences = [9, 12, 7].map((length) => ({
    ids: Int32Array.from({ length }, () => random.integer(11)),
    columns: {
      weight: Float32Array.from({ length }, () => (random.integer(3) === 0 ? 0 : random.next())),
      advantage: Float32Array.from({ length }, () => normal()),
      oldLogProb: new Float32Array(length),
      referenceLogProb: new Float32Array(length),
    },
  }));
  const { batch } = packSequences(sequences, { rows: 2, length: 16 }, columns);
  const at = (name: string): Float32Array => batch.columns[name]?.data ?? new Float32Array();
  // with a rate of 0 and no momentum the first moments are the gradients
  const optimizer = adamW({ beta1: 0, maximumNorm: 1e9 });
  const learns = await learner({
    config,
    from: { weights },
    objective: surrogate.objective,
    optimizer,
    threads: 1,
  });
  const present = await learns.logProbabilities(batch);
  for (const [t, logProb] of present.entries()) {
    at('oldLogProb')[t] = logProb + 0.4 * normal();
    at('referenceLogProb')[t] = logProb + 0.4 * normal();
  }
  await learns.forwardBackward(batch);
  await learns.optimStep({ learningRate: 0 });
  const gradients = learns.state.moments.first;

  const objective = async (moved: NamedTensors): Promise<number> => {
    const logProbs = await learns.logProbabilities(batch, moved);
    return logProbs.reduce((sum, logProb, t) => {
      const [oldLogProb, referenceLogProb, advantage] = ['oldLogProb', 'referenceLogProb', 'advantage'].map(
        (name) => at(name)[t] as number,
      ) as [number, number, number];
      return (
        sum +
        (at('weight')[t] as number) * surrogate.value({ logProb, oldLogProb, referenceLogProb, advantage })
      );
    }, 0);
  };
  const size = 1e-3;
  for (const [name, { data }] of Object.entries(gradients)) {
    const norm = Math.hypot(...data);
    const moved = (by: number): NamedTensors => ({
      ...weights,
      [name]: mapped(weights, (x, of, index) =>
        of === name ? x + (by * (data[index] as number)) / norm : x,
      )[name]!,
    });
    const slope = ((await objective(moved(size))) - (await objective(moved(-size)))) / (2 * size);
    assert.ok(
      Math.abs(slope + norm) < 0.02 * norm + 1e-3,
      `${name}: ${slope} along a gradient of norm ${norm}`,
    );
  }
  await learns.dispose();
});

function mapped(
  tensors: NamedTensors,
  change: (x: number, name: string, index: number) => number,
): NamedTensors {
  const entries = Object.entries(tensors).map(([name, { data, shape }]) => [
    name,
    { data: data.map((x, index) => change(x, name, index)), shape },
  ]);
  return Object.fromEntries(entries);
}
