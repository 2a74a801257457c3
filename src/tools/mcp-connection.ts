import { homedir } from 'node:os';
import { isAbsolute } from 'node:path';
import type { Client, FetchLike, Transport } from '@modelcontextprotocol/client';
import type { RequestInit as UndiciRequestInit } from 'undici';
import { InputError } from '../core/errors.ts';
import { allowedUrl, guardedAgent } from '../host/address-policy.ts';
import { loadPackage } from '../host/load-package.ts';

/** A server that is started on this machine, exactly as the user wrote it: no part comes from a model or a server. */
export interface McpCommand {
  readonly command: string; // an absolute path, or a name that is found on the PATH
  readonly arguments?: readonly string[];
  readonly folder?: string; // where it runs; default: the home folder
  /** Added to HOME, PATH and the like; nothing else of this process's environment is passed on. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A server that is reached by streamable HTTP. */
export interface McpAddress {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly private?: boolean; // it may be on this machine or in its network; default false
}

export interface McpConnection {
  readonly client: Client;
  close(): Promise<void>;
}

const CONNECT_MILLISECONDS = 20_000;
/** Of one message or answer. */
const MOST_BYTES = 8 * 2 ** 20;
const STDERR_CHARACTERS = 2_000;
const FEATURE = 'The Model Context Protocol';
const PACKAGE = '@modelcontextprotocol/client';

/** Starts or reaches a server and agrees on the protocol. Throws InputError that says why there is no answer. */
export async function connectMcp(name: string, server: McpCommand | McpAddress): Promise<McpConnection> {
  const { Client } = await load(() => import('@modelcontextprotocol/client'));
  const client = new Client(
    { name: 'reckon', version: '1' },
    {
      capabilities: {}, // the server may not ask the user or the model anything
      inputRequired: { autoFulfill: false },
      listMaxPages: 10,
      // schemas come from the server, and compiling them would run its patterns
      jsonSchemaValidator: {
        getValidator: () => (input) => ({ valid: true, data: input as never, errorMessage: undefined }),
      },
    },
  );
  const link = 'command' in server ? await started(name, server) : await reached(name, server);
  try {
    await client.connect(link.transport, { timeout: CONNECT_MILLISECONDS });
  } catch (cause) {
    await client.close().catch(() => {}); // the first failure is the one to tell
    await link.close();
    throw new InputError(`The MCP server ${name} gives no answer: ${link.why(cause)}`, { cause });
  }
  return {
    client,
    async close() {
      await client.close();
      await link.close();
    },
  };
}

interface Link {
  readonly transport: Transport;
  /** Why it did not work, for the user. */
  readonly why: (cause: unknown) => string;
  close(): Promise<void>;
}

async function started(name: string, server: McpCommand): Promise<Link> {
  const { command, arguments: given = [], folder = homedir(), environment = {} } = server;
  if (!isAbsolute(command) && /[\\/]/.test(command))
    throw new InputError(
      `The command ${command} of the MCP server ${name} is a relative path; write the whole path, or a name on the PATH`,
    );
  const { StdioClientTransport } = await load(() => import('@modelcontextprotocol/client/stdio'));
  const transport = new StdioClientTransport({
    command,
    args: [...given],
    cwd: folder,
    env: { ...environment },
    stderr: 'pipe',
    maxBufferSize: MOST_BYTES,
  });
  let said = '';
  transport.stderr?.on('data', (chunk) => {
    said = (said + chunk).slice(-STDERR_CHARACTERS);
  });
  return {
    transport,
    why: (cause) => {
      const last = said.trim().split('\n').slice(-3).join(' · ');
      return `${messageOf(cause)}${last && `; it wrote: ${last}`}; check its command (${[command, ...given].join(' ')})`;
    },
    close: async () => {},
  };
}

async function reached(
  name: string,
  { url: address, headers = {}, private: isPrivate = false }: McpAddress,
): Promise<Link> {
  const { StreamableHTTPClientTransport } = await load(() => import('@modelcontextprotocol/client'));
  const given = URL.parse(address);
  if (!given)
    throw new InputError(`The address ${JSON.stringify(address)} of the MCP server ${name} is none`);
  const place = `${given.hostname}:${given.port || (given.protocol === 'https:' ? '443' : '80')}`;
  const policy = isPrivate ? { hosts: [], private: [place] } : { hosts: [place] };
  const url = mapped(name, () => allowedUrl(address, policy));
  const agent = await guardedAgent(policy, { maxResponseBytes: MOST_BYTES });
  const undici = await import('undici');
  const fetch = async (to: string | URL, options: RequestInit = {}) => {
    const checked = allowedUrl(String(to), policy); // redirects come here, too
    return undici.fetch(checked, {
      ...(options as UndiciRequestInit),
      dispatcher: agent,
      redirect: 'manual',
    });
  };
  return {
    transport: new StreamableHTTPClientTransport(url, {
      fetch: fetch as unknown as FetchLike, // the same standard, declared twice
      requestInit: { headers: { ...headers } },
    }),
    why: (cause) => `${messageOf(cause)}; check that it runs at ${url.origin}${url.pathname}`,
    close: () => agent.destroy(),
  };
}

/** An address that the user wrote is the user's mistake. */
function mapped(name: string, read: () => URL): URL {
  try {
    return read();
  } catch (cause) {
    throw new InputError(
      `The MCP server ${name}: ${(cause as Error).message}; if it is on this machine or in its network, set private to true`,
      { cause },
    );
  }
}

function load<T>(module: () => Promise<T>): Promise<T> {
  return loadPackage(PACKAGE, FEATURE, module);
}

/** The innermost message: what the system said. */
function messageOf(cause: unknown): string {
  let error = cause as Error;
  for (let depth = 0; depth < 5 && error.cause instanceof Error; depth++) error = error.cause;
  return error.message.slice(0, 300);
}
