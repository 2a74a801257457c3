import { createHash } from 'node:crypto';
import { Pool } from 'undici';
import { InputError, ModelError } from '../core/errors.ts';
import type { SampleEvent, SampleRequest } from '../core/model.ts';
import { Breaker } from './breaker.ts';
import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';
import { estimatePromptTokens } from './estimate-tokens.ts';
import type { Permit, RateLimits } from './limiter.ts';
import { Limiter } from './limiter.ts';

/** What all models at one origin with one key share. */
export interface Upstream {
  readonly pool: Pool;
  readonly limiter: Limiter;
  readonly breaker: Breaker;
  /** Gives this user's share back; the last one closes the connections. */
  close(): Promise<void>;
}

/** Open upstreams of one process. */
const MOST_UPSTREAMS = 1_024;
const CONNECT_MILLISECONDS = 10_000;

interface Shared {
  readonly pool: Pool;
  readonly limiter: Limiter;
  readonly breaker: Breaker;
  users: number;
}

const opened = new Map<string, Shared>();

/** The upstream of an origin and key, shared with everybody in the process who uses the same two. */
export function openUpstream(
  origin: string,
  key: string,
  limits: RateLimits = {},
  clock: Clock = systemClock,
): Upstream {
  const digest = createHash('sha256').update(key).digest('hex');
  // somebody who brings a clock of their own cannot share waits with the rest
  const name = clock === systemClock ? `${origin} ${digest}` : `${origin} ${digest} ${performance.now()}`;
  let shared = opened.get(name);
  if (shared) shared.limiter.tighten(limits);
  else {
    if (opened.size >= MOST_UPSTREAMS)
      throw new InputError(
        `${MOST_UPSTREAMS} upstreams are open; close() the models that are no longer used before opening ${origin}`,
      );
    const { host } = new URL(origin);
    shared = {
      limiter: new Limiter(host, limits, clock),
      breaker: new Breaker(host, clock),
      pool: new Pool(origin, { connect: { timeout: CONNECT_MILLISECONDS }, pipelining: 1 }),
      users: 0,
    };
    opened.set(name, shared);
  }
  const { pool, limiter, breaker } = shared;
  shared.users++;
  let open = true;
  return {
    pool,
    limiter,
    breaker,
    async close() {
      if (!open) return;
      open = false;
      if (--shared.users > 0) return;
      opened.delete(name);
      await pool.destroy();
    },
  };
}

/**
 * Makes one call for `samples` samples when it is its turn and the upstream is not known to be down, and tells the limiter
 * and the breaker how it ended.
 */
export async function* guarded(
  call: () => AsyncIterable<SampleEvent>,
  upstream: Pick<Upstream, 'limiter' | 'breaker'>,
  request: SampleRequest,
  samples = 1,
): AsyncGenerator<SampleEvent> {
  const { limiter, breaker } = upstream;
  breaker.check();
  const permit = await limiter.acquire(estimatePromptTokens(request), request.signal);
  let tokens = 0;
  let ended = 0;
  const succeeded = () => {
    breaker.succeeded();
    permit.done({ tokens, accepted: true });
  };
  try {
    breaker.admit();
    for await (const event of call()) {
      if (event.type === 'sample-end') {
        const { promptTokens, completionTokens } = event.completion.usage;
        tokens += promptTokens + completionTokens;
        if (++ended === samples) succeeded(); // before it is given out: its reader may never come back for more
      }
      yield event;
    }
    succeeded();
  } catch (cause) {
    if (cause instanceof ModelError) learnFrom(cause, limiter, breaker, permit);
    throw cause;
  } finally {
    permit.done({ accepted: false });
  }
}

function learnFrom(error: ModelError, limiter: Limiter, breaker: Breaker, permit: Permit): void {
  if (error.kind === 'unavailable') return;
  if (error.retryAfterSeconds !== undefined) limiter.pause(error.retryAfterSeconds);
  if (error.kind === 'rate-limit') permit.refused(error.retryAfterSeconds !== undefined);
  switch (error.kind) {
    case 'server':
    case 'overloaded':
    case 'connection':
    case 'timeout':
    case 'protocol':
      breaker.failed();
      return;
    default:
      breaker.succeeded(); // it answers, so it is up
  }
}
