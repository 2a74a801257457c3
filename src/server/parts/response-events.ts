import type { AnswerEvent, Answered } from './answer.ts';
import { toApiError } from './api-error.ts';
import type { Exchange } from './exchange.ts';
import type { JsonObject, ResponseWriter } from './response-object.ts';
import {
  callItems,
  itemStatus,
  messageItem,
  newId,
  partOf,
  reasoningItem,
  responseStatus,
  textPart,
} from './response-object.ts';

/** The events of a streamed response. Every item is added, filled and done before the next. */
export async function* responseEvents(
  events: AsyncIterable<AnswerEvent>,
  writer: ResponseWriter,
  { meter, signal, failed }: Exchange,
  keep: (object: JsonObject, answered: Answered) => void,
): AsyncGenerator<string> {
  let sequence = 0;
  const event = (type: string, fields: JsonObject): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...fields })}\n\n`;
  const output: JsonObject[] = [];
  let open: { readonly kind: 'reasoning' | 'message'; readonly id: string; text: string } | undefined;

  const at = () => ({ item_id: open?.id ?? '', output_index: output.length });
  const add = (kind: 'reasoning' | 'message'): string => {
    open = { kind, id: newId(kind === 'message' ? 'msg' : 'rs'), text: '' };
    const item = kind === 'message' ? messageItem(open.id, [], 'in_progress') : reasoningItem(open.id, '');
    const added = event('response.output_item.added', { output_index: output.length, item });
    return kind === 'message'
      ? added + event('response.content_part.added', { ...at(), content_index: 0, part: textPart('') })
      : added +
          event('response.reasoning_summary_part.added', {
            ...at(),
            summary_index: 0,
            part: { type: 'summary_text', text: '' },
          });
  };
  const close = (answered?: Answered): string => {
    if (!open) return '';
    const { kind, id, text } = open;
    let written: string;
    let item: JsonObject;
    if (kind === 'message') {
      const part = answered ? partOf(text, answered) : textPart(text);
      item = messageItem(id, [part], answered ? itemStatus(answered) : 'completed');
      const done =
        part.type === 'refusal'
          ? event('response.refusal.delta', { ...at(), content_index: 0, delta: part.refusal ?? '' }) +
            event('response.refusal.done', { ...at(), content_index: 0, refusal: part.refusal ?? '' })
          : event('response.output_text.done', {
              ...at(),
              content_index: 0,
              text,
              logprobs: part.logprobs ?? [],
            });
      written = done + event('response.content_part.done', { ...at(), content_index: 0, part });
    } else {
      item = reasoningItem(id, text);
      const part = { type: 'summary_text', text };
      written =
        event('response.reasoning_summary_text.done', { ...at(), summary_index: 0, text }) +
        event('response.reasoning_summary_part.done', { ...at(), summary_index: 0, part });
    }
    written += event('response.output_item.done', { output_index: output.length, item });
    output.push(item);
    open = undefined;
    return written;
  };

  try {
    yield event('response.created', { response: writer.object('in_progress', []) }) +
      event('response.in_progress', { response: writer.object('in_progress', []) });
    for await (const next of events) {
      if (next.type !== 'end') {
        const kind = next.type === 'text-delta' ? 'message' : 'reasoning';
        const before = open?.kind === kind ? '' : close() + add(kind);
        if (open) (open as { text: string }).text += next.text;
        yield before +
          (kind === 'message'
            ? event('response.output_text.delta', {
                ...at(),
                content_index: 0,
                delta: next.text,
                logprobs: [],
              })
            : event('response.reasoning_summary_text.delta', {
                ...at(),
                summary_index: 0,
                delta: next.text,
              }));
        continue;
      }
      const { toolCalls } = next.completion;
      const spoken = open?.kind === 'message' || !toolCalls || next.refusal !== undefined;
      let written = spoken && open?.kind !== 'message' ? close() + add('message') : '';
      written += close(next);
      for (const item of callItems(next)) {
        const place = { output_index: output.length };
        const call = { ...place, item_id: item.id ?? '' };
        written += event('response.output_item.added', {
          ...place,
          item: { ...item, arguments: '', status: 'in_progress' },
        });
        written += event('response.function_call_arguments.delta', { ...call, delta: item.arguments ?? '' });
        written += event('response.function_call_arguments.done', {
          ...call,
          name: item.name ?? '',
          arguments: item.arguments ?? '',
        });
        written += event('response.output_item.done', { ...place, item });
        output.push(item);
      }
      const status = responseStatus(next);
      const response = writer.object(status, output, { usage: meter.usage, answered: next });
      keep(response, next);
      yield `${written}${event(`response.${status}`, { response })}data: [DONE]\n\n`;
    }
  } catch (cause) {
    if (signal.aborted) return; // nobody reads it
    const error = toApiError(cause);
    failed(error);
    yield event('response.failed', {
      response: writer.object('failed', output, { usage: meter.usage, error }),
    });
  }
}
