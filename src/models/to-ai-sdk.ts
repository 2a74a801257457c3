import type {
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV4,
  LanguageModelV4CallOptions,
  SharedV4Warning,
} from '@ai-sdk/provider';
import type { Method } from '../core/method.ts';
import type {
  Completion,
  Image,
  Json,
  Message,
  ResponseFormat,
  SampleRequest,
  ToolCall,
  Usage,
} from '../core/model.ts';
import type { Solution } from '../core/solution.ts';
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

/** Prompts of V3 and V4 differ in how files are held, and both are read. */
type CallOptions = LanguageModelV4CallOptions | LanguageModelV3CallOptions;

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

type Warnings = Extract<SharedV4Warning, { type: 'unsupported' }>[];

function readCall(call: CallOptions): { request: SampleRequest; warnings: Warnings } {
  const warnings: Warnings = [];
  const unsupported = (feature: string, details: string) => {
    warnings.push({ type: 'unsupported', feature, details });
  };
  for (const feature of ['temperature', 'topP', 'topK', 'presencePenalty', 'frequencyPenalty'] as const)
    if (call[feature] !== undefined) unsupported(feature, 'The method sets how its hidden samples are drawn');
  const tools = (call.tools ?? []).flatMap((tool) => {
    if (tool.type === 'function') {
      const { name, description, inputSchema } = tool;
      return [{ name, ...(description !== undefined && { description }), parameters: inputSchema as Json }];
    }
    unsupported(`tool ${tool.id}`, 'Tools that a provider executes are not passed on');
    return [];
  });
  const choice = call.toolChoice;
  const format = responseFormat(call.responseFormat);
  const request: SampleRequest = {
    messages: call.prompt.flatMap((message) => readMessage(message, unsupported)),
    ...(call.maxOutputTokens !== undefined && { maxTokens: call.maxOutputTokens }),
    ...(call.stopSequences && { stop: call.stopSequences }),
    ...(call.seed !== undefined && { seed: call.seed }),
    ...(tools.length > 0 && { tools }),
    ...(choice && { toolChoice: choice.type === 'tool' ? { name: choice.toolName } : choice.type }),
    ...(format && { responseFormat: format }),
    ...(call.abortSignal && { signal: call.abortSignal }),
  };
  return { request, warnings };
}

function responseFormat(format: CallOptions['responseFormat']): ResponseFormat | undefined {
  if (format?.type !== 'json') return undefined;
  return format.schema
    ? { type: 'json-schema', name: format.name ?? 'response', schema: format.schema as Json }
    : { type: 'json' };
}

type AnyMessage = CallOptions['prompt'][number];

/** One message of theirs is one of ours, but for tool results, of which each becomes a message. */
function readMessage(
  message: AnyMessage,
  unsupported: (feature: string, details: string) => void,
): Message[] {
  switch (message.role) {
    case 'system':
      return [{ role: 'system', text: message.content }];
    case 'user': {
      const texts: string[] = [];
      const images: Image[] = [];
      for (const part of message.content) {
        if (part.type === 'text') {
          texts.push(part.text);
          continue;
        }
        const url = part.mediaType.startsWith('image/') ? imageUrl(part.data, part.mediaType) : undefined;
        if (url !== undefined) images.push({ url });
        else unsupported(`file of type ${part.mediaType}`, 'Only images are passed on');
      }
      return [{ role: 'user', text: texts.join('\n'), ...(images.length > 0 && { images }) }];
    }
    case 'assistant': {
      const texts: string[] = [];
      const toolCalls: ToolCall[] = [];
      for (const part of message.content) {
        if (part.type === 'text') texts.push(part.text);
        if (part.type === 'tool-call')
          toolCalls.push({
            id: part.toolCallId,
            name: part.toolName,
            input: typeof part.input === 'string' ? part.input : JSON.stringify(part.input ?? {}),
          });
      }
      return [{ role: 'assistant', text: texts.join(''), ...(toolCalls.length > 0 && { toolCalls }) }];
    }
    case 'tool':
      return message.content.flatMap((part) =>
        part.type === 'tool-result'
          ? [{ role: 'tool' as const, text: outputText(part.output), toolCallId: part.toolCallId }]
          : [],
      );
    default:
      return message satisfies never;
  }
}

/** V4 wraps data and says what it is; V3 gives it bare. Base64 text may come without its `data:` head. */
function imageUrl(data: unknown, mediaType: string): string | undefined {
  if (data instanceof URL) return data.href;
  if (data instanceof Uint8Array) return `data:${mediaType};base64,${Buffer.from(data).toString('base64')}`;
  if (typeof data === 'string')
    return /^(?:https?|data):/.test(data) ? data : `data:${mediaType};base64,${data}`;
  const { type, data: inner, url } = (data ?? {}) as { type?: unknown; data?: unknown; url?: unknown };
  if (type === 'data') return imageUrl(inner, mediaType);
  return type === 'url' ? imageUrl(url, mediaType) : undefined;
}

function outputText(output: {
  readonly type: string;
  readonly value?: unknown;
  readonly reason?: unknown;
}): string {
  switch (output.type) {
    case 'text':
    case 'error-text':
      return String(output.value);
    case 'execution-denied':
      return `The call was denied${output.reason === undefined ? '' : `: ${output.reason}`}`;
    case 'content':
      return (Array.isArray(output.value) ? output.value : [])
        .map((part: { type?: unknown; text?: unknown }) =>
          part.type === 'text' ? String(part.text) : `(${part.type})`,
        )
        .join('\n');
    default:
      return JSON.stringify(output.value ?? null);
  }
}
