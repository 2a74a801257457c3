import type { Message, Model } from '../core/model.ts';
import { addUsage } from '../core/model.ts';
import { framePassages, PASSAGES_ARE_DATA } from '../core/passages-prompt.ts';
import { seeded } from '../core/random.ts';
import type { Retriever } from '../core/retriever.ts';
import { startRun } from '../core/run.ts';

export interface WithRetrievalOptions {
  readonly retriever: Retriever;
  readonly passages?: number; // shown per request; default 5
}

/**
 * Shows the model passages found for the last user turn, framed as data and numbered for citation; everything else of the
 * request stays as it is. What the retriever's own models cost is added to the usage of the sample.
 */
export function withRetrieval(model: Model, { retriever, passages: limit = 5 }: WithRetrievalOptions): Model {
  return {
    id: `${model.id}+${retriever.name}`,
    async *sample(request) {
      const signal = request.signal ?? new AbortController().signal;
      const query = request.messages.findLast((message) => message.role === 'user')?.text ?? '';
      const { found, spent } = await startRun(
        { signal, limits: {}, random: seeded(request.seed ?? 0), record: () => {}, label: 'retrieval' },
        async (run) => ({
          found: query === '' ? [] : await retriever.retrieve(query, { limit, signal, run }),
          spent: run.budget.spent,
        }),
      );
      const messages =
        found.length === 0 ? request.messages : withPassages(request.messages, framePassages(found));
      for await (const event of model.sample({ ...request, messages })) {
        if (event.type !== 'sample-end') yield event;
        else {
          const usage = spent.calls === 0 ? event.completion.usage : addUsage(event.completion.usage, spent);
          yield {
            type: 'sample-end',
            completion: { ...event.completion, usage, ...(found.length > 0 && { exposed: true }) },
          };
        }
      }
    },
  };
}

/** The passages go before the question in its own turn; the rule about them goes where the system speaks. */
function withPassages(messages: readonly Message[], frame: string): Message[] {
  const last = messages.findLastIndex((message) => message.role === 'user');
  const turns = messages.map((message, index) =>
    index === last ? { ...message, text: `${frame}\n\n${message.text}` } : message,
  );
  const [first, ...rest] = turns;
  return first?.role === 'system'
    ? [{ ...first, text: `${first.text}\n\n${PASSAGES_ARE_DATA}` }, ...rest]
    : [{ role: 'system', text: PASSAGES_ARE_DATA }, ...turns];
}
