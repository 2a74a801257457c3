import { z } from '@hono/zod-openapi';
import type { Pool } from 'undici';
import { ModelError } from '../core/errors.ts';
import { DEFAULT_TIMEOUTS } from '../models/call-deadline.ts';
import { DEFAULT_RESPONSE_BYTES, post } from '../models/http-call.ts';
import { openUpstream } from '../models/upstream.ts';
import { answerError } from '../models/upstream-error.ts';
import { checkPriced } from './chat-completions.ts';
import { ApiError } from './parts/api-error.ts';
import { name } from './parts/chat-schema.ts';
import { checkSchema } from './parts/check-schema.ts';
import type { Handler } from './parts/exchange.ts';
import { MOST_EMBEDDING_INPUTS } from './parts/limits.ts';
import { jsonReply } from './parts/reply.ts';
import type { ServedModel, ServedModels } from './parts/served-models.ts';

const input = z.string().min(1);
const token = z.int().min(0);

/** The body of POST /v1/embeddings. */
export const embeddingsBody = z
  .looseObject({
    model: name,
    input: z.union([
      input,
      z.array(input).min(1).max(MOST_EMBEDDING_INPUTS),
      z.array(token).min(1),
      z.array(z.array(token).min(1)).min(1).max(MOST_EMBEDDING_INPUTS),
    ]),
    encoding_format: z.enum(['float', 'base64']).nullish(),
    dimensions: z.int().min(1).max(100_000).nullish(),
    user: z.string().max(256).nullish(),
  })
  .openapi('EmbeddingsRequest');

/** POST /v1/embeddings, passed through to the model's own API. */
export function embeddings(models: ServedModels): Handler {
  return async (exchange) => {
    const body = checkSchema(embeddingsBody, exchange.body);
    const { served } = await models.find(body.model, 'none');
    exchange.note({ model: served.id });
    const { upstream } = served;
    if (!upstream)
      throw new ApiError(400, `The model ${served.id} has no API to ask for embeddings`, {
        param: 'model',
        code: 'unsupported_endpoint',
      });
    if (exchange.caller.hasMoneyLimit) checkPriced(false, `embeddings by ${served.id}`);
    const text = await ask(
      served,
      upstream,
      JSON.stringify({ ...body, model: upstream.model }),
      exchange.signal,
    );
    exchange.meter.add({ calls: 1, promptTokens: tokensOf(text), completionTokens: 0 });
    return { ...jsonReply(null), body: text };
  };
}

/** The tokens that an answer says it used. */
function tokensOf(text: string): number {
  try {
    const { usage } = JSON.parse(text) as { usage?: { prompt_tokens?: unknown } };
    return typeof usage?.prompt_tokens === 'number' ? Math.max(0, Math.round(usage.prompt_tokens)) : 0;
  } catch {
    return 0; // it is handed on as it came; reading it is the client's matter
  }
}

async function ask(
  served: ServedModel,
  { baseUrl, apiKey }: NonNullable<ServedModel['upstream']>,
  body: string,
  signal: AbortSignal,
): Promise<string> {
  const url = new URL(baseUrl);
  const shared = openUpstream(url.origin, `${apiKey ?? ''} {}`);
  const upstream = { host: url.host, secrets: apiKey ? [apiKey] : [], date: Date.now };
  try {
    const answer = await post({
      pool: shared.pool as Pool,
      path: `${url.pathname.replace(/\/$/, '')}/embeddings`,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(apiKey && { authorization: `Bearer ${apiKey}` }),
      },
      body,
      timeouts: DEFAULT_TIMEOUTS,
      maxResponseBytes: DEFAULT_RESPONSE_BYTES,
      signal,
      upstream,
    });
    try {
      const { status, headers } = answer;
      const text = await answer.text();
      if (status < 200 || status > 299) throw answerError({ status, headers, body: text }, upstream);
      if (!answer.contentType.endsWith('json'))
        throw new ModelError(
          `${url.host} answered ${served.id} with ${answer.contentType}, which is no JSON`,
          {
            kind: 'protocol',
          },
        );
      return text;
    } finally {
      answer.close();
    }
  } finally {
    await shared.close();
  }
}
