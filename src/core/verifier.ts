import type { Problem, Question } from './problem.ts';
import type { Run } from './run.ts';
import type { Solution } from './solution.ts';

/** `score` is in [0, 1]; `steps` holds one score per solution step (process supervision). */
export interface Verdict {
  readonly score: number;
  readonly steps?: readonly number[];
  readonly note?: string; // why, in words a person can read
}

/**
 * Checks a solution. `Verifier<Question>` needs no key, so it may guide a search; `Verifier<Problem>` reads the key:
 * grading and reinforcement learning only. `verify` is a property so that TypeScript checks its parameter
 * contravariantly, which is what keeps the key out of a search.
 */
export interface Verifier<Q extends Question = Problem> {
  readonly name: string;
  readonly verify: (question: Q, solution: Solution, run: Run) => Promise<Verdict>;
}
