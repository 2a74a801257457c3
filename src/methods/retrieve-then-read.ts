/**
 * Retrieve, then read: passages found for the question stand before it, and another method answers.
 * Lewis et al. 2020 (retrieval-augmented generation), arXiv:2005.11401.
 * Cost: 1 retrieval; the calls are those of the inner method.
 * Deviation: nothing is trained; the passages are shown as text, numbered for citation.
 */

import type { MethodEntry } from '../core/catalog-entry.ts';
import { passageDetails } from '../core/citations.ts';
import type { Method } from '../core/method.ts';
import { framePassages, PASSAGES_ARE_DATA } from '../core/passages-prompt.ts';
import type { Question } from '../core/problem.ts';
import { questionText } from '../core/problem.ts';
import type { FoundPassage, Retriever } from '../core/retriever.ts';
import { addSystem } from './parts/prompt.ts';

export interface RetrieveThenReadOptions {
  readonly method: Method;
  readonly retriever: Retriever;
  readonly passages?: number; // default 5
}

/** Shows the passages that the question finds to `method`. Without a find the question goes to it as it is. */
export function retrieveThenRead({ method, retriever, passages = 5 }: RetrieveThenReadOptions): Method {
  return {
    name: `retrieve-then-read(${method.name})`,
    async solve(question, run) {
      const query = questionText(question);
      const found = await retriever.retrieve(query, { limit: passages, signal: run.signal, run });
      const solution = await method.solve(found.length === 0 ? question : shown(question, found), run);
      const inner = solution.details;
      return {
        ...solution,
        details: {
          ...(typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? inner : {}),
          passages: passageDetails(found),
        },
      };
    },
  };
}

function shown(question: Question, found: readonly FoundPassage[]): Question {
  const last = question.messages.findLastIndex((message) => message.role === 'user');
  const messages = question.messages.map((message, index) =>
    index === last ? { ...message, text: `${framePassages(found)}\n\n${message.text}` } : message,
  );
  return { ...question, messages: addSystem(messages, PASSAGES_ARE_DATA) };
}

export const entry: MethodEntry = {
  name: 'retrieve-then-read',
  summary: 'passages found for the question stand before it',
  paper: 'Lewis et al. 2020, arXiv:2005.11401',
  aliases: ['rag'],
  calls: 'those of the inner method',
  wraps: true,
  retrieves: true,
  count: 'passages',
  options: {
    passages: { summary: 'shown', type: 'integer', default: 5, minimum: 1, maximum: 100 },
  },
  build: ({ passages }, parts) =>
    retrieveThenRead({
      method: parts.inner('chain-of-thought', {}),
      retriever: parts.retriever(),
      passages: Number(passages),
    }),
};
