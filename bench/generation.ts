/**
 * Text generation with the decoder of `bench/decoder.ts` on two threads: tokens a second for 64 requests and for one, against
 * reading the whole sequence again for each token and against the forward pass of training; what a token costs after prompts
 * of different lengths; whether a request gets the same in every company; and how the process grows over 5,000 generations.
 * Runs take turns, as `contest.ts` says. Times include everything between a request and its last token.
 *
 *   node bench/generation.ts [--json] [--rounds 9] [--patience 5] [--only speed|length|equality|memory]
 */
import { parseArgs } from 'node:util';
import { seeded } from '../src/core/random.ts';
import { compile, loadJax } from '../src/tensor/compile.ts';
import { type Tensor, tensor } from '../src/tensor/tensor.ts';
import { type DecoderWeights, decoder, initialWeights, MASKED } from '../src/transformer/decoder.ts';
import type { DecoderConfig } from '../src/transformer/decoder-config.ts';
import { type Generator, generator } from '../src/transformer/generate.ts';
import type { Generation, GenerationRequest } from '../src/transformer/generate-request.ts';
import { type Contestant, contest, quantile } from './contest.ts';
import { MEASURED, matrixOperations, ROWS } from './decoder.ts';

const THREADS = 2;
const MANY = 64; // requests at a time
const SHORT_PROMPT = 8; // tokens
const FORWARD_CALLS = 4; // in one run, so that a run is long enough to tell who disturbed it
const SINGLE_CALLS = 24;
const PROMPT_LENGTHS = [8, 16, 32, 64, 96, 112];
const MEASURED_TOKENS = 12; // after each of these prompts

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '9' },
    patience: { type: 'string', default: '5' }, // seconds to wait for an idle machine before each run
    only: { type: 'string', default: 'speed,length,equality,memory' },
  },
});
const contestOptions = { rounds: Number(options.rounds), patience: Number(options.patience) * 1e3 };
const rounds = contestOptions.rounds;
const wanted = options.only.split(',');
const jax = await loadJax();

/** Weights large enough for some tokens to be much likelier than others. */
function sharpWeights(config: DecoderConfig): DecoderWeights<Tensor<Float32Array>> {
  const weights = initialWeights(config, seeded(1));
  for (const { data, shape } of Object.values(weights))
    if (shape.length > 1) for (const [index, value] of data.entries()) data[index] = 4 * value;
  return weights;
}

function promptOf({ vocabularySize }: DecoderConfig, length: number, seed: string): Int32Array {
  const random = seeded(seed);
  return Int32Array.from({ length }, () => random.integer(vocabularySize));
}

let drawn = 0; // so that no prompt comes twice

/** Requests nobody has made before. */
function freshRequests(count: number, promptLength: number, maxTokens: number): GenerationRequest[] {
  return Array.from({ length: count }, () => {
    const seed = `request ${drawn++}`;
    const promptIds = promptOf(MEASURED, promptLength, seed);
    return { promptIds, random: seeded(seed), temperature: 1, maxTokens };
  });
}

/** Additions and multiplications of matrix products for the token at `position`, that of the embedding's inverse included. */
function operationsAt(position: number): number {
  const { layers, width, hidden, vocabularySize } = MEASURED;
  const perLayer = 4 * width * width + 3 * width * hidden + 2 * (position + 1) * width;
  return 2 * (layers * perLayer + width * vocabularySize);
}

/** Whole sequences through the decoder, without a cache: what generation would be if it read everything again for each token. */
async function forwardPass(
  rows: number,
  length: number,
): Promise<{ run(): Promise<void>; dispose(): Promise<void> }> {
  const ids = promptOf(MEASURED, rows * length, 'forward');
  const isPast = (index: number): boolean => index % length <= Math.floor(index / length);
  const inputs = [
    sharpWeights(MEASURED),
    {
      ids: tensor(ids, [rows, length]),
      positions: tensor(
        ids.map((_, index) => index % length),
        [rows, length],
      ),
      bias: tensor(
        Float32Array.from({ length: length * length }, (_, index) => (isPast(index) ? 0 : MASKED)),
        [1, 1, length, length],
      ),
    },
  ];
  const executor = await compile(decoder(jax, MEASURED).forward, inputs, { threads: THREADS });
  const into = executor.allocate();
  return {
    run: async () => {
      await executor.run(inputs, into);
    },
    dispose: () => executor.dispose(),
  };
}

/** Milliseconds per call of `work`. */
async function timed(calls: number, work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  for (let call = 0; call < calls; call++) await work();
  return (performance.now() - start) / calls;
}

