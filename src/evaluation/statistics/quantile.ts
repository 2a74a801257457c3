import { InputError } from '../../core/errors.ts';

/** Quantile at `share` in [0, 1], interpolated between order statistics (type 7 of Hyndman and Fan 1996). Sorts a copy. */
export function quantile(values: readonly number[], share: number): number {
  return quantileOfSorted(Float64Array.from(values).sort(), share);
}

/** `quantile` of values that ascend already. */
export function quantileOfSorted(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0 || !(share >= 0 && share <= 1))
    throw new InputError(
      `Quantile ${share} of ${sorted.length} values; it needs at least one value and a share in [0, 1]`,
    );
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (position - below);
}
