import type { AnswerField } from '../../core/catalog-entry.ts';
import type { Image, Json, Message, ResponseFormat, SampleRequest, ToolChoice } from '../../core/model.ts';
import { badField } from './api-error.ts';
import type { Asked } from './asked.ts';
import { given, readExtension } from './asked.ts';
import type { ChatBody, ChatBodyMessage } from './chat-schema.ts';
import { CHAT_KEYS, chatBody } from './chat-schema.ts';
import { checkSchema } from './check-schema.ts';
import { MOST_IMAGES } from './limits.ts';

/** Fields that a provider may know and Reckon only hands on. */
const HANDED_ON = [
  'frequency_penalty',
  'presence_penalty',
  'logit_bias',
  'metadata',
  'user',
  'service_tier',
  'prompt_cache_key',
  'safety_identifier',
] as const;

/** Forms of the protocol that are refused rather than answered as if they had not been there. */
const REFUSED: Readonly<Record<string, string>> = {
  functions: 'functions is the old form; send tools',
  function_call: 'function_call is the old form; send tool_choice',
  audio: 'audio answers are not supported; leave audio out',
};

/** What a chat client asks. `showReasoning` and `includeUsage` say what its stream shall hold. */
export type AskedInChat = Asked & { readonly showReasoning: boolean; readonly includeUsage: boolean };

/** Reads the body of POST /v1/chat/completions. Throws ApiError that names the field which is not right. */
export function readChat(raw: Readonly<Record<string, unknown>>): AskedInChat {
  for (const [key, why] of Object.entries(REFUSED))
    if (Object.hasOwn(raw, key) && raw[key] !== null) throw badField(key, why);
  const body = checkSchema(chatBody, raw);
  if (body.modalities?.includes('audio'))
    throw badField('modalities', 'audio answers are not supported; ask for text');
  if (typeof body.top_logprobs === 'number' && body.logprobs !== true)
    throw badField('top_logprobs', 'top_logprobs needs logprobs: true');
  const { limits, ...ours } = readExtension(body.reckon);
  const thinking = body.reasoning?.max_tokens;
  return {
    model: body.model,
    ...ours,
    ...(body.optillm_approach && !ours.method && { method: body.optillm_approach }),
    limits: { ...(thinking && { tokens: thinking }), ...limits },
    request: readRequest(body, raw),
    n: body.n ?? 1,
    stream: body.stream ?? false,
    includeUsage: body.stream_options?.include_usage ?? false,
    showReasoning: body.reasoning?.exclude !== true,
    unknown: Object.keys(raw).filter((key) => !CHAT_KEYS.has(key)),
    wanted: wanted(body),
  };
}

