/** An axis: where a value lies in [0, 1], and the values to name along it. */
export interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/** Logarithmic, with a margin, at least a factor of three wide; ticks at 1, 2 and 5 times powers of ten. Values are above 0. */
export function logScale(low: number, high: number): Scale {
  const missing = Math.max(0, Math.log(3) - Math.log(high / low)) / 2;
  const room = 0.08 * (Math.log(high / low) + 2 * missing);
  const start = Math.log(low) - missing - room;
  const end = Math.log(high) + missing + room;
  const ticks: number[] = [];
  for (let power = Math.floor(start / Math.LN10); power <= end / Math.LN10; power++)
    for (const digit of [1, 2, 5]) {
      const value = digit * 10 ** power;
      if (Math.log(value) >= start && Math.log(value) <= end) ticks.push(value);
    }
  const decades = (end - start) / Math.LN10;
  return {
    at: (value) => (Math.log(value) - start) / (end - start),
    ticks: decades < 2.5 ? ticks : ticks.filter((tick) => Math.abs(Math.log10(tick) % 1) < 1e-9),
  };
}

/** For shares: with a margin, inside [0, 1]. */
export function shareScale(low: number, high: number): Scale {
  const room = Math.max(0.02, (high - low) * 0.1);
  const start = Math.max(0, low - room);
  const end = Math.min(1, high + room);
  return { at: (value) => (value - start) / (end - start), ticks: roundTicks(start, end, 6) };
}

/** For differences: with a margin, around 0 and every interval. */
export function differenceScale(intervals: readonly (readonly [low: number, high: number])[]): Scale {
  const low = Math.min(-0.01, ...intervals.map(([value]) => value));
  const high = Math.max(0.01, ...intervals.map(([, value]) => value));
  const room = (high - low) * 0.06;
  const [start, end] = [low - room, high + room];
  return { at: (value) => (value - start) / (end - start), ticks: roundTicks(start, end, 5) };
}

/** At most `most` + 1 multiples of 1, 2 or 5 times a power of ten. */
export function roundTicks(start: number, end: number, most: number): number[] {
  const rough = (end - start) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((size) => size >= rough * 0.999) ?? rough;
  const ticks: number[] = [];
  for (let tick = Math.ceil(start / step - 1e-9); tick <= end / step + 1e-9; tick++)
    ticks.push(Number((tick * step).toFixed(10)));
  return ticks;
}

/** A place in [0, 1] as an SVG length. */
export function share(value: number): string {
  return `${Number((value * 100).toFixed(3))}%`;
}
