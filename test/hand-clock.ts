import type { Clock } from '../src/models/clock.ts';

/** A clock that stands still until it is moved; what waits for it is woken in order of time. */
export interface HandClock extends Clock {
  /** Moves time on, waking whatever falls due on the way, and lets everything woken run. */
  advance(milliseconds: number): Promise<void>;
  /** Moves on to the next thing that waits, at most this far. Returns whether there was one. */
  advanceToNext(most?: number): Promise<boolean>;
}

export function handClock(startDate = Date.UTC(2026, 0, 1)): HandClock {
  let now = 0;
  let sleepers: { at: number; order: number; wake: () => void }[] = [];
  let order = 0;
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  const wakeNext = async (until: number): Promise<boolean> => {
    const next = sleepers.toSorted((a, b) => a.at - b.at || a.order - b.order)[0];
    if (!next || next.at > until) return false;
    now = Math.max(now, next.at);
    sleepers = sleepers.filter((sleeper) => sleeper !== next);
    next.wake();
    await settle();
    return true;
  };
  return {
    now: () => now,
    date: () => startDate + now,
    wait: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const sleeper = { at: now + Math.max(0, milliseconds), order: order++, wake: resolve };
        sleepers.push(sleeper);
        signal?.addEventListener(
          'abort',
          () => {
            sleepers = sleepers.filter((other) => other !== sleeper);
            reject(signal.reason);
          },
          { once: true },
        );
      }),
    async advance(milliseconds) {
      const until = now + milliseconds;
      await settle();
      while (await wakeNext(until));
      now = until;
    },
    async advanceToNext(most = Number.POSITIVE_INFINITY) {
      await settle();
      return wakeNext(now + most);
    },
  };
}
