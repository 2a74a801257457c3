/**
 * Associative recall (Arora et al. 2023, arXiv:2312.04927, there with several queries): pairs of a key and a value in random order, then
 * each key once more, in another order; what is its value? Keys and values are drawn anew for every sequence, so that nothing can be known
 * but what the sequence says. A decoder whose first layer has a memory in place of attention against plain decoders of the same width,
 * trained on the same sequences with the same schedule; the plain ones at several learning rates, of which the best one on the test counts.
 *
 *   node bench/associative-recall.ts [--decoders memory:1,plain:1,plain:2] [--rates 0.001,0.003,0.01] [--memory-rates 0.003]
 *     [--steps 400] [--seeds 3] [--sequences 100] [--width 64] [--heads 1] [--threads 1] [--json]
 */
import { parseArgs } from 'node:util';
import { type Random, seeded, shuffle } from '../src/core/random.ts';
import { wilsonOfMeans } from '../src/evaluation/statistics.ts';
import { compile, loadJax } from '../src/tensor/compile.ts';
import { warmupCosine } from '../src/tensor/schedule.ts';
import { elementCount, type Tensor, tensor } from '../src/tensor/tensor.ts';
import { packSequences, type Sequence } from '../src/training/batch.ts';
import { type Learner, learner } from '../src/training/learner.ts';
import { likelihood } from '../src/training/likelihood.ts';
import { decoder, initialWeights, MASKED } from '../src/transformer/decoder.ts';
import { type DecoderConfig, parameterShapes } from '../src/transformer/decoder-config.ts';

