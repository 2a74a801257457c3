/** A value that JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** An image in a message: a `data:` or `https:` address, as chat APIs take it. */
export interface Image {
  readonly url: string;
  readonly detail?: 'auto' | 'low' | 'high';
}

/** A call of a tool that the model asks for. `input` is the JSON text exactly as the model wrote it. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly input: string;
}

/** A tool as a model sees it. `parameters` is a JSON Schema object. */
export interface ToolSpec {
  readonly name: string;
  readonly description?: string;
  readonly parameters: Json;
}

/** One turn of a conversation. */
export interface Message {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly text: string;
  readonly images?: readonly Image[]; // user turns
  readonly reasoning?: string; // assistant turns; thinking, never graded
  readonly toolCalls?: readonly ToolCall[]; // assistant turns
  readonly toolCallId?: string; // tool turns: the call this answers
}

export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string };

/** How the final text must look. `schema` is a JSON Schema. */
export type ResponseFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json' }
  | { readonly type: 'json-schema'; readonly name: string; readonly schema: Json; readonly strict?: boolean };

export type ReasoningEffort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';

/** What was spent. Token counts are whole numbers; `usd` is absent where a price is unknown, never 0 for it. */
export interface Usage {
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number; // includes reasoningTokens
  readonly cachedTokens?: number; // the part of promptTokens served from the provider's cache
  readonly reasoningTokens?: number; // the part of completionTokens spent on thinking
  readonly usd?: number;
  /** True when the provider reported no counts, for a part of this at least: a token is taken for four characters. */
  readonly estimated?: boolean;
}

/** One sampled token. `logProb` is a natural logarithm, ≤ 0. */
export interface TokenLogProb {
  readonly token: string;
  readonly logProb: number;
  readonly top?: readonly { readonly token: string; readonly logProb: number }[];
}

/** Token-level record of one completion; every array has length T. */
export interface TokenRecord {
  readonly ids: Int32Array;
  readonly logProbs: Float32Array; // natural log; 0 where sampled[t] = 0
  readonly sampled: Uint8Array; // 1 = chosen by the model, 0 = prompt or tool output
}

export interface SampleRequest {
  readonly messages: readonly Message[];
  readonly temperature?: number; // 0 = greedy; absent = the model's default
  readonly topP?: number; // in (0, 1]
  readonly maxTokens?: number; // completion tokens
  readonly stop?: readonly string[];
  readonly seed?: number; // 31-bit
  /** Which of several samples of one request this is; `run.sample` counts it. Caches and recordings key on it. */
  readonly index?: number;
  readonly tools?: readonly ToolSpec[];
  readonly toolChoice?: ToolChoice;
  readonly parallelToolCalls?: boolean;
  readonly responseFormat?: ResponseFormat;
  readonly reasoningEffort?: ReasoningEffort;
  readonly topLogProbs?: number; // 0..20; present asks for log-probabilities
  /** Fields that only the provider knows, for its request body as they are. */
  readonly extra?: { readonly [key: string]: Json };
  readonly signal?: AbortSignal;
}

export type FinishReason = 'stop' | 'length' | 'tool-call' | 'content-filter';

export interface Completion {
  readonly text: string;
  readonly reasoning?: string; // thinking, kept apart from the text, never graded
  readonly toolCalls?: readonly ToolCall[];
  readonly finish: FinishReason;
  readonly usage: Usage;
  readonly logProbs?: readonly TokenLogProb[];
  readonly tokens?: TokenRecord; // present when the model exposes its tokens
  readonly model?: string; // the id that the provider says answered
  /** True when no call was paid for: the completion came from a cache or a recording. */
  readonly replayed?: boolean;
  /** True when a wrapper showed the model text from outside that the caller did not send. */
  readonly exposed?: boolean;
}

/** A piece of a tool call as it is written. The first of a call has its id and name; `input` continues the JSON text. */
export interface ToolCallDelta {
  readonly type: 'tool-call-delta';
  readonly index: number; // of the call in the completion
  readonly id?: string;
  readonly name?: string;
  readonly input: string;
}

/** What a stream leaves out before its end, log-probabilities or calls, the completion still holds. */
export type SampleEvent =
  | { readonly type: 'text-delta'; readonly text: string; readonly logProbs?: readonly TokenLogProb[] }
  | { readonly type: 'reasoning-delta'; readonly text: string }
  | ToolCallDelta
  | { readonly type: 'sample-end'; readonly completion: Completion };

/**
 * Turns messages into sampled text: an HTTP API, our transformer, or a wrapper around either.
 * The stream ends with exactly one `sample-end`, stops within one event of an abort, and reports usage.
 */
export interface Model {
  readonly id: string;
  sample(request: SampleRequest): AsyncIterable<SampleEvent>;
}

export const noUsage: Usage = { calls: 0, promptTokens: 0, completionTokens: 0, usd: 0 };

/** Sum of two usages. Money is unknown as soon as one part of it is. */
export function addUsage(a: Usage, b: Usage): Usage {
  const cached = (a.cachedTokens ?? 0) + (b.cachedTokens ?? 0);
  const reasoning = (a.reasoningTokens ?? 0) + (b.reasoningTokens ?? 0);
  return {
    calls: a.calls + b.calls,
    promptTokens: a.promptTokens + b.promptTokens,
    completionTokens: a.completionTokens + b.completionTokens,
    ...(cached > 0 && { cachedTokens: cached }),
    ...(reasoning > 0 && { reasoningTokens: reasoning }),
    ...(a.usd !== undefined && b.usd !== undefined && { usd: a.usd + b.usd }),
    ...((a.estimated || b.estimated) && { estimated: true }),
  };
}

/** Reads a sample to its end. */
export async function complete(model: Model, request: SampleRequest): Promise<Completion> {
  for await (const event of model.sample(request)) if (event.type === 'sample-end') return event.completion;
  throw new TypeError(`Model ${model.id} ended its stream without a sample-end event`);
}
