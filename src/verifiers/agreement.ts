import { canonicalAnswer } from '../core/canonical.ts';
import { InputError } from '../core/errors.ts';
import type { Method } from '../core/method.ts';
import type { Question } from '../core/problem.ts';
import type { Verifier } from '../core/verifier.ts';
import { answerOf, noAnswer } from './parts/answer-of.ts';

export interface AgreementOptions {
  /** Methods that reason in another way than the solution: a program, a solver, plain text. */
  readonly methods: readonly Method[];
}

/**
 * Has other methods answer the same question; the score is the share of their answers that agree with the solution's. Two
 * representations that agree are seldom both wrong, so it may guide a search without a key.
 */
export function agreement({ methods }: AgreementOptions): Verifier<Question> {
  if (methods.length === 0) throw new InputError('Agreement needs at least one other method to agree with');
  return {
    name: `agreement(${methods.map(({ name }) => name).join(', ')})`,
    async verify(question, solution, run) {
      const answer = answerOf(solution);
      if (answer === undefined) return noAnswer(solution);
      const others = await run.map(methods.length, 'other method', async (branch, index) =>
        answerOf(await (methods[index] as Method).solve(question, branch)),
      );
      const given = others.filter((other) => other !== undefined);
      if (given.length === 0) return { score: 0, note: 'no other method gave an answer' };
      const key = canonicalAnswer(answer, question);
      const agreeing = given.filter((other) => canonicalAnswer(other, question) === key).length;
      return { score: agreeing / given.length, note: `${agreeing} of ${given.length} other answers agree` };
    },
  };
}
