import { randomUUID } from 'node:crypto';
import type { Json, TokenLogProb, ToolCall, Usage } from '../../core/model.ts';
import type { Answered } from './answer.ts';
import type { ApiError } from './api-error.ts';
import { choiceFacts, logProbsObject, usageObject } from './chat-answer.ts';
import type { ResponsesBody } from './responses-schema.ts';
import type { Target } from './served-models.ts';

export type JsonObject = { readonly [key: string]: Json };

/** Ids of the protocol: a prefix and 32 hexadecimal digits. */
export function newId(prefix: string): string {
  return `${prefix}_${randomUUID().replaceAll('-', '')}`;
}

export type ResponseStatus = 'in_progress' | 'completed' | 'incomplete' | 'failed';

/** What a response says of its request, in every one of its states. */
export class ResponseWriter {
  readonly id = newId('resp');
  readonly #createdAt = Math.floor(Date.now() / 1000);
  readonly #body: ResponsesBody;
  readonly #target: Target;

  constructor(body: ResponsesBody, target: Target) {
    this.#body = body;
    this.#target = target;
  }

  object(
    status: ResponseStatus,
    output: readonly JsonObject[],
    rest: { readonly usage?: Usage; readonly answered?: Answered; readonly error?: ApiError } = {},
  ): JsonObject {
    const body = this.#body;
    const { usage, answered, error } = rest;
    const facts = answered && choiceFacts(this.#target, answered);
    return {
      id: this.id,
      object: 'response',
      created_at: this.#createdAt,
      completed_at: status === 'completed' ? Math.floor(Date.now() / 1000) : null,
      status,
      background: false,
      error: error ? { code: error.code ?? 'server_error', message: error.message } : null,
      incomplete_details: status === 'incomplete' ? { reason: reason(answered) } : null,
      instructions: body.instructions ?? null,
      max_output_tokens: body.max_output_tokens ?? null,
      max_tool_calls: null,
      model: body.model,
      output,
      parallel_tool_calls: body.parallel_tool_calls ?? true,
      previous_response_id: body.previous_response_id ?? null,
      prompt_cache_key: body.prompt_cache_key ?? null,
      reasoning: { effort: body.reasoning?.effort ?? null, summary: body.reasoning?.summary ?? null },
      safety_identifier: body.safety_identifier ?? null,
      service_tier: 'default',
      store: body.store ?? true,
      temperature: body.temperature ?? 1,
      presence_penalty: 0,
      frequency_penalty: 0,
      text: { format: (body.text?.format ?? { type: 'text' }) as Json },
      tool_choice: (body.tool_choice ?? 'auto') as Json,
      tools: (body.tools ?? []).map(
        ({ name, description, parameters, strict }): JsonObject => ({
          type: 'function',
          name,
          description: description ?? null,
          parameters: (parameters ?? null) as Json,
          strict: strict ?? false,
        }),
      ),
      top_logprobs: body.top_logprobs ?? 0,
      top_p: body.top_p ?? 1,
      truncation: body.truncation ?? 'disabled',
      usage: usage ? responseUsage(usage, answered) : null,
      user: body.user ?? null,
      metadata: body.metadata ?? {},
      ...(facts && { x_reckon: facts }),
    };
  }
}

function reason(answered: Answered | undefined): string {
  return answered?.completion.finish === 'content-filter' ? 'content_filter' : 'max_output_tokens';
}

function responseUsage(usage: Usage, answered: Answered | undefined): JsonObject {
  const { promptTokens, completionTokens, cachedTokens = 0, reasoningTokens = 0 } = usage;
  return {
    input_tokens: promptTokens,
    input_tokens_details: { cached_tokens: cachedTokens },
    output_tokens: completionTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: promptTokens + completionTokens,
    x_reckon: usageObject(usage, answered ? [answered] : []).x_reckon as Json,
  };
}

export function responseStatus({ completion }: Answered): ResponseStatus {
  return completion.finish === 'length' || completion.finish === 'content-filter'
    ? 'incomplete'
    : 'completed';
}

export function reasoningItem(id: string, text: string): JsonObject {
  return {
    type: 'reasoning',
    id,
    status: 'completed',
    summary: text === '' ? [] : [{ type: 'summary_text', text }],
  };
}

export function textPart(text: string, tokens: readonly TokenLogProb[] = []): JsonObject {
  return { type: 'output_text', text, annotations: [], logprobs: tokenList(tokens) };
}

/** Tokens with their log-probabilities, as the parts of a message hold them. */
export function tokenList(tokens: readonly TokenLogProb[]): Json {
  return tokens.length === 0 ? [] : (logProbsObject(tokens) as { content: Json }).content;
}

export function messageItem(id: string, parts: readonly JsonObject[], status: string): JsonObject {
  return { type: 'message', id, status, role: 'assistant', content: parts };
}

export function callItem(id: string, call: ToolCall, status = 'completed'): JsonObject {
  return { type: 'function_call', id, call_id: call.id, name: call.name, arguments: call.input, status };
}

/** The items of a whole answer. */
export function outputOf(answered: Answered): JsonObject[] {
  const { reasoning, text, toolCalls } = answered.completion;
  const spoken = text !== '' || !toolCalls || answered.refusal !== undefined;
  return [
    ...(reasoning ? [reasoningItem(newId('rs'), reasoning)] : []),
    ...(spoken ? [messageItem(newId('msg'), [partOf(text, answered)], itemStatus(answered))] : []),
    ...(toolCalls ?? []).map((call) => callItem(newId('fc'), call)),
  ];
}

export function partOf(text: string, answered: Answered): JsonObject {
  return answered.refusal === undefined
    ? textPart(text, answered.completion.logProbs)
    : { type: 'refusal', refusal: answered.refusal };
}

export function itemStatus(answered: Answered): string {
  return responseStatus(answered) === 'incomplete' ? 'incomplete' : 'completed';
}
