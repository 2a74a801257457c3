import type { Question } from '../src/core/problem.ts';
import { seeded } from '../src/core/random.ts';
import { startRun } from '../src/core/run.ts';
import type { Solution } from '../src/core/solution.ts';
import type { Verdict, Verifier } from '../src/core/verifier.ts';

/** The verdict of a verifier in a run of its own. */
export function judgeAlone<Q extends Question>(
  verifier: Verifier<Q>,
  question: Q,
  solution: Solution,
): Promise<Verdict> {
  const signal = new AbortController().signal;
  return startRun(
    { signal, limits: {}, random: seeded('verifier'), record: () => {}, label: 'test' },
    (run) => run.judge(verifier, question, solution),
  );
}

/** A finished solution with this answer, or without one. */
export function answered(answer?: string): Solution {
  return { steps: [], complete: true, ...(answer !== undefined && { answer }) };
}
