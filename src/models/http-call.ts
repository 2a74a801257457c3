import type { Pool } from 'undici';
import { onAbort } from './on-abort.ts';
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
/** After the last event of a stream this much and this long is waited for its end, to keep the connection. */
const REST_BYTES = 4 * 1024;
const REST_MILLISECONDS = 500;

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

/**
 * One POST of JSON; resolves once the head of the answer has arrived. Every wait has an end: a timeout, too many bytes and
 * a broken connection each reject with the ModelError that says so; the caller's abort rejects with its own reason.
 */
export async function post(call: HttpCall): Promise<HttpAnswer> {
  const { pool, path, headers, body, signal, timeouts, upstream } = call;
  signal?.throwIfAborted();
  const deadline = new Deadline(signal, timeouts, upstream);
  try {
    const response = await pool.request({
      method: 'POST',
      path,
      headers,
      body,
      signal: deadline.signal,
      headersTimeout: 0, // ours are exact, and tell apart what took too long
      bodyTimeout: 0,
    });
    return new HttpAnswer(response, deadline, call);
  } catch (cause) {
    deadline.clear();
    throw deadline.explain(cause);
  }
}

type Response = Awaited<ReturnType<Pool['request']>>;

/** An answer whose head has arrived. Call `finish` after the last event that matters, `close` however else it ends. */
export class HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly contentType: string; // lower case, without parameters
  readonly #body: Response['body'];
  readonly #most: number;
  readonly #deadline: Deadline;
  readonly #upstream: Upstreamed;

  constructor(response: Response, deadline: Deadline, { maxResponseBytes, upstream }: HttpCall) {
    this.status = response.statusCode;
    this.headers = response.headers;
    this.contentType =
      (single(response.headers['content-type']) ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
    this.#body = response.body;
    this.#most = this.failed ? ERROR_BODY_BYTES : maxResponseBytes;
    this.#deadline = deadline;
    this.#upstream = upstream;
    this.#body.on('error', () => {}); // reported to whoever reads; without a reader it must not end the process
    deadline.headArrived();
    try {
      this.#check();
    } catch (cause) {
      this.close();
      throw cause;
    }
  }

  get failed(): boolean {
    return this.status < 200 || this.status > 299;
  }

  /** The body in one piece; of a failed call no more than its beginning. */
  text(): Promise<string> {
    return new Promise((resolve, reject) => {
      const pieces: Buffer[] = [];
      let received = 0;
      const end = () => {
        try {
          resolve(
            decode(new TextDecoder('utf-8', { fatal: !this.failed }), this.#upstream, Buffer.concat(pieces)),
          );
        } catch (cause) {
          reject(cause);
        }
      };
      this.#body.on('data', (piece: Buffer) => {
        this.#deadline.pieceArrived();
        received += piece.length;
        if (received <= this.#most) pieces.push(piece);
        else {
          if (this.failed) end();
          else reject(this.#tooMuch());
          this.#body.destroy();
        }
      });
      this.#body.on('end', end);
      this.#body.on('error', (cause) => reject(this.#deadline.explain(cause)));
    });
  }

  /** The body as text, piece by piece. */
  async *chunks(): AsyncGenerator<string> {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    let received = 0;
    try {
      for await (const piece of this.#body.iterator({ destroyOnReturn: false })) {
        received += piece.length;
        if (received > this.#most) throw this.#tooMuch();
        this.#deadline.hold(); // a slow reader is not a slow server
        yield decode(decoder, this.#upstream, piece, { stream: true });
        this.#deadline.pieceArrived();
      }
    } catch (cause) {
      throw this.#deadline.explain(cause);
    }
    const rest = decode(decoder, this.#upstream);
    if (rest !== '') yield rest;
  }

  /** All that matters has been read. Keeps the connection for the next call if the answer ends soon. */
  finish(): void {
    this.#deadline.clear();
    if (this.#body.readableEnded || this.#body.destroyed) return;
    const timer = setTimeout(() => this.#body.destroy(), REST_MILLISECONDS);
    let left = REST_BYTES;
    this.#body.on('data', (piece: Buffer) => {
      left -= piece.length;
      if (left < 0) this.#body.destroy();
    });
    this.#body.on('close', () => clearTimeout(timer));
    this.#body.resume();
  }

  /** Gives the connection up; without effect on an answer that was read to its end. */
  close(): void {
    this.#deadline.clear();
    if (!this.#body.destroyed) this.#body.destroy();
  }

  #check(): void {
    const encoding = single(this.headers['content-encoding']);
    if (encoding !== undefined && encoding !== 'identity')
      throw protocolError(
        `a body in the encoding ${JSON.stringify(encoding)}, which was not asked for`,
        this.#upstream,
      );
    const length = Number(single(this.headers['content-length']));
    if (!this.failed && length > this.#most) throw this.#tooMuch(length);
  }

  #tooMuch(bytes?: number): Error {
    const what = bytes === undefined ? 'more' : `${bytes} bytes, more`;
    return tooLargeError(`${what} than the ${this.#most} bytes that may be read`, this.#upstream);
  }
}

/** Half a character, or a byte that is none, means that text was lost or changed on the way. */
function decode(
  decoder: TextDecoder,
  upstream: Upstreamed,
  bytes?: Uint8Array,
  options?: { stream: boolean },
): string {
  try {
    return decoder.decode(bytes, options);
  } catch (cause) {
    throw protocolError('text that is not UTF-8, or ends inside a character', upstream, cause);
  }
}

/** The caller's signal, the total timeout and the timeout of the present wait, as one signal. */
class Deadline {
  readonly #controller = new AbortController();
  readonly #unlisten: () => void;
  readonly #timeouts: Required<Timeouts>;
  readonly #upstream: Upstreamed;
  readonly #total: NodeJS.Timeout;
  #wait: NodeJS.Timeout;
  #held = false;

  constructor(outer: AbortSignal | undefined, timeouts: Required<Timeouts>, upstream: Upstreamed) {
    this.#timeouts = timeouts;
    this.#upstream = upstream;
    this.#unlisten = onAbort(outer, (reason) => this.#controller.abort(reason));
    this.#total = this.#after('totalSeconds', 'did not finish within');
    this.#wait = this.#after('firstByteSeconds', 'sent no answer within');
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  headArrived(): void {
    clearTimeout(this.#wait);
    this.#wait = this.#after('idleSeconds', 'sent nothing further for');
  }

  pieceArrived(): void {
    this.#held = false;
    this.#wait.refresh();
  }

  /** Nothing is waited for until the next piece is asked for. */
  hold(): void {
    this.#held = true;
  }

  /** What really happened, when something was cut short. */
  explain(cause: unknown): unknown {
    if (this.#controller.signal.aborted) return this.#controller.signal.reason;
    return transportError(cause, this.#upstream);
  }

  clear(): void {
    clearTimeout(this.#total);
    clearTimeout(this.#wait);
    this.#unlisten();
  }

  #after(setting: keyof Timeouts, what: string): NodeJS.Timeout {
    const seconds = this.#timeouts[setting];
    const timer = setTimeout(() => {
      if (setting === 'idleSeconds' && this.#held) timer.refresh();
      else
        this.#controller.abort(timeoutError(`${what} ${seconds} s`, `timeouts.${setting}`, this.#upstream));
    }, seconds * 1000);
    return timer;
  }
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
