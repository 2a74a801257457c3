import { InputError, ModelError } from '../core/errors.ts';
import { AdaptiveRate } from './adaptive-rate.ts';
import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';
import { onAbort } from './on-abort.ts';

/** What an upstream may be asked for at once and per minute. Absent rates are found out from its refusals. */
export interface RateLimits {
  readonly concurrency?: number; // calls in flight, default 64
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number; // prompt and completion tokens together
}

/** A turn to make one call. */
export interface Permit {
  /** The call ended, having used so many tokens in all. */
  done(outcome: { readonly tokens?: number; readonly accepted: boolean }): void;
  /** The server refused the call because there were too many. `toldToWait`: it said for how long. */
  refused(toldToWait: boolean): void;
}

export const DEFAULT_CONCURRENCY = 64;
/** Calls that may wait in line; the next one fails at once. */
export const LONGEST_QUEUE = 100_000;
/** A server that asks to be left alone for longer than this is not waited for: its calls fail until then. */
export const LONGEST_WAIT_SECONDS = 60;
/** In flight at first; every answered call adds two until `concurrency` is reached, so that an unknown limit is found gently. */
const FIRST_WINDOW = 32;
/** Stays this far below a given rate, because calls that leave evenly do not arrive evenly. */
const SHARE_OF_LIMIT = 0.98;
/** Turns missed while timers were late may be made up for, within this many milliseconds … */
const CATCH_UP_MILLISECONDS = 100;
/** … as long as no second, and a little more for the way, holds more calls than a second may. */
const WINDOW_MILLISECONDS = 1_010;
const REMEMBERED_SENDS = 4_096;
/** Assumed of a completion until some have been seen. */
const FIRST_COMPLETION_TOKENS = 256;

interface Waiting {
  readonly promptTokens: number;
  readonly admit: (permit: Permit) => void;
  readonly refuse: (reason: unknown) => void;
  readonly unlisten: () => void;
  cancelled: boolean;
  held: boolean; // by the pace, not by the number in flight
}

/**
 * The one limiter of an upstream and key: first come first served, so many calls at once, so many requests and tokens a
 * minute, spread evenly; it slows down when the server answers 429 and stops for everybody until its Retry-After.
 */
export class Limiter {
  readonly #host: string;
  readonly #clock: Clock;
  readonly #adaptive = new AdaptiveRate();
  #limits: Required<RateLimits>;
  #queue: (Waiting | undefined)[] = []; // undefined before #head
  #head = 0;
  #waiting = 0;
  #active = 0;
  #window = FIRST_WINDOW;
  #nextRequest = 0; // clock milliseconds
  #nextTokens = 0;
  #pausedUntil = 0;
  readonly #sentAt = new Float64Array(REMEMBERED_SENDS).fill(Number.NEGATIVE_INFINITY);
  #sends = 0;
  #alarm: { readonly at: number; readonly cancel: () => void } | undefined;
  #meanCompletionTokens = FIRST_COMPLETION_TOKENS;

  constructor(host: string, limits: RateLimits = {}, clock: Clock = systemClock) {
    this.#host = host;
    this.#clock = clock;
    const unlimited = Number.POSITIVE_INFINITY;
    this.#limits = { concurrency: unlimited, requestsPerMinute: unlimited, tokensPerMinute: unlimited };
    this.tighten({ concurrency: DEFAULT_CONCURRENCY, ...limits });
  }

