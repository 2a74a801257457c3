/**
 * Best of N: sample N solutions, score each with a verifier, keep the best.
 * Cobbe et al. 2021, arXiv:2110.14168; the weighted selection as in Li et al. 2022 (DiVeRSe), arXiv:2206.02336.
 * Cost: N calls of the inner method, + N verifier calls when the verifier is a model.
 * Deviation: none in `max`; `weighted` sums scores of solutions with the same canonical answer.
 */
import type { MethodEntry } from '../core/catalog-entry.ts';
import { InputError } from '../core/errors.ts';
import type { Method } from '../core/method.ts';
import type { Question } from '../core/problem.ts';
import type { Solution } from '../core/solution.ts';
import { untilExhausted } from '../core/solve.ts';
import type { Verdict, Verifier } from '../core/verifier.ts';
import { countSamples, elect, tally } from './parts/vote.ts';

/** `max` the single best score · `majority` the plain vote · `weighted` votes weighted by score. */
export type Selection = 'max' | 'majority' | 'weighted';

/** How step scores become one score; `score` takes the verdict's own. */
export type StepAggregate = 'score' | 'last' | 'min' | 'product';

export interface BestOfNOptions {
  readonly method: Method;
  readonly verifier: Verifier<Question>;
  readonly samples?: number;
  readonly select?: Selection;
  readonly aggregate?: StepAggregate;
}

/** Samples `method` N times and returns the solution that `verifier` prefers. Ties go to the earliest sample. */
export function bestOfN({
  method,
  verifier,
  samples = 8,
  select = 'max',
  aggregate = 'score',
}: BestOfNOptions): Method {
  if (!Number.isInteger(samples) || samples < 1)
    throw new InputError(`Best-of-n cannot draw ${samples} samples; give a whole number of at least 1`);
  return {
    name: `best-of-n(${method.name})`,
    async solve(question, run) {
      const solutions = await run.map(samples, 'sample', (branch) => method.solve(question, branch));
      const scores = solutions.map(() => 0); // a score that the budget did not reach counts for nothing
      if (select !== 'majority')
        await untilExhausted(
          () =>
            run.map(solutions.length, 'score', async (branch, index) => {
              const verdict = await branch.judge(verifier, question, solutions[index] as Solution);
              scores[index] = aggregated(verdict, aggregate);
            }),
          () => [],
        );
      if (select !== 'max')
        return elect(
          tally(solutions, question, select === 'weighted' ? scores : undefined),
          solutions,
          samples,
        );
      const best = scores.indexOf(Math.max(...scores));
      return {
        ...(solutions[best] as Solution),
        complete: true,
        confidence: scores[best] as number,
        samples: countSamples(solutions, samples),
      };
    },
  };
}

function aggregated(verdict: Verdict, aggregate: StepAggregate): number {
  const steps = verdict.steps ?? [];
  if (aggregate === 'score' || steps.length === 0) return verdict.score;
  if (aggregate === 'last') return steps.at(-1) as number;
  return aggregate === 'min' ? Math.min(...steps) : steps.reduce((product, step) => product * step, 1);
}

export const entry: MethodEntry = {
  name: 'best-of-n',
  summary: 'several samples, the one a verifier scores highest',
  paper: 'Cobbe et al. 2021, arXiv:2110.14168',
  aliases: ['bon'],
  calls: 'samples × inner method, + samples for a judge',
  wraps: true,
  count: 'samples',
  options: {
    samples: { summary: 'samples', type: 'integer', default: 8, minimum: 1, maximum: 256 },
    verifier: { summary: 'who scores', type: ['judge', 'expression'], default: 'judge' },
    select: { summary: 'who wins', type: ['max', 'majority', 'weighted'], default: 'max' },
    aggregate: {
      summary: 'step scores into one',
      type: ['score', 'last', 'min', 'product'],
      default: 'score',
    },
  },
  build: (options, parts) =>
    bestOfN({
      method: parts.inner('chain-of-thought', { temperature: 0.8 }),
      verifier: parts.verifier(String(options.verifier)),
      samples: Number(options.samples),
      select: options.select as Selection,
      aggregate: options.aggregate as StepAggregate,
    }),
};
