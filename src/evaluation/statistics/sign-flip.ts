import { seeded } from '../../core/random.ts';
import { mcnemarExact } from './mcnemar.ts';

/** Above this many additions the exact distribution gives way to random flips. */
const MOST_ADDITIONS = 50_000_000;
const RANDOM_FLIPS = 20_000;
/** Common denominators tried for the differences; repeats up to this many are exact. */
const LARGEST_DENOMINATOR = 1000;

/**
 * Two-sided p-value of Fisher's sign-flip test (1935, The Design of Experiments, §21) for one mean difference per
 * problem: how often would random signs give a sum at least as far from 0? With one right-or-wrong answer per problem
 * this is McNemar's exact test; with repeats it uses all of them, and still counts problems, not repeats. Zeros (ties)
 * change nothing. Exact while the differences share a denominator up to 1,000 and the work stays small; otherwise 20,000
 * random flips from `seed`, with p never below 1 / 20,001.
 */
export function signFlip(differences: readonly number[], seed: number | string = 0): number {
  const decided = differences.filter((value) => value !== 0);
  const first = Math.abs(decided[0] ?? 0);
  const tolerance = 1e-9;
  if (decided.every((value) => Math.abs(Math.abs(value) - first) < tolerance)) {
    const wins = decided.filter((value) => value > 0).length;
    return mcnemarExact(decided.length - wins, wins);
  }
  const denominator = commonDenominator(decided, tolerance);
  const weights = decided.map((value) => Math.round(value * denominator));
  const reach = weights.reduce((sum, weight) => sum + Math.abs(weight), 0);
  return denominator > 0 && reach * weights.length <= MOST_ADDITIONS
    ? exactShare(weights, reach)
    : randomShare(decided, seed);
}

/** 0 when there is none up to the largest. */
function commonDenominator(values: readonly number[], tolerance: number): number {
  for (let denominator = 1; denominator <= LARGEST_DENOMINATOR; denominator++)
    if (values.every((value) => Math.abs(value * denominator - Math.round(value * denominator)) < tolerance))
      return denominator;
  return 0;
}

/** The distribution of the sum of positive parts under fair signs, one problem after the other. */
function exactShare(weights: readonly number[], reach: number): number {
  const observed = Math.abs(weights.reduce((sum, weight) => sum + weight, 0));
  const chance = new Float64Array(reach + 1);
  chance[0] = 1;
  let filled = 0;
  for (const weight of weights) {
    const step = Math.abs(weight);
    filled += step;
    for (let sum = filled; sum >= 0; sum--)
      chance[sum] = 0.5 * (chance[sum]! + (sum >= step ? chance[sum - step]! : 0));
  }
  let extreme = 0;
  for (let sum = 0; 2 * sum <= reach - observed; sum++) extreme += chance[sum]!;
  return Math.min(1, 2 * extreme);
}

function randomShare(values: readonly number[], seed: number | string): number {
  const random = seeded(seed);
  const sizes = Float64Array.from(values, Math.abs);
  const observed = Math.abs(values.reduce((sum, value) => sum + value, 0));
  let extreme = 1; // the observed signs are one of the draws, so that p is never 0
  for (let draw = 0; draw < RANDOM_FLIPS; draw++) {
    let sum = 0;
    for (const size of sizes) sum += random.next() < 0.5 ? size : -size;
    if (Math.abs(sum) >= observed - 1e-9) extreme++;
  }
  return extreme / (RANDOM_FLIPS + 1);
}