  get active(): number {
    return this.#active;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Requests per second that the server is believed to accept; Infinity while it has refused none. */
  get learnedRate(): number {
    return this.#adaptive.perMillisecond * 1000;
  }

  /** Applies further limits: of two for the same thing, the smaller one holds. */
  tighten(limits: RateLimits): void {
    const merged = { ...this.#limits };
    for (const name of ['concurrency', 'requestsPerMinute', 'tokensPerMinute'] as const) {
      const value = limits[name];
      if (value === undefined) continue;
      if (!(value > 0)) throw new InputError(`limits.${name} is ${value}; it must be more than 0`);
      merged[name] = Math.min(merged[name], value);
    }
    if (merged.concurrency < 1) throw new InputError('limits.concurrency must be at least 1');
    this.#limits = merged;
  }

  /** Waits for a turn. Rejects when the signal aborts or the queue is full. */
  acquire(promptTokens: number, signal?: AbortSignal): Promise<Permit> {
    return new Promise((admit, refuse) => {
      if (signal?.aborted) return refuse(signal.reason);
      if (this.#waiting >= LONGEST_QUEUE)
        return refuse(
          new ModelError(
            `${LONGEST_QUEUE} calls already wait for ${this.#host}; start fewer problems at a time`,
            { kind: 'overloaded' },
          ),
        );
      if (this.#pausedUntil - this.#clock.now() > LONGEST_WAIT_SECONDS * 1000)
        return refuse(this.#pausedError());
      const waiting: Waiting = {
        promptTokens,
        admit,
        refuse,
        unlisten: onAbort(signal, (reason) => {
          this.#drop(waiting, reason);
          if (this.#waiting === 0) this.#alarm?.cancel();
        }),
        cancelled: false,
        held: false,
      };
      this.#queue.push(waiting);
      this.#waiting++;
      this.#pump();
    });
  }

  #drop(waiting: Waiting, reason: unknown): void {
    waiting.cancelled = true;
    waiting.unlisten();
    this.#waiting--;
    waiting.refuse(reason);
  }

  /** Lets nobody through for so many seconds from now; when that is too long to wait for, those in line fail. */
  pause(seconds: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.now() + seconds * 1000);
    if (seconds <= LONGEST_WAIT_SECONDS) return;
    for (const waiting of this.#queue)
      if (waiting && !waiting.cancelled) this.#drop(waiting, this.#pausedError());
    this.#alarm?.cancel();
  }

  #pausedError(): ModelError {
    const seconds = Math.ceil((this.#pausedUntil - this.#clock.now()) / 1000);
    return new ModelError(
      `${this.#host} asked to be left alone for another ${seconds} s; run the rest again after that`,
      { kind: 'rate-limit', retryable: true, retryAfterSeconds: seconds },
    );
  }

  #pump(): void {
    while (this.#waiting > 0 && this.#active < Math.min(this.#window, this.#limits.concurrency)) {
      const next = this.#first();
      const now = this.#clock.now();
      const turn = Math.max(this.#pausedUntil, this.#nextRequest, this.#windowTurn(), this.#nextTokens);
      if (turn > now) {
        next.held = true;
        this.#wake(turn, now);
        return;
      }
      this.#queue[this.#head++] = undefined;
      this.#waiting--;
      next.unlisten();
      this.#admit(next, now);
    }
  }

  /** Requests per millisecond; Infinity for no limit that is known. */
  #rate(): number {
    return Math.min(
      (SHARE_OF_LIMIT * this.#limits.requestsPerMinute) / 60_000,
      this.#adaptive.perMillisecond,
    );
  }

  /** When the last second has room for one more call. */
  #windowTurn(): number {
    const most = Math.ceil(this.#rate() * 1_000);
    if (most > REMEMBERED_SENDS || this.#sends < most) return 0;
    return (this.#sentAt[(this.#sends - most) % REMEMBERED_SENDS] as number) + WINDOW_MILLISECONDS;
  }

  #admit(next: Waiting, now: number): void {
    const { tokensPerMinute } = this.#limits;
    const rate = this.#rate();
    // nothing was missed before the first call or during a pause
    const missedSince = this.#sends === 0 ? now : this.#pausedUntil;
    const earliest = Math.max(now - CATCH_UP_MILLISECONDS, missedSince);
    this.#nextRequest = Math.max(this.#nextRequest, earliest) + 1 / rate;
    this.#sentAt[this.#sends++ % REMEMBERED_SENDS] = now;
    const tokenRate = tokensPerMinute / 60_000;
    const expected = next.promptTokens + this.#meanCompletionTokens;
    if (Number.isFinite(tokenRate))
      this.#nextTokens = Math.max(this.#nextTokens, earliest) + expected / tokenRate;
    this.#active++;
    const send = this.#adaptive.sent(now);
    let open = true;
    const release = () => {
      if (!open) return false;
      open = false;
      this.#active--;
      return true;
    };
    next.admit({
      done: ({ tokens, accepted }) => {
        if (!release()) return;
        if (accepted) {
          this.#window = Math.min(this.#window + 2, Math.max(FIRST_WINDOW, this.#limits.concurrency));
          this.#adaptive.accepted(now, next.held, this.#clock.now());
        }
        if (tokens !== undefined) {
          const completion = Math.max(0, tokens - next.promptTokens);
          this.#meanCompletionTokens += (completion - this.#meanCompletionTokens) / 16;
          if (Number.isFinite(tokenRate)) this.#nextTokens += (tokens - expected) / tokenRate;
        }
        this.#pump();
      },
      refused: (toldToWait) => {
        if (!release()) return;
        const moment = this.#clock.now();
        const rest = this.#adaptive.refused(send, now, moment);
        if (!toldToWait) this.#pausedUntil = Math.max(this.#pausedUntil, moment + rest);
        this.#nextRequest = Math.max(this.#nextRequest, moment + 1 / this.#adaptive.perMillisecond);
        this.#pump();
      },
    });
  }

  /** The first in line; those who gave up are dropped on the way. */
  #first(): Waiting {
    while (this.#queue[this.#head]?.cancelled) this.#queue[this.#head++] = undefined;
    if (this.#head > 1_024 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return this.#queue[this.#head] as Waiting;
  }

  #wake(at: number, now: number): void {
    if (this.#alarm && this.#alarm.at <= at) return;
    this.#alarm?.cancel();
    const controller = new AbortController();
    const alarm = { at, cancel: () => controller.abort() };
    this.#alarm = alarm;
    const rung = () => {
      if (this.#alarm === alarm) this.#alarm = undefined;
      this.#pump();
    };
    this.#clock.wait(at - now, controller.signal).then(rung, () => {
      if (this.#alarm === alarm) this.#alarm = undefined; // cancelled: nobody waits, or an earlier alarm is set
    });
  }
}
