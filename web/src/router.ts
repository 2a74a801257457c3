import { useEffect, useState } from 'preact/hooks';

/** Where the page is, as its address says after the `#`: `#/runs/a%2Fb?show=wrong` is the path `runs`, `a/b` with a query. */
export interface Route {
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

/** Reads the part of an address after the `#`. Anything that cannot be read is the empty path. */
export function readRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  try {
    return {
      path: path.split('/').filter(Boolean).map(decodeURIComponent),
      query: new URLSearchParams(query),
    };
  } catch {
    return { path: [], query: new URLSearchParams() }; // a stray % sign
  }
}

/** The address of a route, for links. */
export function hrefTo(
  path: readonly string[],
  query: { readonly [name: string]: string | number | undefined } = {},
): string {
  const pairs = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  );
  const search = pairs.length > 0 ? `?${new URLSearchParams(pairs)}` : '';
  return `#/${path.map(encodeURIComponent).join('/')}${search}`;
}

/** The present route; the component is drawn again when it changes. */
export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const follow = () => setHash(location.hash);
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return readRoute(hash);
}
