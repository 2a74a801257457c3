import { InputError } from '../core/errors.ts';
import type { Problem } from '../core/problem.ts';
import type { Verifier } from '../core/verifier.ts';
import { answerOf, noAnswer } from './parts/answer-of.ts';
import { equivalent } from './parts/equivalent.ts';

export { equivalent } from './parts/equivalent.ts';

export interface MathEquivalenceOptions {
  /** Numbers that differ by at most half a unit of this decimal place count as equal. Absent: exactly equal only. */
  readonly decimals?: number;
}

/**
 * Compares mathematical answers, LaTeX or plain: numbers exactly, formulas by computer algebra when the optional package
 * @cortex-js/compute-engine is there. `reference` is the right answer. What cannot be decided counts as wrong.
 */
export function mathEquivalence({ decimals }: MathEquivalenceOptions = {}): Verifier<Problem<string>> {
  if (decimals !== undefined && !(Number.isInteger(decimals) && decimals >= 0 && decimals <= 15))
    throw new InputError(
      `Answers cannot be compared to ${decimals} decimals; give a whole number from 0 to 15`,
    );
  return {
    name: 'math-equivalence',
    async verify({ reference }, solution, { signal }) {
      const answer = answerOf(solution);
      if (answer === undefined) return noAnswer(solution);
      const equal = await equivalent(reference, answer, {
        signal,
        ...(decimals !== undefined && { decimals }),
      });
      return { score: equal ? 1 : 0, note: `${answer.trim().slice(0, 80)} ${equal ? '=' : '≠'} key` };
    },
  };
}
