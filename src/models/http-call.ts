import type { Pool } from 'undici';
import type { Upstreamed } from './upstream-error.ts';
import { protocolError, timeoutError, tooLargeError, transportError } from './upstream-error.ts';

/** How long the parts of one call may take, in seconds. */
export interface Timeouts {
  readonly firstByteSeconds?: number; // until the answer begins, default 300
  readonly idleSeconds?: number; // between two pieces of the answer, default 120
  readonly totalSeconds?: number; // the whole call, default 900
}

export const DEFAULT_TIMEOUTS: Required<Timeouts> = {
  firstByteSeconds: 300,
  idleSeconds: 120,
  totalSeconds: 900,
};
/** Largest answer that is read, in bytes, unless the caller says otherwise. */
export const DEFAULT_RESPONSE_BYTES = 32 * 1024 * 1024;
/** Of an answer that reports a failure only this much is read. */
const ERROR_BODY_BYTES = 64 * 1024;

export interface HttpCall {
  readonly pool: Pool;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeouts: Required<Timeouts>;
  readonly maxResponseBytes: number;
  readonly signal: AbortSignal | undefined;
  readonly upstream: Upstreamed;
}

/** An answer whose head has arrived. `close` gives the connection up; call it however the reading ends. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly contentType: string; // lower case, without parameters
  /** The body as text, piece by piece. */
  chunks(): AsyncGenerator<string>;
  /** The body in one piece; of a failed call no more than its beginning. */
  text(): Promise<string>;
  close(): void;
}

/**
 * One POST of JSON. Every wait has an end: a timeout, too many bytes and a broken connection each reject with the
 * ModelError that says so; the caller's abort rejects with its own reason.
 */
export async function post(call: HttpCall): Promise<HttpAnswer> {
  const { pool, path, headers, body, signal, timeouts, upstream } = call;
  signal?.throwIfAborted();
  const deadline = new Deadline(signal, timeouts.totalSeconds, upstream);
  try {
    const response = await deadline.within(timeouts.firstByteSeconds, 'firstByteSeconds', () =>
      pool.request({
        method: 'POST',
        path,
        headers,
        body,
        signal: deadline.signal,
        headersTimeout: 0, // ours are exact, and tell apart what took too long
        bodyTimeout: 0,
      }),
    );
    const type = response.headers['content-type'];
    const contentType = (Array.isArray(type) ? (type[0] ?? '') : (type ?? '')).split(';', 1)[0] ?? '';
    const failed = response.statusCode < 200 || response.statusCode > 299;
    const reading = new Reading(
      response.body,
      failed ? ERROR_BODY_BYTES : call.maxResponseBytes,
      failed,
      deadline,
      call,
    );
    const encoding = response.headers['content-encoding'];
    const length = Number(response.headers['content-length']);
    if (encoding !== undefined && encoding !== 'identity') {
      reading.close();
      throw protocolError(
        `a body in the encoding ${JSON.stringify(encoding)}, which was not asked for`,
        upstream,
      );
    }
    if (!failed && length > call.maxResponseBytes) {
      reading.close();
      throw tooLargeError(
        `${length} bytes, more than the ${call.maxResponseBytes} that may be read`,
        upstream,
      );
    }
    return {
      status: response.statusCode,
      headers: response.headers,
      contentType: contentType.trim().toLowerCase(),
      chunks: () => reading.chunks(),
      text: () => reading.text(),
      close: () => {
        deadline.clear();
        reading.close();
      },
    };
  } catch (cause) {
    deadline.clear();
    throw deadline.explain(cause);
  }
}

/** The caller's signal, the total timeout and the timeout of the present wait, as one signal. */
class Deadline {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #upstream: Upstreamed;
  readonly #total: NodeJS.Timeout;
  #pause: NodeJS.Timeout | undefined;
  #onOuter = () => this.#controller.abort(this.#outer?.reason);

  constructor(outer: AbortSignal | undefined, totalSeconds: number, upstream: Upstreamed) {
    this.#outer = outer;
    this.#upstream = upstream;
    outer?.addEventListener('abort', this.#onOuter, { once: true });
    this.#total = setTimeout(
      () => this.#expire(`did not finish within ${totalSeconds} s`, 'totalSeconds'),
      totalSeconds * 1000,
    );
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  async within<T>(seconds: number, setting: keyof Timeouts, work: () => Promise<T>): Promise<T> {
    const what = setting === 'idleSeconds' ? 'sent nothing further for' : 'sent no answer within';
    this.#pause = setTimeout(() => this.#expire(`${what} ${seconds} s`, setting), seconds * 1000);
    try {
      return await work();
    } finally {
      clearTimeout(this.#pause);
    }
  }

  /** What really happened, when something was cut short. */
  explain(cause: unknown): unknown {
    if (this.#controller.signal.aborted) return this.#controller.signal.reason;
    return transportError(cause, this.#upstream);
  }

  clear(): void {
    clearTimeout(this.#total);
    clearTimeout(this.#pause);
    this.#outer?.removeEventListener('abort', this.#onOuter);
  }

  #expire(what: string, setting: keyof Timeouts): void {
    this.#controller.abort(timeoutError(what, `timeouts.${setting}`, this.#upstream));
  }
}

type ResponseBody = Awaited<ReturnType<Pool['request']>>['body'];

class Reading {
  readonly #body: ResponseBody;
  readonly #most: number;
  readonly #cut: boolean; // true: stop quietly at the most; false: that is an error
  readonly #deadline: Deadline;
  readonly #call: HttpCall;

  constructor(body: ResponseBody, most: number, cut: boolean, deadline: Deadline, call: HttpCall) {
    this.#body = body;
    body.on('error', () => {}); // reported by the iterator; without a reader it must not end the process
    this.#most = most;
    this.#cut = cut;
    this.#deadline = deadline;
    this.#call = call;
  }

  async text(): Promise<string> {
    const parts: string[] = [];
    for await (const part of this.chunks()) parts.push(part);
    return parts.join('');
  }

  async *chunks(): AsyncGenerator<string> {
    const { upstream, timeouts } = this.#call;
    // half a character or a byte that is none means that text was lost or changed on the way
    const decoder = new TextDecoder('utf-8', { fatal: !this.#cut });
    const decode = (bytes?: Uint8Array): string => {
      try {
        return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
      } catch (cause) {
        throw protocolError('text that is not UTF-8, or ends inside a character', upstream, cause);
      }
    };
    const pieces = this.#body[Symbol.asyncIterator]();
    let received = 0;
    for (;;) {
      let piece: IteratorResult<Buffer>;
      try {
        piece = await this.#deadline.within(timeouts.idleSeconds, 'idleSeconds', () => pieces.next());
      } catch (cause) {
        throw this.#deadline.explain(cause);
      }
      if (piece.done) break;
      received += piece.value.length;
      if (received > this.#most) {
        if (this.#cut) break;
        throw tooLargeError(`more than the ${this.#most} bytes that may be read`, upstream);
      }
      yield decode(piece.value);
    }
    const rest = decode();
    if (rest !== '') yield rest;
  }

  close(): void {
    if (!this.#body.destroyed) this.#body.destroy();
  }
}
