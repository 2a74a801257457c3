import * as format from './format.ts';
import type { Row } from './row.ts';
import {
  adjustedWald,
  holm,
  type Interval,
  type PairedScores,
  pairedBootstrap,
  pairedDifferences,
  sampleSizeForDifference,
  signFlip,
} from './statistics.ts';

/** Two methods on the same problems. All that follows is over the attempts that both of them made. */
export interface Comparison {
  readonly a: string;
  readonly b: string;
  readonly problems: number;
  readonly delta: number; // accuracy of b − accuracy of a, in [−1, 1]
  readonly ci: Interval; // 95 %, of delta
  readonly p: number;
  readonly pHolm: number; // corrected for all comparisons of the report
  readonly better: 'a' | 'b' | null; // null: no difference shown
  readonly discordant: readonly [onlyA: number, onlyB: number]; // problems on which a, or b, did better
  readonly costRatio: number | null; // tokens of b / tokens of a; null when a used none
  readonly needed: number | null; // problems that show this delta 4 times in 5, Holm included; null when delta is 0
  readonly decision: string;
}

/** Rows of one method: problem → repeat → row. */
export type RowsByProblem = ReadonlyMap<string, ReadonlyMap<number, Row>>;

/** A difference is called one when its corrected p-value is below this. */
export const SIGNIFICANCE = 0.05;
/** The chance to show a difference that a plan aims at. */
const POWER = 0.8;
/** With fewer problems than this on which two methods differ, the interval is the adjusted Wald one. */
const FEWEST_FOR_BOOTSTRAP = 10;
/** Resamples shrink from the most to the least so that one comparison draws about this often. */
const BOOTSTRAP_DRAWS = 4_000_000;
const MOST_RESAMPLES = 10_000;
const LEAST_RESAMPLES = 2_000;

/**
 * Compares pairs of methods. The p-value is McNemar's exact test; with repeats its generalisation, the sign-flip test on
 * the mean difference per problem, so that every repeat counts but only problems are evidence. The interval is a BCa
 * bootstrap over problems, adjusted Wald when few differ. Pairs with no problem in common are left out.
 */
export function compareMethods(
  pairs: readonly (readonly [a: string, b: string])[],
  rows: ReadonlyMap<string, RowsByProblem>,
  seed: number,
): Comparison[] {
  const tested = pairs.flatMap(([a, b]) => comparePair(a, b, rows, seed) ?? []);
  const corrected = holm(tested.map(({ p }) => p));
  return tested.map(({ spread, ...measured }, index) => {
    const pHolm = corrected[index]!;
    // the strictest level that Holm may ask for, so that the plan is never below what has just been too few
    const level = SIGNIFICANCE / tested.length;
    const needed =
      Math.abs(measured.delta) < 1e-12 ? null : sampleSizeForDifference(measured.delta, spread, POWER, level);
    const better = pHolm >= SIGNIFICANCE || measured.delta === 0 ? null : measured.delta > 0 ? 'b' : 'a';
    const comparison = { ...measured, pHolm, better, needed } as const;
    return { ...comparison, decision: decide(comparison, tested.length) };
  });
}

function comparePair(a: string, b: string, rows: ReadonlyMap<string, RowsByProblem>, seed: number) {
  const scores: PairedScores[] = [];
  let [tokensA, tokensB] = [0, 0];
  for (const [problem, byRepeat] of rows.get(a) ?? []) {
    const shared: [Row, Row][] = [];
    for (const [repeat, row] of byRepeat) {
      const other = rows.get(b)?.get(problem)?.get(repeat);
      if (other) shared.push([row, other]);
    }
    if (shared.length === 0) continue;
    scores.push({ a: shared.map(([row]) => correctness(row)), b: shared.map(([, row]) => correctness(row)) });
    for (const [rowA, rowB] of shared) {
      tokensA += tokens(rowA);
      tokensB += tokens(rowB);
    }
  }
  if (scores.length === 0) return undefined;

  const differences = pairedDifferences(scores);
  const n = differences.length;
  const onlyA = differences.filter((value) => value < 0).length;
  const onlyB = differences.filter((value) => value > 0).length;
  const delta = differences.reduce((sum, value) => sum + value, 0) / n;
  const spread = differences.reduce((sum, value) => sum + value * value, 0) / n;
  const resamples = Math.min(MOST_RESAMPLES, Math.max(LEAST_RESAMPLES, Math.round(BOOTSTRAP_DRAWS / n)));
  return {
    a,
    b,
    problems: n,
    delta,
    ci:
      onlyA + onlyB < FEWEST_FOR_BOOTSTRAP
        ? adjustedWald(differences)
        : pairedBootstrap(scores, { resamples, seed: `${seed} ${a} ${b}` }).interval,
    p: signFlip(differences, `${seed} ${a} ${b}`),
    discordant: [onlyA, onlyB] as const,
    costRatio: tokensA === 0 ? null : tokensB / tokensA,
    spread,
  };
}

/** What a comparison shows, without its evidence: the first clause of its decision. */
export function claim({ a, b, better, delta }: Pick<Comparison, 'a' | 'b' | 'better' | 'delta'>): string {
  if (better === null) return `no difference shown between ${a} and ${b}`;
  const [winner, loser] = better === 'b' ? [b, a] : [a, b];
  return `${winner} is better than ${loser} by ${format.points(Math.abs(delta))} points`;
}

function decide(comparison: Omit<Comparison, 'decision'>, tests: number): string {
  const { a, b, better, delta, ci, costRatio, needed } = comparison;
  const p = tests > 1 ? `${format.pValue(comparison.pHolm)} (Holm)` : format.pValue(comparison.p);
  const mirrored: Interval = [-ci[1], -ci[0]];
  if (better) {
    const inFavour = better === 'b' ? ci : mirrored;
    const cost = costRatio && (better === 'b' ? costRatio : 1 / costRatio);
    const price = cost ? `, at ${format.ratio(cost)} the tokens` : '';
    return `${claim(comparison)}, 95 % CI ${format.interval(inFavour)}, ${p}${price}`;
  }
  if (needed === null)
    return `${claim(comparison)} (both got the same share right, 95 % CI of the difference ${format.interval(ci)})`;
  const [ahead, inFavour] = delta < 0 ? [a, mirrored] : [b, ci];
  return (
    `${claim(comparison)} (${ahead} is ahead by ${format.points(Math.abs(delta))} points, ` +
    `95 % CI ${format.interval(inFavour)}, ${p}; ` +
    `about ${format.count(roundUp(needed))} problems would be needed to show one this size)`
  );
}

/** Two significant digits are as many as a plan is worth. */
export function roundUp(problems: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(problems)) - 1);
  return Math.ceil(problems / unit) * unit;
}

/** 1 for a right answer, 0 for anything else. */
export function correctness(row: Row): number {
  return row.outcome === 'correct' ? 1 : 0;
}

/** Prompt and completion tokens of a row. */
export function tokens(row: Row): number {
  return row.usage.promptTokens + row.usage.completionTokens;
}
