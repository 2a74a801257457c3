import type { ServerResponse } from 'node:http';

/** The answer that would have been given. */
export interface WouldBe {
  readonly json: string;
  readonly events: readonly string[]; // whole server-sent events, the last one `[DONE]`
}

type Fault = (response: ServerResponse, wouldBe: WouldBe) => void;

const HUGE_BYTES = 100 * 1024 * 1024;
const HUGE_PIECE = Buffer.alloc(256 * 1024, 0x20);
const DRIP_MILLISECONDS = 5;

/** Everything that is known to go wrong between a client and an upstream. Faults that wait go on until the client leaves. */
const FAULTS = {
  // statuses that are worth another try
  'status-408': status(408, { type: 'timeout' }),
  'status-409': status(409, { type: 'conflict' }),
  'status-429': status(429, { code: 'rate_limit_exceeded' }),
  'status-429-retry-after-seconds': status(429, { code: 'rate_limit_exceeded' }, { 'retry-after': '1' }),
  'status-429-retry-after-date': (response, wouldBe) => {
    const date = new Date(Date.now() + 1_000).toUTCString();
    status(429, { code: 'rate_limit_exceeded' }, { 'retry-after': date })(response, wouldBe);
  },
  'status-429-retry-after-ms': status(429, { code: 'rate_limit_exceeded' }, { 'retry-after-ms': '120' }),
  'status-500': status(500, { type: 'server_error' }),
  'status-500-empty': (response) => void response.writeHead(500).end(),
  'status-502-html': (response) =>
    void response.writeHead(502, { 'content-type': 'text/html' }).end('<html><h1>Bad Gateway</h1></html>'),
  'status-503': status(503, { type: 'server_error' }),
  'status-503-retry-after': status(503, { type: 'server_error' }, { 'retry-after-ms': '80' }),
  'status-504': status(504, { type: 'server_error' }),
  'status-529': status(529, { type: 'overloaded_error' }),
  'status-400-should-retry': status(400, { type: 'invalid_request_error' }, { 'x-should-retry': 'true' }),

  // statuses that are not
  'status-400': status(400, { type: 'invalid_request_error' }),
  'status-401': status(401, { code: 'invalid_api_key' }),
  'status-402': status(402, { code: 'insufficient_credit' }),
  'status-403': status(403, { type: 'permission_error' }),
  'status-404': status(404, { code: 'model_not_found' }),
  'status-413': status(413, { type: 'request_too_large' }),
  'status-422': status(422, { type: 'invalid_request_error' }),
  'status-429-quota': status(429, { code: 'insufficient_quota' }),
  'status-500-should-not-retry': status(500, { type: 'server_error' }, { 'x-should-retry': 'false' }),
  redirect: (response) => void response.writeHead(307, { location: '/elsewhere' }).end(),

  // the connection
  'reset-before-headers': reset,
  'reset-in-headers': (response) =>
    void response.socket?.write('HTTP/1.1 200 OK\r\ncontent-ty', () => reset(response)),
  'reset-after-headers': (response, { json }) => void ok(response).write(half(json), () => reset(response)),
  'closed-before-headers': (response) => void response.socket?.end(),
  'half-open': () => {}, // accepted, then nothing
  'slow-headers': (response) => {
    response.socket?.write('HTTP/1.1 200 OK\r\n');
    drip(response, () => response.socket?.write('x: y\r\n'));
  },
  'slow-body': (response) => drip(ok(response), () => response.write(' ')),
  'stalled-body': (response, { json }) => void ok(response).write(half(json)),
  'not-http': (response) => void response.socket?.end('220 mail.example.net ESMTP\r\n\r\n'),

  // the body
  'truncated-json': (response, { json }) => void ok(response).end(json.slice(0, -20)),
  'short-body': (response, { json }) => {
    ok(response, 'application/json', { 'content-length': String(Buffer.byteLength(json)) });
    response.write(half(json), () => response.socket?.end());
  },
  'invalid-utf8': (response, { json }) => {
    ok(response).write(half(json));
    response.end(Buffer.from([0xc3, 0x28, 0xff]));
  },
  'empty-body': (response) => void ok(response).end(),
  'no-choices': (response) => void ok(response).end('{"object":"chat.completion","choices":[]}'),
  'deep-json': (response) =>
    void ok(response).end(`{"choices":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
  'html-200': (response) => void ok(response, 'text/html').end('<html>Welcome to the captive portal</html>'),
  'gzip-200': (response) =>
    void ok(response, 'application/json', { 'content-encoding': 'gzip' }).end(
      Buffer.from([0x1f, 0x8b, 8, 0]),
    ),
  'error-200': (response) =>
    void ok(response).end('{"error":{"message":"scripted error-200","type":"server_error"}}'),
  'error-200-rate-limit': (response) =>
    void ok(response).end('{"error":{"message":"scripted error-200-rate-limit","code":429}}'),
  'huge-body': (response) =>
    flood(ok(response, 'application/json', { 'content-length': String(HUGE_BYTES) })),
  'huge-body-chunked': (response) => flood(ok(response)),

  // the event stream
  'stream-cut-mid-event': (response, { events }) =>
    void begin(response, events).end('data: {"choices":[{"index":0,"del'),
  'stream-cut-mid-character': (response, { events }) => {
    begin(response, events).write('data: {"choices":[{"index":0,"delta":{"content":"');
    response.end(Buffer.from('é').subarray(0, 1));
  },
  'stream-without-end': (response, { events }) => void begin(response, events).end(),
  'stream-reset': (response, { events }) =>
    void begin(response, events).write(': still here\n\n', () =>
      setTimeout(reset, DRIP_MILLISECONDS, response),
    ),
  'stream-error': (response, { events }) =>
    void begin(response, events).end(
      'data: {"error":{"message":"scripted stream-error","type":"server_error"}}\n\n',
    ),
  'stream-bad-json': (response, { events }) =>
    void begin(response, events).end('data: {"choices":[{"index":0,"delta":{"content":"x"}]}\n\n'),
  'stream-huge-event': (response, { events }) => {
    begin(response, events).write('data: ');
    flood(response);
  },
} as const satisfies Record<string, Fault>;

export type FaultKind = keyof typeof FAULTS;

/** The names of all faults. */
export const faultKinds: readonly FaultKind[] = Object.keys(FAULTS) as FaultKind[];

/** Answers a call with a fault. */
export function answerWithFault(kind: FaultKind, response: ServerResponse, wouldBe: WouldBe): void {
  const fault: Fault = FAULTS[kind];
  fault(response, wouldBe);
}

function status(code: number, error: object, headers: Record<string, string> = {}): Fault {
  return (response) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ error: { message: `scripted status ${code}`, ...error } }));
  };
}

function ok(
  response: ServerResponse,
  type = 'application/json',
  headers: Record<string, string> = {},
): ServerResponse {
  return response.writeHead(200, { 'content-type': type, ...headers });
}

/** A stream with all of its text but not its end. */
function begin(response: ServerResponse, events: readonly string[]): ServerResponse {
  ok(response, 'text/event-stream');
  for (const event of events) {
    if (!event.includes('"finish_reason":null')) break;
    response.write(event);
  }
  return response;
}

function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

function half(text: string): string {
  return text.slice(0, text.length / 2);
}

/** Repeats `write` until the client is gone. */
function drip(response: ServerResponse, write: () => void): void {
  const timer = setInterval(write, DRIP_MILLISECONDS);
  response.on('close', () => clearInterval(timer));
}

/** Writes a hundred megabytes, as fast as they are read, until the client is gone. */
function flood(response: ServerResponse): void {
  let left = HUGE_BYTES;
  const write = () => {
    while (left > 0 && !response.destroyed) {
      left -= HUGE_PIECE.length;
      if (!response.write(HUGE_PIECE)) {
        response.once('drain', write);
        return;
      }
    }
    if (!response.destroyed) response.end();
  };
  write();
}
