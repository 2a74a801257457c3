/**
 * Text generation with a cache of keys and values, many requests at a time: finished rows leave after each step and waiting
 * ones take their places. What a request gets depends on its prompt, its settings, its chance and the weights, never on the
 * requests beside it. That takes kernels which add up a row in the same order whatever the other rows and the padding. With few
 * rows the back ends switch to other kernels (onnxruntime with one, jax-js below four), so there are never fewer than four, and
 * how far a prompt is padded is up to the prompt alone. From four rows on all row counts, lengths and thread counts gave equal
 * bits where this was measured (x64).
 */
import { InputError, ModelError } from '../core/errors.ts';
import { type CompileOptions, type Executor, loadJax } from '../tensor/compile.ts';
import { executorCache } from '../tensor/executor-cache.ts';
import { type Tensor, tensor, zeros } from '../tensor/tensor.ts';
import { type DecoderWeights, MASKED } from './decoder.ts';
import { checkDecoderConfig, type DecoderConfig } from './decoder-config.ts';
import { rowCache } from './generate-cache.ts';
import { powerOfTwo, promptReader } from './generate-prompts.ts';
import { checkRequest, type Generation, type GenerationRequest } from './generate-request.ts';
import { generationPasses, type KeysAndValues, type StepOutputs } from './generate-step.ts';
import { type ChosenToken, chooseToken, sharpnessAt } from './generate-token.ts';

export interface Generator {
  /**
   * One continuation. Throws InputError for settings that cannot be, ModelError for a prompt beyond the context or when too many
   * are waiting, and the signal's reason once it aborts; the row is given up at once.
   */
  generate(request: GenerationRequest): Promise<Generation>;
  /** Weights for all tokens from here on. To be called whenever numbers in the arrays have changed, too. */
  setWeights(weights: DecoderWeights<Tensor>): void;
  /** Rejects what is in flight and frees the graphs. */
  dispose(): Promise<void>;
}

export interface GeneratorOptions extends CompileOptions {
  readonly config: DecoderConfig;
  readonly weights: DecoderWeights<Tensor>; // read in place, never written
  readonly slots?: number; // rows in flight
}

/** Requests that may wait for a row. */
const MOST_WAITING = 65_536;
const MOST_SLOTS = 1024;
/** Shapes of steps whose graphs are kept. */
const KEPT_GRAPHS = 32;
/** Requests that enter at a time when many wait: slots over this. */
const ENTERING_TOGETHER = 16;
const FEWEST_ROWS = 4; // see above
const FEWEST_PLACES = 32;
/** With so few rows more places cost little, and graphs to compile are what a first answer waits for. */
const FEW_ROWS = 8;
const FEW_ROWS_PLACES = 128;

interface Row {
  readonly request: GenerationRequest;
  readonly ends: ReadonlySet<number>;
  readonly limit: number; // tokens it may draw
  readonly ids: number[];
  readonly logProbs: number[];
  position: number; // tokens in the cache
  next: number; // the token to read
  settle(outcome: { readonly finish: Generation['finish'] } | { readonly error: unknown }): void;
  settled: boolean;
}

/** What steps over a cache of one shape share. */
interface Prepared {
  readonly past: KeysAndValues<Tensor>;
  readonly tokens: {
    readonly ids: Tensor<Int32Array>;
    readonly positions: Tensor<Int32Array>;
    readonly bias: Tensor<Float32Array>;
    readonly sharpness: Tensor<Float32Array>;
  };
  readonly executor: Executor;
  readonly into: StepOutputs<Tensor<Float32Array>>;
}

