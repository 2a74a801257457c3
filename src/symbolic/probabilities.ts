import Fraction from 'fraction.js';
import { seeded } from '../core/random.ts';
import { enumerateWorlds, exactProbability } from './enumerate-worlds.ts';
import type { Asked } from './generative-model.ts';
import type { ProbabilityProgram, ProbabilityTerm } from './probability-program.ts';
import { evaluateTerm, readProbabilities } from './probability-program.ts';
import { ContradictionError } from './program-error.ts';
import type { Estimate } from './sample-worlds.ts';
import { likelihoodWeighting, metropolisHastings } from './sample-worlds.ts';
import type { Solved } from './solved.ts';

/** Worlds that a certificate lists; with more it gives none. */
export const MOST_LISTED = 5_000;

/**
 * The number a probabilistic program asks for: exactly, as a fraction and with its worlds as the certificate, or estimated by
 * sampling, with a standard error and no certificate. Throws ContradictionError where a condition has probability 0.
 */
export function solveProbabilities(text: string): Solved {
  const program = readProbabilities(text);
  return program.method === 'exact' ? solveExactly(program) : estimate(program);
}

function solveExactly({ asked, query }: ProbabilityProgram): Solved {
  const values = asked.map((one) => exactProbability(one) ?? impossible(one.text));
  const tables = asked.map(worldsOf);
  return {
    answer: valueText(evaluateTerm(query, values) ?? impossible('a divisor')),
    proof: asked.map(({ text }, index) => `${text}) = ${valueText(values[index] as Fraction)}`),
    ...(!tables.includes(undefined) && { certificate: { kind: 'worlds', tables: tables as string[][][] } }),
  };
}

/** The runs of positive probability: the probability, then what each chance gave. */
function worldsOf({ model }: Asked): string[][] | undefined {
  const rows: string[][] = [];
  for (const { probability, choices } of enumerateWorlds(model)) {
    if (rows.length >= MOST_LISTED) return undefined;
    rows.push([probability.toFraction(), ...choices.map(String)]);
  }
  return rows;
}

function estimate({ asked, query, method, samples, seed }: ProbabilityProgram): Solved {
  const random = seeded(seed);
  const estimates = asked.map((one, index): Estimate => {
    const own = random.fork(String(index));
    return method === 'likelihood-weighting'
      ? likelihoodWeighting(one, samples, own)
      : metropolisHastings(one, samples, own);
  });
  const value =
    evaluateTerm(
      query,
      estimates.map((one) => new Fraction(one.value)),
    ) ?? impossible('a divisor');
  const error = propagatedError(query, estimates);
  return {
    answer: `${value.valueOf().toFixed(4)} ± ${error.toFixed(4)}`,
    proof: asked.map(({ text }, index) => {
      const { value: mean, standardError } = estimates[index] as Estimate;
      return `${text}) = ${mean.toFixed(4)} ± ${standardError.toFixed(4)} by ${method}, ${samples} samples`;
    }),
  };
}

/** Standard error of the query, to first order in those of its probabilities. */
function propagatedError(query: ProbabilityTerm, estimates: readonly Estimate[]): number {
  const at = (values: readonly number[]) =>
    evaluateTerm(
      query,
      values.map((value) => new Fraction(value)),
    )?.valueOf() ?? 0;
  const means = estimates.map(({ value }) => value);
  const step = 1e-6;
  const variances = estimates.map(({ value, standardError }, index) => {
    const slope = (at(means.with(index, value + step)) - at(means.with(index, value - step))) / (2 * step);
    return (slope * standardError) ** 2;
  });
  return Math.sqrt(variances.reduce((sum, variance) => sum + variance, 0));
}

/** Fractions with larger denominators are printed as decimals only. */
const LARGEST_DENOMINATOR = 1_000_000n;

/** `3/28 (0.107143)` */
export function valueText(value: Fraction): string {
  const decimal = String(Number(value.valueOf().toPrecision(10)));
  return value.d === 1n || value.d > LARGEST_DENOMINATOR ? decimal : `${value.toFraction()} (${decimal})`;
}

function impossible(what: string): never {
  throw new ContradictionError(`The condition of ${what} has probability 0`);
}
