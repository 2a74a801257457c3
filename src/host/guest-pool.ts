import { ToolError } from '../core/errors.ts';
import { keepAlive } from './keep-alive.ts';

/** Something that serves one request at a time and can be killed at any moment: a thread or a process. */
export interface Guest<Q, R> {
  /** Resolves once the guest can serve; rejects when it died before. */
  readonly ready: Promise<void>;
  /** Rejects with HandlerError when the request failed and the guest lives on, with any other error when it died. */
  call(request: Q): Promise<R>;
  /** Ends the guest at once, whatever it is doing. */
  kill(): Promise<void>;
}

/** The code of a guest threw; the guest itself is sound and serves on. */
export class HandlerError extends Error {}

/** How a request ended. A guest that hangs or dies is an expected outcome, so it is a value. */
export type WorkerOutcome<R> =
  | { readonly status: 'ok'; readonly value: R }
  | { readonly status: 'timeout' }
  | { readonly status: 'crashed'; readonly error: string }; // one line

/** A fixed number of guests, kept warm: one that was killed is replaced in the background. */
export interface WorkerPool<Q, R> {
  /**
   * Serves `request` on a free guest. `milliseconds` count from the moment a guest begins with it, not from queueing;
   * at the deadline the guest is killed. An abort kills it too and rejects with the signal's reason. Rejects with
   * ToolError when the queue is full or the pool is closed.
   */
  run(
    request: Q,
    options: { readonly milliseconds: number; readonly signal?: AbortSignal },
  ): Promise<WorkerOutcome<R>>;
  /** Starts every guest now, so that the first requests find them warm. */
  warm(): Promise<void>;
  /** Kills the guests; requests still open end as crashed. */
  close(): Promise<void>;
}

export interface GuestPoolOptions<Q, R> {
  readonly start: () => Guest<Q, R>;
  readonly size?: number; // guests at once
  readonly queueLimit?: number; // requests waiting for a guest
  readonly usesPerGuest?: number; // requests before a guest is replaced by a fresh one
}

/** A guest that is not ready after this long counts as dead. */
const START_MILLISECONDS = 60_000;
const ERROR_CHARACTERS = 500;
/** Requests that may wait for a guest unless the pool says otherwise. */
export const QUEUE_LIMIT = 10_000;

interface Seat<Q, R> {
  readonly guest: Guest<Q, R>;
  state: 'starting' | 'idle' | 'busy' | 'dead';
  uses: number;
}

interface Job<Q, R> {
  readonly request: Q;
  readonly milliseconds: number;
  readonly settle: (outcome: WorkerOutcome<R>) => void;
  interrupt: () => void; // at an abort: leaves the queue, or kills the guest
}

/** Schedules requests over killable guests: queueing, deadlines, replacement. Idle, it keeps no process alive. */
export function guestPool<Q, R>({
  start,
  size = 2,
  queueLimit = QUEUE_LIMIT,
  usesPerGuest = Number.POSITIVE_INFINITY,
}: GuestPoolOptions<Q, R>): WorkerPool<Q, R> {
  const seats = new Set<Seat<Q, R>>();
  const queue: Job<Q, R>[] = [];
  let closed = false;

  function seat(): Seat<Q, R> {
    const taken: Seat<Q, R> = { guest: start(), state: 'starting', uses: 0 };
    seats.add(taken);
    const late = setTimeout(() => fail(new Error('it did not start in time')), START_MILLISECONDS).unref();
    const fail = (cause: unknown) => {
      clearTimeout(late);
      if (taken.state !== 'starting') return;
      remove(taken);
      // a script that cannot start must not be started again for ever: each failure costs one request
      queue.shift()?.settle({ status: 'crashed', error: oneLine(cause) });
      dispatch();
    };
    taken.guest.ready.then(() => {
      clearTimeout(late);
      if (taken.state !== 'starting') return;
      taken.state = 'idle';
      dispatch();
    }, fail);
    return taken;
  }

  function remove(dead: Seat<Q, R>): void {
    dead.state = 'dead';
    seats.delete(dead);
    void dead.guest.kill();
  }

  /** Kills a used guest and, as the pool stays warm, starts another in its place. */
  function replace(dead: Seat<Q, R>): void {
    remove(dead);
    if (!closed && seats.size < size) seat();
  }

  function dispatch(): void {
    if (closed) return;
    for (const free of seats) {
      if (queue.length === 0) return;
      if (free.state === 'idle') void serve(free, queue.shift() as Job<Q, R>);
    }
    const starting = [...seats].filter((one) => one.state === 'starting').length;
    for (let missing = queue.length - starting; missing > 0 && seats.size < size; missing--) seat();
  }

  async function serve(on: Seat<Q, R>, job: Job<Q, R>): Promise<void> {
    on.state = 'busy';
    on.uses++;
    const timer = setTimeout(() => {
      replace(on);
      job.settle({ status: 'timeout' });
    }, job.milliseconds);
    job.interrupt = () => {
      clearTimeout(timer);
      replace(on);
    };
    let sound = true;
    try {
      job.settle({ status: 'ok', value: await on.guest.call(job.request) });
    } catch (cause) {
      sound = cause instanceof HandlerError;
      job.settle({ status: 'crashed', error: oneLine(cause) });
    }
    clearTimeout(timer);
    if (on.state !== 'busy') return;
    on.state = 'idle';
    if (!sound || on.uses >= usesPerGuest) replace(on);
    dispatch();
  }

  return {
    async run(request, { milliseconds, signal }) {
      signal?.throwIfAborted();
      if (closed) throw new ToolError('The pool of workers is closed; make a new one');
      if (queue.length >= queueLimit)
        throw new ToolError(
          `${queueLimit} requests already wait for a worker; send fewer at once or raise queueLimit`,
        );
      let onAbort = () => {};
      try {
        const ended = new Promise<WorkerOutcome<R>>((settle, reject) => {
          const job: Job<Q, R> = {
            request,
            milliseconds,
            settle,
            interrupt: () => queue.splice(queue.indexOf(job), 1),
          };
          onAbort = () => {
            job.interrupt();
            reject(signal?.reason);
          };
          signal?.addEventListener('abort', onAbort, { once: true });
          queue.push(job);
          dispatch();
        });
        return await keepAlive(ended);
      } finally {
        signal?.removeEventListener('abort', onAbort);
      }
    },

    async warm() {
      while (!closed && seats.size < size) seat();
      await keepAlive(Promise.allSettled([...seats].map((one) => one.guest.ready)));
    },

    async close() {
      closed = true;
      for (const job of queue.splice(0)) job.settle({ status: 'crashed', error: 'the pool was closed' });
      // the guests themselves hold no process, and whoever waits here wants to go on
      await keepAlive(Promise.all([...seats].map((one) => one.guest.kill())));
      seats.clear();
    },
  };
}

function oneLine(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.split('\n', 1)[0]!.slice(0, ERROR_CHARACTERS) || 'it ended without a message';
}
