import { InputError } from '../core/errors.ts';
import type {
  Completion,
  FinishReason,
  Image,
  Json,
  Message,
  ReasoningEffort,
  ResponseFormat,
  SampleRequest,
  TokenLogProb,
  ToolCall,
  ToolChoice,
} from '../core/model.ts';

/** How a server shows thinking: one of two field names, or tags inside the text. */
export type ReasoningDialect = 'reasoning' | 'reasoning_content' | 'think-tags';

/** The request in the body of POST /chat/completions. Throws InputError that names the field which is not right. */
export function readChatRequest(body: unknown): {
  readonly request: SampleRequest;
  readonly model: string;
  readonly n: number;
  readonly stream: boolean;
  readonly includeUsage: boolean;
} {
  const fields = record(body, 'the body');
  if (!Array.isArray(fields.messages) || fields.messages.length === 0)
    throw new InputError('messages must be a list of at least one message');
  const maxTokens = optional(fields.max_completion_tokens ?? fields.max_tokens, 'number', 'max_tokens');
  const temperature = optional(fields.temperature, 'number', 'temperature');
  const topP = optional(fields.top_p, 'number', 'top_p');
  const seed = optional(fields.seed, 'number', 'seed');
  const parallelToolCalls = optional(fields.parallel_tool_calls, 'boolean', 'parallel_tool_calls');
  const effort = optional(fields.reasoning_effort, 'string', 'reasoning_effort');
  const stop =
    fields.stop === undefined || fields.stop === null ? undefined : [fields.stop].flat().map(String);
  const format = responseFormat(fields.response_format);
  const choice = toolChoice(fields.tool_choice);
  const n = optional(fields.n, 'number', 'n') ?? 1;
  if (!Number.isInteger(n) || n < 1 || n > 128) throw new InputError(`n is ${n}; it must be from 1 to 128`);
  const request: SampleRequest = {
    messages: fields.messages.map(readMessage),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(stop && { stop }),
    ...(seed !== undefined && { seed }),
    ...(Array.isArray(fields.tools) && {
      tools: fields.tools.map((tool) => {
        const { name, description, parameters } = record(record(tool, 'a tool').function, 'tool.function');
        return {
          name: String(name),
          ...(typeof description === 'string' && { description }),
          parameters: (parameters ?? {}) as Json,
        };
      }),
    }),
    ...(choice !== undefined && { toolChoice: choice }),
    ...(parallelToolCalls !== undefined && { parallelToolCalls }),
    ...(format && { responseFormat: format }),
    ...(effort !== undefined && { reasoningEffort: effort as ReasoningEffort }),
    ...(fields.logprobs === true && {
      topLogProbs: optional(fields.top_logprobs, 'number', 'top_logprobs') ?? 0,
    }),
  };
  const streamOptions = fields.stream_options as { include_usage?: unknown } | undefined;
  return {
    request,
    n,
    model: optional(fields.model, 'string', 'model') ?? '',
    stream: fields.stream === true,
    includeUsage: streamOptions?.include_usage === true,
  };
}

/** The object that answers a request without streaming. */
export function chatCompletion(answer: ChatAnswerParts): Json {
  const { completions, dialect } = answer;
  return {
    ...head(answer, 'chat.completion'),
    choices: completions.map((completion, index) => ({
      index,
      message: {
        role: 'assistant',
        content: completion.text === '' && completion.toolCalls ? null : content(completion, dialect),
        ...reasoningField(completion.reasoning, dialect),
        ...(completion.toolCalls && { tool_calls: completion.toolCalls.map(toolCall) }),
      },
      finish_reason: finishReason(completion.finish),
      logprobs: logProbs(completion.logProbs),
    })),
    ...(answer.reportUsage && { usage: usage(completions) }),
  };
}

/** The same answer as server-sent events, the last one `[DONE]`. */
export function chatCompletionEvents(answer: ChatAnswerParts & { readonly includeUsage: boolean }): string[] {
  const { completions, dialect, includeUsage } = answer;
  const events: Json[] = [];
  const add = (index: number, delta: Json, rest: { [key: string]: Json } = {}) =>
    events.push({
      ...head(answer, 'chat.completion.chunk'),
      choices: [{ index, delta, finish_reason: null, ...rest }],
      ...(includeUsage && { usage: null }),
    });
  for (const [index, completion] of completions.entries()) {
    add(index, { role: 'assistant', content: '' });
    if (dialect !== 'think-tags')
      for (const text of slices(completion.reasoning ?? '')) add(index, reasoningField(text, dialect));
    const words = dialect === 'think-tags' ? undefined : tokensOf(completion);
    if (words) for (const word of words) add(index, { content: word.token }, { logprobs: logProbs([word]) });
    else for (const text of slices(content(completion, dialect))) add(index, { content: text });
    for (const [position, call] of (completion.toolCalls ?? []).entries()) {
      const { id, type, function: called } = toolCall(call);
      add(index, {
        tool_calls: [{ index: position, id, type, function: { name: called.name, arguments: '' } }],
      });
      for (const text of slices(call.input))
        add(index, { tool_calls: [{ index: position, function: { arguments: text } }] });
    }
    add(
      index,
      {},
      {
        finish_reason: finishReason(completion.finish),
        logprobs: words ? null : logProbs(completion.logProbs),
      },
    );
  }
  if (includeUsage && answer.reportUsage)
    events.push({ ...head(answer, 'chat.completion.chunk'), choices: [], usage: usage(completions) });
  return [...events.map((event) => `data: ${JSON.stringify(event)}\n\n`), 'data: [DONE]\n\n'];
}

