import type { Json, Message, SampleRequest } from '../core/model.ts';

/** Parameters that some servers or models refuse; a call can do without each, or under another name. */
export const OPTIONAL_PARAMETERS = [
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'seed',
  'logprobs',
  'top_logprobs',
  'reasoning_effort',
  'parallel_tool_calls',
  'stream_options',
] as const;
export type OptionalParameter = (typeof OPTIONAL_PARAMETERS)[number];

export interface ChatRequestOptions {
  readonly model: string;
  readonly stream: boolean;
  /** Choices wanted in one answer. */
  readonly n: number;
  /** What this upstream is known to refuse. */
  readonly refused: ReadonlySet<OptionalParameter>;
  /** The name under which the limit on completion tokens is sent first. */
  readonly maxTokensName: 'max_tokens' | 'max_completion_tokens';
  /** Fields added to every request as they are. */
  readonly extra: { readonly [key: string]: Json };
}

/** The body of POST /chat/completions for a request. */
export function chatRequest(request: SampleRequest, options: ChatRequestOptions): { [key: string]: Json } {
  const { refused, extra } = options;
  const body: { [key: string]: Json } = {
    ...extra,
    ...request.extra,
    model: options.model,
    messages: request.messages.map(chatMessage),
  };
  const add = (name: OptionalParameter, value: Json | undefined) => {
    if (value !== undefined && !refused.has(name)) body[name] = value;
  };
  const other = options.maxTokensName === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens';
  add(refused.has(options.maxTokensName) ? other : options.maxTokensName, request.maxTokens);
  add('temperature', request.temperature);
  add('top_p', request.topP);
  add('seed', request.seed);
  add('reasoning_effort', request.reasoningEffort);
  if (request.topLogProbs !== undefined) {
    add('logprobs', true);
    if (request.topLogProbs > 0 && !refused.has('logprobs')) add('top_logprobs', request.topLogProbs);
  }
  if (request.stop && request.stop.length > 0) body.stop = request.stop;
  if (request.tools && request.tools.length > 0) {
    body.tools = request.tools.map(({ name, description, parameters }) => ({
      type: 'function',
      function: { name, ...(description !== undefined && { description }), parameters },
    }));
    if (request.toolChoice !== undefined)
      body.tool_choice =
        typeof request.toolChoice === 'string'
          ? request.toolChoice
          : { type: 'function', function: { name: request.toolChoice.name } };
    add('parallel_tool_calls', request.parallelToolCalls);
  }
  const format = responseFormat(request);
  if (format) body.response_format = format;
  if (options.n > 1) body.n = options.n;
  if (options.stream) {
    body.stream = true;
    add('stream_options', { include_usage: true });
  }
  return body;
}

function responseFormat({ responseFormat: format }: SampleRequest): Json | undefined {
  switch (format?.type) {
    case undefined:
    case 'text':
      return undefined;
    case 'json':
      return { type: 'json_object' };
    case 'json-schema': {
      const { name, schema, strict } = format;
      return { type: 'json_schema', json_schema: { name, schema, ...(strict !== undefined && { strict }) } };
    }
    default:
      return format satisfies never;
  }
}

/** Thinking of earlier turns is not sent back: most APIs refuse it or charge for it. */
function chatMessage(message: Message): { [key: string]: Json } {
  const { role, text, images, toolCalls, toolCallId } = message;
  switch (role) {
    case 'system':
      return { role, content: text };
    case 'user':
      if (!images || images.length === 0) return { role, content: text };
      return {
        role,
        content: [
          ...(text === '' ? [] : [{ type: 'text', text }]),
          ...images.map(({ url, detail }) => ({
            type: 'image_url',
            image_url: { url, ...(detail !== undefined && { detail }) },
          })),
        ],
      };
    case 'assistant':
      if (!toolCalls || toolCalls.length === 0) return { role, content: text };
      return {
        role,
        content: text === '' ? null : text,
        tool_calls: toolCalls.map(({ id, name, input }) => ({
          id,
          type: 'function',
          function: { name, arguments: input },
        })),
      };
    case 'tool':
      return { role, tool_call_id: toolCallId ?? '', content: text };
    default:
      return role satisfies never;
  }
}
