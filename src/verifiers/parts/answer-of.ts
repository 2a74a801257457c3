import { ANSWER_CHARACTERS } from '../../core/canonical.ts';
import type { Solution } from '../../core/solution.ts';
import type { Verdict } from '../../core/verifier.ts';

/** The answer of a solution when it can be graded: given, not blank, and short enough to be an answer. */
export function answerOf(solution: Solution): string | undefined {
  const answer = solution.answer?.slice(0, ANSWER_CHARACTERS + 1);
  return answer === undefined || answer.trim() === '' || answer.length > ANSWER_CHARACTERS
    ? undefined
    : answer;
}

/** The verdict on a solution without an answer that could be graded. */
export function noAnswer(solution: Solution): Verdict {
  return { score: 0, note: solution.answer === undefined ? 'no answer' : 'the answer is empty or too long' };
}
