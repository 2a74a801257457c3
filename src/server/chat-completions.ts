import { randomUUID } from 'node:crypto';
import type { Message } from '../core/model.ts';
import type { AnswerEvent, Answered } from './parts/answer.ts';
import { answer, checkAsked } from './parts/answer.ts';
import { ApiError, errorBody, toApiError } from './parts/api-error.ts';
import type { Asked } from './parts/asked.ts';
import { begun } from './parts/begun.ts';
import type { AnswerHead } from './parts/chat-answer.ts';
import { chatCompletion, choiceFacts, usageObject } from './parts/chat-answer.ts';
import { ChunkWriter } from './parts/chunk-writer.ts';
import type { Exchange, Handler } from './parts/exchange.ts';
import type { AskedInChat } from './parts/read-chat.ts';
import { readChat } from './parts/read-chat.ts';
import { eventReply, jsonReply } from './parts/reply.ts';
import type { ServedModels, Target } from './parts/served-models.ts';

/** POST /v1/chat/completions. */
export function chatCompletions(models: ServedModels): Handler {
  return async (exchange) => {
    const asked = readChat(exchange.body);
    const target = await findTarget(models, exchange, asked);
    const seeded = withSeed(asked, target);
    const headers = ignoredHeader(seeded, target);
    const head: AnswerHead = {
      id: `chatcmpl-${randomUUID()}`,
      created: Math.floor(Date.now() / 1000),
      model: asked.model,
    };
    const events = answer(target, seeded, { models, meter: exchange.meter, signal: exchange.signal });
    if (asked.stream) return eventReply(chunks(await begun(events), head, target, asked, exchange), headers);
    const ended: Answered[] = [];
    for await (const event of events) if (event.type === 'end') ended[event.choice] = event;
    return jsonReply(
      chatCompletion(head, target, ended, exchange.meter.usage, asked.showReasoning),
      200,
      headers,
    );
  };
}

/** The model and method a request is put to, checked and noted for the log. */
export async function findTarget(models: ServedModels, exchange: Exchange, asked: Asked): Promise<Target> {
  const ofPath = exchange.param('method');
  const target = await models.find(asked.model, asked.method ?? (ofPath === '' ? undefined : ofPath));
  exchange.note({ model: target.served.id, method: target.method?.name ?? '' });
  checkAsked(target, asked);
  if (exchange.caller.hasMoneyLimit) checkPriced(target.served.priced !== false, target.served.id);
  return target;
}

/** Throws the 400 for a key with a limit in usd where it could not hold. */
export function checkPriced(priced: boolean, model: string): void {
  if (!priced)
    throw new ApiError(
      400,
      `This key has a limit in usd, and the price of ${model} is unknown; use another model or key`,
      {
        param: 'model',
        code: 'price_unknown',
      },
    );
}

/** A method's run without a seed gets one by chance, so that asking again can give another answer. */
export function withSeed<A extends Asked>(asked: A, { method }: Target): A {
  if (!method || asked.seed !== undefined || asked.request.seed !== undefined) return asked;
  return { ...asked, seed: Math.floor(Math.random() * 2 ** 31) };
}

/** Names what was asked for and has no part in the answer. */
export function ignoredHeader({ request, unknown }: Asked, { method }: Target): Record<string, string> {
  const ignored = [
    ...(method && request.temperature !== undefined ? ['temperature'] : []),
    ...(method && request.topP !== undefined ? ['top_p'] : []),
    ...(method ? unknown.filter((name) => /^[\w.-]{1,64}$/.test(name)).slice(0, 20) : []),
  ];
  return ignored.length > 0 ? { 'x-reckon-ignored': ignored.join(', ') } : {};
}

async function* chunks(
  events: AsyncIterable<AnswerEvent>,
  head: AnswerHead,
  target: Target,
  { n, includeUsage, showReasoning }: AskedInChat,
  { meter, signal, failed }: Exchange,
): AsyncGenerator<string> {
  const write = new ChunkWriter(head, includeUsage);
  const ended: Answered[] = [];
  let start = ''; // goes out with the first event, in one piece
  for (let index = 0; index < n; index++) start += write.delta(index, { role: 'assistant', content: '' });
  try {
    for await (const event of events) {
      const written = writeEvent(write, event, target, showReasoning);
      if (written === '') continue;
      if (event.type === 'end') ended[event.choice] = event;
      yield start + written;
      start = '';
    }
    yield `${includeUsage ? write.usage(usageObject(meter.usage, ended)) : ''}data: [DONE]\n\n`;
  } catch (cause) {
    if (signal.aborted) return; // nobody reads it
    const error = toApiError(cause);
    failed(error);
    yield `data: ${JSON.stringify(errorBody(error))}\n\n`;
  }
}

function writeEvent(write: ChunkWriter, event: AnswerEvent, target: Target, showReasoning: boolean): string {
  switch (event.type) {
    case 'text-delta':
      return write.text(event.choice, event.text, event.logProbs);
    case 'reasoning-delta':
      if (!showReasoning) return '';
      return write.delta(event.choice, { reasoning_content: event.text, reasoning: event.text });
    case 'tool-call-delta':
      return write.toolCall(event.choice, event);
    case 'end':
      return write.end(event.choice, event, choiceFacts(target, event));
    default:
      return event satisfies never;
  }
}

/** The turns of a conversation after an answer. */
export function afterAnswer(messages: readonly Message[], { completion }: Answered): Message[] {
  const { text, toolCalls } = completion;
  return [...messages, { role: 'assistant', text, ...(toolCalls && { toolCalls }) }];
}
