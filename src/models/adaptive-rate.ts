/** How far below the rate that was refused the next calls stay. */
const STEP_DOWN = 0.97;
/** One refusal never costs more than this share of the rate: it may have been a hiccup. */
const MOST_STEP_DOWN = 0.5;
/** Two quiet minutes win the step back; after that growth quickens with the fourth power of the quiet time. */
const QUIET_MILLISECONDS = 120_000;
const MOST_GROWTH_PER_SECOND = 0.05;
/** A server that has refused goes on refusing while its window is full: that is no news for this long. */
const ECHO_MILLISECONDS = 2_000;
/** Rest after refusals with nothing accepted in between, doubling up to the second number. */
const FIRST_REST_MILLISECONDS = 1_000;
const LONGEST_REST_MILLISECONDS = 32_000;
/** A first refusal after this few accepted sends says little: the rate starts at one a second and grows fast. */
const ENOUGH_SENDS = 20;
const FIRST_RATE = 1 / 1_000;
const UNCERTAIN_GROWTH_PER_SECOND = 0.1;
/** Never slower than one call in ten seconds. */
const SLOWEST = 1 / 10_000;
/** Send times kept to measure what the server accepted. */
const REMEMBERED_SENDS = 4_096;
const WINDOWS_MILLISECONDS = [1_000, 2_000, 5_000, 10_000, 30_000, 60_000] as const;

/**
 * Finds how many requests per millisecond a server accepts, from its refusals (429): the rate falls at once to what was
 * being accepted, and grows back slowly, so that few calls are refused and little of the quota is left unused.
 * Unlimited until the first refusal.
 */
export class AdaptiveRate {
  readonly #sentAt = new Float64Array(REMEMBERED_SENDS).fill(Number.NaN); // NaN: refused, or nothing yet
  #sends = 0;
  #startedAt: number | undefined;
  #rate = Number.POSITIVE_INFINITY;
  #rateBefore = Number.POSITIVE_INFINITY; // before the last step down
  #steppedDownAt = Number.NEGATIVE_INFINITY;
  #grownAt = 0;
  #rest = FIRST_REST_MILLISECONDS;
  #certain = true;

  get perMillisecond(): number {
    return this.#rate;
  }

  /** Notes a send at `now` and returns its number. */
  sent(now: number): number {
    this.#startedAt ??= now;
    this.#sentAt[this.#sends % REMEMBERED_SENDS] = now;
    return this.#sends++;
  }

  /** The send with this number, made at `sentAt`, was refused. Returns the milliseconds for which to send nothing at all. */
  refused(send: number, sentAt: number, now: number): number {
    if (this.#sends - send <= REMEMBERED_SENDS) this.#sentAt[send % REMEMBERED_SENDS] = Number.NaN;
    // an echo of the last step down only sharpens its measure
    const echo = sentAt < this.#steppedDownAt + ECHO_MILLISECONDS;
    if (!echo) {
      this.#rateBefore = this.#rate;
      this.#steppedDownAt = now;
    }
    this.#certain = this.#countSince(now - 60_000) >= ENOUGH_SENDS;
    const least = Number.isFinite(this.#rateBefore) ? this.#rateBefore * MOST_STEP_DOWN : FIRST_RATE;
    const ceiling = Math.max(Math.min(this.#rateBefore, this.#accepted(now)), least);
    this.#rate = Math.max(SLOWEST, ceiling * STEP_DOWN);
    this.#grownAt = now;
    if (echo) return 0;
    const rest = this.#rest;
    this.#rest = rest === 0 ? FIRST_REST_MILLISECONDS : Math.min(2 * rest, LONGEST_REST_MILLISECONDS);
    return rest;
  }

  /** A call sent at `sentAt` was accepted; when it had waited its turn, it is time to try a little more. */
  accepted(sentAt: number, waitedItsTurn: boolean, now: number): void {
    if (!Number.isFinite(this.#rate)) return;
    if (sentAt > this.#steppedDownAt) this.#rest = 0;
    if (!waitedItsTurn) return;
    const quiet = (now - this.#steppedDownAt) / QUIET_MILLISECONDS;
    const slow = (1 - STEP_DOWN) / (QUIET_MILLISECONDS / 1000); // per second
    const growth = this.#certain
      ? Math.min(MOST_GROWTH_PER_SECOND, slow * Math.max(1, quiet ** 4))
      : UNCERTAIN_GROWTH_PER_SECOND;
    this.#rate *= 1 + (growth * Math.min(1_000, now - this.#grownAt)) / 1000;
    this.#grownAt = now;
  }

  /** Accepted sends per millisecond: the most that any recent window shows, because rests leave gaps. */
  #accepted(now: number): number {
    const elapsed = Math.max(now - (this.#startedAt ?? now), WINDOWS_MILLISECONDS[0]);
    let rate = 0;
    for (const window of WINDOWS_MILLISECONDS) {
      const length = Math.min(window, elapsed);
      rate = Math.max(rate, this.#countSince(now - length) / length);
    }
    return rate;
  }

  #countSince(moment: number): number {
    let count = 0;
    for (const sentAt of this.#sentAt) if (sentAt > moment) count++;
    return count;
  }
}
