import { InputError, ModelError } from '../core/errors.ts';
import type { Embedder } from '../core/retriever.ts';
import { DEFAULT_TIMEOUTS } from './call-deadline.ts';
import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';
import { estimateTokens } from './estimate-tokens.ts';
import { DEFAULT_RESPONSE_BYTES, post } from './http-call.ts';
import type { RateLimits } from './limiter.ts';
import { RetryBudget } from './retry-budget.ts';
import { openUpstream } from './upstream.ts';
import { answerError, protocolError } from './upstream-error.ts';
import { retrying } from './with-retry.ts';

export interface EmbeddingsEndpointOptions {
  /** Address before `/embeddings`, such as `http://127.0.0.1:11434/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey?: string;
  readonly limits?: RateLimits; // shared with every model of the same origin and key
  readonly clock?: Clock; // for tests
}

/** An embedder behind HTTP. `tokens` counts what its server says it read so far; `close` ends its connections. */
export interface EmbeddingsEndpoint extends Embedder {
  readonly tokens: number;
  close(): Promise<void>;
}

/** Texts of one call, and characters of one text: models cut longer ones off anyhow. */
const MOST_TEXTS = 64;
const TEXT_CHARACTERS = 30_000;
const MOST_DIMENSIONS = 65_536;

/**
 * The vectors of any OpenAI-compatible `/embeddings`, brought to length 1. Retries, limits and error messages are those of
 * `openaiCompatible`. Throws ModelError when an answer holds other than one vector of one length per text.
 */
export function embeddingsEndpoint({
  baseUrl,
  model,
  apiKey = '',
  limits = {},
  clock = systemClock,
}: EmbeddingsEndpointOptions): EmbeddingsEndpoint {
  const url = URL.parse(baseUrl);
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new InputError(
      `The embeddings address ${JSON.stringify(url ? url.host : baseUrl)} must be http(s), without a password`,
    );
  const shared = openUpstream(url.origin, `${apiKey} {}`, limits, clock);
  const upstream = { host: url.host, secrets: apiKey === '' ? [] : [apiKey], date: clock.date };
  const budget = new RetryBudget();
  let tokens = 0;
  let dimensions = 0;

  const ask = async (texts: readonly string[], signal: AbortSignal | undefined): Promise<Float32Array[]> => {
    const answer = await post({
      pool: shared.pool,
      path: `${url.pathname.replace(/\/$/, '')}/embeddings`,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        'user-agent': 'reckon',
        ...(apiKey !== '' && { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify({ model, input: texts, encoding_format: 'float' }),
      timeouts: DEFAULT_TIMEOUTS,
      maxResponseBytes: DEFAULT_RESPONSE_BYTES,
      signal,
      upstream,
    });
    try {
      const { status, headers, failed } = answer;
      const body = await answer.text();
      if (failed) throw answerError({ status, headers, body }, upstream);
      const read = readVectors(body, texts.length);
      if (typeof read === 'string') throw protocolError(read, upstream);
      dimensions ||= read.vectors[0]?.length ?? 0;
      if (read.vectors.some((vector) => vector.length !== dimensions))
        throw protocolError('vectors of different lengths', upstream);
      tokens += read.tokens ?? texts.reduce((sum, text) => sum + estimateTokens(text), 0);
      return read.vectors;
    } finally {
      answer.close();
    }
  };

  async function* guardedCall(texts: readonly string[], signal: AbortSignal | undefined) {
    shared.breaker.check();
    const weight = texts.reduce((sum, text) => sum + estimateTokens(text), 0);
    const permit = await shared.limiter.acquire(weight, signal);
    try {
      shared.breaker.admit();
      const vectors = await ask(texts, signal);
      shared.breaker.succeeded();
      permit.done({ tokens: weight, accepted: true });
      yield vectors;
    } catch (cause) {
      if (cause instanceof ModelError && cause.kind === 'rate-limit')
        permit.refused(cause.retryAfterSeconds !== undefined);
      if (cause instanceof ModelError && cause.retryable && cause.kind !== 'unavailable')
        shared.breaker.failed();
      throw cause;
    } finally {
      permit.done({ accepted: false });
    }
  }

  return {
    id: `${url.href.replace(/\/$/, '')}#${model}`,
    get tokens() {
      return tokens;
    },
    async embed(texts, { signal } = {}) {
      const vectors: Float32Array[] = [];
      for (let start = 0; start < texts.length; start += MOST_TEXTS) {
        // an empty text is refused by some servers
        const batch = texts
          .slice(start, start + MOST_TEXTS)
          .map((text) => text.slice(0, TEXT_CHARACTERS).trim() || ' ');
        for await (const found of retrying(() => guardedCall(batch, signal), { budget, clock, signal }))
          vectors.push(...found);
      }
      return vectors;
    },
    close: () => shared.close(),
  };
}

/** The vectors in an answer in the order of their texts, or what is wrong with it. */
function readVectors(
  body: string,
  wanted: number,
): { readonly vectors: Float32Array[]; readonly tokens?: number } | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return 'a body that is no JSON'; // its words may be long, or hold what should not be shown
  }
  const { data, usage } = (typeof parsed === 'object' && parsed !== null ? parsed : {}) as {
    data?: unknown;
    usage?: { prompt_tokens?: unknown };
  };
  if (!Array.isArray(data) || data.length !== wanted) return `other than ${wanted} embeddings`;
  const vectors: Float32Array[] = [];
  for (const [place, item] of data.entries()) {
    const { embedding, index = place } = (item ?? {}) as { embedding?: unknown; index?: unknown };
    if (!Array.isArray(embedding) || embedding.length === 0 || embedding.length > MOST_DIMENSIONS)
      return 'an embedding that is no list of numbers';
    if (!embedding.every((value) => typeof value === 'number' && Number.isFinite(value)))
      return 'an embedding that holds more than numbers';
    if (typeof index !== 'number' || !(index in data) || vectors[index])
      return 'embeddings in no readable order';
    const vector = Float32Array.from(embedding as number[]);
    const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    vectors[index] = length === 0 ? vector : vector.map((value) => value / length);
  }
  const told = usage?.prompt_tokens;
  return { vectors, ...(typeof told === 'number' && told >= 0 && { tokens: told }) };
}