const { values: options } = parseArgs({
  options: {
    decoders: { type: 'string', default: 'memory:1,plain:1,plain:2' }, // kind:layers
    rates: { type: 'string', default: '0.001,0.003,0.01' }, // peaks, of the plain ones
    'memory-rates': { type: 'string', default: '0.003' },
    steps: { type: 'string', default: '400' },
    seeds: { type: 'string', default: '3' }, // of weights and training sequences
    sequences: { type: 'string', default: '100' }, // held out, of each length
    width: { type: 'string', default: '64' },
    heads: { type: 'string', default: '1' },
    threads: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const [steps, seeds, held, width, heads, threads] = (
  ['steps', 'seeds', 'sequences', 'width', 'heads', 'threads'] as const
).map((name) => Number(options[name])) as [number, number, number, number, number, number];
const numbers = (text: string): number[] => text.split(',').map(Number);

const PAIRS = [8, 16, 32];
const MOST_PAIRS = 32;
const KEYS = 256;
const VALUES = 256;
const LENGTH = 4 * MOST_PAIRS; // tokens of a row: one sequence of 32 pairs, two of 16 or four of 8
const ROWS = 16; // of a step
const WARMUP_STEPS = 40;
const TESTED_TOGETHER = 20; // sequences
const WINDOW = 20; // steps that the loss is averaged over
const LEARNED = Math.log(2); // nats for an answer: one in two

const jax = await loadJax();

function configOf(kind: string, layers: number): DecoderConfig {
  return {
    vocabularySize: KEYS + VALUES,
    width,
    hidden: 2 * width,
    layers,
    heads,
    keyValueHeads: heads,
    context: LENGTH,
    normEpsilon: 1e-5,
    ropeTheta: 10_000,
    tiedEmbeddings: true,
    ...(kind === 'memory' && { memoryLayers: [0] }),
  };
}

function parameterCount(config: DecoderConfig): number {
  return [...parameterShapes(config).values()].reduce((total, shape) => total + elementCount(shape), 0);
}

/** Key, value, key, value …, and the same pairs in another order, whose values are to be told. */
function recallSequence(pairs: number, random: Random): Sequence {
  const keys = shuffle([...Array(KEYS).keys()], random).slice(0, pairs);
  const told = keys.map((key) => [key, KEYS + random.integer(VALUES)]);
  const ids = Int32Array.from([told, shuffle(told, random)].flat(2));
  const weight = Float32Array.from(ids, (_, t) => (t > 2 * pairs && t % 2 === 1 ? 1 : 0));
  return { ids, columns: { weight } };
}

/** A step's sequences: each row holds as many of one length as it has room for. */
function stepSequences(random: Random): Sequence[] {
  const rows = Array.from({ length: ROWS }, () => {
    const pairs = PAIRS[random.integer(PAIRS.length)] as number;
    return Array.from({ length: MOST_PAIRS / pairs }, () => recallSequence(pairs, random));
  });
  return rows.flat().sort((a, b) => b.ids.length - a.ids.length); // long ones first leave no gaps
}

/** Trains in place. Gives the first step at which an answer had half the probability, where there was one. */
async function train(
  trained: Learner,
  { rate, seed }: { rate: number; seed: number },
): Promise<number | undefined> {
  const random = seeded(`training ${seed}`);
  const schedule = warmupCosine({
    peak: rate,
    warmupSteps: Math.min(WARMUP_STEPS, steps - 1),
    totalSteps: steps,
  });
  const losses: number[] = [];
  let learnedAt: number | undefined;
  for (let step = 1; step <= steps; step++) {
    const { batch } = packSequences(
      stepSequences(random),
      { rows: ROWS, length: LENGTH },
      likelihood.columns,
    );
    const weight = (batch.columns.weight as Tensor).data;
    for (let t = 0; t < weight.length; t++) weight[t] = (weight[t] as number) / (ROWS * MOST_PAIRS);
    losses.push((await trained.forwardBackward(batch)).loss);
    await trained.optimStep({ learningRate: schedule(step) });
    const recent = losses.slice(-WINDOW).reduce((sum, loss) => sum + loss, 0) / WINDOW;
    if (step >= WINDOW && recent < LEARNED) learnedAt ??= step;
  }
  return learnedAt;
}

/** The share of right answers in each held-out sequence. */
async function shares(config: DecoderConfig, weights: Learner['state']['weights'], pairs: number) {
  const random = seeded(`held out ${pairs}`);
  const length = 4 * pairs;
  const shape = [TESTED_TOGETHER, length];
  const isPast = (place: number): boolean => place % length <= Math.floor(place / length);
  const inputs = (ids: Int32Array) => [
    weights,
    {
      ids: tensor(ids, shape),
      positions: tensor(
        ids.map((_, place) => place % length),
        shape,
      ),
      bias: tensor(
        Float32Array.from({ length: length * length }, (_, place) => (isPast(place) ? 0 : MASKED)),
        [1, 1, length, length],
      ),
    },
  ];
  const { forward } = decoder(jax, config);
  const executor = await compile(forward, inputs(new Int32Array(elementCount(shape))), { threads });
  const found: number[] = [];
  while (found.length < held) {
    const sequences = Array.from({ length: TESTED_TOGETHER }, () => recallSequence(pairs, random).ids);
    const all = Int32Array.from(sequences.flatMap((ids) => [...ids]));
    const { data } = (await executor.run(inputs(all))) as Tensor; // [20, T, V]
    for (const [row, ids] of sequences.entries()) {
      let right = 0;
      for (let t = 2 * pairs; t < length; t += 2) {
        const at = (row * length + t) * config.vocabularySize;
        const logits = data.subarray(at, at + config.vocabularySize);
        if (likeliest(logits) === ids[t + 1]) right++;
      }
      found.push(right / pairs);
    }
  }
  await executor.dispose();
  return found.slice(0, held);
}

function likeliest(logits: ArrayLike<number>): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if ((logits[id] as number) > (logits[best] as number)) best = id;
  return best;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** One decoder at one learning rate: all seeds. */
async function measure(config: DecoderConfig, rate: number) {
  const started = process.cpuUsage();
  const learnedAt: (number | undefined)[] = [];
  const tested = new Map(PAIRS.map((pairs) => [pairs, [] as number[][]])); // for each seed, shares of the sequences
  for (let seed = 1; seed <= seeds; seed++) {
    const weights = initialWeights(config, seeded(`weights ${seed}`));
    const trained = await learner({ config, from: { weights }, objective: likelihood, threads });
    learnedAt.push(await train(trained, { rate, seed }));
    for (const [pairs, ofSeeds] of tested) ofSeeds.push(await shares(config, trained.state.weights, pairs));
    await trained.dispose();
  }
  const accuracy = [...tested].map(([pairs, ofSeeds]) => ({
    pairs,
    accuracy: mean(ofSeeds.flat()),
    interval: wilsonOfMeans(ofSeeds.flat(), pairs),
    ofSeeds: ofSeeds.map(mean),
  }));
  const { user, system } = process.cpuUsage(started); // µs
  return { rate, accuracy, learnedAt, seconds: (user + system) / 1e6 };
}

const percent = (share: number): string => (100 * share).toFixed(1);

const results = [];
for (const spec of options.decoders.split(',')) {
  const [kind = '', layers = ''] = spec.split(':');
  const config = configOf(kind, Number(layers));
  const measured: Awaited<ReturnType<typeof measure>>[] = [];
  for (const rate of numbers(kind === 'memory' ? options['memory-rates'] : options.rates)) {
    const result = await measure(config, rate);
    measured.push(result);
    if (options.json) continue;
    const { accuracy, learnedAt, seconds } = result;
    const at = learnedAt.map((step) => step ?? 'never').join(', ');
    console.log(
      `${kind}, ${layers} layers, ${parameterCount(config)} parameters, rate ${rate}, ${seconds.toFixed(0)} s of a core; answers at one in two from step: ${at}`,
    );
    for (const { pairs, accuracy: share, interval, ofSeeds } of accuracy)
      console.log(
        `  ${pairs} pairs: ${percent(share)} % [${interval.map(percent).join(', ')}]; of seeds ${ofSeeds.map(percent).join(', ')}`,
      );
  }
  const hardest = ({ accuracy }: (typeof measured)[number]): number => accuracy.at(-1)?.accuracy ?? 0;
  const best = measured.reduce((a, b) => (hardest(b) > hardest(a) ? b : a));
  results.push({ decoder: spec, parameters: parameterCount(config), best, measured });
}

if (options.json) console.log(JSON.stringify({ steps, seeds, held, width, heads, results }, undefined, 2));
else {
  console.log(
    `\nbest rate of each, ${steps} steps, ${seeds} seeds, ${held} sequences of each length and seed`,
  );
  for (const { decoder: spec, parameters, best } of results)
    console.log(
      `  ${spec.padEnd(10)} ${parameters} parameters  ${best.accuracy.map(({ pairs, accuracy, interval }) => `${pairs}: ${percent(accuracy)} % [${interval.map(percent).join(', ')}]`).join('  ')}`,
    );
  console.log(
    `  any of the values told: ${PAIRS.map((pairs) => `${pairs}: ${percent(1 / pairs)} %`).join('  ')}`,
  );
}