export interface ChatAnswerParts {
  readonly id: string;
  readonly model: string;
  readonly completions: readonly Completion[];
  readonly dialect: ReasoningDialect;
  readonly reportUsage: boolean;
}

/** Characters of one event; not a multiple of anything, so that tags and words are split. */
const SLICE = 11;

function slices(text: string): string[] {
  const characters = [...text]; // whole code points, as servers send them
  const parts: string[] = [];
  for (let start = 0; start < characters.length; start += SLICE)
    parts.push(characters.slice(start, start + SLICE).join(''));
  return parts;
}

function head({ id, model }: ChatAnswerParts, object: string): { [key: string]: Json } {
  return { id, object, created: Math.floor(Date.now() / 1000), model };
}

function content({ text, reasoning }: Completion, dialect: ReasoningDialect): string {
  return dialect === 'think-tags' && reasoning ? `<think>\n${reasoning}\n</think>\n\n${text}` : text;
}

function reasoningField(reasoning: string | undefined, dialect: ReasoningDialect): { [key: string]: Json } {
  return reasoning && dialect !== 'think-tags' ? { [dialect]: reasoning } : {};
}

function toolCall({ id, name, input }: ToolCall) {
  return { id, type: 'function', function: { name, arguments: input } };
}

function finishReason(finish: FinishReason): string {
  return finish === 'tool-call' ? 'tool_calls' : finish === 'content-filter' ? 'content_filter' : finish;
}

/** The tokens that make up the text, where they are known. */
function tokensOf({ text, logProbs: tokens }: Completion): readonly TokenLogProb[] | undefined {
  return tokens && tokens.map(({ token }) => token).join('') === text ? tokens : undefined;
}

function logProbs(tokens: readonly TokenLogProb[] | undefined): Json {
  if (!tokens) return null;
  const token = (entry: { token: string; logProb: number }) => ({
    token: entry.token,
    logprob: entry.logProb,
  });
  return {
    content: tokens.map((entry) => ({ ...token(entry), top_logprobs: (entry.top ?? []).map(token) })),
  };
}

function usage(completions: readonly Completion[]): Json {
  const sum = (read: (completion: Completion) => number) =>
    completions.reduce((all, completion) => all + read(completion), 0);
  const promptTokens = completions[0]?.usage.promptTokens ?? 0;
  const completionTokens = sum((completion) => completion.usage.completionTokens);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: completions[0]?.usage.cachedTokens ?? 0 },
    completion_tokens_details: { reasoning_tokens: sum(({ usage: used }) => used.reasoningTokens ?? 0) },
  };
}

function readMessage(message: unknown): Message {
  const fields = record(message, 'a message');
  const role = fields.role === 'developer' ? 'system' : fields.role;
  if (role !== 'system' && role !== 'user' && role !== 'assistant' && role !== 'tool')
    throw new InputError(
      `the role ${JSON.stringify(fields.role)} is unknown; use system, user, assistant or tool`,
    );
  const parts = Array.isArray(fields.content)
    ? fields.content.map((part) => record(part, 'a content part'))
    : [];
  const text =
    typeof fields.content === 'string'
      ? fields.content
      : parts.map((part) => (part.type === 'text' ? String(part.text) : '')).join('');
  const images = parts
    .filter((part) => part.type === 'image_url')
    .map((part): Image => {
      const { url, detail } = record(part.image_url, 'image_url');
      return {
        url: String(url),
        ...(detail === 'low' || detail === 'high' || detail === 'auto' ? { detail } : {}),
      };
    });
  return {
    role,
    text,
    ...(images.length > 0 && { images }),
    ...(Array.isArray(fields.tool_calls) && {
      toolCalls: fields.tool_calls.map((call): ToolCall => {
        const { id, function: called } = record(call, 'a tool call');
        const { name, arguments: input } = record(called, 'tool_call.function');
        return { id: String(id), name: String(name), input: String(input) };
      }),
    }),
    ...(typeof fields.tool_call_id === 'string' && { toolCallId: fields.tool_call_id }),
  };
}

function responseFormat(format: unknown): ResponseFormat | undefined {
  if (format === undefined || format === null) return undefined;
  const { type, json_schema: schema } = record(format, 'response_format');
  if (type === 'text') return { type };
  if (type === 'json_object') return { type: 'json' };
  if (type !== 'json_schema') throw new InputError(`response_format ${JSON.stringify(type)} is unknown`);
  const { name, schema: shape, strict } = record(schema, 'json_schema');
  return {
    type: 'json-schema',
    name: String(name),
    schema: (shape ?? {}) as Json,
    ...(typeof strict === 'boolean' && { strict }),
  };
}

function toolChoice(choice: unknown): ToolChoice | undefined {
  if (choice === undefined || choice === null) return undefined;
  if (choice === 'auto' || choice === 'none' || choice === 'required') return choice;
  return { name: String(record(record(choice, 'tool_choice').function, 'tool_choice.function').name) };
}

function record(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InputError(`${what} must be an object`);
  return value as Record<string, unknown>;
}

interface Primitives {
  number: number;
  boolean: boolean;
  string: string;
}

function optional<T extends keyof Primitives>(
  value: unknown,
  type: T,
  name: string,
): Primitives[T] | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== type) throw new InputError(`${name} must be a ${type}`);
  return value as Primitives[T];
}
