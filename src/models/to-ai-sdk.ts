import type { LanguageModelV3, LanguageModelV3CallOptions, LanguageModelV4 } from '@ai-sdk/provider';
import type { Method } from '../core/method.ts';
import type { Completion, SampleRequest, ToolCall, Usage } from '../core/model.ts';
import type { Solution } from '../core/solution.ts';
import type { CallOptions, Warnings } from './ai-sdk-call.ts';
import { readCall } from './ai-sdk-call.ts';
import type { MethodAsModelOptions } from './method-as-model.ts';
import { runMethod } from './method-as-model.ts';

export interface ToAiSdkOptions extends Omit<MethodAsModelOptions, 'id'> {
  readonly modelId?: string; // default: the method's name
}

/** A method as a language model of the AI SDK 7; `asV3` gives it to the AI SDK 6. */
export type AiSdkMethod = LanguageModelV4 & { asV3(): AiSdkMethodV3 };

/**
 * A LanguageModelV3 whose results are typed as narrowly as they are: the types of V3 differ a little between the versions
 * of `@ai-sdk/provider` that AI SDK 6 and 7 bring along, and this fits both.
 */
export interface AiSdkMethodV3 extends Omit<LanguageModelV3, 'doGenerate' | 'doStream'> {
  doGenerate(call: LanguageModelV3CallOptions): Promise<Awaited<ReturnType<typeof answer>>>;
  doStream(call: LanguageModelV3CallOptions): Promise<{ stream: ReadableStream<StreamPart> }>;
}

const PROVIDER = 'reckon';
/** Pictures at web addresses are passed on, not downloaded here. */
const SUPPORTED_URLS = { 'image/*': [/^https?:/] };

/**
 * A method as a model for `generateText`, `streamText` and everything else of the AI SDK. Hidden samples stream as
 * reasoning; usage counts all of them; votes and confidence are in `providerMetadata.reckon`. `maxOutputTokens` and
 * `stopSequences` bound the final text only; the temperature is the method's own. The seed defaults to 0.
 */
export function toAiSdk(
  method: Method,
  { modelId = method.name, ...options }: ToAiSdkOptions = {},
): AiSdkMethod {
  const generate = (call: CallOptions) => answer(method, call, options);
  const stream = async (call: CallOptions) => {
    const { request, warnings } = readCall(call);
    return { stream: toReadable(streamParts(method, request, options, warnings)) };
  };
  const shared = { provider: PROVIDER, modelId, supportedUrls: SUPPORTED_URLS };
  return {
    ...shared,
    specificationVersion: 'v4',
    doGenerate: generate,
    doStream: stream,
    asV3: () => ({
      ...shared,
      specificationVersion: 'v3',
      doGenerate: generate,
      doStream: stream,
    }),
  };
}

async function answer(method: Method, call: CallOptions, options: MethodAsModelOptions) {
  const { request, warnings } = readCall(call);
  for await (const event of runMethod(method, request, options)) {
    if (event.type !== 'solved') continue;
    const { completion, solution } = event;
    const { reasoning, text, toolCalls = [] } = completion;
    return {
      content: [
        ...(reasoning ? [{ type: 'reasoning' as const, text: reasoning }] : []),
        ...(text === '' ? [] : [{ type: 'text' as const, text }]),
        ...toolCalls.map(toolCallPart),
      ],
      warnings,
      ...ending(completion, solution),
    };
  }
  throw new TypeError(`Method ${method.name} ended without a solution`);
}

type PartOf<Generator> = Generator extends AsyncGenerator<infer Part> ? Part : never;
type StreamPart = PartOf<ReturnType<typeof streamParts>> | { type: 'error'; error: unknown };

async function* streamParts(
  method: Method,
  request: SampleRequest,
  options: MethodAsModelOptions,
  warnings: Warnings,
) {
  yield { type: 'stream-start' as const, warnings };
  let thinking = false;
  for await (const event of runMethod(method, request, options)) {
    if (event.type === 'reasoning-delta') {
      if (!thinking) yield { type: 'reasoning-start' as const, id: 'reasoning' };
      thinking = true;
      yield { type: 'reasoning-delta' as const, id: 'reasoning', delta: event.text };
      continue;
    }
    if (thinking) yield { type: 'reasoning-end' as const, id: 'reasoning' };
    const { completion, solution } = event;
    if (completion.text !== '') {
      yield { type: 'text-start' as const, id: 'text' };
      yield { type: 'text-delta' as const, id: 'text', delta: completion.text };
      yield { type: 'text-end' as const, id: 'text' };
    }
    for (const call of completion.toolCalls ?? []) {
      yield { type: 'tool-input-start' as const, id: call.id, toolName: call.name };
      yield { type: 'tool-input-delta' as const, id: call.id, delta: call.input };
      yield { type: 'tool-input-end' as const, id: call.id };
      yield toolCallPart(call);
    }
    yield { type: 'finish' as const, ...ending(completion, solution) };
  }
}

/** A stream that works when it is read and stops when it is cancelled. An error is its last part. */
function toReadable(parts: ReturnType<typeof streamParts>): ReadableStream<StreamPart> {
  return new ReadableStream({
    async pull(controller) {
      try {
        const { value, done } = await parts.next();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        controller.enqueue({ type: 'error', error });
        controller.close();
      }
    },
    async cancel() {
      await parts.return(undefined);
    },
  });
}

function toolCallPart({ id, name, input }: ToolCall) {
  return { type: 'tool-call' as const, toolCallId: id, toolName: name, input };
}

/** How the work ended and what it cost, as both ways of answering say it. */
function ending(completion: Completion, solution: Solution) {
  const { finish, usage } = completion;
  const { promptTokens, completionTokens, cachedTokens = 0, reasoningTokens } = usage;
  return {
    finishReason: { unified: finish === 'tool-call' ? ('tool-calls' as const) : finish, raw: finish },
    usage: {
      inputTokens: {
        total: promptTokens,
        noCache: promptTokens - cachedTokens,
        cacheRead: cachedTokens,
        cacheWrite: undefined,
      },
      outputTokens: {
        total: completionTokens,
        text: reasoningTokens === undefined ? undefined : completionTokens - reasoningTokens,
        reasoning: reasoningTokens,
      },
    },
    providerMetadata: { [PROVIDER]: metadata(usage, solution) },
  };
}

function metadata(used: Usage, solution: Solution) {
  const { answer, confidence, votes, samples, exhausted } = solution;
  return {
    calls: used.calls,
    ...(used.usd !== undefined && { usd: used.usd }),
    ...(answer !== undefined && { answer }),
    ...(confidence !== undefined && { confidence }),
    ...(votes && { votes: votes.map((vote) => ({ ...vote })) }),
    ...(samples && { samples: { ...samples } }),
    ...(exhausted !== undefined && { exhausted }),
  };
}
