import { createHash, randomUUID } from 'node:crypto';
import type { Context } from 'hono';
import { onAbort } from '../../models/on-abort.ts';
import type { Access, Caller } from './access.ts';
import { ApiError, CLIENT_GONE, toApiError } from './api-error.ts';
import { MOST_REQUESTS } from './limits.ts';
import { Meter } from './meter.ts';
import type { Metrics } from './metrics.ts';
import { readBody } from './read-body.ts';
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
  /** Of a POST. */
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
  /** Counts against the key's rate and money, and may be replayed. Default false: reading only. */
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
    const id = `req_${randomUUID().replaceAll('-', '')}`;
    const meter = new Meter();
    const gone = new AbortController();
    const unlisten = onAbort(request.signal, (reason) => gone.abort(reason));
    if (request.signal.aborted) gone.abort(request.signal.reason);
    const noted = { model: '', method: '' };
    let caller: Caller | undefined;
    let failure: ApiError | undefined;
    let counted = false;
    let own = false; // whether the work is this request's, or an earlier one's with the same Idempotency-Key

    const finish = (status: number, stream: boolean): void => {
      unlisten();
      if (!counted) return;
      counted = false;
      metrics.inFlight--;
      const { usage } = meter;
      caller?.charge(usage.promptTokens + usage.completionTokens, usage.usd);
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
    try {
      metrics.inFlight++;
      counted = true;
      access.checkOrigin(request);
      if (metrics.inFlight > MOST_REQUESTS)
        throw new ApiError(503, `${MOST_REQUESTS} requests are at work already; try again in a second`, {
          code: 'overloaded',
          headers: { 'retry-after': '1', 'x-should-retry': 'true' },
        });
      if (!open) caller = access.identify(request, addressOf(context));
      if (work && caller) access.admit(caller);
      const { body, text } = request.method === 'POST' ? await readBody(request) : { body: {}, text: '' };
      const answer = async (signal: AbortSignal): Promise<Reply> => {
        own = true;
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
          if (isWhole(made.body)) return made;
          // logged when the work ends, which somebody else may still wait for after this client has gone
          const end = () => finish(signal.aborted ? CLIENT_GONE : made.status, true);
          return { ...made, body: ending(made.body, end) };
        } catch (cause) {
          return failed(cause);
        }
      };
      const name = work ? request.headers.get('idempotency-key') : null;
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
    if (isWhole(body)) finish(status, false); // before the headers, which say what is left of the allowance
    const headers = {
      ...reply.headers,
      'x-request-id': id,
      'openai-processing-ms': String(Math.round(meter.elapsed)),
      'x-reckon-overhead-ms': meter.overhead.toFixed(3),
      ...caller?.headers(),
      ...SAFE,
    };
    if (isWhole(body)) return toResponse({ status, headers, body }, () => {});
    const events = own ? body : ending(body, () => finish(status, true));
    return toResponse({ status, headers, body: events }, (reason) => gone.abort(reason));
  };
}

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

function checkedName(name: string): string {
  if (/^[\x21-\x7e]{1,255}$/.test(name)) return name;
  throw new ApiError(400, 'An Idempotency-Key has 1 to 255 printable characters', { code: 'invalid_value' });
}

/** Where the connection comes from; the adapter for Node says so. */
function addressOf(context: Context): string {
  const bindings = context.env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined;
  return bindings?.incoming?.socket?.remoteAddress ?? '';
}
