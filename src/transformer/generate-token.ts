import { InputError, ReasoningError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';

/** How a token is drawn from logits. */
export interface Sampling {
  readonly temperature: number; // 0 = the most likely token
  readonly topK?: number; // only the k most likely tokens
  readonly topP?: number; // in (0, 1]: only the most likely tokens that together reach it, after topK
}

/** A token and the natural logarithm of its probability. */
export interface TokenChance {
  readonly id: number;
  readonly logProb: number; // ≤ 0
}

export interface ChosenToken extends TokenChance {
  readonly top?: readonly TokenChance[]; // the most likely tokens, best first
}

/** Most alternatives that are told beside a token. */
export const MOST_TOP_LOG_PROBS = 20;
const HIGHEST_TEMPERATURE = 100;

/** Throws InputError, naming the value, for settings out of range. */
export function checkSampling({ temperature, topK = 1, topP = 1 }: Sampling): void {
  if (!(temperature >= 0 && temperature <= HIGHEST_TEMPERATURE))
    throw new InputError(`temperature is ${temperature}; it must be from 0 to ${HIGHEST_TEMPERATURE}`);
  if (!(Number.isSafeInteger(topK) && topK > 0))
    throw new InputError(`topK is ${topK}; it must be a whole number above 0`);
  if (!(topP > 0 && topP <= 1)) throw new InputError(`topP is ${topP}; it must be above 0 and at most 1`);
}

/** By what logits are multiplied before softmax: 1 / temperature, as far as a 32-bit number goes; 1 for temperature 0. */
export function sharpnessAt(temperature: number): number {
  return temperature === 0 ? 1 : Math.min(1 / temperature, LARGEST_FLOAT);
}

const LARGEST_FLOAT = 3.4e38;
const SMALLEST_FLOAT = 1e-45; // what alternatives below it are told as, for their logarithm to be a number

/**
 * Draws a token by its probability: softmax(logits · sharpness) [V]. Log-probabilities are those of the whole vocabulary, even
 * where topK and topP leave less to choose from. Of equally likely tokens the one with the smaller id comes first. Throws
 * ReasoningError where the probabilities are none.
 */
export function chooseToken(
  probabilities: Float32Array,
  { temperature, topK, topP }: Sampling,
  random: Random,
  topLogProbs = 0,
): ChosenToken {
  let best = 0;
  let total = 0; // near 1
  for (let id = 0; id < probabilities.length; id++) {
    const probability = probabilities[id] as number;
    total += probability;
    if (probability > (probabilities[best] as number)) best = id;
  }
  if (!(total > 0.5 && total < 2))
    throw new ReasoningError(
      `The model's probabilities sum to ${total}; go back to weights from before training diverged`,
    );
  const chance = (id: number): TokenChance => ({
    id,
    logProb: Math.log(Math.max(probabilities[id] as number, SMALLEST_FLOAT)),
  });
  const size = probabilities.length;
  const limited = (topK !== undefined && topK < size) || (topP !== undefined && topP < 1);
  const ranked = limited || topLogProbs > 0 ? rankedIds(probabilities) : undefined;
  const id =
    temperature === 0
      ? best
      : ranked && limited
        ? drawLimited(probabilities, ranked, { topK, topP }, random)
        : draw(probabilities, undefined, total, random);
  if (topLogProbs === 0 || !ranked) return chance(id);
  return { ...chance(id), top: Array.from(ranked.subarray(0, topLogProbs), chance) };
}

function rankedIds(probabilities: Float32Array): Int32Array {
  const ids = Int32Array.from(probabilities.keys());
  return ids.sort((a, b) => (probabilities[b] as number) - (probabilities[a] as number) || a - b);
}

function drawLimited(
  probabilities: Float32Array,
  ranked: Int32Array,
  { topK = ranked.length, topP = 1 }: { topK: number | undefined; topP: number | undefined },
  random: Random,
): number {
  const likely = ranked.subarray(0, topK);
  let mass = 0;
  for (const id of likely) mass += probabilities[id] as number;
  let kept = 0;
  let keptMass = 0;
  while (kept < likely.length && (kept === 0 || keptMass < topP * mass)) {
    keptMass += probabilities[likely[kept] as number] as number;
    kept++;
  }
  return draw(probabilities, likely.subarray(0, kept), keptMass, random);
}

/** One of `ids`, or of all, by their probabilities, which sum to `mass`. */
function draw(
  probabilities: Float32Array,
  ids: Int32Array | undefined,
  mass: number,
  random: Random,
): number {
  let rest = random.next() * mass;
  let last = 0;
  const count = ids?.length ?? probabilities.length;
  for (let index = 0; index < count; index++) {
    const id = ids ? (ids[index] as number) : index;
    const probability = probabilities[id] as number;
    if (probability === 0) continue;
    if (rest < probability) return id;
    rest -= probability;
    last = id;
  }
  return last; // where rounding has left a little of `rest`
}
