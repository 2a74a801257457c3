import type { IncomingMessage, ServerResponse } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { ApiError, CLIENT_GONE } from './api-error.ts';
import { KEEP_ALIVE_MILLISECONDS } from './limits.ts';
import type { Reply } from './reply.ts';
import { isWhole, PING } from './reply.ts';

/** The two halves of a request under Node, which its adapter hands along: used as they are, they cost least. */
export interface NodeSide {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

/** Node's halves, where there are any. A HEAD is left to the adapter, which takes the body away. */
export function nodeSide(environment: unknown): NodeSide | undefined {
  const { incoming, outgoing } = (environment ?? {}) as Partial<NodeSide>;
  return incoming && outgoing && incoming.method !== 'HEAD' ? { incoming, outgoing } : undefined;
}

/** Calls `callback` when the client leaves before its answer is whole; returns how to stop listening. */
export function onGone({ outgoing }: NodeSide, callback: () => void): () => void {
  const closed = () => {
    if (!outgoing.writableFinished) callback();
  };
  outgoing.on('close', closed);
  return () => outgoing.off('close', closed);
}

/** The body of a request; undefined when it has more bytes than `most`. Throws 499 when the client leaves first. */
export function readIncoming({ incoming }: NodeSide, most: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    const settle = (after: () => void) => {
      incoming.off('data', onData).off('end', onEnd).off('error', onLost).off('close', onLost);
      after();
    };
    const onData = (part: Buffer) => {
      bytes += part.length;
      if (bytes > most) settle(() => resolve(undefined));
      else parts.push(part);
    };
    const onEnd = () => settle(() => resolve(parts.length === 1 ? parts[0] : Buffer.concat(parts)));
    const onLost = () => settle(() => reject(new ApiError(CLIENT_GONE, 'The client has gone')));
    incoming.on('data', onData).on('end', onEnd).on('error', onLost).on('close', onLost);
  });
}

/**
 * Sends a reply, and returns what tells the adapter so. Events go out as they come, no faster than they are taken, with a
 * comment where nothing was said for long; `done` is called once there are no more, whichever way they ended.
 */
export function sendReply({ outgoing }: NodeSide, reply: Reply, done: () => void): Response {
  const { status, headers, body } = reply;
  if (isWhole(body)) {
    outgoing.writeHead(status, { ...headers, ...(status !== 304 && { 'content-length': byteLength(body) }) });
    outgoing.end(body);
    done();
  } else {
    outgoing.writeHead(status, headers as Record<string, string>);
    void sendEvents(outgoing, body).then(done, done);
  }
  return RESPONSE_ALREADY_SENT;
}

function byteLength(body: string | Uint8Array): number {
  return typeof body === 'string' ? Buffer.byteLength(body) : body.length;
}

async function sendEvents(outgoing: ServerResponse, events: AsyncIterable<string>): Promise<void> {
  let waiting = true; // for the next event, with room to send it
  let silent = true;
  // the head goes out with the first event, unless that one lets itself be waited for
  setImmediate(() => silent && outgoing.flushHeaders());
  const alive = setInterval(() => waiting && outgoing.write(PING), KEEP_ALIVE_MILLISECONDS);
  alive.unref();
  try {
    for await (const event of events) {
      silent = false;
      if (outgoing.destroyed) return;
      if (outgoing.write(event)) continue;
      waiting = false;
      await drained(outgoing);
      waiting = true;
    }
    outgoing.end();
  } catch (cause) {
    outgoing.destroy(cause instanceof Error ? cause : new Error(String(cause)));
  } finally {
    clearInterval(alive);
  }
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      outgoing.off('drain', go).off('close', go);
      resolve();
    };
    outgoing.on('drain', go).on('close', go);
  });
}
