import type { Limits } from '../core/budget.ts';
import { canonicalNumber } from '../core/canonical.ts';
import type { SampleCount } from '../core/solution.ts';
import { type Comparison, compareMethods, correctness, type RowsByProblem, tokens } from './comparison.ts';
import { decide, notes } from './decision.ts';
import type { Outcome, Row, RunRecord } from './row.ts';
import { type Interval, majAtK, passAtK, quantile, wilsonOfMeans } from './statistics.ts';

/** What a run showed: a pure function of its rows. Shares are in [0, 1], intervals hold 95 %. */
export interface Report {
  readonly run: string;
  readonly dataset: string;
  readonly split: string;
  readonly source: string | null;
  readonly model: string;
  readonly version: string;
  readonly startedAt?: string;
  readonly n: number; // problems
  readonly repeats: number;
  readonly seed: number;
  readonly limits: Limits;
  /** The first thing to say, in plain words; it begins with the headline. */
  readonly decision: string;
  readonly headline: string;
  /** What a reader should know before trusting it: missing rows, errors, answers that could not be read. */
  readonly notes: readonly string[];
  readonly methods: readonly MethodReport[]; // in the order asked for; the first is the baseline
  readonly comparisons: readonly Comparison[]; // those with the baseline first
  /** Methods that no other matches at lower cost or beats at equal cost, cheapest first (tokens per problem). */
  readonly frontier: readonly string[];
}

/** One method. With repeats, every mean is over problems of the mean within each. */
export interface MethodReport {
  readonly name: string;
  readonly attempts: number; // rows there are
  readonly missing: number; // rows there should be and are not
  readonly correct: number; // of the attempts, as are the next four
  readonly wrong: number;
  readonly extractionFailures: number;
  readonly exhausted: number;
  readonly errors: number;
  readonly accuracy: number;
  readonly ci: Interval; // Wilson
  readonly passAtK?: readonly AtK[]; // with repeats
  readonly majAtK?: readonly AtK[];
  readonly meanScore: number;
  readonly calls: number;
  readonly tokens: {
    readonly prompt: number;
    readonly completion: number; // includes reasoning
    readonly reasoning: number;
    readonly cached: number; // the part of prompt that came from the provider's cache
  };
  readonly usd: number | null; // null: unknown
  readonly perAttempt: { readonly calls: number; readonly tokens: number; readonly usd: number | null };
  readonly seconds: { readonly p50: number; readonly p95: number } | null; // of attempts without cached samples
  readonly samples?: SampleCount; // sums
}

/** An unbiased estimate for k attempts per problem. */
export interface AtK {
  readonly k: number;
  readonly value: number;
  readonly ci: Interval;
}

/** Up to this many methods every pair is compared; beyond, each with the baseline only, so that Holm leaves some power. */
export const MOST_METHODS_FOR_ALL_PAIRS = 6;

/**
 * Sums a run up. Of several rows for one attempt the last counts, as after a retry; rows of other methods are ignored. `pairs`
 * are the methods to compare; default every pair of a few methods, or each with the baseline.
 */
export function report(
  { info, problems, rows: all }: RunRecord,
  pairs: readonly (readonly [a: string, b: string])[] = pairsToTest(info.methods),
): Report {
  const rows = all.filter(({ method }) => info.methods.includes(method));
  const unlisted = rows.map(({ problem }) => problem).toSorted();
  const ids = [...new Set([...problems.map(({ id }) => id), ...unlisted])];
  const byMethod = new Map(info.methods.map((name) => [name, sortRows(name, ids, rows)]));
  const repeatsOf = (name: string) => info.ownRepeats?.[name] ?? info.repeats;
  const methods = info.methods.map((name) =>
    describeMethod(name, byMethod.get(name)!, ids.length * repeatsOf(name), repeatsOf(name)),
  );
  const comparisons = compareMethods(pairs, byMethod, info.seed);
  const { run, dataset, split, source = null, model, version, startedAt, repeats, seed, limits } = info;
  return {
    run,
    dataset,
    split,
    source,
    model,
    version,
    ...(startedAt !== undefined && { startedAt }),
    n: ids.length,
    repeats,
    seed,
    limits,
    ...decide(ids.length, methods, comparisons),
    notes: notes(methods, [...byMethod.values()].flatMap(allRows)),
    methods,
    comparisons,
    frontier: accuracyCostFrontier(methods),
  };
}

/** Rows arrive in the order in which they were finished; a report must not depend on it. */
function sortRows(method: string, ids: readonly string[], rows: readonly Row[]): RowsByProblem {
  const sorted = new Map(ids.map((id) => [id, new Map<number, Row>()]));
  const own = rows.filter((row) => row.method === method);
  for (const row of own.toSorted((a, b) => a.repeat - b.repeat))
    sorted.get(row.problem)!.set(row.repeat, row);
  for (const [id, byRepeat] of sorted) if (byRepeat.size === 0) sorted.delete(id);
  return sorted;
}

