import { InputError } from '../core/errors.ts';
import { tokens } from './comparison.ts';
import * as format from './format.ts';
import type { Row } from './row.ts';
import { studentQuantile } from './statistics.ts';

/** An expected amount, and the range that is meant to hold the real one nine times in ten. */
export interface Range {
  readonly expected: number;
  readonly low: number;
  readonly high: number;
}

/** What a whole run will take, its probes included. */
export interface Cost {
  readonly calls: Range;
  readonly tokens: Range; // prompt and completion
  readonly usd: Range | null; // null: the price is unknown
  readonly seconds: Range | null; // null: the probes came from a cache
}

export interface CostEstimate {
  readonly problems: number;
  readonly probes: number; // problems probed; of the method with fewest
  readonly methods: readonly ({ readonly name: string } & Cost)[];
  readonly total: Cost;
}

export interface EstimateOptions {
  readonly concurrency?: number; // attempts at a time, which share the seconds; default 1
}

const LEVEL = 0.9;
/** Before any probe, as if this many problems had shown this coefficient of variation (sd / mean). */
const PRIOR = { problems: 2, variation: 0.8 };

/**
 * Expected cost of a run over `problems` problems, from the rows of a few of them. The repeats of a problem are added up
 * first. The range is Student's t on the logarithm of the mean. To be wide enough with few probes, their spread is
 * pooled with that of two imagined problems of coefficient of variation 0.8, which ten probes all but outweigh; it
 * narrows to nothing when every problem was probed. The totals add up the methods' ends, as if their errors went
 * together. In simulation a range held the real amount 85 to 100 % of the time while the spread was at most the mean
 * (bench/statistics.ts); a rare, very dear problem that no probe met is beyond any range.
 */
export function estimateCost(
  probeRows: readonly Row[],
  problems: number,
  { concurrency = 1 }: EstimateOptions = {},
): CostEstimate {
  if (!(Number.isSafeInteger(problems) && problems >= 1))
    throw new InputError(`Cannot estimate ${problems} problems; give a whole number of at least 1`);
  if (!(concurrency >= 1))
    throw new InputError(`Concurrency is ${concurrency}; it must be a number of at least 1`);
  if (probeRows.length === 0)
    throw new InputError('An estimate needs the rows of at least one probed problem');
  const methods = [...Map.groupBy(probeRows, (row) => row.method)].map(([name, rows]) => {
    const groups = [...Map.groupBy(rows, (row) => row.problem).values()];
    const range = (amount: (row: Row) => number | undefined, divisor = 1): Range | null => {
      const amounts: number[] = [];
      for (const group of groups) {
        let sum = 0;
        for (const row of group) {
          const value = amount(row);
          if (value === undefined) return null;
          sum += value / divisor;
        }
        amounts.push(sum);
      }
      return rangeOf(amounts, problems);
    };
    return {
      name,
      probes: groups.length,
      calls: range((row) => row.usage.calls)!,
      tokens: range(tokens)!,
      usd: range((row) => row.usage.usd),
      seconds: range((row) => row.seconds, concurrency),
    };
  });
  return {
    problems,
    probes: Math.min(...methods.map(({ probes }) => probes)),
    methods: methods.map(({ probes: _, ...cost }) => cost),
    total: {
      calls: addRanges(methods.map(({ calls }) => calls))!,
      tokens: addRanges(methods.map((method) => method.tokens))!,
      usd: addRanges(methods.map(({ usd }) => usd)),
      seconds: addRanges(methods.map(({ seconds }) => seconds)),
    },
  };
}

/** The estimate in one line: "200 problems: about 1,400 calls, 1.21M tokens (0.95M to 1.54M), $2.10 ($1.60 to $2.80)". */
export function renderEstimate({ problems, probes, total }: CostEstimate): string {
  const { calls, usd, seconds } = total;
  const amounts = [
    `${format.count(calls.expected)} calls`,
    `${format.compact(total.tokens.expected)} tokens (${spread(total.tokens, format.compact)})`,
    usd === null ? 'price unknown' : `${format.money(usd.expected)} (${spread(usd, format.money)})`,
    ...(seconds === null
      ? []
      : [`${format.duration(seconds.expected)} (${spread(seconds, format.duration)})`]),
  ];
  return `${format.plural(problems, 'problem')}: about ${amounts.join(', ')}; 90 % ranges from ${format.plural(probes, 'probe')}`;
}

function spread({ low, high }: Range, write: (value: number) => string): string {
  return `${write(low)} to ${write(high)}`;
}

function rangeOf(amounts: readonly number[], problems: number): Range {
  const probes = amounts.length;
  const probed = amounts.reduce((sum, amount) => sum + amount, 0);
  const mean = probed / probes;
  const all = Math.max(problems, probes);
  const expected = mean * all;
  if (mean === 0) return { expected: 0, low: 0, high: 0 };
  const squares = amounts.reduce((sum, amount) => sum + (amount / mean - 1) ** 2, 0);
  const degrees = PRIOR.problems + probes - 1;
  const variation = Math.sqrt((PRIOR.problems * PRIOR.variation ** 2 + squares) / degrees);
  const error = variation * Math.sqrt(1 / probes - 1 / all);
  const factor = Math.exp(studentQuantile(0.5 + LEVEL / 2, degrees) * error);
  return { expected, low: Math.max(probed, expected / factor), high: expected * factor };
}

function addRanges(ranges: readonly (Range | null)[]): Range | null {
  let sum: Range = { expected: 0, low: 0, high: 0 };
  for (const range of ranges) {
    if (range === null) return null;
    sum = {
      expected: sum.expected + range.expected,
      low: sum.low + range.low,
      high: sum.high + range.high,
    };
  }
  return sum;
}
