import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { InputError } from '../core/errors.ts';
import type { ReckonServer } from './app.ts';
import { ApiError, errorBody } from './parts/api-error.ts';
import { errorReply, toResponse } from './parts/reply.ts';

export interface ListenOptions {
  readonly port?: number; // default 4141; 0: any free one
  readonly host?: string; // default 127.0.0.1
}

/** A server that takes requests. */
export interface Listening {
  readonly url: string; // http://host:port
  /** Takes no more requests, lets those at work finish for so long, then ends them and closes everything. */
  close(graceSeconds?: number): Promise<void>;
}

/** Names under which this machine alone can be reached. */
export const LOOPBACK = ['127.0.0.1', 'localhost', '::1'] as const;

/** The head of a request has to come within this. */
const HEADERS_MILLISECONDS = 20_000;
/** The whole of a request. */
const REQUEST_MILLISECONDS = 120_000;
/** An idle connection is kept for this long. */
const KEEP_ALIVE_MILLISECONDS = 60_000;
/** Connections at a time. */
const MOST_CONNECTIONS = 4_096;

/** Listens. Throws InputError when the port is taken or may not be used. */
export async function listen(server: ReckonServer, options: ListenOptions = {}): Promise<Listening> {
  const { port = 4141, host = '127.0.0.1' } = options;
  const listener = getRequestListener(server.fetch, {
    overrideGlobalObjects: false,
    errorHandler: () => refuse(new ApiError(400, 'This is no request', { code: 'invalid_request' })),
  });
  const node = createServer(
    {
      headersTimeout: HEADERS_MILLISECONDS,
      requestTimeout: REQUEST_MILLISECONDS,
      keepAliveTimeout: KEEP_ALIVE_MILLISECONDS,
    },
    (incoming, outgoing) => void listener(incoming, outgoing),
  );
  await new Promise<void>((resolve, reject) => {
    node.once('error', (cause) => reject(new InputError(whyNot(cause, port, host), { cause })));
    node.listen(port, host, resolve);
  });
  node.maxConnections = MOST_CONNECTIONS;
  node.on('clientError', answerGarbage);
  const address = node.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `http://${name}:${address.port}`,
    async close(graceSeconds = 0) {
      server.beginClose();
      const closed = new Promise<void>((resolve) => node.close(() => resolve()));
      node.closeIdleConnections();
      const timer = setTimeout(() => node.closeAllConnections(), graceSeconds * 1000);
      await closed;
      clearTimeout(timer);
      await new Promise((resolve) => setImmediate(resolve)); // what was cut off logs itself first
      await server.close();
    },
  };
}

function refuse(error: ApiError): Response {
  return toResponse(errorReply(error));
}

function whyNot({ code, message }: NodeJS.ErrnoException, port: number, host: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} of ${host} is taken; stop what uses it, or choose another with --port`;
    case 'EACCES':
      return `Port ${port} may not be used by this user; choose one above 1023 with --port`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `This machine has no address ${host}; choose one it has with --host`;
    default:
      return `Cannot listen on ${host}:${port}: ${message}`;
  }
}

/** What is not even HTTP still gets an error in the shape of the protocol. */
function answerGarbage(error: NodeJS.ErrnoException, stream: Duplex): void {
  const socket = stream as Socket;
  // after an answer has gone out, another one would be taken for the answer to the next request
  if (error.code === 'ECONNRESET' || !socket.writable || socket.bytesWritten > 0)
    return void socket.destroy();
  const status =
    error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const reasons: Readonly<Record<number, string>> = {
    400: 'Bad Request',
    408: 'Request Timeout',
    431: 'Request Header Fields Too Large',
  };
  const refusal = new ApiError(status, `This is no request that can be read: ${reasons[status]}`, {
    code: 'invalid_request',
  });
  const body = JSON.stringify(errorBody(refusal));
  socket.end(
    `HTTP/1.1 ${status} ${reasons[status]}\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