function allRows(byProblem: RowsByProblem): Row[] {
  return [...byProblem.values()].flatMap((byRepeat) => [...byRepeat.values()]);
}

function pairsToTest(names: readonly string[]): [string, string][] {
  const pairs = names.flatMap((a, index) => names.slice(index + 1).map((b): [string, string] => [a, b]));
  return names.length <= MOST_METHODS_FOR_ALL_PAIRS ? pairs : pairs.filter(([a]) => a === names[0]);
}

function describeMethod(
  name: string,
  byProblem: RowsByProblem,
  planned: number,
  repeats: number,
): MethodReport {
  const groups = [...byProblem.values()].map((byRepeat) => [...byRepeat.values()]);
  const rows = groups.flat();
  const shares = groups.map((group) => mean(group.map(correctness)));
  const ending = (outcome: Outcome) => rows.filter((row) => row.outcome === outcome).length;
  const total = (amount: (row: Row) => number) => rows.reduce((sum, row) => sum + amount(row), 0);
  const each = (amount: (row: Row) => number) => mean(groups.map((group) => mean(group.map(amount))));
  const priced = rows.every((row) => row.usage.usd !== undefined);
  const seconds = rows.flatMap((row) => row.seconds ?? []);
  const sampled = rows.flatMap((row) => row.samples ?? []);
  const sumSamples = (key: keyof SampleCount) => sampled.reduce((sum, samples) => sum + samples[key], 0);
  return {
    name,
    attempts: rows.length,
    missing: planned - rows.length,
    correct: ending('correct'),
    wrong: ending('wrong'),
    extractionFailures: ending('no-answer'),
    exhausted: ending('exhausted'),
    errors: ending('error'),
    accuracy: mean(shares),
    ci: wilsonOfMeans(shares, repeats),
    ...(repeats > 1 && {
      passAtK: atEachK(groups, repeats, (group, k) =>
        passAtK(group.length, group.filter(correctness).length, k),
      ),
      majAtK: atEachK(groups, repeats, majority),
    }),
    meanScore: each((row) => row.score),
    calls: total((row) => row.usage.calls),
    tokens: {
      prompt: total((row) => row.usage.promptTokens),
      completion: total((row) => row.usage.completionTokens),
      reasoning: total((row) => row.usage.reasoningTokens ?? 0),
      cached: total((row) => row.usage.cachedTokens ?? 0),
    },
    usd: priced ? total((row) => row.usage.usd ?? 0) : null,
    perAttempt: {
      calls: each((row) => row.usage.calls),
      tokens: each(tokens),
      usd: priced ? each((row) => row.usage.usd ?? 0) : null,
    },
    seconds: seconds.length === 0 ? null : { p50: quantile(seconds, 0.5), p95: quantile(seconds, 0.95) },
    ...(sampled.length > 0 && {
      samples: {
        asked: sumSamples('asked'),
        returned: sumSamples('returned'),
        distinct: sumSamples('distinct'),
      },
    }),
  };
}

/** Powers of two and the number of repeats, over the problems with at least k attempts. */
function atEachK(
  groups: readonly (readonly Row[])[],
  repeats: number,
  chance: (group: readonly Row[], k: number) => number,
): AtK[] {
  const sizes = [repeats];
  for (let k = 1; k < repeats; k *= 2) sizes.push(k);
  return sizes
    .sort((a, b) => a - b)
    .flatMap((k) => {
      const chances = groups.filter((group) => group.length >= k).map((group) => chance(group, k));
      if (chances.length === 0) return [];
      return { k, value: mean(chances), ci: wilsonOfMeans(chances, repeats) };
    });
}

/** Answers of one canonical form vote together; one is right when any of its rows was graded right. */
function majority(group: readonly Row[], k: number): number {
  const answers = new Map<string, { count: number; correct: boolean }>();
  for (const row of group) {
    if (row.answer === undefined) continue;
    const key = row.key ?? canonicalNumber(row.answer) ?? row.answer.trim().toLowerCase();
    const known = answers.get(key) ?? { count: 0, correct: false };
    answers.set(key, {
      count: known.count + 1,
      correct: known.correct || row.outcome === 'correct',
    });
  }
  const unanswered = group.filter((row) => row.answer === undefined).length;
  return majAtK([...answers.values()], k, { unanswered });
}

function accuracyCostFrontier(methods: readonly MethodReport[]): string[] {
  const measured = methods.filter(({ attempts }) => attempts > 0);
  const cost = (method: MethodReport) => method.perAttempt.tokens;
  const beaten = (method: MethodReport) =>
    measured.some(
      (other) =>
        cost(other) <= cost(method) &&
        other.accuracy >= method.accuracy &&
        (cost(other) < cost(method) || other.accuracy > method.accuracy),
    );
  return measured
    .filter((method) => !beaten(method))
    .sort((a, b) => cost(a) - cost(b))
    .map(({ name }) => name);
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
