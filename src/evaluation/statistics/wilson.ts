import { InputError } from '../../core/errors.ts';
import { type Interval, normalDeviate } from './normal.ts';

/**
 * Score interval of a proportion, Wilson 1927 (doi:10.1080/01621459.1927.10502953), without continuity correction.
 * `correct` lies in [0, n] and may be a fraction, as with an effective sample size; [0, 1] when n is 0.
 */
export function wilson(correct: number, n: number, level = 0.95): Interval {
  if (!(n >= 0 && correct >= 0 && correct <= n))
    throw new InputError(`${correct} correct of ${n} is no proportion; 0 ≤ correct ≤ n must hold`);
  if (n === 0) return [0, 1];
  const square = normalDeviate(level) ** 2;
  const share = correct / n;
  const centre = (share + square / (2 * n)) / (1 + square / n);
  const half = Math.sqrt((share * (1 - share) + square / (4 * n)) * (square / n)) / (1 + square / n);
  return [correct === 0 ? 0 : Math.max(0, centre - half), correct === n ? 1 : Math.min(1, centre + half)];
}

/**
 * Wilson interval for the mean of one value in [0, 1] per problem, such as its share of right repeats: n becomes the
 * number of independent answers with the same standard error, held between the number of problems and that times
 * `repeats`. With one right-or-wrong answer per problem it is `wilson`. Dean and Pagano 2015 (doi:10.1093/jssam/smv024)
 * compare such intervals for clustered data.
 */
export function wilsonOfMeans(values: readonly number[], repeats = 1, level = 0.95): Interval {
  const n = values.length;
  if (n === 0) return [0, 1];
  let sum = 0;
  for (const value of values) sum += value;
  const mean = Math.min(1, Math.max(0, sum / n)); // sums of thirds may pass 1 by a rounding error
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  const effective = squares === 0 ? n * repeats : (mean * (1 - mean) * n * n) / squares;
  const held = mean === 0 || mean === 1 ? n : Math.min(n * repeats, Math.max(n, effective));
  return wilson(mean * held, held, level);
}
