/**
 * Any server that speaks the OpenAI chat protocol: OpenAI, vLLM, Ollama, LM Studio, llama.cpp, OpenRouter and many more.
 * A sample passes through, from outside to inside: joining by `n` (if asked for) → retries → limiter and breaker → one call.
 */
import { InputError } from '../core/errors.ts';
import type { Completion, Json, Model, SampleEvent, SampleRequest } from '../core/model.ts';
import type { Timeouts } from './call-deadline.ts';
import { DEFAULT_TIMEOUTS } from './call-deadline.ts';
import type { Streaming } from './chat-call.ts';
import { ChatCaller } from './chat-call.ts';
import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';
import { DEFAULT_RESPONSE_BYTES } from './http-call.ts';
import type { RateLimits } from './limiter.ts';
import { DEFAULT_CONCURRENCY } from './limiter.ts';
import { NativeN } from './native-n.ts';
import type { Price } from './prices.ts';
import { listPrice } from './prices.ts';
import type { RetryBudgetOptions } from './retry-budget.ts';
import { RetryBudget } from './retry-budget.ts';
import { guarded, openUpstream } from './upstream.ts';
import type { RetryOptions } from './with-retry.ts';
import { retrying } from './with-retry.ts';

export interface OpenAiCompatibleOptions {
  /** Address before `/chat/completions`, such as `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey?: string;
  /** Name in caches, traces and reports; default `<baseUrl>#<model>`. */
  readonly id?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Fields added to every request body as they are: whatever this one server knows. */
  readonly body?: { readonly [key: string]: Json };
  /** Default `live`. Choose `held` where nobody watches the text arrive: then a stream that breaks is tried again. */
  readonly stream?: Streaming;
  /** Shared with every model of the same origin and key in this process; the strictest limit given holds. */
  readonly limits?: RateLimits;
  readonly timeouts?: Timeouts;
  readonly retries?: Pick<RetryOptions, 'retries' | 'patienceSeconds'> & RetryBudgetOptions;
  /** Join concurrent samples of one request into one call with `n`, where the server honours it. Default false. */
  readonly nativeN?: boolean;
  /** What the model costs; default: a dated list price at a few makers' own hosts, otherwise unknown. */
  readonly price?: Price;
  readonly maxResponseBytes?: number; // default 32 MiB
  readonly clock?: Clock; // for tests
}

/** A model behind HTTP. `close` ends its connections once no other model shares them. */
export interface OpenAiCompatibleModel extends Model {
  /** Parameters that the server was found to refuse; they are no longer sent. */
  readonly refused: ReadonlySet<string>;
  close(): Promise<void>;
}

/**
 * A model behind an OpenAI-compatible API. Failures are ModelErrors that name the host, the status and the remedy, and
 * never hold the key. Throws InputError for options that cannot be meant.
 * @example
 * const model = openaiCompatible({ baseUrl: 'http://127.0.0.1:11434/v1', model: 'qwen3:8b' });
 */
export function openaiCompatible(options: OpenAiCompatibleOptions): OpenAiCompatibleModel {
  const { model, apiKey, headers = {}, limits = {}, retries = {}, clock = systemClock } = options;
  const url = parseBaseUrl(options.baseUrl);
  const id = options.id ?? `${url.href.replace(/\/$/, '')}#${model}`;
  const shared = openUpstream(url.origin, `${apiKey ?? ''} ${JSON.stringify(headers)}`, limits, clock);
  const caller = new ChatCaller({
    pool: shared.pool,
    path: `${url.pathname.replace(/\/$/, '')}/chat/completions`,
    headers: requestHeaders(apiKey, headers),
    upstream: {
      host: url.host,
      secrets: [apiKey ?? '', ...Object.values(headers)].filter((value) => value.length >= SHORTEST_SECRET),
      date: clock.date,
    },
    model,
    stream: options.stream ?? 'live',
    maxTokensName: url.hostname === 'api.openai.com' ? 'max_completion_tokens' : 'max_tokens',
    extra: options.body ?? {},
    timeouts: checkTimeouts({ ...DEFAULT_TIMEOUTS, ...options.timeouts }),
    maxResponseBytes: options.maxResponseBytes ?? DEFAULT_RESPONSE_BYTES,
    price: options.price ?? listPrice(url.hostname, model),
  });
  // each call in flight may meet the same refusal once
  const budget = new RetryBudget({ floor: limits.concurrency ?? DEFAULT_CONCURRENCY, ...retries });
  const ask = (request: SampleRequest, n: number): AsyncGenerator<SampleEvent> =>
    retrying(() => guarded(() => caller.call(request, n), shared, request, n), {
      ...retries,
      budget,
      clock,
      signal: request.signal,
    });
  const one = (request: SampleRequest) => ask(request, 1);
  const joined = options.nativeN
    ? new NativeN({ one, many: (request, n) => completionsOf(ask(request, n)) })
    : undefined;
  return {
    id,
    sample: (request) => (joined ? joined.sample(request) : one(request)),
    refused: caller.refused,
    close: () => shared.close(),
  };
}

/** Shorter keys are placeholders like "none": hiding them would only garble messages. */
const SHORTEST_SECRET = 6;

async function completionsOf(events: AsyncIterable<SampleEvent>): Promise<Completion[]> {
  const completions: Completion[] = [];
  for await (const event of events) if (event.type === 'sample-end') completions.push(event.completion);
  return completions;
}

function parseBaseUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new InputError(
      `baseUrl ${JSON.stringify(text)} is no address; write one like http://127.0.0.1:11434/v1`,
    );
  if (url.username !== '' || url.password !== '')
    throw new InputError(`baseUrl of ${url.host} holds a password; give it as apiKey or in headers instead`);
  if (url.search !== '' || url.hash !== '')
    throw new InputError(
      `baseUrl of ${url.host} may not have a query or fragment; it ends before /chat/completions`,
    );
  return url;
}

function requestHeaders(
  apiKey: string | undefined,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'user-agent': 'reckon',
    ...(apiKey !== undefined && apiKey !== '' && { authorization: `Bearer ${apiKey}` }),
  };
  for (const [name, value] of Object.entries(own)) headers[name.toLowerCase()] = value;
  for (const [name, value] of Object.entries(headers))
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value) || !/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name))
      throw new InputError(
        name === 'authorization'
          ? 'The API key holds a character that no header can; check that it was copied without line breaks'
          : `The header ${JSON.stringify(name)} holds a character that no header can`,
      );
  return headers;
}

function checkTimeouts(timeouts: Required<Timeouts>): Required<Timeouts> {
  for (const [name, seconds] of Object.entries(timeouts))
    if (!(seconds > 0 && seconds <= LONGEST_TIMEOUT_SECONDS))
      throw new InputError(
        `timeouts.${name} is ${seconds}; it must be more than 0 and at most ${LONGEST_TIMEOUT_SECONDS}`,
      );
  return timeouts;
}

/** A day: longer waits are forgotten waits. */
const LONGEST_TIMEOUT_SECONDS = 86_400;
