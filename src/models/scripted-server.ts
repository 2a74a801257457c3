import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InputError, ModelError } from '../core/errors.ts';
import type { Completion, SampleRequest, TokenLogProb } from '../core/model.ts';
import { complete } from '../core/model.ts';
import { seeded } from '../core/random.ts';
import type { ReasoningDialect } from './chat-protocol.ts';
import { chatCompletion, chatCompletionEvents, readChatRequest } from './chat-protocol.ts';
import type { FaultKind } from './faults.ts';
import { answerWithFault, faultKinds } from './faults.ts';
import type { ScriptedOptions } from './scripted.ts';
import { scripted } from './scripted.ts';
import { SlidingWindow } from './sliding-window.ts';

export type { FaultKind } from './faults.ts';
export { faultKinds } from './faults.ts';

/** Which calls meet which fault: at random, or as a function decides call by call (undefined: none). */
export type FaultPlan =
  | { readonly rate: number; readonly seed?: number; readonly kinds?: readonly FaultKind[] }
  | ((call: { readonly number: number; readonly request: SampleRequest }) => FaultKind | undefined);

export interface ScriptedServerOptions {
  /** Writes the completions, as for a scripted model. A ModelError with a status becomes that status. */
  readonly answer: ScriptedOptions['answer'];
  readonly port?: number; // on 127.0.0.1; default 0: any free one
  readonly latencyMilliseconds?: number; // before each answer begins; default 0
  /** A call may also ask for a fault itself: header `x-fault`, or the field `fault` of the body. */
  readonly faults?: FaultPlan;
  readonly model?: string; // the one in /v1/models; default `scripted`
  readonly apiKey?: string; // asked for when given
  readonly requestsPerSecond?: number; // more in any second: 429
  readonly tokensPerMinute?: number; // more in any minute: 429
  readonly retryAfter?: 'none' | 'seconds' | 'milliseconds'; // sent with these 429s; default none
  readonly dialect?: ReasoningDialect; // default reasoning_content
  readonly honoursN?: boolean; // default true; otherwise one choice comes back whatever was asked for
  readonly reportsUsage?: boolean; // default true
  /** Parameters answered with 400, as real servers do with those they do not know. */
  readonly refuses?: readonly string[];
}

/** What a server has seen so far. */
export interface ServerStats {
  requests: number; // POST /v1/chat/completions
  answered: number;
  limited: number; // 429 by the limits above
  openNow: number;
  mostOpen: number;
  gone: number; // clients that left before their answer
  connections: number;
  readonly faults: Partial<Record<FaultKind, number>>;
}

export interface ScriptedServer {
  readonly url: string; // http://127.0.0.1:<port>; the API is under /v1
  readonly stats: ServerStats;
  close(): Promise<void>;
}

const LARGEST_BODY_BYTES = 16 * 1024 * 1024;

/**
 * A scripted model behind a real HTTP server that speaks the OpenAI chat protocol, streaming and not, with faults and rate
 * limits on demand: for tests, benches and demonstrations without a key.
 */
