const waiting = new WeakMap<AbortSignal, Set<(reason: unknown) => void>>();

/**
 * Calls `callback` with the reason once the signal aborts; returns how to stop listening. All callbacks of a signal share
 * one listener, because a signal with n listeners takes n steps to add another, and a run hands one signal to all its calls.
 * The caller has seen to it that the signal has not aborted yet.
 */
export function onAbort(signal: AbortSignal | undefined, callback: (reason: unknown) => void): () => void {
  if (!signal) return () => {};
  const callbacks = waiting.get(signal) ?? listen(signal);
  callbacks.add(callback);
  return () => callbacks.delete(callback);
}

function listen(signal: AbortSignal): Set<(reason: unknown) => void> {
  const callbacks = new Set<(reason: unknown) => void>();
  waiting.set(signal, callbacks);
  signal.addEventListener(
    'abort',
    () => {
      for (const callback of callbacks) callback(signal.reason);
    },
    { once: true },
  );
  return callbacks;
}
