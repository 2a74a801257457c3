import { InputError } from './errors.ts';

/**
 * Probability that the leader of a vote would stay ahead of the runner-up if sampling went on:
 * P(p > ½) for p ~ Beta(first + 1, second + 1), a uniform prior on the leader's share of the two.
 * Both counts are whole numbers ≥ 0; the result is in [0, 1], and below ½ when `first` is the smaller count.
 * The rule of adaptive consistency (Aggarwal et al. 2023, arXiv:2305.11860), here in closed form: for whole counts the
 * Beta integral is the tail of a fair-coin binomial.
 */
export function probabilityOfLead(first: number, second: number): number {
  return 1 - fairCoinTail(second, first + second + 1);
}

/**
 * P(X ≤ heads) for X ~ Binomial(flips, ½), relative error below 1e-11 for flips up to 1e6. Whole numbers; `heads` may
 * lie outside [0, flips]. The largest term is Loader's saddle-point form (2000, "Fast and accurate computation of
 * binomial probabilities"), the others follow from it by their ratios.
 */
export function fairCoinTail(heads: number, flips: number): number {
  if (!Number.isSafeInteger(flips) || flips < 0 || !Number.isSafeInteger(heads))
    throw new InputError(`fairCoinTail(${heads}, ${flips}) needs whole numbers and flips of at least 0`);
  if (heads < 0) return 0;
  if (heads >= flips) return 1;
  if (2 * heads >= flips) return 1 - fairCoinTail(flips - heads - 1, flips);
  let term = fairCoinProbability(heads, flips);
  let sum = 0;
  for (let count = heads; count >= 0 && term > sum * Number.EPSILON * 0.5; count--) {
    sum += term;
    term *= count / (flips - count + 1);
  }
  return sum;
}

/** P(X = heads), for 0 ≤ heads < flips / 2. */
function fairCoinProbability(heads: number, flips: number): number {
  if (heads === 0) return 2 ** -flips;
  const tails = flips - heads;
  const skew = (tails - heads) / flips;
  // log1p keeps the difference of two nearly equal logarithms exact when heads is close to flips / 2
  const deviance = (flips / 2) * ((1 - skew) * Math.log1p(-skew) + (1 + skew) * Math.log1p(skew));
  const correction = stirlingError(flips) - stirlingError(heads) - stirlingError(tails);
  return Math.exp(correction - deviance) * Math.sqrt(flips / (2 * Math.PI * heads * tails));
}

/** ln n! minus Stirling's formula, n ≥ 1. */
function stirlingError(n: number): number {
  if (n < 16) {
    let factorial = 1;
    for (let factor = 2; factor <= n; factor++) factorial *= factor;
    return Math.log(factorial) - (n + 0.5) * Math.log(n) + n - 0.5 * Math.log(2 * Math.PI);
  }
  const square = n * n;
  return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / (1188 * square)) / square) / square) / square) / n;
}
