import type {
  LanguageModelV2CallOptions,
  LanguageModelV2Content,
  LanguageModelV2StreamPart,
  LanguageModelV3CallOptions,
  LanguageModelV3Content,
  LanguageModelV3StreamPart,
  LanguageModelV4Content,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider';
import { ModelError } from '../core/errors.ts';
import type {
  Completion,
  FinishReason,
  Model,
  SampleEvent,
  SampleRequest,
  TokenLogProb,
  ToolCall,
  Usage,
} from '../core/model.ts';
import type { AiSdkModel } from './ai-sdk-options.ts';
import { callOptions, olderOptions, providerKey } from './ai-sdk-options.ts';
import { Breaker } from './breaker.ts';
import { readLogProb } from './chat-answer.ts';
import { systemClock } from './clock.ts';
import { estimatePromptTokens, estimateTokens } from './estimate-tokens.ts';
import type { RateLimits } from './limiter.ts';
import { Limiter } from './limiter.ts';
import type { Price } from './prices.ts';
import { costOf } from './prices.ts';
import { RetryBudget } from './retry-budget.ts';
import { guarded } from './upstream.ts';
import { answerError, protocolError, transportError } from './upstream-error.ts';
import type { RetryOptions } from './with-retry.ts';
import { withRetry } from './with-retry.ts';

export interface FromAiSdkOptions {
  readonly id?: string; // default `<provider>/<modelId>`
  /** `live` streams, `off` asks for whole answers, which can be tried again in every phase. Default live. */
  readonly stream?: 'live' | 'off';
  readonly limits?: RateLimits; // of this model alone
  readonly retries?: Pick<RetryOptions, 'retries' | 'patienceSeconds'>;
  readonly price?: Price;
}

/** A model of the AI SDK as one of ours, with retries, limits and a breaker of its own. */
export function fromAiSdk(model: AiSdkModel, options: FromAiSdkOptions = {}): Model {
  const { stream = 'live', limits, retries, price } = options;
  const id = options.id ?? `${model.provider}/${model.modelId}`;
  const upstream = { limiter: new Limiter(id, limits), breaker: new Breaker(id) };
  const once: Model = {
    id,
    sample: (request) => guarded(() => ask(model, request, stream, price), upstream, request),
  };
  return withRetry(once, { ...retries, budget: new RetryBudget() });
}

/** What an answer is put together from, whichever way it came. */
interface Draft {
  text: string;
  reasoning: string;
  toolCalls: ToolCall[];
  finish: unknown;
  usage: unknown;
  metadata: unknown;
  model: string | undefined;
}

async function* ask(
  model: AiSdkModel,
  request: SampleRequest,
  stream: 'live' | 'off',
  price: Price | undefined,
): AsyncGenerator<SampleEvent> {
  const draft: Draft = {
    text: '',
    reasoning: '',
    toolCalls: [],
    finish: undefined,
    usage: undefined,
    metadata: undefined,
    model: undefined,
  };
  try {
    if (stream === 'live') yield* readStream(await callStream(model, request), draft);
    else {
      await readWhole(model, request, draft);
      if (draft.reasoning !== '') yield { type: 'reasoning-delta', text: draft.reasoning };
      if (draft.text !== '') yield { type: 'text-delta', text: draft.text };
    }
  } catch (cause) {
    request.signal?.throwIfAborted();
    throw toModelError(cause, model);
  }
  yield { type: 'sample-end', completion: toCompletion(draft, model, request, price) };
}

type Part = LanguageModelV2StreamPart | LanguageModelV3StreamPart | LanguageModelV4StreamPart;
type Content = LanguageModelV2Content | LanguageModelV3Content | LanguageModelV4Content;

async function* readStream(stream: AsyncIterable<Part>, draft: Draft): AsyncGenerator<SampleEvent> {
  for await (const part of stream)
    switch (part.type) {
      case 'text-delta':
      case 'reasoning-delta': {
        const text = part.delta;
        if (text === '') break;
        if (part.type === 'text-delta') draft.text += text;
        else draft.reasoning += text;
        yield { type: part.type, text };
        break;
      }
      case 'tool-call':
        addToolCall(part, draft);
        break;
      case 'response-metadata':
        draft.model = part.modelId ?? draft.model;
        break;
      case 'finish':
        draft.finish = part.finishReason;
        draft.usage = part.usage;
        draft.metadata = part.providerMetadata;
        break;
      case 'error':
        throw part.error;
    }
}

async function readWhole(model: AiSdkModel, request: SampleRequest, draft: Draft): Promise<void> {
  const answer = await callGenerate(model, request);
  for (const part of answer.content as readonly Content[]) {
    if (part.type === 'text') draft.text += part.text;
    if (part.type === 'reasoning') draft.reasoning += part.text;
    if (part.type === 'tool-call') addToolCall(part, draft);
  }
  draft.finish = answer.finishReason;
  draft.usage = answer.usage;
  draft.metadata = answer.providerMetadata;
  draft.model = answer.response?.modelId;
}

function addToolCall(part: Extract<Content, { type: 'tool-call' }>, draft: Draft): void {
  if (part.providerExecuted) return; // the provider has dealt with it
  draft.toolCalls.push({ id: part.toolCallId, name: part.toolName, input: part.input });
}

async function callStream(model: AiSdkModel, request: SampleRequest): Promise<AsyncIterable<Part>> {
  switch (model.specificationVersion) {
    case 'v4':
      return (await model.doStream(callOptions(request, model))).stream;
    case 'v3':
      return (await model.doStream(olderOptions(request, model) as LanguageModelV3CallOptions)).stream;
    case 'v2':
      return (await model.doStream(olderOptions(request, model) as LanguageModelV2CallOptions)).stream;
    default:
      return model satisfies never;
  }
}

async function callGenerate(model: AiSdkModel, request: SampleRequest) {
  switch (model.specificationVersion) {
    case 'v4':
      return model.doGenerate(callOptions(request, model));
    case 'v3':
      return model.doGenerate(olderOptions(request, model) as LanguageModelV3CallOptions);
    case 'v2':
      return model.doGenerate(olderOptions(request, model) as LanguageModelV2CallOptions);
    default:
      return model satisfies never;
  }
}

function toCompletion(
  draft: Draft,
  model: AiSdkModel,
  request: SampleRequest,
  price: Price | undefined,
): Completion {
  const { text, toolCalls } = draft;
  const reasoning = draft.reasoning.trim();
  const logProbs = readLogProbs(draft.metadata, model);
  return {
    text,
    ...(reasoning !== '' && { reasoning }),
    ...(toolCalls.length > 0 && { toolCalls }),
    finish: toolCalls.length > 0 ? 'tool-call' : finishReason(draft.finish, model),
    usage: readUsage(draft, request, price),
    ...(logProbs && { logProbs }),
    ...(draft.model !== undefined && { model: draft.model }),
  };
}

function finishReason(finish: unknown, model: AiSdkModel): FinishReason {
  const reason = typeof finish === 'string' ? finish : fields(finish).unified;
  if (reason === undefined) throw protocolError('a stream that was cut short', upstreamOf(model));
  if (reason === 'error')
    throw new ModelError(
      `${model.provider}/${model.modelId} ended its answer with an error; try again later`,
      {
        kind: 'server',
        retryable: true,
      },
    );
  return reason === 'length' || reason === 'content-filter' ? reason : 'stop';
}

/** V2 counts in plain numbers, later specifications in groups. */
function readUsage(draft: Draft, request: SampleRequest, price: Price | undefined): Usage {
  const { inputTokens, outputTokens, cachedInputTokens, reasoningTokens } = fields(draft.usage);
  const [input, output] = [fields(inputTokens), fields(outputTokens)];
  const prompt = count(inputTokens) ?? count(input.total);
  const completion = count(outputTokens) ?? count(output.total);
  const estimated = prompt === undefined || completion === undefined;
  const cached = count(cachedInputTokens) ?? count(input.cacheRead) ?? 0;
  const thinking = count(reasoningTokens) ?? count(output.reasoning) ?? 0;
  const tokens = {
    promptTokens: prompt ?? estimatePromptTokens(request),
    completionTokens: completion ?? estimateTokens(draft.text + draft.reasoning),
    ...(cached > 0 && { cachedTokens: cached }),
    ...(thinking > 0 && { reasoningTokens: thinking }),
  };
  return {
    calls: 1,
    ...tokens,
    ...(price && { usd: costOf(price, tokens) }),
    ...(estimated && { estimated }),
  };
}

function readLogProbs(metadata: unknown, model: AiSdkModel): readonly TokenLogProb[] | undefined {
  const { logprobs } = fields(fields(metadata)[providerKey(model)]);
  const tokens = Array.isArray(logprobs) ? logprobs : fields(logprobs).content;
  return Array.isArray(tokens) && tokens.length > 0 ? tokens.map(readLogProb) : undefined;
}

/** Errors of the AI SDK, which are known by name because their classes may come from another copy of it. */
function toModelError(cause: unknown, model: AiSdkModel): unknown {
  if (cause instanceof ModelError || !(cause instanceof Error)) return cause;
  const upstream = upstreamOf(model);
  const { statusCode, responseHeaders, responseBody } = fields(cause);
  if (cause.name === 'AI_APICallError')
    return typeof statusCode === 'number'
      ? answerError(
          {
            status: statusCode,
            headers: fields(responseHeaders) as Record<string, string>,
            body: typeof responseBody === 'string' ? responseBody : cause.message,
          },
          upstream,
        )
      : transportError(cause, upstream);
  if (
    /^AI_(JSONParse|TypeValidation|InvalidResponseData|EmptyResponseBody|NoContentGenerated)Error$/.test(
      cause.name,
    )
  )
    return protocolError(`an answer that cannot be read (${cause.message})`, upstream, cause);
  return cause;
}

function upstreamOf({ provider, modelId }: AiSdkModel) {
  return { host: `${provider}/${modelId}`, secrets: [], date: systemClock.date };
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.round(value) : undefined;
}
