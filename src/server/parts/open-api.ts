import { OpenAPIHono, z } from '@hono/zod-openapi';
import { askBody } from '../ask.ts';
import { embeddingsBody } from '../embeddings.ts';
import { chatBody } from './chat-schema.ts';
import { responsesBody } from './responses-schema.ts';

const errorAnswer = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string().nullable(),
    }),
  })
  .openapi('Error');

/** Every path with what it takes; answers follow the OpenAI protocol. */
const PATHS: readonly (readonly [
  method: 'get' | 'post' | 'delete',
  path: string,
  summary: string,
  body?: z.ZodType,
])[] = [
  ['post', '/v1/chat/completions', 'Answer a conversation, by a model or by a method over it', chatBody],
  ['post', '/v1/responses', 'Answer in the responses protocol; stored unless store is false', responsesBody],
  ['get', '/v1/responses/{id}', 'A stored response'],
  ['delete', '/v1/responses/{id}', 'Forget a stored response'],
  ['get', '/v1/models', 'Models, and models with methods'],
  ['get', '/v1/models/{id}', 'One of them'],
  ['post', '/v1/embeddings', 'Passed through to the model’s own API', embeddingsBody],
  ['get', '/healthz', 'The process answers'],
  ['get', '/readyz', 'Requests are taken'],
  ['get', '/metrics', 'Counters in the Prometheus format'],
  ['get', '/api/catalog', 'Models, methods and their options'],
  ['post', '/api/ask', 'Answer with the trace as server-sent events', askBody],
  ['get', '/api/runs', 'Stored runs'],
  ['get', '/api/runs/{run}', 'A run with its report'],
  ['get', '/api/runs/{run}/trace', 'The trace of one attempt'],
  ['get', '/api/runs/{run}/with/{other}', 'Two runs compared on the problems they share'],
  ['get', '/api/training', 'Runs of training'],
  ['get', '/api/training/{name}', 'Measurements of a run of training, from a byte on'],
];

/** The OpenAPI 3.1 document of the server. */
export function openApiDocument(version: string): unknown {
  const described = new OpenAPIHono();
  const json = (schema: z.ZodType) => ({ content: { 'application/json': { schema } } });
  for (const [method, path, summary, body] of PATHS) {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
    described.openAPIRegistry.registerPath({
      method,
      path,
      summary,
      request: {
        ...(names.length > 0 && {
          params: z.object(Object.fromEntries(names.map((name) => [name, z.string()]))),
        }),
        ...(body && { body: { required: true, ...json(body) } }),
      },
      responses: {
        200: { description: 'The answer' },
        '4XX': { description: 'Why there is none', ...json(errorAnswer) },
        '5XX': { description: 'Why there is none', ...json(errorAnswer) },
      },
    });
  }
  return described.getOpenAPI31Document({ openapi: '3.1.0', info: { title: 'Reckon', version } });
}
