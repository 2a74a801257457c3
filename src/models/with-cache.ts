import type { Completion, Model, SampleRequest } from '../core/model.ts';
import { completionEvents } from './completion-events.ts';
import { onAbort } from './on-abort.ts';
import { sampleKey } from './sample-key.ts';

/** Where completions are kept. A key is found again only for the same model, request, seed and sample index. */
export interface SampleStore {
  get(key: string): Completion | undefined;
  set(key: string, completion: Completion): void;
}

/**
 * Answers a request that was answered before from the store, marked `replayed`; concurrent equal requests share one call,
 * paid for by the first. What a completion cost stays in its usage.
 */
export function withCache(model: Model, store: SampleStore): Model {
  const underWay = new Map<string, Promise<Completion | undefined>>();
  return {
    id: model.id,
    async *sample(request) {
      const key = sampleKey(model.id, request, { withSeed: true });
      for (;;) {
        request.signal?.throwIfAborted();
        const found = store.get(key) ?? (await shared(underWay.get(key), request));
        if (found) {
          yield* completionEvents({ ...found, replayed: true }, request.signal);
          return;
        }
        // the one who made the call gave up, or there is none: the first to get here makes it
        if (!underWay.has(key)) break;
      }
      const call = Promise.withResolvers<Completion | undefined>();
      call.promise.catch(() => {}); // a failure nobody else waits for is the caller's alone
      underWay.set(key, call.promise);
      try {
        for await (const event of model.sample(request)) {
          if (event.type === 'sample-end') {
            if (!event.completion.replayed) store.set(key, event.completion);
            call.resolve(event.completion);
          }
          yield event;
        }
      } catch (cause) {
        if (!request.signal?.aborted) call.reject(cause);
        throw cause;
      } finally {
        underWay.delete(key);
        call.resolve(undefined);
      }
    },
  };
}

/** The completion that somebody else waits for already; undefined when they gave up. Rejects when they failed. */
function shared(
  call: Promise<Completion | undefined> | undefined,
  { signal }: SampleRequest,
): Promise<Completion | undefined> | undefined {
  if (!call || !signal) return call;
  return new Promise((resolve, reject) => {
    const unlisten = onAbort(signal, reject);
    call.then(resolve, reject).finally(unlisten);
  });
}