async function measureSpeed(made: Generator) {
  const length = MEASURED.context;
  const tokens = length - SHORT_PROMPT; // each request goes on to the end of the context
  const generation = (name: string, count: number): Contestant => ({
    name,
    rounds,
    run: () => timed(1, () => Promise.all(freshRequests(count, SHORT_PROMPT, tokens).map(made.generate))),
    dispose: async () => {},
  });
  const passes = async (name: string, rows: number, calls: number): Promise<Contestant> => {
    const pass = await forwardPass(rows, length);
    return { name, rounds, run: () => timed(calls, pass.run), dispose: pass.dispose };
  };
  const { rows, ratio } = await contest(
    [
      generation(`${MANY} requests`, MANY),
      generation('1 request', 1),
      await passes('forward pass of training', ROWS, FORWARD_CALLS),
      await passes(`without cache, ${MANY} rows, one token`, MANY, 1),
      await passes('without cache, 1 row, one token', 1, SINGLE_CALLS),
    ],
    contestOptions,
  );
  const operations = Array.from({ length: tokens }, (_, index) =>
    operationsAt(SHORT_PROMPT - 1 + index),
  ).reduce((sum, count) => sum + count, 0);
  const forwardOperations = matrixOperations(MEASURED) / 3;
  const time = (name: string): number => rows.find((row) => row.name === name)?.milliseconds ?? Number.NaN;
  const rate = (name: string, count: number): number => (count / time(name)) * 1e3;
  const share = ratio('forward pass of training', `${MANY} requests`);
  const faster = (name: string, slow: string) => {
    const { ratio: times, ...rest } = ratio(slow, name);
    return { ...rest, ratio: times * tokens };
  };
  return {
    rows,
    tokensPerRequest: tokens,
    manyTokensPerSecond: rate(`${MANY} requests`, MANY * tokens),
    oneTokensPerSecond: rate('1 request', tokens),
    forwardGflops: forwardOperations / time('forward pass of training') / 1e6,
    manyGflops: (MANY * operations) / time(`${MANY} requests`) / 1e6,
    shareOfForward: { ...share, ratio: (share.ratio * MANY * operations) / forwardOperations },
    fasterThanWithoutCacheMany: faster(`${MANY} requests`, `without cache, ${MANY} rows, one token`),
    fasterThanWithoutCacheOne: faster('1 request', 'without cache, 1 row, one token'),
  };
}

/** Milliseconds a step, from the first token of a request to its last: without reading the prompt. */
async function stepTime(made: Generator, count: number, promptLength: number): Promise<number> {
  const ends: number[] = [];
  const [first, ...others] = freshRequests(count, promptLength, MEASURED_TOKENS);
  const watched = { ...(first as GenerationRequest), onToken: () => ends.push(performance.now()) < 0 };
  await Promise.all([watched, ...others].map(made.generate));
  return ((ends.at(-1) as number) - (ends[0] as number)) / (ends.length - 1);
}

async function measureLength(made: Generator) {
  const contestants: Contestant[] = [];
  for (const length of PROMPT_LENGTHS) {
    const whole = await forwardPass(1, length);
    const dispose = async (): Promise<void> => {};
    contestants.push(
      { name: `1 after ${length}`, rounds, run: () => stepTime(made, 1, length), dispose },
      { name: `${MANY} after ${length}`, rounds, run: () => stepTime(made, MANY, length), dispose },
      { name: `whole ${length}`, rounds, run: () => timed(SINGLE_CALLS, whole.run), dispose: whole.dispose },
    );
  }
  const { rows, ratio } = await contest(contestants, contestOptions);
  const time = (name: string): number => rows.find((row) => row.name === name)?.milliseconds ?? Number.NaN;
  const [shortest, longest] = [PROMPT_LENGTHS[0], PROMPT_LENGTHS.at(-1)];
  const growth = (name: (length: number | undefined) => string) => ratio(name(longest), name(shortest));
  return {
    lengths: PROMPT_LENGTHS.map((length) => ({
      length,
      one: time(`1 after ${length}`),
      many: time(`${MANY} after ${length}`) / MANY,
      whole: time(`whole ${length}`),
    })),
    undisturbed:
      rows.reduce((sum, row) => sum + row.undisturbed, 0) / rows.reduce((sum, row) => sum + row.runs, 0),
    growthOne: growth((length) => `1 after ${length}`),
    growthMany: growth((length) => `${MANY} after ${length}`),
    growthWhole: growth((length) => `whole ${length}`),
  };
}

/** The shape of a small model for a laptop: another width, vocabulary and context than the one measured. */
const SMALL_MODEL: DecoderConfig = {
  ...MEASURED,
  vocabularySize: 1536,
  width: 160,
  hidden: 432,
  heads: 5,
  keyValueHeads: 5,
  context: 384,
};

