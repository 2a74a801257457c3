import { fairCoinTail } from '../../core/beta.ts';
import { InputError } from '../../core/errors.ts';
import { normalQuantile } from './normal.ts';

/**
 * Two-sided p-value of McNemar's test (1947, doi:10.1007/BF02295996) in its exact form: `onlyA` problems that only A
 * got right and `onlyB` that only B did are a fair coin when the two are equally good. The smaller tail doubled, at most
 * 1. Ties, the problems that both got right or both got wrong, say nothing about the difference and are left out; with
 * nothing but ties the p-value is 1. Whole numbers ≥ 0, stable to a million and past it.
 */
export function mcnemarExact(onlyA: number, onlyB: number): number {
  if (!(Number.isSafeInteger(onlyA) && Number.isSafeInteger(onlyB) && onlyA >= 0 && onlyB >= 0))
    throw new InputError(
      `McNemar counts are ${onlyA} and ${onlyB}; they must be whole numbers of at least 0`,
    );
  return Math.min(1, 2 * fairCoinTail(Math.min(onlyA, onlyB), onlyA + onlyB));
}

/**
 * Problems needed to show a difference of `delta` (in (0, 1], sign ignored) between two methods on the same problems,
 * when they disagree on the share `discordant` of them: n = (z_{α/2} + z_β)² · discordant / delta², Miettinen 1968
 * (doi:10.2307/2528096); 7.85 · discordant / delta² at the defaults. Rounded up; at most `MOST_PROBLEMS`.
 * The rule is the normal approximation: the exact test has 77 to 78 % power at that n instead of 80 %
 * (bench/statistics.ts); 7 % more problems make up for it.
 */
export function sampleSizeForDifference(
  delta: number,
  discordant: number,
  power = 0.8,
  alpha = 0.05,
): number {
  const size = Math.abs(delta);
  if (!(size > 0 && size <= 1 && discordant > 0 && discordant <= 1))
    throw new InputError(
      `A difference of ${delta} with discordant share ${discordant} cannot be planned for; both must lie in (0, 1]`,
    );
  const deviates = normalQuantile(1 - alpha / 2) + normalQuantile(power);
  const exact = (deviates ** 2 * discordant) / size ** 2;
  return Math.min(MOST_PROBLEMS, Math.ceil(exact - 1e-9));
}

/** Past this many problems a difference is out of reach, whatever it is. */
export const MOST_PROBLEMS = 1e9;
