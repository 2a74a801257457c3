import { createHash, randomUUID } from 'node:crypto';
import type { Context } from 'hono';
import { onAbort } from '../../models/on-abort.ts';
import type { Access, Caller } from './access.ts';
import { ApiError, CLIENT_GONE, toApiError } from './api-error.ts';
import { MOST_BODIES_BYTES, MOST_REQUESTS } from './limits.ts';
import { Meter } from './meter.ts';
import type { Metrics } from './metrics.ts';
import { nodeSide, onGone, sendReply } from './node-side.ts';
import { lengthOfBody, readBody } from './read-body.ts';
import type { Replays } from './replays.ts';
import type { Reply } from './reply.ts';
import { errorReply, isWhole, toResponse } from './reply.ts';
import type { ServerState } from './server-state.ts';

/** One request on its way to its answer. */
export interface Exchange {
  readonly id: string;
  readonly request: Request;
  readonly caller: Caller;
  readonly meter: Meter;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
  /** Of a route that works. */
  readonly body: Readonly<Record<string, unknown>>;
  /** A part of the path. */
  param(name: string): string;
  /** For the log, once it is known. */
  note(facts: { readonly model?: string; readonly method?: string }): void;
  /** A failure after the answer has begun. */
  failed(error: ApiError): void;
}

export type Handler = (exchange: Exchange) => Promise<Reply> | Reply;

export interface ExchangeParts {
  readonly access: Access;
  readonly metrics: Metrics;
  readonly replays: Replays;
  readonly state: ServerState;
  /** Receives what went wrong inside the server. */
  readonly onError: (error: unknown, requestId: string) => void;
}

export interface RouteOptions {
  readonly route: string; // its name in log and metrics
  /** Has a body, counts against the key's rate and money, and may be replayed. Default false: reading only. */
  readonly work?: boolean;
  /** Whether anybody may ask. Default false. */
  readonly open?: boolean;
}