/** Compares requests alone with the same among others: ids and log-probabilities, bit for bit. */
async function measureEquality() {
  const results = [];
  for (const config of [MEASURED, SMALL_MODEL]) {
    const made = await generator({ config, weights: sharpWeights(config), threads: THREADS });
    const random = seeded('equality');
    const settings = Array.from({ length: MANY + 8 }, (_, index) => ({
      promptIds: promptOf(config, 1 + random.integer(config.context - 60), `prompt ${index}`),
      maxTokens: 4 + random.integer(56),
      temperature: [0, 0.7, 1][index % 3] as number,
    }));
    const request = (index: number): GenerationRequest => ({
      ...(settings[index] as (typeof settings)[number]),
      random: seeded(`draws ${index}`),
    });
    const indices = [...settings.keys()];
    const alone: Generation[] = [];
    for (const index of indices) alone.push(await made.generate(request(index)));
    let compared = 0;
    let tokens = 0;
    let different = 0;
    const compare = (index: number, { ids, logProbs }: Generation): void => {
      const one = alone[index] as Generation;
      compared++;
      tokens += ids.length;
      if (ids.join() !== one.ids.join() || logProbs.join() !== one.logProbs.join()) different++;
    };
    const together = async (some: readonly number[], wait: () => number): Promise<void> => {
      made.setWeights(sharpWeights(config)); // forgets prompts, so that they are read in this company, too
      await Promise.all(
        some.map(async (index) => {
          for (let turns = wait(); turns > 0; turns--) await new Promise(setImmediate);
          compare(index, await made.generate(request(index)));
        }),
      );
    };
    for (let start = 0; start < 24; start += 3) await together(indices.slice(start, start + 3), () => 0);
    await together(indices, () => 0);
    await together(indices, () => random.integer(150));
    await made.dispose();
    results.push({ width: config.width, context: config.context, compared, tokens, different });
  }
  return results;
}

async function measureMemory(made: Generator) {
  const [warmup, generations, atATime] = [200, 5_000, 50];
  const random = seeded('memory');
  const resident: number[] = [];
  const start = performance.now();
  let tokens = 0;
  for (let done = 0; done < generations; ) {
    const some = Array.from({ length: atATime }, () => {
      const [request] = freshRequests(1, 4 + random.integer(90), 4 + random.integer(24));
      return made.generate(request as GenerationRequest);
    });
    for (const { ids } of await Promise.all(some)) tokens += ids.length;
    done += atATime;
    if (done >= warmup && done % warmup === 0) resident.push(process.memoryUsage.rss() / 2 ** 20);
  }
  const [first] = resident as [number];
  return {
    generations,
    tokens,
    seconds: (performance.now() - start) / 1e3,
    residentMiBAfterWarmup: first,
    largestGrowthMiB: Math.max(...resident) - first,
    growthMiB: (resident.at(-1) as number) - first,
    medianMiB: quantile(resident, 0.5),
  };
}

const shared = await generator({ config: MEASURED, weights: sharpWeights(MEASURED), threads: THREADS });
const memory = wanted.includes('memory') ? await measureMemory(shared) : undefined; // first, while nothing else has grown
const speed = wanted.includes('speed') ? await measureSpeed(shared) : undefined;
const lengths = wanted.includes('length') ? await measureLength(shared) : undefined;
const equality = wanted.includes('equality') ? await measureEquality() : undefined;
await shared.dispose();

if (options.json) console.log(JSON.stringify({ speed, lengths, equality, memory }, null, 2));
else {
  console.log(`${JSON.stringify(MEASURED)}, ${THREADS} threads`);
  const shown = ({
    ratio,
    runs,
    undisturbed,
  }: {
    ratio: number;
    runs: number;
    undisturbed: boolean;
  }): string => `${ratio.toFixed(2)} (${runs} ${undisturbed ? 'undisturbed' : 'disturbed'} runs)`;
  if (speed) {
    console.table(
      speed.rows.map(({ name, runs, undisturbed, milliseconds, quartiles, othersCores }) => ({
        name,
        runs: `${undisturbed} of ${runs} undisturbed`,
        'cores of others': othersCores.toFixed(2),
        'ms (median)': milliseconds.toFixed(1),
        quartiles: quartiles.map((value) => value.toFixed(1)).join(' to '),
      })),
    );
    console.log(
      `${MANY} requests: ${speed.manyTokensPerSecond.toFixed(0)} tokens/s, ${speed.manyGflops.toFixed(0)} GFLOP/s`,
    );
    console.log(`1 request: ${speed.oneTokensPerSecond.toFixed(0)} tokens/s`);
    console.log(`forward pass of training: ${speed.forwardGflops.toFixed(0)} GFLOP/s`);
    console.log(`share of the forward pass's FLOP rate: ${shown(speed.shareOfForward)}`);
    console.log(
      `times as fast as without a cache, ${MANY} requests: ${shown(speed.fasterThanWithoutCacheMany)}`,
    );
    console.log(`times as fast as without a cache, 1 request: ${shown(speed.fasterThanWithoutCacheOne)}`);
  }
  if (lengths) {
    console.table(
      lengths.lengths.map(({ length, one, many, whole }) => ({
        'prompt, tokens': length,
        'ms a token, 1 request': one.toFixed(2),
        [`ms a token, ${MANY} requests`]: many.toFixed(3),
        'ms a token without cache, 1 request': whole.toFixed(2),
      })),
    );
    console.log(`${(100 * lengths.undisturbed).toFixed(0)} % of the runs undisturbed`);
    const span = `${PROMPT_LENGTHS.at(-1)} tokens over ${PROMPT_LENGTHS[0]}`;
    console.log(
      `cost after ${span}: 1 request ${shown(lengths.growthOne)}, ${MANY} ${shown(lengths.growthMany)}`,
    );
    console.log(`  without cache ${shown(lengths.growthWhole)}`);
  }
  if (equality) console.table(equality);
  if (memory) console.log('memory', memory);
}
process.exit(0); // jax-js keeps its worker threads
