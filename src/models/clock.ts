import { onAbort } from './on-abort.ts';

/** Time as retries and limits see it. Tests hand in one that they move themselves. */
export interface Clock {
  /** Milliseconds since some fixed moment; never goes backwards. */
  now(): number;
  /** Milliseconds since 1970, for dates in headers. */
  date(): number;
  /** Resolves after so many milliseconds; rejects with the signal's reason once it aborts. */
  wait(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => Date.now(),
  wait: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const unlisten = onAbort(signal, (reason) => {
        clearTimeout(timer);
        reject(reason);
      });
      const timer = setTimeout(() => {
        unlisten();
        resolve();
      }, milliseconds);
    }),
};
