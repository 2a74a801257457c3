import { ModelError } from '../core/errors.ts';
import type { Model } from '../core/model.ts';
import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';
import { LONGEST_WAIT_SECONDS } from './limiter.ts';
import { RetryBudget } from './retry-budget.ts';

export interface RetryOptions {
  /** Further tries after the first, default 4. */
  readonly retries?: number;
  /** What all retries of one model may come to; default: 10 % of its calls beyond the first few. */
  readonly budget?: RetryBudget;
  /** How long one call waits, in all, for an upstream known to be down. Default 30. */
  readonly patienceSeconds?: number;
  readonly clock?: Clock;
  readonly random?: () => number; // in [0, 1); spreads waits out
}

const FIRST_WAIT_MILLISECONDS = 500;
const LONGEST_BACKOFF_MILLISECONDS = 8_000;

/**
 * The one retry loop. Tries again what failed with a retryable ModelError, after exponentially growing waits with
 * jitter and never before the server's Retry-After. Once an event of a sample has been given out there is no second
 * try: text that was read cannot be taken back, so the error is thrown and the caller decides.
 */
export function withRetry(model: Model, options: RetryOptions = {}): Model {
  const shared = { ...options, budget: options.budget ?? new RetryBudget() };
  return {
    id: model.id,
    sample: (request) => retrying(() => model.sample(request), { ...shared, signal: request.signal }),
  };
}

/** Runs `attempt` until its stream starts, as `withRetry` does for a model. */
export async function* retrying<Event>(
  attempt: () => AsyncIterable<Event>,
  options: RetryOptions & { readonly budget: RetryBudget; readonly signal: AbortSignal | undefined },
): AsyncGenerator<Event> {
  const { retries = 4, budget, signal, clock = systemClock } = options;
  let failures = 0;
  let waitedForUpstream = 0;
  budget.called();
  for (;;) {
    let started = false;
    try {
      for await (const event of attempt()) {
        if (started) signal?.throwIfAborted(); // what arrived together with the last event is not given out any more
        started = true;
        yield event;
      }
      return;
    } catch (cause) {
      signal?.throwIfAborted();
      if (started || !(cause instanceof ModelError) || !cause.retryable) throw cause;
      const wait = waitBefore(cause, failures, options);
      if (wait === undefined) throw cause;
      if (cause.kind === 'unavailable') {
        // no call was made, so none is counted
        waitedForUpstream += wait;
        if (waitedForUpstream > (options.patienceSeconds ?? 30) * 1000) throw cause;
      } else if (failures++ >= retries || !budget.take()) throw cause;
      await clock.wait(wait, signal);
    }
  }
}

/** Milliseconds until the next try, or undefined when the server wants more patience than we have. */
function waitBefore(error: ModelError, failures: number, options: RetryOptions): number | undefined {
  const { random = Math.random } = options;
  const asked = error.retryAfterSeconds;
  if (asked !== undefined) {
    if (asked > LONGEST_WAIT_SECONDS) return undefined;
    return asked * 1000 + random() * Math.min(1_000, 100 + asked * 100);
  }
  const backoff = Math.min(LONGEST_BACKOFF_MILLISECONDS, FIRST_WAIT_MILLISECONDS * 2 ** failures);
  return backoff * (1 - random() / 2);
}
