import { useEffect, useState } from 'preact/hooks';
import { ApiFailure, getJson } from './api/server.ts';

export type Loaded<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly failure: ApiFailure }
  | { readonly state: 'there'; readonly value: T };

/** Fetches JSON from the server whenever the path changes. An undefined path fetches nothing. */
export function useLoaded<T>(path: string | undefined): Loaded<T> {
  const [loaded, setLoaded] = useState<Loaded<T>>({ state: 'loading' });
  useEffect(() => {
    if (path === undefined) return;
    const controller = new AbortController();
    setLoaded({ state: 'loading' });
    getJson<T>(path, controller.signal).then(
      (value) => setLoaded({ state: 'there', value }),
      (cause: unknown) => {
        if (controller.signal.aborted) return;
        const failure = cause instanceof ApiFailure ? cause : new ApiFailure(0, String(cause));
        setLoaded({ state: 'failed', failure });
      },
    );
    return () => controller.abort();
  }, [path]);
  return loaded;
}
