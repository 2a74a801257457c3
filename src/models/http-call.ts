import type { Dispatcher, Pool } from 'undici';
import type { Timeouts } from './call-deadline.ts';
import { CallDeadline } from './call-deadline.ts';
import type { Upstreamed } from './upstream-error.ts';
import { protocolError, tooLargeError, transportError } from './upstream-error.ts';

/** Largest answer that is read, in bytes, unless the caller says otherwise. */
export const DEFAULT_RESPONSE_BYTES = 32 * 1024 * 1024;
/** Of an answer that reports a failure only this much is read. */
const ERROR_BODY_BYTES = 64 * 1024;
/** What has come and is not read yet; the connection rests above this. */
const MOST_UNREAD_BYTES = 64 * 1024;
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
export function post(call: HttpCall): Promise<HttpAnswer> {
  if (call.signal?.aborted) return Promise.reject(call.signal.reason);
  return new Promise((resolve, reject) => {
    const reception = new Reception(call, { head: (answer) => resolve(answer), failed: reject });
    const { path, headers, body } = call;
    try {
      // timeouts of ours are exact, and tell apart what took too long
      call.pool.dispatch(
        { method: 'POST', path, headers, body, headersTimeout: 0, bodyTimeout: 0 },
        reception,
      );
    } catch (cause) {
      reception.onResponseError(undefined, cause as Error);
    }
  });
}

interface Listener {
  head(answer: HttpAnswer): void;
  /** Nothing came; called at most once, and never after `head`. */
  failed(cause: unknown): void;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Takes an answer as it arrives, straight from the connection, and keeps it until it is read. */
class Reception implements Dispatcher.DispatchHandler {
  readonly deadline: CallDeadline;
  readonly #call: HttpCall;
  readonly #listener: Listener;
  #controller: Dispatcher.DispatchController | undefined;
  #unread: Buffer[] = [];
  #unreadBytes = 0;
  #over: { readonly cause?: unknown } | undefined; // with a cause: it broke
  #wake: () => void = () => {};
  #rest: { bytes: number; readonly timer: NodeJS.Timeout } | undefined;
  #headed = false;

  constructor(call: HttpCall, listener: Listener) {
    this.#call = call;
    this.#listener = listener;
    this.deadline = new CallDeadline(call.signal, call.timeouts, call.upstream, (reason) => {
      this.#unread = []; // who stops an answer does not want the rest of it
      this.#end({ cause: reason });
      this.#controller?.abort(asError(reason));
    });
  }

