import { type CompileOptions, loadJax } from '../tensor/compile.ts';
import { executorCache } from '../tensor/executor-cache.ts';
import { type Tensor, tensor } from '../tensor/tensor.ts';
import { type DecoderWeights, MASKED } from './decoder.ts';
import type { DecoderConfig } from './decoder-config.ts';
import type { SequenceCache } from './generate-cache.ts';
import { generationPasses, type KeysAndValues } from './generate-step.ts';

/** Reads prompts into keys and values, several at a time, and remembers the last ones. */
export interface PromptReader {
  /** Keys and values of each sequence of ids, which all have at least one. */
  read(weights: DecoderWeights<Tensor>, prompts: readonly Int32Array[]): Promise<SequenceCache[]>;
  /** Drops what is remembered: other weights give other values. */
  forget(): void;
  dispose(): Promise<void>;
}

/** Tokens of one pass, padding included, unless a single prompt has more. */
const PASS_TOKENS = 512;
/** Tokens of prompts that are remembered. */
const REMEMBERED_TOKENS = 2048;
/** Rows of a pass, so that few shapes serve any number of prompts without empty rows. */
const ROW_COUNTS = [32, 16, 4, 1];
/** Shapes of passes whose graphs are kept. */
const KEPT_GRAPHS = 16;
const SHORTEST = 8; // tokens

/** A reader for one decoder. The length that a prompt is padded to depends on nothing but the prompt. */
export async function promptReader(config: DecoderConfig, options: CompileOptions): Promise<PromptReader> {
  const jax = await loadJax();
  const { readPrompts } = generationPasses(jax, config);
  const graphs = executorCache(readPrompts, { ...options, capacity: KEPT_GRAPHS });
  const room = scratch(config);
  const remembered = new Map<string, SequenceCache>(); // in order of last use
  let rememberedTokens = 0;

  function remember(key: string, sequence: SequenceCache): void {
    remembered.set(key, sequence);
    rememberedTokens += sequence.length;
    for (const [oldest, { length }] of remembered) {
      if (rememberedTokens <= REMEMBERED_TOKENS || oldest === key) break;
      remembered.delete(oldest);
      rememberedTokens -= length;
    }
  }

  async function pass(
    weights: DecoderWeights<Tensor>,
    prompts: readonly Int32Array[],
    length: number,
  ): Promise<SequenceCache[]> {
    const rows = prompts.length;
    const ids = new Int32Array(rows * length);
    for (const [row, prompt] of prompts.entries()) ids.set(prompt, row * length);
    const inputs = [weights, { ids: tensor(ids, [rows, length]), ...placesOf(rows, length, config.context) }];
    const executor = await graphs.for(inputs);
    const result = room(rows, length);
    await executor.run(inputs, result);
    return prompts.map((prompt, row) => cut(result, row, prompt.length));
  }

  return {
    read: async (weights, prompts) => {
      const keys = prompts.map((prompt) => prompt.join());
      const fresh = new Map<string, Int32Array>();
      const found = new Map<string, SequenceCache>();
      for (const [index, key] of keys.entries()) {
        const known = remembered.get(key);
        if (!known) fresh.set(key, prompts[index] as Int32Array);
        else {
          found.set(key, known);
          remembered.delete(key);
          remembered.set(key, known);
        }
      }
      const ofLength = Map.groupBy(fresh, ([, prompt]) => powerOfTwo(Math.max(prompt.length, SHORTEST)));
      for (const [length, group] of ofLength) {
        for (let start = 0; start < group.length; ) {
          const part = group.slice(start, start + rowsOf(group.length - start, length));
          start += part.length;
          const sequences = await pass(
            weights,
            part.map(([, prompt]) => prompt),
            length,
          );
          for (const [index, [key]] of part.entries()) {
            found.set(key, sequences[index] as SequenceCache);
            remember(key, sequences[index] as SequenceCache);
          }
        }
      }
      return keys.map((key) => found.get(key) as SequenceCache);
    },
    forget: () => {
      remembered.clear();
      rememberedTokens = 0;
    },
    dispose: () => graphs.dispose(),
  };
}

/** How many of `count` prompts to read at once. */
function rowsOf(count: number, length: number): number {
  return ROW_COUNTS.find((rows) => rows <= count && rows * length <= PASS_TOKENS) ?? 1;
}

/** Positions and causal bias of a pass. */
function placesOf(rows: number, length: number, context: number): { positions: Tensor; bias: Tensor } {
  const positions = new Int32Array(rows * length);
  for (let index = 0; index < positions.length; index++)
    positions[index] = Math.min(index % length, context - 1); // padding may go further
  const bias = new Float32Array(length * length).fill(MASKED);
  for (let token = 0; token < length; token++) bias.fill(0, token * length, token * length + token + 1);
  return { positions: tensor(positions, [rows, length]), bias: tensor(bias, [1, 1, length, length]) };
}

/** Where passes put their results: one set of arrays, as large as the largest pass. */
function scratch({ layers, width, heads, keyValueHeads }: DecoderConfig) {
  const headWidth = width / heads;
  const arrays = Array.from({ length: 2 * layers }, () => new Float32Array(0));
  return (rows: number, length: number): KeysAndValues<Tensor<Float32Array>> => {
    const shape = [rows, keyValueHeads, length, headWidth];
    const size = rows * keyValueHeads * length * headWidth;
    const all = arrays.map((array, index) => {
      const large = array.length < size ? new Float32Array(size) : array;
      arrays[index] = large;
      return tensor(large.subarray(0, size), shape);
    });
    return { keys: all.slice(0, layers), values: all.slice(layers) };
  };
}

/** The first `length` tokens of one row. */
function cut(
  { keys, values }: KeysAndValues<Tensor<Float32Array>>,
  row: number,
  length: number,
): SequenceCache {
  const cutOne = ({ data, shape }: Tensor<Float32Array>): Float32Array => {
    const [, heads, places, headWidth] = shape as [number, number, number, number];
    const result = new Float32Array(heads * length * headWidth);
    for (let head = 0; head < heads; head++) {
      const from = (row * heads + head) * places * headWidth;
      result.set(data.subarray(from, from + length * headWidth), head * length * headWidth);
    }
    return result;
  };
  return { length, layers: { keys: keys.map(cutOne), values: values.map(cutOne) } };
}

/** The smallest power of two that is not below `count`. */
export function powerOfTwo(count: number): number {
  return 2 ** Math.ceil(Math.log2(count));
}
