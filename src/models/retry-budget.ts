import { DEFAULT_CONCURRENCY } from './limiter.ts';

/** How many retries a model may spend beyond the calls it was asked for. */
export interface RetryBudgetOptions {
  readonly share?: number; // retries earned per call, default 0.1
  readonly floor?: number; // retries granted before any call, default 64: one for each call in flight
}

/** Saved-up retries never exceed this many, so that a long quiet time cannot pay for a storm. */
const MOST_SAVED = 1_000;

/** Keeps retries to a share of the calls, whatever the number of samples a method fans out to. */
export class RetryBudget {
  readonly #share: number;
  readonly #most: number;
  #saved: number;

  constructor({ share = 0.1, floor = DEFAULT_CONCURRENCY }: RetryBudgetOptions = {}) {
    this.#share = share;
    this.#saved = floor;
    this.#most = Math.max(floor, MOST_SAVED);
  }

  /** A call was asked for: it earns its share of a retry. */
  called(): void {
    this.#saved = Math.min(this.#most, this.#saved + this.#share);
  }

  /** Takes one retry, or says that there is none left. */
  take(): boolean {
    if (this.#saved < 1) return false;
    this.#saved -= 1;
    return true;
  }
}
