import type { Question } from './problem.ts';
import type { Run } from './run.ts';
import type { Solution } from './solution.ts';

/** Turns a question into a solution within a run. Must return within its budget, or return an incomplete solution. */
export interface Method {
  readonly name: string;
  solve(question: Question, run: Run): Promise<Solution>;
}
