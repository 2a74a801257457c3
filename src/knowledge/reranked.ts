import { InputError } from '../core/errors.ts';
import type { Question } from '../core/problem.ts';
import type { FoundPassage, Retriever } from '../core/retriever.ts';
import { MOST_PASSAGES, passageLimit } from '../core/retriever.ts';
import type { Verifier } from '../core/verifier.ts';

export interface RerankedOptions {
  readonly first: Retriever;
  /** Scores a passage as if it were the solution: a judge whose criteria is RELEVANCE, or a learned scorer. */
  readonly judge: Verifier<Question>;
  readonly pool?: number; // passages of `first` that are judged, 1 to 1,000; default 20
}

/** What to tell a judge that ranks passages. */
export const RELEVANCE = 'The passage states something that is needed to answer the question.';

/**
 * Puts the passages that a judge finds relevant first; equal scores keep their order. One judgement per passage of the pool,
 * paid for by the run that the caller gives: throws InputError without one.
 */
export function reranked({ first, judge, pool = 20 }: RerankedOptions): Retriever {
  if (!Number.isInteger(pool) || pool < 1 || pool > MOST_PASSAGES)
    throw new InputError(`The pool is ${pool}; it must be a whole number from 1 to ${MOST_PASSAGES}`);
  return {
    name: `reranked(${first.name})`,
    async retrieve(query, options = {}) {
      const { run } = options;
      if (!run) throw new InputError('Ranking by a judge needs a run to pay for it; give one in the options');
      const found = await first.retrieve(query, { ...options, limit: pool });
      const question: Question = { id: 'query', messages: [{ role: 'user', text: query }] };
      const judged = await run.map(found.length, 'rerank', async (branch, index): Promise<FoundPassage> => {
        const { passage } = found[index] as FoundPassage;
        const solution = {
          steps: [],
          text: `${passage.title ?? ''}\n${passage.text}`.trim(),
          complete: true,
        };
        return { passage, score: (await branch.judge(judge, question, solution)).score };
      });
      return judged.sort((a, b) => b.score - a.score).slice(0, passageLimit(options));
    },
  };
}
