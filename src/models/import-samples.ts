import type { Method } from '../core/method.ts';
import type { Model, SampleRequest } from '../core/model.ts';
import type { Question } from '../core/problem.ts';
import { attempt } from '../core/solve.ts';
import type { ImportedSample } from './recorded.ts';

/** Thrown to leave the method once its request has been seen. */
class RequestSeen extends Error {}

/**
 * The first request that a method makes for a question, found by letting it ask: other people's samples are put behind our
 * own prompts without a second copy of any prompt. Undefined when the method asks nothing.
 */
export async function firstRequest(
  method: (model: Model) => Method,
  question: Question,
): Promise<SampleRequest | undefined> {
  let seen: SampleRequest | undefined;
  const listener: Model = {
    id: 'listener',
    // biome-ignore lint/correctness/useYield: it only listens
    async *sample(request) {
      seen ??= request;
      throw new RequestSeen();
    },
  };
  const { error } = await attempt(method(listener), question);
  if (error !== undefined && !(error instanceof RequestSeen)) throw error;
  return seen;
}

/** Other people's texts for a question as samples of a one-call method: text i is sample i. */
export async function importSamples(
  method: (model: Model) => Method,
  question: Question,
  texts: readonly string[],
): Promise<ImportedSample[]> {
  const request = await firstRequest(method, question);
  if (!request) return [];
  return texts.map((text, index) => ({ request: { ...request, index }, text }));
}