export async function scriptedServer(options: ScriptedServerOptions): Promise<ScriptedServer> {
  const { port = 0, model = 'scripted', apiKey } = options;
  const stats: ServerStats = {
    requests: 0,
    answered: 0,
    limited: 0,
    openNow: 0,
    mostOpen: 0,
    gone: 0,
    connections: 0,
    faults: {},
  };
  const chat = new ChatEndpoint(options, stats);
  const server = createServer({ keepAliveTimeout: 30_000 }, (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (apiKey !== undefined && request.headers.authorization !== `Bearer ${apiKey}`)
      return fail(
        response,
        401,
        `Incorrect API key provided: ${request.headers.authorization}`,
        'invalid_api_key',
      );
    if (request.method === 'GET' && pathname === '/v1/models')
      return sendJson(response, 200, {
        object: 'list',
        data: [{ id: model, object: 'model', created: 0, owned_by: 'reckon' }],
      });
    if (request.method === 'POST' && pathname === '/v1/chat/completions') {
      chat.answer(request, response).catch((cause: unknown) => {
        if (response.headersSent) response.destroy();
        else if (cause instanceof InputError) fail(response, 400, cause.message, 'invalid_request_error');
        else if (cause instanceof ModelError) fail(response, cause.status ?? 500, cause.message, cause.kind);
        else fail(response, 500, String(cause), 'server_error');
      });
      return;
    }
    fail(response, 404, `There is no ${request.method} ${pathname}`, 'not_found');
  });
  server.on('connection', () => {
    stats.connections++;
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stats,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

class ChatEndpoint {
  readonly #options: ScriptedServerOptions;
  readonly #stats: ServerStats;
  readonly #requests = new SlidingWindow(1_000);
  readonly #tokens = new SlidingWindow(60_000);

  constructor(options: ScriptedServerOptions, stats: ServerStats) {
    this.#options = options;
    this.#stats = stats;
  }

  async answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { latencyMilliseconds = 0, model = 'scripted', refuses = [], honoursN = true } = this.#options;
    const stats = this.#stats;
    const arrivedAt = performance.now();
    const number = stats.requests++;
    stats.mostOpen = Math.max(stats.mostOpen, ++stats.openNow);
    response.once('close', () => {
      stats.openNow--;
      if (!response.writableFinished) stats.gone++;
    });
    const body = parse(await readBody(incoming));
    const { request, n, stream, includeUsage } = readChatRequest(body);
    for (const name of refuses)
      if (Object.hasOwn(body, name))
        return fail(
          response,
          400,
          `Unsupported parameter: '${name}' is not supported with this model.`,
          'unsupported_parameter',
          name,
        );
    if (this.#limited(response)) return;
    const wanted = honoursN ? n : 1;
    const completions = await Promise.all(
      Array.from({ length: wanted }, (_, index) => this.#complete(request, index)),
    );
    const left = latencyMilliseconds - (performance.now() - arrivedAt);
    if (left > 0) await untilGone(response, left);
    if (response.destroyed) return;
    this.#tokens.add(
      completions.reduce((sum, { usage }) => sum + usage.promptTokens + usage.completionTokens, 0),
    );
    const parts = {
      id: `chatcmpl-${randomUUID()}`,
      model,
      completions,
      dialect: this.#options.dialect ?? 'reasoning_content',
      reportUsage: this.#options.reportsUsage ?? true,
    };
    const fault = this.#fault(incoming, body, number, request);
    if (fault) {
      stats.faults[fault] = (stats.faults[fault] ?? 0) + 1;
      const events = chatCompletionEvents({ ...parts, includeUsage });
      return answerWithFault(fault, response, { json: JSON.stringify(chatCompletion(parts)), events });
    }
    stats.answered++;
    if (!stream) return sendJson(response, 200, chatCompletion(parts));
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    for (const event of chatCompletionEvents({ ...parts, includeUsage })) response.write(event);
    response.end();
  }

  async #complete(request: SampleRequest, index: number): Promise<Completion> {
    const seed = request.seed === undefined ? {} : { seed: request.seed + index };
    const completion = await complete(scripted({ answer: this.#options.answer }), {
      ...request,
      ...seed,
      index,
    });
    const withCalls = completion.toolCalls ? completion : { ...completion, ...echoTool(request) };
    return request.topLogProbs === undefined || completion.logProbs
      ? withCalls
      : { ...withCalls, logProbs: scriptedLogProbs(completion.text, request.topLogProbs) };
  }

  #fault(
    incoming: IncomingMessage,
    body: Readonly<Record<string, unknown>>,
    number: number,
    request: SampleRequest,
  ): FaultKind | undefined {
    const asked = incoming.headers['x-fault'] ?? body.fault;
    if (asked !== undefined) {
      const kind = faultKinds.find((known) => known === asked);
      if (!kind) throw new InputError(`There is no fault ${JSON.stringify(asked)}`);
      return kind;
    }
    const { faults } = this.#options;
    if (typeof faults === 'function') return faults({ number, request });
    if (!faults) return undefined;
    const { rate, seed = 0, kinds = faultKinds } = faults;
    const random = seeded(seed).fork(`fault ${number}`);
    return random.next() < rate ? kinds[random.integer(kinds.length)] : undefined;
  }

  #limited(response: ServerResponse): boolean {
    const { requestsPerSecond, tokensPerMinute, retryAfter = 'none' } = this.#options;
    const over =
      (requestsPerSecond !== undefined && this.#requests.total() >= requestsPerSecond && this.#requests) ||
      (tokensPerMinute !== undefined && this.#tokens.total() >= tokensPerMinute && this.#tokens);
    if (!over) {
      this.#requests.add(1);
      return false;
    }
    this.#stats.limited++;
    const wait = over.milliseconds();
    if (retryAfter === 'seconds') response.setHeader('retry-after', Math.ceil(wait / 1000));
    if (retryAfter === 'milliseconds') response.setHeader('retry-after-ms', Math.ceil(wait));
    fail(response, 429, 'Rate limit reached', 'rate_limit_exceeded');
    return true;
  }
}

/** Where a tool must be called and the script calls none, the first or named one is called with the question. */
function echoTool({ tools, toolChoice, messages }: SampleRequest): Partial<Completion> {
  if (!tools || (toolChoice !== 'required' && typeof toolChoice !== 'object')) return {};
  const name = typeof toolChoice === 'object' ? toolChoice.name : tools[0]?.name;
  if (name === undefined) return {};
  const text = messages.findLast((message) => message.role === 'user')?.text ?? '';
  return {
    text: '',
    finish: 'tool-call',
    toolCalls: [{ id: 'call_0', name, input: JSON.stringify({ text }) }],
  };
}

/** One token a word, each a little less likely than the last. */
function scriptedLogProbs(text: string, top: number): readonly TokenLogProb[] {
  return (text.match(/\s*\S+/g) ?? []).map((token, index) => {
    const logProb = -0.01 * (1 + (index % 100));
    const others = Array.from({ length: top }, (_, rank) => ({
      token: rank === 0 ? token : `${token}${rank}`,
      logProb: logProb - rank,
    }));
    return { token, logProb, ...(top > 0 && { top: others }) };
  });
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > LARGEST_BODY_BYTES)
      throw new InputError(`The body has more than ${LARGEST_BODY_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InputError('The body is not JSON', { cause });
  }
}

/** Waits, but not for a client that has gone. */
function untilGone(response: ServerResponse, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      response.off('close', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    response.on('close', done);
  });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

function fail(
  response: ServerResponse,
  status: number,
  message: string,
  code: string,
  param: string | null = null,
): void {
  sendJson(response, status, { error: { message, type: code, code, param } });
}
