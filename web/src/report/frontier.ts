/** From a point on the frontier to the cost at which the next one is reached; places in [0, 1]. */
export interface Step {
  readonly from: number;
  readonly to: number;
  readonly y: number;
  readonly next: number; // y of the next point
}

/** The staircase of the best accuracy for the money, through the points on it. */
export function staircase(onIt: readonly { readonly x: number; readonly y: number }[]): Step[] {
  const sorted = onIt.toSorted((a, b) => a.x - b.x);
  return sorted.map(({ x, y }, index) => ({
    from: x,
    to: sorted[index + 1]?.x ?? 1,
    y,
    next: sorted[index + 1]?.y ?? y,
  }));
}
