import { InputError } from '../../core/errors.ts';
import { seeded } from '../../core/random.ts';
import { type Interval, normalCdf, normalDeviate, normalQuantile } from './normal.ts';
import { quantileOfSorted } from './quantile.ts';

/** The scores two methods got for one problem, one per repeat; each list holds at least one. */
export interface PairedScores {
  readonly a: readonly number[];
  readonly b: readonly number[];
}

export interface BootstrapOptions {
  readonly resamples?: number; // default 10,000
  readonly seed?: number | string; // default 0
  readonly level?: number; // default 0.95
}

/** Fewer resamples than this give ends that wander; more than the most take minutes. */
export const LEAST_RESAMPLES = 200;
export const MOST_RESAMPLES = 1_000_000;

/** Mean difference b − a per problem: repeats are averaged within their problem first. */
export function pairedDifferences(pairs: readonly PairedScores[]): number[] {
  return pairs.map(({ a, b }) => {
    if (a.length === 0 || b.length === 0)
      throw new InputError('A problem with no score for one of two methods cannot be paired; leave it out');
    return mean(b) - mean(a);
  });
}

/**
 * Bias-corrected and accelerated bootstrap interval (Efron 1987, doi:10.1080/01621459.1987.10478410) of the mean
 * difference b − a. Problems are drawn with replacement, never single repeats, so that repeats do not pass for evidence.
 * The same seed gives the same interval. With no problem the interval is [−∞, ∞]; where all differences are equal it is
 * that point, which no bootstrap can widen: `adjustedWald` is the one to use there.
 */
export function pairedBootstrap(
  pairs: readonly PairedScores[],
  { resamples = 10_000, seed = 0, level = 0.95 }: BootstrapOptions = {},
): { difference: number; interval: Interval } {
  if (!(Number.isInteger(resamples) && resamples >= LEAST_RESAMPLES && resamples <= MOST_RESAMPLES))
    throw new InputError(
      `Resamples are ${resamples}; give a whole number from ${LEAST_RESAMPLES} to ${MOST_RESAMPLES}`,
    );
  const differences = Float64Array.from(pairedDifferences(pairs));
  const n = differences.length;
  if (n === 0)
    return { difference: Number.NaN, interval: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] };
  const difference = mean(differences);
  if (differences.every((value) => value === differences[0]))
    return { difference, interval: [difference, difference] };

  const random = seeded(seed);
  const means = new Float64Array(resamples);
  for (let resample = 0; resample < resamples; resample++) {
    let sum = 0;
    for (let draw = 0; draw < n; draw++) sum += differences[random.integer(n)]!;
    means[resample] = sum / n;
  }
  means.sort();

  const bias = normalQuantile(shareBelow(means, difference));
  const skew = acceleration(differences, difference);
  const end = (deviate: number) => {
    const shifted = bias + deviate;
    return quantileOfSorted(means, normalCdf(bias + shifted / (1 - skew * shifted)));
  };
  const deviate = normalDeviate(level);
  return { difference, interval: [end(-deviate), end(deviate)] };
}

/**
 * Interval of a mean of differences in [−1, 1] that holds where a bootstrap does not, with few problems or few that
 * differ: Wald's after adding one problem won and one lost, which for right-or-wrong answers is the interval of Bonett
 * and Price 2012 (doi:10.3102/1076998611411915).
 */
export function adjustedWald(differences: readonly number[], level = 0.95): Interval {
  const n = differences.length + 2;
  let sum = 0;
  let squares = 2;
  for (const value of differences) {
    sum += value;
    squares += value * value;
  }
  const centre = sum / n;
  const half = normalDeviate(level) * Math.sqrt((squares / n - centre ** 2) / n);
  return [Math.max(-1, centre - half), Math.min(1, centre + half)];
}

/** Share of resampled means below the observed one, equal ones counting half; kept off 0 and 1. */
function shareBelow(sorted: Float64Array, observed: number): number {
  const tolerance = 1e-12; // the same sum added up in another order
  let below = 0;
  let equal = 0;
  for (const value of sorted) {
    if (value < observed - tolerance) below++;
    else if (value <= observed + tolerance) equal++;
    else break;
  }
  const share = (below + equal / 2) / sorted.length;
  return Math.min(1 - 0.5 / sorted.length, Math.max(0.5 / sorted.length, share));
}

/** Efron's acceleration of a mean, from the jackknife. */
function acceleration(values: Float64Array, centre: number): number {
  let squares = 0;
  let cubes = 0;
  for (const value of values) {
    squares += (value - centre) ** 2;
    cubes += (value - centre) ** 3;
  }
  return cubes / (6 * squares ** 1.5);
}

function mean(values: ArrayLike<number> & Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
