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

/** A stream of server-sent events. */
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
      ...headers,
    },
    body: events,
  };
}

const encoder = new TextEncoder();
/** A comment, which clients skip. */
export const PING = ': ping\n\n';

/** What happens to a stream on its way to a client. */
export interface Sending {
  /** The client left before its end. */
  readonly gone?: (reason: unknown) => void;
  /** There will be no more of it, whichever way it ended. */
  readonly done?: () => void;
}

/** A reply as a Response, for callers that are not under Node's server. */
export function toResponse({ status, headers, body }: Reply, sending: Sending = {}): Response {
  if (!isWhole(body)) return new Response(byteStream(body, sending), { status, headers });
  sending.done?.();
  return new Response(status === 304 ? null : (body as BodyInit), { status, headers });
}

/** Whether a body is there all at once. */
export function isWhole(body: Reply['body']): body is string | Uint8Array {
  return typeof body === 'string' || body instanceof Uint8Array;
}

/** Events as bytes, asked for no faster than they are read, with a comment where nothing was said for long. */
function byteStream(events: AsyncIterable<string>, { gone, done }: Sending): ReadableStream<Uint8Array> {
  const iterator = events[Symbol.asyncIterator]();
  let alive: NodeJS.Timeout | undefined;
  let waiting = false; // for the next event, with room to send it
  const end = () => {
    clearInterval(alive);
    done?.();
  };
  return new ReadableStream({
    start(controller) {
      alive = setInterval(() => {
        if (waiting) controller.enqueue(encoder.encode(PING));
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
      gone?.(reason);
      await iterator.return?.();
      end();
    },
  });
}
