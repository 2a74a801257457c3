import { ModelError } from '../core/errors.ts';
import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';

/** So many failures in a row open the breaker. */
export const FAILURES_TO_OPEN = 5;
/** While it is open, one call goes through per interval, to see whether the upstream is back. */
export const PROBE_INTERVAL_MILLISECONDS = 1_000;

/**
 * Stops calling an upstream that is down: after five failures in a row calls are refused at once, apart from one probe a
 * second; the first success closes it. A probe that hangs does not hold up the next one.
 */
export class Breaker {
  readonly #host: string;
  readonly #clock: Clock;
  #failures = 0;
  #nextProbe: number | undefined; // clock milliseconds; undefined: closed

  constructor(host: string, clock: Clock = systemClock) {
    this.#host = host;
    this.#clock = clock;
  }

  get open(): boolean {
    return this.#nextProbe !== undefined;
  }

  /** Throws ModelError of kind `unavailable` when no call may be made now, not even a probe. */
  check(): void {
    const left = (this.#nextProbe ?? 0) - this.#clock.now();
    if (this.#nextProbe === undefined || left <= 0) return;
    throw new ModelError(
      `${this.#host} is not called for now, because its last ${this.#failures} calls failed; ` +
        `it is tried again within ${(PROBE_INTERVAL_MILLISECONDS / 1000).toFixed()} s. Check that the server is up`,
      { kind: 'unavailable', retryable: true, retryAfterSeconds: left / 1000 },
    );
  }

  /** Like `check`, and takes the probe if there is one. Call it right before a call. */
  admit(): void {
    this.check();
    if (this.#nextProbe !== undefined) this.#nextProbe = this.#clock.now() + PROBE_INTERVAL_MILLISECONDS;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#nextProbe = undefined;
  }

  failed(): void {
    this.#failures++;
    if (this.#failures >= FAILURES_TO_OPEN)
      this.#nextProbe ??= this.#clock.now() + PROBE_INTERVAL_MILLISECONDS;
  }
}
