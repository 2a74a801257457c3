import { parentPort, Worker } from 'node:worker_threads';
import type { Guest, WorkerPool } from './guest-pool.ts';
import { guestPool, HandlerError } from './guest-pool.ts';

/** Node 22 needs this flag of ours in a worker to run `.ts`; a worker wants no other. */
export const workerFlags = process.execArgv.filter((flag) => flag === '--experimental-strip-types');

export type { WorkerOutcome, WorkerPool } from './guest-pool.ts';

export interface WorkerPoolOptions {
  readonly script: URL; // calls serveWorker; see siblingScript
  readonly size?: number; // threads at once; default 2
  readonly memoryMiB?: number; // JavaScript heap of one thread; more ends it as crashed with OUT_OF_MEMORY
  readonly workerData?: unknown;
  readonly queueLimit?: number; // requests waiting for a thread; default 10,000
}

/** The error of a worker that needed more than `memoryMiB`. */
export const OUT_OF_MEMORY = 'out of memory';

/** What a served worker sends back. */
export type Reply<R> = { readonly ready: true } | { readonly value: R } | { readonly error: string };

/**
 * A pool of killable threads. Terminating a thread stops JavaScript and WebAssembly at once, but waits for native code:
 * what may loop inside a native addon belongs in a process (`processPool`).
 * @example
 * const pool = workerPool<string, number>({ script: siblingScript(import.meta.url, 'count-worker') });
 * const outcome = await pool.run('text', { milliseconds: 1000 });
 */
export function workerPool<Q, R>({
  script,
  size = 2,
  memoryMiB,
  workerData,
  queueLimit,
}: WorkerPoolOptions): WorkerPool<Q, R> {
  return guestPool<Q, R>({
    start: () => threadGuest(script, memoryMiB, workerData),
    size,
    ...(queueLimit !== undefined && { queueLimit }),
  });
}

/**
 * Answers the requests of a `workerPool` or `processPool`, one at a time. A throw becomes a `crashed` outcome; the worker
 * serves on.
 */
export function serveWorker<Q, R>(handle: (request: Q) => R | Promise<R>): void {
  const send = (reply: Reply<R>) => {
    if (parentPort) parentPort.postMessage(reply);
    else process.send?.(reply);
  };
  const onRequest = async (request: Q) => {
    try {
      send({ value: await handle(request) });
    } catch (cause) {
      send({ error: cause instanceof Error ? cause.message : String(cause) });
    }
  };
  if (parentPort) parentPort.on('message', onRequest);
  else if (process.send) process.on('message', onRequest).on('disconnect', () => process.exit());
  else throw new TypeError('serveWorker was called outside a worker');
  send({ ready: true });
}

function threadGuest<Q, R>(script: URL, memoryMiB: number | undefined, workerData: unknown): Guest<Q, R> {
  const worker = new Worker(script, {
    workerData,
    env: {}, // what a guest cannot see it cannot leak
    execArgv: workerFlags,
    ...(memoryMiB !== undefined && { resourceLimits: { maxOldGenerationSizeMb: memoryMiB } }),
  });
  const ready = Promise.withResolvers<void>();
  ready.promise.catch(() => {}); // a guest killed while starting has nobody left to tell
  let answer: { resolve: (value: R) => void; reject: (cause: Error) => void } | undefined;
  const died = (cause: Error) => {
    ready.reject(cause);
    answer?.reject(cause);
  };
  worker.on('message', (reply: Reply<R>) => {
    if ('ready' in reply) ready.resolve();
    else if ('value' in reply) answer?.resolve(reply.value);
    else answer?.reject(new HandlerError(reply.error));
  });
  worker.on('messageerror', died);
  worker.on('error', (cause: NodeJS.ErrnoException) =>
    died(cause.code === 'ERR_WORKER_OUT_OF_MEMORY' ? new Error(OUT_OF_MEMORY) : cause),
  );
  worker.on('exit', (code) => died(new Error(`the worker ended with code ${code}`)));
  worker.unref(); // after the listeners: adding one holds the process again
  return {
    ready: ready.promise,
    call: (request) =>
      new Promise((resolve, reject) => {
        answer = { resolve, reject };
        worker.postMessage(request);
      }),
    kill: async () => {
      await worker.terminate();
    },
  };
}
