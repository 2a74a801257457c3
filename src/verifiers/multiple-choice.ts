import { choiceLabel } from '../core/canonical.ts';
import type { Problem } from '../core/problem.ts';
import type { Verifier } from '../core/verifier.ts';
import { answerOf, noAnswer } from './parts/answer-of.ts';

/** Checks which option an answer names, by its label or its text. `reference` is the label of the right option. */
export function multipleChoice(): Verifier<Problem<string>> {
  return {
    name: 'multiple-choice',
    async verify({ reference, choices = [] }, solution) {
      const answer = answerOf(solution);
      if (answer === undefined) return noAnswer(solution);
      const chosen = choiceLabel(answer, choices);
      if (chosen === undefined) return { score: 0, note: 'names none of the options, or several' };
      const right = chosen.toLowerCase() === reference.trim().toLowerCase();
      return { score: right ? 1 : 0, note: `chose ${chosen}` };
    },
  };
}
