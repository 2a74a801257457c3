/** An allowance that refills evenly: `perMinute` at the most, and so many in any minute. */
export class Bucket {
  readonly limit: number;
  #left: number;
  #filledAt: number;

  constructor(perMinute: number, now = performance.now()) {
    this.limit = perMinute;
    this.#left = perMinute;
    this.#filledAt = now;
  }

  /** What is left, whole. */
  remaining(now = performance.now()): number {
    this.#fill(now);
    return Math.max(0, Math.floor(this.#left));
  }

  /** Seconds until `amount` is there again; 0: it is. */
  secondsUntil(amount: number, now = performance.now()): number {
    this.#fill(now);
    return Math.max(0, ((Math.min(amount, this.limit) - this.#left) / this.limit) * 60);
  }

  /** Takes what was used. It may be more than is left: the debt is paid by waiting. */
  take(amount: number, now = performance.now()): void {
    this.#fill(now);
    this.#left -= amount;
  }

  #fill(now: number): void {
    this.#left = Math.min(this.limit, this.#left + ((now - this.#filledAt) / 60_000) * this.limit);
    this.#filledAt = now;
  }
}
