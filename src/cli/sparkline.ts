const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** Numbers as a row of bars between the least and the greatest; those that are not finite leave a gap. */
export function sparkline(values: readonly number[]): string {
  const finite = values.filter(Number.isFinite);
  const least = Math.min(...finite);
  const range = Math.max(...finite) - least;
  const bar = (value: number): string => {
    const height = range === 0 ? 0 : (value - least) / range;
    return Number.isFinite(value) ? (BARS[Math.round(height * (BARS.length - 1))] as string) : ' ';
  };
  return values.map(bar).join('');
}

/** A curve of at most `width` points, each the mean of as many numbers; neighbours are joined when there are too many. */
export interface Curve {
  add(value: number): void;
  readonly points: readonly number[];
}

export function curve(width: number): Curve {
  let means: number[] = [];
  let each = 1; // numbers in a point
  let sum = 0;
  let count = 0;

  /** Joins points two by two; one that is left over opens the next point. */
  function halve(): void {
    if (means.length % 2 === 1) {
      sum = (means.pop() as number) * each;
      count = each;
    }
    means = means.flatMap((mean, index) =>
      index % 2 === 1 ? [(mean + (means[index - 1] as number)) / 2] : [],
    );
    each *= 2;
  }

  return {
    add(value) {
      if (means.length === width) halve();
      sum += value;
      if (++count < each) return;
      means.push(sum / each);
      sum = 0;
      count = 0;
    },
    get points() {
      return count > 0 ? [...means, sum / count] : means;
    },
  };
}
