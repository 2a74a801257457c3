/** A line of `metrics.jsonl` or of any log like it. */
export type MetricRow = Readonly<Record<string, unknown>>;

/** The values of one metric by step, both of one length. */
export interface Series {
  readonly steps: number[];
  readonly values: number[];
}

/** Metrics of one run that the page holds at the most. */
const MOST_METRICS = 100;

/** The metrics of one run, a series each. Numbers in nested objects are metrics too: `parts.countdown`. */
export class MetricTable {
  readonly series = new Map<string, Series>();

  /** Adds a row. A row without a step, and values that are no finite numbers, are left out. */
  add(row: MetricRow): void {
    const { step } = row;
    if (typeof step !== 'number' || !Number.isFinite(step)) return;
    for (const [key, value] of Object.entries(row)) {
      if (typeof value === 'number') this.#put(key, step, value);
      else if (typeof value === 'object' && value !== null)
        for (const [part, inner] of Object.entries(value))
          if (typeof inner === 'number') this.#put(`${key}.${part}`, step, inner);
    }
  }

  #put(key: string, step: number, value: number): void {
    if (!Number.isFinite(value) || key === 'step') return;
    let series = this.series.get(key);
    if (!series) {
      if (this.series.size >= MOST_METRICS) return;
      series = { steps: [], values: [] };
      this.series.set(key, series);
    }
    series.steps.push(step);
    series.values.push(value);
  }
}

/**
 * An exponential moving average without the bias of its start: each value is the mean of those before it, the weight of one
 * falling by `factor` with every step. A factor of 0 changes nothing.
 */
export function smoothed(values: readonly number[], factor: number): number[] {
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    sum = factor * sum + value;
    weight = factor * weight + 1;
    return sum / weight;
  });
}

/** Several series over the steps of all of them; null where one has no value. Of several values for a step the last counts. */
export function aligned(series: readonly Series[]): [number[], ...(number | null)[][]] {
  const steps = [...new Set(series.flatMap((each) => each.steps))].sort((a, b) => a - b);
  const place = new Map(steps.map((step, index) => [step, index]));
  const columns = series.map((each) => {
    const column = new Array<number | null>(steps.length).fill(null);
    each.steps.forEach((step, index) => {
      column[place.get(step) ?? 0] = each.values[index] ?? null;
    });
    return column;
  });
  return [steps, ...columns];
}
