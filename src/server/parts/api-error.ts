import { BudgetExceededError, InputError, ModelError, ReasoningError } from '../../core/errors.ts';

/** An answer that is an error, in the shape that clients of the OpenAI protocol read. */
export class ApiError extends ReasoningError {
  readonly status: number;
  readonly type: string;
  readonly code: string | null;
  readonly param: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    options: {
      readonly type?: string;
      readonly code?: string;
      readonly param?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = status;
    this.type = options.type ?? (status >= 500 ? 'server_error' : 'invalid_request_error');
    this.code = options.code ?? null;
    this.param = options.param ?? null;
    this.headers = options.headers ?? {};
  }
}

/** The body of an error: `{"error": {message, type, param, code}}`. */
export function errorBody({ message, type, param, code }: ApiError): {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
} {
  return { error: { message, type, param, code } };
}

/** A field that is not right. */
export function badField(param: string, message: string): ApiError {
  return new ApiError(400, message, { param, code: 'invalid_value' });
}

/** Status a client that has gone would have been given; it stands in the log only. */
export const CLIENT_GONE = 499;

/** Whatever was thrown, as an answer. What is not ours to explain says no more than that it happened. */
export function toApiError(cause: unknown): ApiError {
  if (cause instanceof ApiError) return cause;
  if (cause instanceof ModelError) return upstreamError(cause);
  if (cause instanceof InputError) return new ApiError(400, cause.message, { cause });
  if (cause instanceof BudgetExceededError)
    return new ApiError(400, cause.message, { code: 'budget_exceeded', cause });
  if (cause instanceof Error && cause.name === 'AbortError')
    return new ApiError(CLIENT_GONE, 'The client has gone', { type: 'client_error', cause });
  return new ApiError(500, 'Something went wrong inside the server; its log has the request id', { cause });
}

/** The upstream's calls were tried again already, so clients are told not to start over unless waiting may help. */
function upstreamError(error: ModelError): ApiError {
  const { kind, message, retryAfterSeconds } = error;
  const wait =
    retryAfterSeconds === undefined
      ? {}
      : {
          'retry-after': String(Math.ceil(retryAfterSeconds)),
          'retry-after-ms': String(Math.ceil(retryAfterSeconds * 1000)),
        };
  const answer = (status: number, type: string, code: string, again: boolean) =>
    new ApiError(status, message, {
      type,
      code,
      headers: { ...wait, 'x-should-retry': String(again) },
      cause: error,
    });
  switch (kind) {
    case 'rate-limit':
      return answer(429, 'rate_limit_error', 'rate_limit_exceeded', true);
    case 'quota':
      return answer(429, 'insufficient_quota', 'insufficient_quota', false);
    case 'not-found':
      return answer(404, 'invalid_request_error', 'model_not_found', false);
    case 'rejected':
      return answer(clientStatus(error.status), 'invalid_request_error', 'upstream_rejected', false);
    case 'not-recorded':
      return answer(404, 'invalid_request_error', 'not_recorded', false);
    case 'timeout':
      return answer(504, 'server_error', 'upstream_timeout', false);
    case 'unavailable':
      return answer(503, 'server_error', 'upstream_unavailable', true);
    case 'overloaded':
      return answer(503, 'server_error', 'upstream_overloaded', true);
    case 'auth':
      return answer(502, 'server_error', 'upstream_auth', false);
    case 'server':
    case 'connection':
    case 'protocol':
    case 'too-large':
      return answer(502, 'server_error', `upstream_${kind.replace('-', '_')}`, false);
    default:
      return kind satisfies never;
  }
}

function clientStatus(status: number | undefined): number {
  return status !== undefined && status >= 400 && status < 500 && status !== 401 ? status : 400;
}