function readRequest(body: ChatBody, raw: Readonly<Record<string, unknown>>): SampleRequest {
  const messages = body.messages.map(readMessage);
  if (messages.reduce((sum, { images }) => sum + (images?.length ?? 0), 0) > MOST_IMAGES)
    throw badField('messages', `a request has at most ${MOST_IMAGES} images`);
  const stop = body.stop === undefined || body.stop === null ? [] : [body.stop].flat();
  const tools = body.tools?.map(({ function: { name, description, parameters } }) => ({
    name,
    ...given('description', description),
    parameters: (parameters ?? { type: 'object', properties: {} }) as Json,
  }));
  const toolChoice = readToolChoice(body.tool_choice, tools?.map(({ name }) => name) ?? []);
  const extra = readExtra(body, raw);
  return {
    messages,
    ...given('temperature', body.temperature),
    ...given('topP', body.top_p),
    ...given('maxTokens', body.max_completion_tokens ?? body.max_tokens),
    ...(stop.length > 0 && { stop }),
    ...given('seed', body.seed),
    ...(tools && tools.length > 0 && { tools }),
    ...given('toolChoice', toolChoice),
    ...given('parallelToolCalls', body.parallel_tool_calls),
    ...given('responseFormat', readFormat(body.response_format)),
    ...given('reasoningEffort', body.reasoning_effort ?? body.reasoning?.effort),
    ...(body.logprobs && { topLogProbs: body.top_logprobs ?? 0 }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

/** What goes to the provider as it came: the fields handed on, and those that nobody here knows. */
function readExtra(body: ChatBody, raw: Readonly<Record<string, unknown>>): Record<string, Json> {
  const extra: Record<string, Json> = {};
  for (const key of HANDED_ON) {
    const value = body[key];
    if (value !== undefined && value !== null) extra[key] = value;
  }
  for (const [key, value] of Object.entries(raw))
    if (!CHAT_KEYS.has(key) && key !== '__proto__') extra[key] = value as Json;
  return extra;
}

function readMessage(message: ChatBodyMessage): Message {
  switch (message.role) {
    case 'system':
    case 'developer':
      return { role: 'system', text: joined(message.content) };
    case 'user': {
      if (typeof message.content === 'string') return { role: 'user', text: message.content };
      const images = message.content
        .filter((part) => part.type === 'image_url')
        .map(({ image_url: { url, detail } }): Image => ({ url, ...given('detail', detail) }));
      const text = message.content.map((part) => (part.type === 'text' ? part.text : '')).join('');
      return { role: 'user', text, ...(images.length > 0 && { images }) };
    }
    case 'assistant': {
      const reasoning = message.reasoning_content ?? message.reasoning;
      const calls = message.tool_calls ?? [];
      return {
        role: 'assistant',
        text: joined(message.content ?? message.refusal ?? ''),
        ...(reasoning && { reasoning }),
        ...(calls.length > 0 && {
          toolCalls: calls.map(({ id, function: called }) => ({
            id,
            name: called.name,
            input: called.arguments,
          })),
        }),
      };
    }
    case 'tool':
      return { role: 'tool', text: joined(message.content), toolCallId: message.tool_call_id };
    default:
      return message satisfies never;
  }
}

function joined(content: string | readonly ({ text: string } | { refusal: string })[]): string {
  if (typeof content === 'string') return content;
  return content.map((part) => ('text' in part ? part.text : part.refusal)).join('');
}

/** A choice of tool, checked against the tools there are. */
export function readToolChoice(
  choice: string | { readonly function: { readonly name: string } } | null | undefined,
  names: readonly string[],
): ToolChoice | undefined {
  if (choice === undefined || choice === null) return undefined;
  const named = typeof choice === 'object' ? choice.function.name : undefined;
  if (names.length === 0 && choice !== 'none' && choice !== 'auto')
    throw badField('tool_choice', 'tool_choice asks for a tool, and there are no tools');
  if (named !== undefined && !names.includes(named))
    throw badField(
      'tool_choice',
      `tool_choice names ${JSON.stringify(named)}; the tools are ${names.join(', ')}`,
    );
  if (names.length === 0) return undefined;
  return named === undefined ? (choice as 'none' | 'auto' | 'required') : { name: named };
}

function readFormat(format: ChatBody['response_format']): ResponseFormat | undefined {
  switch (format?.type) {
    case undefined:
    case 'text':
      return undefined;
    case 'json_object':
      return { type: 'json' };
    case 'json_schema': {
      const { name, schema, strict } = format.json_schema;
      return { type: 'json-schema', name, schema: (schema ?? {}) as Json, ...given('strict', strict) };
    }
    default:
      return format satisfies never;
  }
}

function wanted(body: ChatBody): Map<AnswerField, string> {
  const fields = new Map<AnswerField, string>();
  if (body.tools && body.tools.length > 0) fields.set('tools', 'tools');
  if (body.response_format && body.response_format.type !== 'text') fields.set('format', 'response_format');
  if (body.logprobs) fields.set('log-probabilities', 'logprobs');
  if (
    body.messages.some(
      ({ content }) => Array.isArray(content) && content.some(({ type }) => type === 'image_url'),
    )
  )
    fields.set('images', 'messages');
  return fields;
}