/** A generator for one decoder. Graphs are compiled for the shapes that come up. Throws InputError for a configuration or slots out of range. */
export async function generator({
  config,
  weights: firstWeights,
  slots = 64,
  ...options
}: GeneratorOptions): Promise<Generator> {
  checkDecoderConfig(config);
  if (!(Number.isInteger(slots) && slots > 0 && slots <= MOST_SLOTS))
    throw new InputError(`slots is ${slots}; it must be a whole number from 1 to ${MOST_SLOTS}`);
  const jax = await loadJax();
  const graphs = executorCache(generationPasses(jax, config).step, { ...options, capacity: KEPT_GRAPHS });
  const prompts = await promptReader(config, options);
  const cache = rowCache(config);
  const outputs = new Map<number, StepOutputs<Tensor<Float32Array>>>(); // by the number of rows
  let weights = firstWeights;
  let waiting: Row[] = [];
  let rows: Row[] = []; // in the order of the cache's rows
  let places = FEWEST_PLACES;
  let prepared: Prepared | undefined; // for the last step
  let work: Promise<void> | undefined;
  let disposed: InputError | undefined;

  /** Works until nobody waits. An error of the engine is the error of everybody in flight. */
  async function workOff(): Promise<void> {
    try {
      await new Promise(setImmediate); // so that requests of one moment start together
      while (rows.length + waiting.length > 0) {
        if (waiting.length > 0 && worthEntering()) await enter();
        if (rows.length > 0) await step();
        leave();
      }
    } catch (error) {
      for (const row of [...rows, ...waiting]) row.settle({ error });
      rows = [];
      waiting = [];
    } finally {
      work = undefined;
    }
  }

  /** Closes the gaps that settled rows leave with rows from the end. */
  function leave(): void {
    for (let index = rows.length - 1; index >= 0; index--) {
      if (!rows[index]?.settled) continue;
      const last = rows.pop() as Row;
      if (index === rows.length) continue;
      cache.move(rows.length, index);
      rows[index] = last;
    }
  }

  /** Prompts are read faster several at a time, so a few places stay empty for a moment while many requests wait. */
  function worthEntering(): boolean {
    const free = slots - rows.length;
    return free >= Math.min(waiting.length, Math.ceil(slots / ENTERING_TOGETHER));
  }

  async function enter(): Promise<void> {
    waiting = waiting.filter(({ settled }) => !settled);
    const entering = waiting.splice(0, slots - rows.length);
    if (entering.length === 0) return;
    const first = rows.length;
    rows.push(...entering);
    const toRead = entering.filter(({ position }) => position > 0);
    const sequences = await prompts.read(
      weights,
      toRead.map(({ request, position }) => request.promptIds.subarray(0, position)),
    );
    layOut();
    for (const [index, row] of toRead.entries())
      cache.fill(first + entering.indexOf(row), sequences[index] as (typeof sequences)[number]);
  }

  /** The cache in the shape that the next step takes. Smaller buckets of places are worth a move only when much smaller. */
  function layOut(): KeysAndValues<Tensor> {
    const most = 1 + Math.max(...rows.map(({ position }) => position)); // the token to read gets a place, too
    const wanted =
      rows.length > FEW_ROWS ? sizeAbove(most, FEWEST_PLACES) : powerOfTwo(Math.max(most, FEW_ROWS_PLACES));
    const needed = Math.min(wanted, sizeAbove(config.context, FEWEST_PLACES));
    if (needed > places || needed <= places / 2) places = needed;
    return cache.view(Math.max(FEWEST_ROWS, Math.min(powerOfTwo(rows.length), slots)), places);
  }

  /** What the steps over this cache share. */
  async function preparedFor(past: KeysAndValues<Tensor>): Promise<Prepared> {
    const count = (past.keys[0] as Tensor).shape[0] as number;
    const tokens = {
      ids: tensor(new Int32Array(count), [count, 1]),
      positions: tensor(new Int32Array(count), [count, 1]),
      bias: zeros([count, 1, 1, places]),
      sharpness: zeros([count, 1, 1]),
    };
    const executor = await graphs.for([weights, past, tokens]);
    const into = outputs.get(count) ?? (executor.allocate() as StepOutputs<Tensor<Float32Array>>);
    outputs.set(count, into);
    return { past, tokens, executor, into };
  }

  /** Reads one token of each row and draws the next one. */
  async function step(): Promise<void> {
    const past = layOut();
    if (prepared?.past !== past) prepared = await preparedFor(past);
    const { tokens, executor, into } = prepared;
    const [ids, positions, bias, sharpness] = [
      tokens.ids.data.fill(0),
      tokens.positions.data.fill(0),
      tokens.bias.data.fill(MASKED),
      tokens.sharpness.data.fill(1),
    ];
    for (const [index, { next, position, request }] of rows.entries()) {
      ids[index] = next;
      positions[index] = position;
      sharpness[index] = sharpnessAt(request.temperature);
      bias.fill(0, index * places, index * places + position);
    }
    await executor.run([weights, past, tokens], into);
    cache.append(
      into.added.data,
      rows.map(({ position }) => position),
    );
    const size = config.vocabularySize;
    for (const [index, row] of rows.entries()) {
      row.position++;
      if (row.settled) continue; // aborted meanwhile
      const { request } = row;
      const probabilities = into.probabilities.data.subarray(index * size, (index + 1) * size);
      draw(row, chooseToken(probabilities, request, request.random, request.topLogProbs));
    }
  }

  function draw(row: Row, token: ChosenToken): void {
    row.ids.push(token.id);
    row.logProbs.push(token.logProb);
    row.next = token.id;
    let enough = false;
    try {
      enough = row.request.onToken?.(token) ?? false;
    } catch (error) {
      row.settle({ error });
    }
    if (enough || row.ends.has(token.id)) row.settle({ finish: 'stop' });
    else if (row.ids.length === row.limit) row.settle({ finish: 'length' });
  }

  return {
    generate: async (request) => {
      const limit = checkRequest(request, config);
      request.signal?.throwIfAborted();
      if (disposed) throw disposed;
      if (waiting.length >= MOST_WAITING)
        throw new ModelError(`${MOST_WAITING} requests are waiting already; send fewer at a time`, {
          kind: 'overloaded',
          retryable: true,
        });
      return new Promise((resolve, reject) => {
        const { promptIds, ends = [], signal } = request;
        const abort = (): void => row.settle({ error: signal?.reason });
        const row: Row = {
          request,
          ends: new Set(ends),
          limit,
          ids: [],
          logProbs: [],
          position: promptIds.length - 1,
          next: promptIds.at(-1) as number,
          settled: false,
          settle: (outcome) => {
            if (row.settled) return;
            row.settled = true;
            signal?.removeEventListener('abort', abort);
            if ('error' in outcome) reject(outcome.error);
            else
              resolve({
                ids: Int32Array.from(row.ids),
                logProbs: Float32Array.from(row.logProbs),
                ...outcome,
              });
          },
        };
        signal?.addEventListener('abort', abort, { once: true });
        waiting.push(row);
        work ??= workOff();
      });
    },
    setWeights: (next) => {
      weights = next;
      prompts.forget();
    },
    dispose: async () => {
      disposed ??= new InputError('This generator has been disposed of; make another one');
      for (const row of [...rows, ...waiting]) row.settle({ error: disposed });
      await work;
      await Promise.all([graphs.dispose(), prompts.dispose()]);
    },
  };
}

/** The smallest of 1, 1.5, 2, 3, 4, 6 … times `smallest` that is not below `size`: few shapes, little padding. */
function sizeAbove(size: number, smallest: number): number {
  let whole = smallest;
  while (whole < size) {
    if (whole * 1.5 >= size) return whole * 1.5;
    whole *= 2;
  }
  return whole;
}
