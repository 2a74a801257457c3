import type { ModelErrorKind } from '../core/errors.ts';
import { ModelError } from '../core/errors.ts';

/** Upstream words longer than this are cut in messages. */
const MOST_WORDS = 300;

/** What is known of an upstream when one of its calls fails. */
export interface Upstreamed {
  readonly host: string;
  /** Strings that must never be shown: the key, values of the caller's own headers. */
  readonly secrets: readonly string[];
  readonly date: () => number; // milliseconds since 1970
}

/** What an answer told about its failure. */
export interface FailedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

interface ErrorBody {
  readonly message: string;
  readonly code: string;
  readonly type: string;
  readonly param: string;
  readonly status: number | undefined;
}

/** An answer whose status says that the call failed. */
export function answerError(answer: FailedAnswer, upstream: Upstreamed): ModelError {
  const body = readErrorBody(answer.body);
  return fromStatus(answer.status, body, answer.headers, upstream);
}

/** An error object inside an answer that began well: a 200 with `{"error": …}`, or one in the middle of a stream. */
export function embeddedError(error: unknown, upstream: Upstreamed): ModelError {
  const body = readErrorObject({ error }, '');
  return fromStatus(body.status ?? statusOfCode(`${body.code} ${body.type}`), body, {}, upstream);
}

/** The parameter a 400 or 422 says it does not support, among those that were sent; undefined for any other error. */
export function unsupportedParameter(error: ModelError, sent: readonly string[]): string | undefined {
  if (!(error instanceof UpstreamRejection)) return undefined;
  const { param, code, message } = error.body;
  const words = `${code} ${message}`.slice(0, 2_000);
  if (
    !/unsupported|support|unrecogni|unknown|unexpected|not permitted|not allowed|extra (input|field)/i.test(
      words,
    )
  )
    return undefined;
  // the message may name a replacement as well, so the parameter's own field comes first, then order of mention
  if (sent.includes(param)) return param;
  const mentioned = sent
    .map((name) => ({ name, at: indexOfWord(message, name) }))
    .filter(({ at }) => at >= 0)
    .toSorted((a, b) => a.at - b.at);
  return mentioned[0]?.name;
}

/** A 4xx, with what it said, so that the request can be put right. What it said is not printed: it may hold secrets. */
class UpstreamRejection extends ModelError {
  readonly #body: ErrorBody;

  constructor(message: string, options: ConstructorParameters<typeof ModelError>[1], body: ErrorBody) {
    super(message, options);
    this.#body = body;
  }

  override get name(): string {
    return 'ModelError';
  }

  get body(): ErrorBody {
    return this.#body;
  }
}

/** Failures below HTTP: no connection, a reset, a timeout of the socket, an answer that is not HTTP. */
export function transportError(cause: unknown, upstream: Upstreamed): ModelError {
  if (cause instanceof ModelError) return cause;
  const { host } = upstream;
  const code = errorCode(cause);
  const said = clean(cause instanceof Error ? cause.message : String(cause), upstream);
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT')
    return new ModelError(
      `${host} did not accept a connection in time (${code}); check that the server is up`,
      {
        kind: 'timeout',
        retryable: true,
        cause,
      },
    );
  if ((cause instanceof Error && cause.name === 'HTTPParserError') || code === 'UND_ERR_HEADERS_OVERFLOW')
    return protocolError(`an answer that is not HTTP (${said})`, upstream, cause);
  const certificate = /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code);
  return new ModelError(
    certificate
      ? `The certificate of ${host} cannot be trusted (${code}); correct the certificate or the address`
      : `The connection to ${host} failed (${code || said}); check that the server runs and that baseUrl is right`,
    { kind: 'connection', retryable: !certificate, cause },
  );
}

/** The answer is not what the protocol allows. `what` completes "<host> sent …". */
export function protocolError(what: string, upstream: Upstreamed, cause?: unknown): ModelError {
  return new ModelError(
    `${upstream.host} sent ${clean(what, upstream)}; check that baseUrl leads to an OpenAI-compatible API`,
    { kind: 'protocol', retryable: true, ...(cause !== undefined && { cause }) },
  );
}

/** Something took longer than it may. `what` completes "<host> …". */
export function timeoutError(what: string, setting: string, upstream: Upstreamed): ModelError {
  return new ModelError(`${upstream.host} ${what}; raise ${setting} if the model needs longer`, {
    kind: 'timeout',
    retryable: true,
  });
}

/** More bytes came than may come. */
export function tooLargeError(what: string, upstream: Upstreamed): ModelError {
  return new ModelError(`${upstream.host} sent ${what}; lower maxTokens or check the server`, {
    kind: 'too-large',
  });
}

/** Seconds to wait by `retry-after-ms` or `retry-after`, which holds seconds or a date. */
export function retryAfterSeconds(headers: FailedAnswer['headers'], date: () => number): number | undefined {
  const milliseconds = Number(single(headers['retry-after-ms']) ?? Number.NaN);
  if (Number.isFinite(milliseconds) && milliseconds >= 0) return milliseconds / 1000;
  const value = single(headers['retry-after'])?.trim();
  if (!value) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return seconds >= 0 ? seconds : undefined;
  const until = Date.parse(value);
  return Number.isNaN(until) ? undefined : Math.max(0, (until - date()) / 1000);
}

