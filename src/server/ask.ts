import { z } from '@hono/zod-openapi';
import type { TraceEvent } from '../core/trace.ts';
import { Channel } from '../models/channel.ts';
import { findTarget, withSeed } from './chat-completions.ts';
import { answer } from './parts/answer.ts';
import { ApiError, errorBody, toApiError } from './parts/api-error.ts';
import { usageObject } from './parts/chat-answer.ts';
import { chatBody } from './parts/chat-schema.ts';
import type { Handler } from './parts/exchange.ts';
import { MOST_EVENTS } from './parts/limits.ts';
import { readChat } from './parts/read-chat.ts';
import { eventReply } from './parts/reply.ts';
import type { ServedModels } from './parts/served-models.ts';

/** The body of POST /api/ask: a chat request; `stream` and `n` have no meaning here. */
export const askBody = z.looseObject({ ...chatBody.shape }).openapi('AskRequest');

type AskEvent =
  | { readonly event: 'trace'; readonly data: TraceEvent }
  | { readonly event: 'answer' | 'error'; readonly data: unknown };

/**
 * POST /api/ask: a chat request answered with its trace: `event: trace` for every event of the run as it happens, then one
 * `event: answer` with the solution and the usage, or one `event: error`. Closing the connection stops the work.
 */
export function ask(models: ServedModels): Handler {
  return async (exchange) => {
    const asked = { ...readChat(exchange.body), n: 1, stream: true };
    if (exchange.body.n !== undefined && exchange.body.n !== 1)
      throw new ApiError(400, 'n is 1 here', { param: 'n', code: 'invalid_value' });
    const target = await findTarget(models, exchange, asked);
    const seeded = withSeed(asked, target);
    const { meter, signal } = exchange;
    const channel = new Channel<AskEvent>();
    let sent = 0;
    const onEvent = (data: TraceEvent) => {
      if (++sent <= MOST_EVENTS) channel.push({ event: 'trace', data });
    };
    const work = async () => {
      // the model alone has no trace of its own: one node stands for it
      if (!target.method)
        onEvent({
          type: 'node-start',
          id: 0,
          parent: null,
          label: target.served.id,
          prompt: asked.request.messages,
        });
      for await (const event of answer(target, seeded, { models, meter, signal, onEvent })) {
        if (event.type !== 'end') {
          if (!target.method && event.type !== 'tool-call-delta')
            onEvent({ type: event.type, id: 0, text: event.text });
          continue;
        }
        const { completion, solution, exhausted } = event;
        if (!target.method) onEvent({ type: 'node-end', id: 0, status: 'done', usage: completion.usage });
        const usage = usageObject(meter.usage, [event]);
        const { text, finish, toolCalls } = completion;
        channel.push({
          event: 'answer',
          data: {
            text,
            finish,
            toolCalls,
            solution,
            exhausted,
            usage,
            seed: seeded.seed,
            cut: sent > MOST_EVENTS,
          },
        });
      }
    };
    work().then(
      () => channel.end(),
      (cause: unknown) => {
        if (!signal.aborted) {
          const error = toApiError(cause);
          exchange.failed(error);
          channel.push({ event: 'error', data: errorBody(error).error });
        }
        channel.end();
      },
    );
    return eventReply(written(channel));
  };
}

async function* written(events: AsyncIterable<AskEvent>): AsyncGenerator<string> {
  for await (const { event, data } of events) yield `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
