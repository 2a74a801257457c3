import type { ApiError } from './api-error.ts';
import { errorBody } from './api-error.ts';
import { KEEP_ALIVE_MILLISECONDS } from './limits.ts';

/** An answer before it is sent: whole, or as server-sent events one string each. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | AsyncIterable<string>;
}

export function jsonReply(
  body: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

export function errorReply(error: ApiError): Reply {
  return jsonReply(errorBody(error), error.status, error.headers);
}

/** A stream of server-sent events. `chunked` keeps the adapter from holding the first of them back. */
export function eventReply(
  events: AsyncIterable<string>,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return {
    status: 200,
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      'transfer-encoding': 'chunked',
      ...headers,
    },
    body: events,
  };
}

const encoder = new TextEncoder();
/** A comment, which clients skip. */
const PING = encoder.encode(': ping\n\n');

/** What is sent. `gone` is called when the client leaves before the end of a stream. */
export function toResponse({ status, headers, body }: Reply, gone: (reason: unknown) => void): Response {
  if (isWhole(body)) return new Response(status === 304 ? null : (body as BodyInit), { status, headers });
  return new Response(byteStream(body, gone), { status, headers });
}

/** Whether a body is there all at once. */
export function isWhole(body: Reply['body']): body is string | Uint8Array {
  return typeof body === 'string' || body instanceof Uint8Array;
}

/** Events as bytes, asked for no faster than they are read, with a comment where nothing was said for long. */
function byteStream(
  events: AsyncIterable<string>,
  gone: (reason: unknown) => void,
): ReadableStream<Uint8Array> {
  const iterator = events[Symbol.asyncIterator]();
  let alive: NodeJS.Timeout | undefined;
  let waiting = false; // for the next event, with room to send it
  const end = () => clearInterval(alive);
  return new ReadableStream({
    start(controller) {
      alive = setInterval(() => {
        if (waiting) controller.enqueue(PING);
      }, KEEP_ALIVE_MILLISECONDS);
      alive.unref();
    },
    async pull(controller) {
      waiting = true;
      try {
        const next = await iterator.next();
        waiting = false;
        if (!next.done) return controller.enqueue(encoder.encode(next.value));
        end();
        controller.close();
      } catch (cause) {
        waiting = false;
        end();
        controller.error(cause);
      }
    },
    async cancel(reason) {
      end();
      gone(reason);
      await iterator.return?.();
    },
  });
}
