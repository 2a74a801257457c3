import type { Dispatcher } from 'undici';
import { ToolError } from '../core/errors.ts';
import type { Tool } from '../core/tool.ts';
import type { AddressPolicy, Resolve } from '../host/address-policy.ts';
import { allowedUrl, guardedAgent, readAddressPolicy } from '../host/address-policy.ts';

export interface FetchPageOptions extends AddressPolicy {
  /** Text of an HTML page. Absent: the source as it is. */
  readonly readHtml?: (source: string) => string;
  readonly seconds?: number; // for one page, redirects included; default 15
  readonly maxBytes?: number; // of a body; default 4 MiB
  readonly resolve?: Resolve; // finds addresses of names; default: the system's
}

/** A tool that opens pages. Close it when it is no longer used. */
export interface FetchPage extends Tool {
  close(): Promise<void>;
}

const MOST_REDIRECTS = 5;
const MIB = 2 ** 20;
/** Types of body that are text for people or models. */
const READ_TYPES = /^(?:text\/[\w.+-]+|application\/(?:[\w.-]+\+)?(?:json|xml))$/;

/**
 * HTTP GET as a tool: the model sends `{ "url": … }` and reads the page as text. Only hosts of the policy are opened, on the
 * public internet, each redirect is checked like the first address, and no cookie, key or proxy of this machine is used.
 */
export function fetchPage(options: FetchPageOptions): FetchPage {
  const { readHtml = (source) => source, seconds = 15, maxBytes = 4 * MIB, resolve } = options;
  const policy = readAddressPolicy(options);
  let agent: ReturnType<typeof guardedAgent> | undefined;

  async function get(url: URL, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const { request } = await import('undici');
    agent ??= guardedAgent(policy, { maxResponseBytes: maxBytes, ...(resolve && { resolve }) });
    return request(url, {
      dispatcher: await agent,
      signal,
      headers: {
        accept: 'text/html, text/*;q=0.9, application/json;q=0.9, application/xml;q=0.8',
        'accept-encoding': 'identity', // what is not packed cannot burst
        'user-agent': 'reckon',
      },
    });
  }

  /** Follows redirects to a page. */
  async function open(address: string, signal: AbortSignal): Promise<string> {
    let url = allowedUrl(address, policy);
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      const { statusCode, headers, body } = await get(url, signal);
      body.on('error', () => {}); // one that is given up unread may fail with nobody waiting for it
      try {
        const location = header(headers, 'location');
        if (statusCode < 300 || statusCode > 399 || location === undefined) {
          const text = await readBody({ statusCode, headers, body }, readHtml);
          return `${url.href}\n\n${text}`;
        }
        const next = allowedUrl(location, policy, url);
        if (url.protocol === 'https:' && next.protocol === 'http:')
          throw new ToolError(`${url.host} leads from https to http, which is not followed`);
        url = next;
      } finally {
        body.destroy();
      }
    }
    throw new ToolError(`${address} leads on more than ${MOST_REDIRECTS} times`);
  }

  return {
    name: 'fetch',
    description: `Opens a web page and gives its text. Hosts that may be opened: ${policy.hosts.join(', ') || 'none'}.`,
    parameters: {
      type: 'object',
      properties: { url: { type: 'string', description: 'http or https' } },
      required: ['url'],
      additionalProperties: false,
    },
    reach: 'reads',
    async call(input, { signal }) {
      if (typeof input !== 'object' || input === null || !('url' in input) || typeof input.url !== 'string')
        throw new ToolError('The tool fetch needs {"url": "https://…"}');
      const timeout = AbortSignal.timeout(seconds * 1000);
      try {
        return await open(input.url, AbortSignal.any([signal, timeout]));
      } catch (cause) {
        signal.throwIfAborted();
        if (cause instanceof ToolError) throw cause;
        throw new ToolError(
          `${input.url.slice(0, 200)} was not read: ${reason(cause, { seconds, maxBytes })}`,
          { cause },
        );
      }
    },
    close: async () => (await agent)?.destroy(),
  };
}

async function readBody(
  { statusCode, headers, body }: Pick<Dispatcher.ResponseData, 'statusCode' | 'headers' | 'body'>,
  readHtml: (source: string) => string,
): Promise<string> {
  if (statusCode < 200 || statusCode > 299)
    throw new ToolError(`The server answered with status ${statusCode}`);
  const encoding = header(headers, 'content-encoding') ?? 'identity';
  if (encoding !== 'identity')
    throw new ToolError(`The page is packed (${encoding.slice(0, 40)}), which was not asked for`);
  const [type = '', ...parameters] = (header(headers, 'content-type') ?? '').toLowerCase().split(';');
  const mediaType = type.trim();
  if (!READ_TYPES.test(mediaType))
    throw new ToolError(
      `The page is ${mediaType.slice(0, 80) || 'of no type'}; only text, JSON and XML are read`,
    );
  const charset = parameters
    .map((part) => /^\s*charset\s*=\s*"?([\w-]{1,40})"?\s*$/.exec(part)?.[1])
    .find(Boolean);
  const text = decoder(charset ?? 'utf-8').decode(await body.arrayBuffer());
  return mediaType === 'text/html' || mediaType === 'application/xhtml+xml' ? readHtml(text) : text;
}

function decoder(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset);
  } catch (cause) {
    throw new ToolError(`The page is written in ${charset}, which is not known`, { cause });
  }
}

function header(headers: Dispatcher.ResponseData['headers'], name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Why a connection gave no page, for the model: without the addresses that a resolver saw. */
function reason(
  cause: unknown,
  { seconds, maxBytes }: { readonly seconds: number; readonly maxBytes: number },
): string {
  const { name, code, message } = cause as NodeJS.ErrnoException;
  if (name === 'TimeoutError') return `it took longer than ${seconds} s`;
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return `it is longer than ${maxBytes} bytes`;
  return code ?? message;
}
