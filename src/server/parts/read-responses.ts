import type { AnswerField } from '../../core/catalog-entry.ts';
import type { Json, Message, ResponseFormat, SampleRequest } from '../../core/model.ts';
import { badField } from './api-error.ts';
import type { Asked } from './asked.ts';
import { given, readExtension } from './asked.ts';
import { checkSchema } from './check-schema.ts';
import { MOST_IMAGES, MOST_MESSAGES } from './limits.ts';
import { readToolChoice } from './read-chat.ts';
import type { ResponsesBody, ResponsesItem } from './responses-schema.ts';
import { RESPONSES_KEYS, responsesBody } from './responses-schema.ts';

/** The body of POST /v1/responses, checked. Throws ApiError that names the field which is not right. */
export function checkResponses(raw: Readonly<Record<string, unknown>>): ResponsesBody {
  return checkSchema(responsesBody, raw);
}

/** What a checked body asks, after the turns of the response that it continues. */
export function readResponses(body: ResponsesBody, earlier: readonly Message[]): Asked {
  const input =
    typeof body.input === 'string' ? [{ role: 'user' as const, text: body.input }] : readItems(body.input);
  const conversation = [...earlier, ...input];
  if (conversation.length > MOST_MESSAGES)
    throw badField('input', `a conversation has at most ${MOST_MESSAGES} turns`);
  const messages: Message[] = [
    ...(body.instructions ? [{ role: 'system' as const, text: body.instructions }] : []),
    ...conversation,
  ];
  if (messages.reduce((sum, { images }) => sum + (images?.length ?? 0), 0) > MOST_IMAGES)
    throw badField('input', `a request has at most ${MOST_IMAGES} images`);
  const ours = readExtension(body.reckon);
  const logProbs = body.include?.includes('message.output_text.logprobs') || body.top_logprobs;
  const wanted = new Map<AnswerField, string>();
  if (body.tools && body.tools.length > 0) wanted.set('tools', 'tools');
  if (body.text?.format && body.text.format.type !== 'text') wanted.set('format', 'text.format');
  if (logProbs) wanted.set('log-probabilities', 'top_logprobs');
  if (messages.some(({ images }) => images)) wanted.set('images', 'input');
  return {
    model: body.model,
    ...ours,
    ...(body.optillm_approach && !ours.method && { method: body.optillm_approach }),
    request: { ...readRequest(body, messages), ...(logProbs && { topLogProbs: body.top_logprobs ?? 0 }) },
    n: 1,
    stream: body.stream ?? false,
    unknown: Object.keys(body).filter((key) => !RESPONSES_KEYS.has(key)),
    wanted,
  };
}

function readRequest(body: ResponsesBody, messages: readonly Message[]): SampleRequest {
  const tools = body.tools?.map(({ name, description, parameters }) => ({
    name,
    ...given('description', description),
    parameters: (parameters ?? { type: 'object', properties: {} }) as Json,
  }));
  const { tool_choice: choice } = body;
  const named = typeof choice === 'object' && choice !== null ? { function: { name: choice.name } } : choice;
  return {
    messages,
    ...given('temperature', body.temperature),
    ...given('topP', body.top_p),
    ...given('maxTokens', body.max_output_tokens),
    ...(tools && tools.length > 0 && { tools }),
    ...given('toolChoice', readToolChoice(named, tools?.map(({ name }) => name) ?? [])),
    ...given('parallelToolCalls', body.parallel_tool_calls),
    ...given('responseFormat', readFormat(body.text?.format)),
    ...given('reasoningEffort', body.reasoning?.effort),
  };
}

function readFormat(format: NonNullable<ResponsesBody['text']>['format']): ResponseFormat | undefined {
  switch (format?.type) {
    case undefined:
    case 'text':
      return undefined;
    case 'json_object':
      return { type: 'json' };
    case 'json_schema': {
      const { name, schema, strict } = format;
      return { type: 'json-schema', name, schema: (schema ?? {}) as Json, ...given('strict', strict) };
    }
    default:
      return format satisfies never;
  }
}

/** Items as turns; calls that follow one another are one turn. */
function readItems(items: readonly ResponsesItem[]): Message[] {
  const messages: Message[] = [];
  for (const item of items) {
    if (item.type === 'reasoning') continue; // thinking is not sent back
    if (item.type === 'function_call') {
      const call = { id: item.call_id, name: item.name, input: item.arguments };
      const last = messages.at(-1);
      if (last?.role === 'assistant')
        messages[messages.length - 1] = { ...last, toolCalls: [...(last.toolCalls ?? []), call] };
      else messages.push({ role: 'assistant', text: '', toolCalls: [call] });
    } else if (item.type === 'function_call_output')
      messages.push({ role: 'tool', text: readContent(item.output).text, toolCallId: item.call_id });
    else
      messages.push({ role: item.role === 'developer' ? 'system' : item.role, ...readContent(item.content) });
  }
  return messages;
}

type Content = Extract<ResponsesItem, { role: string }>['content'];

function readContent(content: Content): Pick<Message, 'text' | 'images'> {
  if (typeof content === 'string') return { text: content };
  const texts: string[] = [];
  const images = [];
  for (const part of content)
    if (part.type === 'input_image') images.push({ url: part.image_url, ...given('detail', part.detail) });
    else texts.push(part.type === 'refusal' ? part.refusal : part.text);
  return { text: texts.join(''), ...(images.length > 0 && { images }) };
}