/** Makes a Hono handler of a route: who asks, whether they may, what they send, how it went. */
export function exchange(
  parts: ExchangeParts,
  { route, work = false, open = false }: RouteOptions,
  handler: Handler,
): (context: Context) => Promise<Response> {
  const { access, metrics, replays, state, onError } = parts;
  return async (context) => {
    const request = context.req.raw;
    const node = nodeSide(context.env);
    const id = `req_${randomUUID().replaceAll('-', '')}`;
    const meter = new Meter();
    const gone = new AbortController();
    const leave = (reason?: unknown) => gone.abort(reason);
    const unlisten = node ? onGone(node, leave) : onAbort(request.signal, leave);
    if (!node && request.signal.aborted) leave(request.signal.reason);
    const noted = { model: '', method: '' };
    let caller: Caller | undefined;
    let failure: ApiError | undefined;
    let bodyBytes = 0;
    let charged = false;
    let finished = false;
    let logsItself = false; // when its work ends, not when this client has its answer

    const charge = (): void => {
      if (charged) return;
      charged = true;
      const { promptTokens, completionTokens, usd } = meter.usage;
      caller?.charge(promptTokens + completionTokens, usd);
    };
    const finish = (status: number, stream: boolean): void => {
      if (finished) return;
      finished = true;
      unlisten();
      metrics.inFlight--;
      metrics.bodyBytes -= bodyBytes;
      charge();
      const { usage } = meter;
      const line = {
        id,
        at: new Date().toISOString(),
        key: caller?.id ?? '',
        route,
        ...noted,
        status,
        stream,
        milliseconds: Math.round(meter.elapsed * 1000) / 1000,
        overheadMilliseconds: Math.round(meter.overhead * 1000) / 1000,
        usage,
        ...(failure && { error: failure.code ?? failure.message }),
      };
      metrics.add(line);
      if (work) state.log(line);
    };

    let reply: Reply;
    metrics.inFlight++;
    try {
      access.checkOrigin(request);
      if (metrics.inFlight > MOST_REQUESTS) throw overloaded(`${MOST_REQUESTS} requests are at work already`);
      if (!open) caller = access.identify(request, addressOf(context));
      if (work) {
        bodyBytes = lengthOfBody(request);
        metrics.bodyBytes += bodyBytes;
        if (metrics.bodyBytes > MOST_BODIES_BYTES)
          throw overloaded('The bodies of requests at work are too long');
        if (caller) access.admit(caller);
      }
      const { body, text } = work ? await readBody(request, node) : NOTHING;
      const name = work ? request.headers.get('idempotency-key') : null;
      const answer = async (signal: AbortSignal): Promise<Reply> => {
        try {
          const made = await handler({
            id,
            request,
            caller: caller as Caller,
            meter,
            signal,
            body,
            param: (name) => context.req.param(name) ?? '',
            note: (facts) => Object.assign(noted, facts),
            failed: (error) => {
              failure = error;
            },
          });
          if (name === null || isWhole(made.body)) return made;
          // somebody else may still wait for it after this client has gone
          logsItself = true;
          const end = () => finish(signal.aborted ? CLIENT_GONE : made.status, true);
          return { ...made, body: ending(made.body, end) };
        } catch (cause) {
          return failed(cause);
        }
      };
      reply =
        name === null
          ? await answer(gone.signal)
          : await replays.run(
              `${caller?.id} ${checkedName(name)}`,
              createHash('sha256')
                .update(`${new URL(request.url).pathname}\n${text}`)
                .digest('base64'),
              gone.signal,
              answer,
            );
    } catch (cause) {
      reply = failed(cause);
    }

    function failed(cause: unknown): Reply {
      const error = gone.signal.aborted
        ? new ApiError(CLIENT_GONE, 'The client has gone')
        : toApiError(cause);
      if (error.status === 500) onError(cause, id);
      failure = error;
      return errorReply(error);
    }

    const { body, status } = reply;
    const whole = isWhole(body);
    if (whole) charge(); // before the headers, which say what is left of the allowance
    const headers = {
      ...reply.headers,
      'x-request-id': id,
      'openai-processing-ms': String(Math.round(meter.elapsed)),
      'x-reckon-overhead-ms': meter.overhead.toFixed(3),
      ...caller?.headers(),
      ...SAFE,
    };
    const done = () => {
      if (!logsItself) finish(!whole && gone.signal.aborted ? CLIENT_GONE : status, !whole);
    };
    const sent = { status, headers, body };
    return node ? sendReply(node, sent, done) : toResponse(sent, { gone: leave, done });
  };
}

const NOTHING = { body: {}, text: '' } as const;

/** What every answer says to browsers. */
const SAFE = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' } as const;

/** The events, with a call when they end, whichever way. */
function ending(events: AsyncIterable<string>, done: () => void): AsyncIterable<string> {
  let begun: AsyncIterator<string> | undefined;
  const iterator: AsyncIterator<string> = {
    async next() {
      try {
        begun ??= events[Symbol.asyncIterator]();
        const next = await begun.next();
        if (next.done) done();
        return next;
      } catch (cause) {
        done();
        throw cause;
      }
    },
    async return() {
      try {
        await begun?.return?.();
      } finally {
        done();
      }
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

function overloaded(why: string): ApiError {
  return new ApiError(503, `${why}; try again in a second`, {
    code: 'overloaded',
    headers: { 'retry-after': '1', 'x-should-retry': 'true' },
  });
}

function checkedName(name: string): string {
  if (/^[\x21-\x7e]{1,255}$/.test(name)) return name;
  throw new ApiError(400, 'An Idempotency-Key has 1 to 255 printable characters', { code: 'invalid_value' });
}

/** Where the connection comes from; the adapter for Node says so. */
function addressOf(context: Context): string {
  const bindings = context.env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined;
  return bindings?.incoming?.socket?.remoteAddress ?? '';
}