const REMEDIES: Record<ModelErrorKind, string> = {
  'rate-limit': 'lower limits.concurrency or limits.requestsPerMinute, or wait',
  server: 'the server is at fault: try again later',
  overloaded: 'the server has too much to do: try again later',
  connection: 'check that the server runs',
  timeout: 'try again, or ask for fewer tokens',
  protocol: 'check that baseUrl leads to an OpenAI-compatible API',
  'too-large': 'shorten the prompt',
  auth: 'check the API key for this host',
  'not-found': 'check the model name, and that baseUrl ends where /chat/completions is added',
  rejected: 'correct the request',
  quota: 'add credit, or use another key',
  unavailable: 'check that the server is up',
  'not-recorded': 'record this request first',
};

function fromStatus(
  status: number,
  body: ErrorBody,
  headers: FailedAnswer['headers'],
  upstream: Upstreamed,
): ModelError {
  const { kind, retryable } = classify(status, `${body.code} ${body.type}`);
  const wish = single(headers['x-should-retry']);
  const wait = retryAfterSeconds(headers, upstream.date);
  const said = clean(body.message, upstream);
  const message =
    `${upstream.host} answered ${status} (${kind})${said && `: ${JSON.stringify(said)}`}; ` +
    `${REMEDIES[kind]}${wait === undefined ? '' : ` (asked to wait ${Number(wait.toFixed(1))} s)`}`;
  const options = {
    kind,
    retryable: wish === 'true' || (wish !== 'false' && retryable),
    status,
    ...(wait !== undefined && { retryAfterSeconds: wait }),
  };
  return kind === 'rejected'
    ? new UpstreamRejection(message, options, body)
    : new ModelError(message, options);
}

function classify(status: number, code: string): { kind: ModelErrorKind; retryable: boolean } {
  switch (status) {
    case 401:
    case 403:
      return { kind: 'auth', retryable: false };
    case 402:
      return { kind: 'quota', retryable: false };
    case 404:
      return { kind: 'not-found', retryable: false };
    case 408:
      return { kind: 'timeout', retryable: true };
    case 409:
      return { kind: 'rejected', retryable: true };
    case 413:
      return { kind: 'too-large', retryable: false };
    case 429:
      return /insufficient_quota|billing/.test(code)
        ? { kind: 'quota', retryable: false }
        : { kind: 'rate-limit', retryable: true };
    case 503:
    case 529:
      return { kind: 'overloaded', retryable: true };
  }
  if (status >= 500) return { kind: 'server', retryable: true };
  if (status >= 400) return { kind: 'rejected', retryable: false };
  return { kind: 'protocol', retryable: false }; // a redirect, which is not followed, or a status without meaning here
}

/** The status that an error object would have come with. */
function statusOfCode(code: string): number {
  if (/rate_limit|insufficient_quota/.test(code)) return 429;
  if (/overloaded/.test(code)) return 529;
  if (/invalid_api_key|authentication|permission/.test(code)) return 401;
  if (/model_not_found|not_found/.test(code)) return 404;
  if (/invalid_request|context_length|unsupported/.test(code)) return 400;
  if (/timeout/.test(code)) return 408;
  return 500;
}

function readErrorBody(text: string): ErrorBody {
  try {
    return readErrorObject(JSON.parse(text), text);
  } catch {
    return readErrorObject(undefined, text); // no JSON: the words themselves are all there is
  }
}

/** {"error": {…}}, {"error": "…"}, {"message": …}, {"detail": …}: servers differ. */
function readErrorObject(parsed: unknown, text: string): ErrorBody {
  const { error, message, detail } = fieldsOf(parsed);
  const { message: inner, code, status, type, param } = fieldsOf(error);
  const number = Number(code ?? status);
  const words = [inner, error, message, detail].map(asText).find((found) => found !== '');
  return {
    message: words ?? text,
    code: asText(code),
    type: asText(type),
    param: asText(param),
    status: Number.isInteger(number) && number >= 400 && number <= 599 ? number : undefined,
  };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** Upstream words as they may be shown: no secrets, no control characters, not too long. */
function clean(text: string, { secrets }: Upstreamed): string {
  let shown = text.slice(0, 10 * MOST_WORDS);
  for (const secret of secrets) shown = shown.replaceAll(secret, '…');
  shown = shown
    .replace(/\bBearer [\w.~+/=-]+/gi, 'Bearer …')
    .replace(/\bsk-[\w-]{8,}/g, 'sk-…')
    .replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim();
  return shown.length > MOST_WORDS ? `${shown.slice(0, MOST_WORDS)}…` : shown;
}

function errorCode(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0) return errorCode(cause.errors[0]);
  if (typeof cause !== 'object' || cause === null) return '';
  const code = (cause as { code?: unknown }).code;
  if (typeof code === 'string') return code;
  const inner = (cause as { cause?: unknown }).cause;
  return inner === undefined ? '' : errorCode(inner);
}

function indexOfWord(text: string, word: string): number {
  const found = new RegExp(`(?<![\\w])${word}(?![\\w])`).exec(text);
  return found ? found.index : -1;
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
