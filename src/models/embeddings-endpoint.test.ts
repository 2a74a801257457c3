import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { ModelError } from '../core/errors.ts';
import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';
import { embeddingsEndpoint } from './embeddings-endpoint.ts';

type Reply = (
  body: { input: string[]; model: string },
  request: IncomingMessage,
) => { status?: number; body: unknown };

/** A server that answers every call by `reply`, for as long as `work` takes. */
async function served(reply: Reply, work: (baseUrl: string) => Promise<void>): Promise<void> {
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    let text = '';
    request.on('data', (piece: Buffer) => {
      text += piece.toString('utf8');
    });
    request.on('end', () => {
      const { status = 200, body } = reply(JSON.parse(text), request);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Nobody waits between tries. */
const hurried: Clock = { ...systemClock, wait: async () => {} };

const vectorsOf = (input: readonly string[]) =>
  input.map((text, index) => ({ index, embedding: [text.length, 0, 3] }));

test('vectors come in order, of length 1, in batches, with the key', async () => {
  const calls: number[] = [];
  await served(
    ({ input }, request) => {
      calls.push(input.length);
      assert.equal(request.url, '/v1/embeddings');
      assert.equal(request.headers.authorization, 'Bearer secret-key');
      return { body: { data: vectorsOf(input).reverse(), usage: { prompt_tokens: 5 } } };
    },
    async (baseUrl) => {
      const endpoint = embeddingsEndpoint({ baseUrl, model: 'm', apiKey: 'secret-key' });
      const vectors = await endpoint.embed(['four', '', ...Array.from({ length: 100 }, () => 'x')]);
      assert.deepEqual([vectors.length, ...calls], [102, 64, 38]);
      assert.ok(
        Math.abs((vectors[0]?.[0] ?? 0) - 0.8) < 1e-6 && Math.abs((vectors[0]?.[2] ?? 0) - 0.6) < 1e-6,
      );
      assert.equal(endpoint.tokens, 10);
      assert.equal(endpoint.id, `${baseUrl}#m`);
      await endpoint.close();
    },
  );
});

test('answers that are none are errors that say so', async () => {
  const bad: [unknown, RegExp][] = [
    ['not json', /no JSON/],
    [{ data: [] }, /other than 1 embeddings/],
    [{ data: [{ embedding: ['1'] }] }, /more than numbers/],
    [{ data: [{ embedding: 'AAAA' }] }, /no list of numbers/],
    [{ data: [{ index: 7, embedding: [1] }] }, /no readable order/],
    [{ data: [null] }, /no list of numbers/],
  ];
  for (const [body, message] of bad)
    await served(
      () => ({ body }),
      async (baseUrl) => {
        const endpoint = embeddingsEndpoint({ baseUrl, model: 'm', clock: hurried });
        await assert.rejects(endpoint.embed(['x']), (error: unknown) => {
          assert.ok(error instanceof ModelError);
          assert.match(error.message, message);
          return true;
        });
        await endpoint.close();
      },
    );
});

test('a refused key is told without the key', async () => {
  await served(
    () => ({ status: 401, body: { error: { message: 'bad key secret-key' } } }),
    async (baseUrl) => {
      const endpoint = embeddingsEndpoint({ baseUrl, model: 'm', apiKey: 'secret-key' });
      await assert.rejects(endpoint.embed(['x']), (error: unknown) => {
        assert.ok(error instanceof ModelError && error.kind === 'auth');
        assert.doesNotMatch(error.message, /secret-key/);
        return true;
      });
      await endpoint.close();
    },
  );
  assert.throws(
    () => embeddingsEndpoint({ baseUrl: 'http://user:hidden@host/v1', model: 'm' }),
    (error: unknown) => {
      assert.doesNotMatch(String(error), /hidden/);
      return true;
    },
  );
});