  get over(): boolean {
    return this.#over !== undefined;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(asError(this.#over.cause)); // given up while it waited for a connection
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200 || this.#over) return;
    this.#headed = true;
    this.deadline.headArrived();
    try {
      this.#listener.head(new HttpAnswer(this, this.#call, status, headers));
    } catch (cause) {
      this.#headed = false;
      this.#end({ cause });
      throw cause;
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, piece: Buffer): void {
    if (this.#rest) {
      this.#rest.bytes -= piece.length;
      if (this.#rest.bytes < 0) this.abort();
      return;
    }
    this.#unread.push(piece);
    this.#unreadBytes += piece.length;
    if (this.#unreadBytes > MOST_UNREAD_BYTES) controller.pause();
    this.#wake();
  }

  onResponseEnd(): void {
    clearTimeout(this.#rest?.timer);
    this.#end({});
  }

  onResponseError(_: Dispatcher.DispatchController | undefined, cause: Error): void {
    clearTimeout(this.#rest?.timer);
    this.#unread = []; // nobody has seen it yet, so the call can be tried again
    this.#end({ cause: transportError(cause, this.#call.upstream) });
  }

  /** The next piece, in order; undefined at the end. Throws what broke the answer. */
  async read(): Promise<Buffer | undefined> {
    while (this.#unread.length === 0 && !this.#over)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    const piece = this.#unread.shift();
    if (!piece) {
      if (this.#over && 'cause' in this.#over) throw this.#over.cause;
      return undefined;
    }
    this.#unreadBytes -= piece.length;
    if (this.#unreadBytes === 0 && this.#controller?.paused) this.#controller.resume();
    return piece;
  }

  /** Lets the answer end on its own if that is soon. */
  letEnd(): void {
    if (this.#over) return;
    this.#rest = { bytes: REST_BYTES, timer: setTimeout(() => this.abort(), REST_MILLISECONDS) };
    if (this.#controller?.paused) this.#controller.resume();
  }

  abort(): void {
    clearTimeout(this.#rest?.timer);
    if (this.#over) return;
    this.#end({});
    this.#controller?.abort(new Error('The answer is no longer read'));
  }

  #end(over: { readonly cause?: unknown }): void {
    if (this.#over) return;
    this.#over = over;
    if (!this.#headed && 'cause' in over) {
      this.deadline.clear();
      this.#listener.failed(over.cause);
    }
    this.#wake();
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

const strict = new TextDecoder('utf-8', { fatal: true });
const lenient = new TextDecoder();
/** A mark at the beginning is no text; elsewhere it is. */
const inside = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** An answer whose head has arrived. Call `finish` after the last event that matters, `close` however else it ends. */
export class HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly contentType: string; // lower case, without parameters
  readonly #reception: Reception;
  readonly #most: number;
  readonly #upstream: Upstreamed;
  #received = 0;
  #unfinished: Uint8Array = new Uint8Array(); // the beginning of a character

  /** Throws ModelError for a head that says it is too much, or in an encoding that was not asked for. */
  constructor(
    reception: Reception,
    { maxResponseBytes, upstream }: HttpCall,
    status: number,
    headers: Headers,
  ) {
    this.status = status;
    this.headers = headers;
    this.contentType = (single(headers['content-type']) ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
    this.#reception = reception;
    this.#most = this.failed ? ERROR_BODY_BYTES : maxResponseBytes;
    this.#upstream = upstream;
    const encoding = single(headers['content-encoding']);
    if (encoding !== undefined && encoding !== 'identity')
      throw protocolError(
        `a body in the encoding ${JSON.stringify(encoding)}, which was not asked for`,
        upstream,
      );
    const length = Number(single(headers['content-length']));
    if (!this.failed && length > this.#most) throw this.#tooMuch(length);
  }

  get failed(): boolean {
    return this.status < 200 || this.status > 299;
  }

  /** The body in one piece; of a failed call no more than its beginning. */
  async text(): Promise<string> {
    const pieces: Buffer[] = [];
    for (;;) {
      const piece = await this.#reception.read();
      if (!piece) break;
      this.#reception.deadline.refresh();
      this.#received += piece.length;
      if (this.#received <= this.#most) pieces.push(piece);
      else if (this.failed) break;
      else throw this.#tooMuch();
    }
    const bytes = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
    return this.#decode(this.failed ? lenient : strict, bytes);
  }

  /** The next piece of the body as text, maybe an empty one; undefined at the end. */
  async read(): Promise<string | undefined> {
    const { deadline } = this.#reception;
    deadline.refresh();
    const piece = await this.#reception.read();
    deadline.hold();
    if (!piece) {
      if (this.#unfinished.length > 0) this.#decode(inside, this.#unfinished);
      return undefined;
    }
    this.#received += piece.length;
    if (this.#received > this.#most) throw this.#tooMuch();
    const bytes = this.#unfinished.length > 0 ? Buffer.concat([this.#unfinished, piece]) : piece;
    const whole = bytes.length - unfinishedBytes(bytes);
    this.#unfinished = bytes.subarray(whole);
    return this.#decode(inside, bytes.subarray(0, whole));
  }

  /** All that matters has been read. Keeps the connection for the next call if the answer ends soon. */
  finish(): void {
    this.#reception.deadline.clear();
    this.#reception.letEnd();
  }

  /** Gives the connection up; without effect on an answer that was read to its end. */
  close(): void {
    this.#reception.deadline.clear();
    this.#reception.abort();
  }

  #tooMuch(bytes?: number): Error {
    const what = bytes === undefined ? 'more' : `${bytes} bytes, more`;
    return tooLargeError(`${what} than the ${this.#most} bytes that may be read`, this.#upstream);
  }

  /** Half a character, or a byte that is none, means that text was lost or changed on the way. */
  #decode(decoder: TextDecoder, bytes: Uint8Array): string {
    try {
      return decoder.decode(bytes);
    } catch (cause) {
      throw protocolError('text that is not UTF-8, or ends inside a character', this.#upstream, cause);
    }
  }
}

/** Bytes at the end that begin a character of UTF-8 and do not finish it. */
function unfinishedBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue; // inside a character
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back ? back : 0;
  }
  return 0; // no character begins so: the decoder will say it
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
