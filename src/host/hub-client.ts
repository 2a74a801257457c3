import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { InputError } from '../core/errors.ts';
import type { HubSettings } from './hub-settings.ts';

/** What the hub says about a file, and its bytes. */
export interface HubResponse {
  readonly body: Readable;
  readonly etag?: string; // the hash that names the file, without quotes
  readonly size?: number; // bytes
  readonly commit?: string;
}

export interface HubClient {
  /** GETs a path below the endpoint, following redirects. Throws InputError for 4xx and 5xx. */
  get(path: string, about: { id: string; revision: string; signal?: AbortSignal }): Promise<HubResponse>;
}

const REDIRECTS_LIMIT = 5;
const HEADERS_MILLISECONDS = 30_000;
const IDLE_MILLISECONDS = 60_000; // between two pieces of a body

/** HTTP towards the hub. The token is sent to the endpoint's own origin only, and https never gives way to http. */
export function hubClient({ endpoint, token, proxied }: HubSettings): HubClient {
  let dispatcher: Promise<Dispatcher> | undefined;

  async function request(url: URL, signal: AbortSignal | undefined): Promise<Dispatcher.ResponseData> {
    const undici = await import('undici'); // slow to load, and most runs read local files
    dispatcher ??= Promise.resolve(proxied ? new undici.EnvHttpProxyAgent() : new undici.Agent());
    const own = url.origin === new URL(endpoint).origin;
    return undici.request(url, {
      dispatcher: await dispatcher,
      headers: {
        'accept-encoding': 'identity', // hashes and sizes are those of the plain bytes
        'user-agent': 'reckon',
        ...(own && token !== undefined && { authorization: `Bearer ${token}` }),
      },
      headersTimeout: HEADERS_MILLISECONDS,
      bodyTimeout: IDLE_MILLISECONDS,
      ...(signal && { signal }),
    });
  }

  return {
    async get(path, { id, revision, signal }) {
      let url = new URL(`${endpoint}${path}`);
      let about: Omit<HubResponse, 'body'> = {};
      for (let redirects = 0; redirects <= REDIRECTS_LIMIT; redirects++) {
        const { statusCode, headers, body } = await request(url, signal);
        body.on('error', () => {}); // one that is destroyed unread may fail with nobody waiting for it
        // the first answer that knows the file describes it; a storage server behind it has its own ETag
        about = { ...readHeaders(headers, statusCode), ...about };
        if (statusCode === 200) return { body, ...about };
        body.destroy();
        if (statusCode < 300 || statusCode > 399)
          throw refused(statusCode, id, revision, token !== undefined);
        const target = URL.parse(String(headers.location ?? ''), url);
        if (!target || !(target.protocol === url.protocol || target.protocol === 'https:'))
          throw new InputError(
            `The hub sends ${url.pathname} to "${headers.location}", which is not followed`,
          );
        url = target;
      }
      throw new InputError(`The hub redirects ${path} more than ${REDIRECTS_LIMIT} times; check HF_ENDPOINT`);
    },
  };
}

function readHeaders(headers: Dispatcher.ResponseData['headers'], status: number): Omit<HubResponse, 'body'> {
  const header = (name: string) => {
    const value = headers[name];
    return typeof value === 'string' ? value : value?.[0];
  };
  const linked = header('x-linked-etag');
  const etag = linked ?? (status === 200 ? header('etag') : undefined);
  const size = header('x-linked-size') ?? (status === 200 ? header('content-length') : undefined);
  const commit = header('x-repo-commit');
  return {
    ...(etag !== undefined && { etag: etag.replace(/^W\//, '').replaceAll('"', '') }),
    ...(size !== undefined && /^\d{1,15}$/.test(size) && { size: Number(size) }),
    ...(commit !== undefined && { commit }),
  };
}

function refused(status: number, id: string, revision: string, hasToken: boolean): InputError {
  const what = `Dataset ${id} (${revision})`;
  switch (status) {
    case 401:
    case 403:
      return new InputError(
        `${what} is private, gated, or does not exist (HTTP ${status}): check the name, ${
          hasToken
            ? 'and that the token of HF_TOKEN may read it'
            : 'or set HF_TOKEN to a token that may read it'
        }`,
      );
    case 404:
      return new InputError(
        `${what} is not on the hub (HTTP 404): check the name, or give the path of a local copy`,
      );
    case 429:
      return new InputError(`The hub limits requests for ${what} (HTTP 429): wait, or set HF_TOKEN`);
    default:
      return new InputError(
        `The hub failed on ${what} (HTTP ${status}): try again, or set HF_ENDPOINT to a mirror`,
      );
  }
}
