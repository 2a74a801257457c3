import { fork } from 'node:child_process';
import type { Guest, WorkerPool } from './guest-pool.ts';
import { guestPool, HandlerError } from './guest-pool.ts';
import { residentMiB, watchMemory } from './watch-memory.ts';
import type { Reply } from './worker-pool.ts';
import { OUT_OF_MEMORY, workerFlags } from './worker-pool.ts';

export interface ProcessPoolOptions<Q> {
  readonly script: URL; // calls serveWorker; see siblingScript
  readonly size?: number; // processes at once; default 2
  /** Resident memory in MiB that a process may hold above what it held when new; more kills it. Linux only. */
  readonly memoryMiB?: (request: Q) => number;
  readonly queueLimit?: number; // requests waiting for a process; default 10,000
  /** Requests before a process is replaced, where what it loads or keeps grows with use. Absent: it serves for good. */
  readonly usesPerProcess?: number;
}

/** Characters of a process's standard error kept to explain why it ended. */
const STDERR_CHARACTERS = 2000;

/**
 * A pool of killable Node processes with no environment. Unlike a thread, a process can be killed inside native code,
 * and native code that aborts takes nothing else with it.
 */
export function processPool<Q, R>({
  script,
  size = 2,
  memoryMiB,
  queueLimit,
  usesPerProcess,
}: ProcessPoolOptions<Q>): WorkerPool<Q, R> {
  return guestPool<Q, R>({
    start: () => processGuest(script, memoryMiB),
    size,
    ...(queueLimit !== undefined && { queueLimit }),
    ...(usesPerProcess !== undefined && { usesPerGuest: usesPerProcess }),
  });
}

function processGuest<Q, R>(script: URL, memoryMiB?: (request: Q) => number): Guest<Q, R> {
  const child = fork(script, [], {
    env: {}, // what a guest cannot see it cannot leak
    execArgv: workerFlags,
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const ready = Promise.withResolvers<void>();
  ready.promise.catch(() => {}); // a guest killed while starting has nobody left to tell
  const exited = Promise.withResolvers<void>();
  let answer: { resolve: (value: R) => void; reject: (cause: Error) => void } | undefined;
  let stderr = '';
  let newMiB: number | undefined; // resident memory before the first request
  const died = (cause: Error) => {
    exited.resolve();
    ready.reject(cause);
    answer?.reject(cause);
  };
  child.stderr?.on('data', (chunk) => {
    stderr = (stderr + chunk).slice(0, STDERR_CHARACTERS);
  });
  child.on('message', (reply) => {
    const message = reply as Reply<R>;
    if ('ready' in message) ready.resolve();
    else if ('value' in message) answer?.resolve(message.value);
    else answer?.reject(new HandlerError(message.error));
  });
  child.on('error', died);
  child.on('close', (code, signal) => {
    const why = stderr.split('\n').find((line) => line.includes('Error') || line.includes('panicked'));
    died(new Error(`the process ended with ${signal ?? `code ${code}`}${why ? `: ${why.trim()}` : ''}`));
  });
  child.unref();
  child.channel?.unref();
  (child.stderr as import('node:net').Socket | null)?.unref();
  return {
    ready: ready.promise,
    call: async (request) => {
      const result = Promise.withResolvers<R>();
      answer = result;
      if (child.pid !== undefined) newMiB ??= residentMiB(child.pid);
      const endWatch =
        memoryMiB && child.pid !== undefined && newMiB !== undefined
          ? watchMemory(child.pid, newMiB + memoryMiB(request), () => {
              result.reject(new Error(OUT_OF_MEMORY));
              child.kill('SIGKILL');
            })
          : () => {};
      try {
        child.send(request as object, (cause) => cause && result.reject(cause));
        return await result.promise;
      } finally {
        endWatch();
      }
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited.promise;
    },
  };
}
