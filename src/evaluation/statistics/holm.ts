/**
 * Holm's step-down adjusted p-values (1979, Scandinavian Journal of Statistics 6:65), in the order given: rejecting those
 * of at most α keeps the chance of any false rejection at most α, whatever the tests' dependence.
 */
export function holm(pValues: readonly number[]): number[] {
  const adjusted = new Array<number>(pValues.length).fill(1);
  const order = pValues.map((_, index) => index).sort((a, b) => pValues[a]! - pValues[b]! || a - b);
  let largest = 0;
  for (const [rank, index] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * pValues[index]!));
    adjusted[index] = largest;
  }
  return adjusted;
}
