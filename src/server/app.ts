import { Hono } from 'hono';
import type { RunStore } from '../evaluation/run-store.ts';
import { ask } from './ask.ts';
import { showCatalog } from './catalog.ts';
import { chatCompletions } from './chat-completions.ts';
import { embeddings } from './embeddings.ts';
import { healthz, metricsText, readyz } from './health.ts';
import { listModels, showModel } from './models.ts';
import type { AccessOptions } from './parts/access.ts';
import { Access } from './parts/access.ts';
import { ApiError, toApiError } from './parts/api-error.ts';
import type { ExchangeParts, Handler, RouteOptions } from './parts/exchange.ts';
import { exchange } from './parts/exchange.ts';
import { Metrics } from './parts/metrics.ts';
import { openApiDocument } from './parts/open-api.ts';
import { Replays } from './parts/replays.ts';
import { errorReply, jsonReply, toResponse } from './parts/reply.ts';
import type { ServedModelsOptions } from './parts/served-models.ts';
import { ServedModels } from './parts/served-models.ts';
import type { ServerState } from './parts/server-state.ts';
import { openServerState } from './parts/server-state.ts';
import type { StaticFile } from './parts/static-files.ts';
import { staticFile } from './parts/static-files.ts';
import { createResponse, deleteResponse, showResponse } from './responses.ts';
import { compareRuns, listRuns, showRun, showTrace } from './runs.ts';
import { listTraining, showTraining } from './training.ts';

export interface ServerOptions extends ServedModelsOptions {
  readonly access: AccessOptions;
  /** Log, money and stored responses. Default: in memory. */
  readonly state?: ServerState;
  /** Stored runs, to be looked at. */
  readonly runs?: RunStore;
  /** Folder with one folder per run of training. */
  readonly training?: string;
  /** The page, by path. */
  readonly pages?: ReadonlyMap<string, StaticFile>;
  readonly version?: string;
  /** Receives what went wrong inside the server. Default: nobody. */
  readonly onError?: ExchangeParts['onError'];
}

/** A server that is not listening yet: `fetch` answers one request. */
export interface ReckonServer {
  readonly fetch: (request: Request, environment?: unknown) => Response | Promise<Response>;
  /** Calls of `/readyz` say from now on that it is closing. */
  beginClose(): void;
  /** Ends models, sandbox and state. Nothing may be in flight. */
  close(): Promise<void>;
}

const METHODS = ['GET', 'POST', 'DELETE'] as const;

/** Methods over the OpenAI protocol, and what the page needs. Throws InputError for options that cannot be meant. */
export function reckonServer(options: ServerOptions): ReckonServer {
  const { version = '0', state = openServerState(':memory:'), runs, training, pages = new Map() } = options;
  const models = new ServedModels(options);
  const metrics = new Metrics();
  const closing = new AbortController();
  const parts: ExchangeParts = {
    access: new Access({ ...options.access, spent: state.spent() }),
    metrics,
    replays: new Replays(),
    state,
    onError: options.onError ?? (() => {}),
  };
  const app = new Hono();
  const route = (method: (typeof METHODS)[number], path: string, settings: RouteOptions, handler: Handler) =>
    app.on(method, path, exchange(parts, settings, handler));

  for (const prefix of ['/v1', '/m/:method/v1']) {
    const chat = chatCompletions(models);
    route('POST', `${prefix}/chat/completions`, { route: 'chat', work: true }, chat);
    route('POST', `${prefix}/responses`, { route: 'responses', work: true }, createResponse(models, state));
    route('GET', `${prefix}/responses/:id`, { route: 'response' }, showResponse(state));
    route('DELETE', `${prefix}/responses/:id`, { route: 'response' }, deleteResponse(state));
    route('GET', `${prefix}/models`, { route: 'models' }, listModels(models));
    route('GET', `${prefix}/models/:id{.+}`, { route: 'model' }, showModel(models));
    route('POST', `${prefix}/embeddings`, { route: 'embeddings', work: true }, embeddings(models));
  }
  let document: unknown;
  const openApi: Handler = () => {
    document ??= openApiDocument(version);
    return jsonReply(document);
  };
  route('GET', '/openapi.json', { route: 'openapi', open: true }, openApi);
  route('GET', '/healthz', { route: 'healthz', open: true }, healthz(version));
  route('GET', '/readyz', { route: 'readyz', open: true }, readyz(closing.signal));
  route('GET', '/metrics', { route: 'metrics' }, metricsText(metrics));

  route('GET', '/api/catalog', { route: 'catalog' }, showCatalog(models, version));
  route('POST', '/api/ask', { route: 'ask', work: true }, ask(models));
  if (runs) {
    route('GET', '/api/runs', { route: 'runs' }, listRuns(runs));
    route('GET', '/api/runs/:run', { route: 'runs' }, showRun(runs));
    route('GET', '/api/runs/:run/trace', { route: 'runs' }, showTrace(runs));
    route('GET', '/api/runs/:run/with/:other', { route: 'runs' }, compareRuns(runs));
  }
  if (training !== undefined) {
    route('GET', '/api/training', { route: 'training' }, listTraining(training));
    route('GET', '/api/training/:name', { route: 'training' }, showTraining(training));
  }
  for (const [path, file] of pages) route('GET', path, { route: 'page', open: true }, staticFile(file));

  app.notFound((context) => {
    const { method, path } = context.req;
    const allowed = METHODS.filter((other) => app.router.match(other, path)[0].length > 0).join(', ');
    const refused =
      allowed === ''
        ? new ApiError(404, `There is no ${method} ${path.slice(0, 200)}`, { code: 'not_found' })
        : new ApiError(405, `${method} is not for this path; it takes ${allowed}`, {
            code: 'method_not_allowed',
            headers: { allow: allowed },
          });
    return exchange(parts, { route: 'none', open: true }, () => {
      throw refused;
    })(context);
  });
  app.onError((error) => {
    parts.onError(error, '');
    return toResponse(errorReply(toApiError(error)));
  });

  return {
    fetch: (request, environment) => app.fetch(request, environment as object | undefined),
    beginClose: () => closing.abort(),
    async close() {
      closing.abort();
      await models.close();
      state.close();
    },
  };
}
