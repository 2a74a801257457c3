import type { TokenLogProb, ToolCall, ToolCallDelta } from '../../core/model.ts';
import type { AnswerEvent, Answered } from './answer.ts';
import type { ApiError } from './api-error.ts';
import { toApiError } from './api-error.ts';
import type { Exchange } from './exchange.ts';
import type { JsonObject, ResponseWriter } from './response-object.ts';
import {
  callItem,
  itemStatus,
  messageItem,
  newId,
  partOf,
  reasoningItem,
  responseStatus,
  textPart,
  tokenList,
} from './response-object.ts';

/** The events of a streamed response. */
export async function* responseEvents(
  events: AsyncIterable<AnswerEvent>,
  writer: ResponseWriter,
  { meter, signal, failed }: Exchange,
  keep: (object: JsonObject, answered: Answered) => void,
): AsyncGenerator<string> {
  const items = new ItemWriter();
  try {
    yield items.response('created', writer.object('in_progress', [])) +
      items.response('in_progress', writer.object('in_progress', []));
    for await (const next of events) {
      switch (next.type) {
        case 'reasoning-delta':
          yield items.think(next.text);
          break;
        case 'text-delta':
          yield items.say(next.text, next.logProbs);
          break;
        case 'tool-call-delta':
          yield items.call(next);
          break;
        case 'end': {
          const written = items.end(next);
          const status = responseStatus(next);
          const response = writer.object(status, items.output, { usage: meter.usage, answered: next });
          keep(response, next);
          yield `${written}${items.response(status, response)}data: [DONE]\n\n`;
          break;
        }
        default:
          next satisfies never;
      }
    }
  } catch (cause) {
    if (signal.aborted) return; // nobody reads it
    const error: ApiError = toApiError(cause);
    failed(error);
    yield items.response('failed', writer.object('failed', items.output, { usage: meter.usage, error }));
  }
}

/** An item that is being said; calls are open next to it until the end. */
interface Spoken {
  readonly kind: 'reasoning' | 'message';
  readonly id: string;
  readonly place: number;
  text: string;
}

interface Called {
  readonly id: string;
  readonly place: number;
  told: number; // characters of the input
}

/** Writes the items of a response as events: each is added, filled and done. */
class ItemWriter {
  readonly #items: (JsonObject | undefined)[] = []; // by place; undefined while it is open
  readonly #calls = new Map<number, Called>(); // by index of the call
  #sequence = 0;
  #open: Spoken | undefined;

  /** The items that are done. */
  get output(): readonly JsonObject[] {
    return this.#items.filter((item) => item !== undefined);
  }

  response(type: string, response: JsonObject): string {
    return this.#event(type, { response });
  }

  think(text: string): string {
    const [before, item] = this.#speak('reasoning');
    item.text += text;
    return (
      before + this.#event('reasoning_summary_text.delta', { ...at(item), summary_index: 0, delta: text })
    );
  }

  say(text: string, tokens: readonly TokenLogProb[] = []): string {
    const [before, item] = this.#speak('message');
    item.text += text;
    const delta = { ...at(item), content_index: 0, delta: text, logprobs: tokenList(tokens) };
    return before + this.#event('output_text.delta', delta);
  }

  call({ index, id, name, input }: ToolCallDelta): string {
    const known = this.#calls.get(index);
    const before = known ? '' : this.#addCall(index, { id: id ?? '', name: name ?? '', input: '' });
    return before + this.#callDelta(this.#calls.get(index) as Called, input);
  }

  /** What is missing of the answer, and the end of every item. */
  end(answered: Answered): string {
    const { toolCalls = [] } = answered.completion;
    const silent = toolCalls.length > 0 && answered.refusal === undefined;
    let written = this.#open?.kind === 'message' || silent ? '' : this.#speak('message')[0];
    written += this.#close(answered);
    for (const [index, call] of toolCalls.entries()) {
      if (!this.#calls.has(index)) written += this.#addCall(index, call);
      const called = this.#calls.get(index) as Called;
      const rest = call.input.slice(called.told);
      if (rest !== '') written += this.#callDelta(called, rest);
      const { id, place } = called;
      const done = { output_index: place, item_id: id, name: call.name, arguments: call.input };
      written += this.#event('function_call_arguments.done', done);
      written += this.#done(place, callItem(id, call));
    }
    return written;
  }

  #event(type: string, fields: JsonObject): string {
    const name = `response.${type}`;
    const data = JSON.stringify({ type: name, sequence_number: this.#sequence++, ...fields });
    return `event: ${name}\ndata: ${data}\n\n`;
  }

  #speak(kind: Spoken['kind']): readonly [before: string, item: Spoken] {
    if (this.#open?.kind === kind) return ['', this.#open];
    const before = this.#close();
    const item: Spoken = {
      kind,
      id: newId(kind === 'message' ? 'msg' : 'rs'),
      place: this.#items.push(undefined) - 1,
      text: '',
    };
    this.#open = item;
    if (kind === 'message') {
      const added = this.#added(item.place, messageItem(item.id, [], 'in_progress'));
      const part = { ...at(item), content_index: 0, part: textPart('') };
      return [before + added + this.#event('content_part.added', part), item];
    }
    const added = this.#added(item.place, reasoningItem(item.id, ''));
    const part = { ...at(item), summary_index: 0, part: { type: 'summary_text', text: '' } };
    return [before + added + this.#event('reasoning_summary_part.added', part), item];
  }

  #close(answered?: Answered): string {
    const item = this.#open;
    if (!item) return '';
    this.#open = undefined;
    const { kind, id, place, text } = item;
    if (kind === 'reasoning') {
      const here = { ...at(item), summary_index: 0 };
      return (
        this.#event('reasoning_summary_text.done', { ...here, text }) +
        this.#event('reasoning_summary_part.done', { ...here, part: { type: 'summary_text', text } }) +
        this.#done(place, reasoningItem(id, text))
      );
    }
    const here = { ...at(item), content_index: 0 };
    const part = answered ? partOf(text, answered) : textPart(text);
    const refusal = part.refusal ?? '';
    const said =
      part.type === 'refusal'
        ? this.#event('refusal.delta', { ...here, delta: refusal }) +
          this.#event('refusal.done', { ...here, refusal })
        : this.#event('output_text.done', { ...here, text, logprobs: part.logprobs ?? [] });
    const status = answered ? itemStatus(answered) : 'completed';
    return (
      said +
      this.#event('content_part.done', { ...here, part }) +
      this.#done(place, messageItem(id, [part], status))
    );
  }

  #addCall(index: number, call: ToolCall): string {
    const before = this.#open?.kind === 'reasoning' ? this.#close() : '';
    const called: Called = { id: newId('fc'), place: this.#items.push(undefined) - 1, told: 0 };
    this.#calls.set(index, called);
    return before + this.#added(called.place, callItem(called.id, { ...call, input: '' }, 'in_progress'));
  }

  #callDelta(called: Called, delta: string): string {
    called.told += delta.length;
    const { id, place } = called;
    return this.#event('function_call_arguments.delta', { output_index: place, item_id: id, delta });
  }

  #added(place: number, item: JsonObject): string {
    return this.#event('output_item.added', { output_index: place, item });
  }

  #done(place: number, item: JsonObject): string {
    this.#items[place] = item;
    return this.#event('output_item.done', { output_index: place, item });
  }
}

function at({ id, place }: Spoken): JsonObject {
  return { item_id: id, output_index: place };
}
