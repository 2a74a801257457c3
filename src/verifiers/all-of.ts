import { InputError } from '../core/errors.ts';
import type { Question } from '../core/problem.ts';
import type { Verdict, Verifier } from '../core/verifier.ts';

export interface AllOfOptions<Q extends Question> {
  /** Asked in this order, so put the cheap ones first; after a score of 0 the rest are not asked. */
  readonly verifiers: readonly Verifier<Q>[];
  readonly combine?: 'min' | 'product';
}

/** Requires several checks at once: the score is the smallest of theirs, or their product. */
export function allOf<Q extends Question>({ verifiers, combine = 'min' }: AllOfOptions<Q>): Verifier<Q> {
  if (verifiers.length === 0) throw new InputError('allOf was given no verifiers; name at least one');
  return {
    name: `all-of(${verifiers.map((verifier) => verifier.name).join(', ')})`,
    async verify(question, solution, run): Promise<Verdict> {
      let score = 1;
      const notes: string[] = [];
      for (const verifier of verifiers) {
        const verdict = await run.judge(verifier, question, solution);
        score = combine === 'min' ? Math.min(score, verdict.score) : score * verdict.score;
        notes.push(
          `${verifier.name} ${verdict.score}${verdict.note === undefined ? '' : ` (${verdict.note})`}`,
        );
        if (score === 0) break;
      }
      return { score, note: notes.join('; ') };
    },
  };
}
