import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ModelError } from '../core/errors.ts';
import { complete } from '../core/model.ts';
import { openaiCompatible } from './openai-compatible.ts';
import type { FaultKind, ScriptedServer } from './scripted-server.ts';
import { faultKinds, scriptedServer } from './scripted-server.ts';

const question = { messages: [{ role: 'user', text: 'What is 6 * 7?' }] } as const;
const text = 'The answer is 42, and a few more words to be cut in the middle.';

describe('scriptedServer', () => {
  let server: ScriptedServer;
  before(async () => {
    server = await scriptedServer({
      answer: () => text,
      model: 'solver',
      faults: { rate: 0.5, seed: 1, kinds: ['status-500'] },
    });
  });
  after(() => server.close());

  it('lists its model and knows no other address', async () => {
    const models = await fetch(`${server.url}/v1/models`);
    assert.deepEqual(
      ((await models.json()) as { data: { id: string }[] }).data.map(({ id }) => id),
      ['solver'],
    );
    assert.equal((await fetch(`${server.url}/v1/elsewhere`)).status, 404);
  });

  it('refuses what is no request, in the protocol’s own error form', async () => {
    for (const body of [
      '',
      '{',
      '[]',
      '{"messages":[]}',
      '{"messages":[{"role":"god"}]}',
      '{"messages":[{}],"n":1e9}',
    ]) {
      const response = await fetch(`${server.url}/v1/chat/completions`, { method: 'POST', body });
      assert.equal(response.status, 400);
      assert.equal(
        typeof ((await response.json()) as { error: { message: string } }).error.message,
        'string',
      );
    }
  });

  it('errs at the rate and seed it was given', async () => {
    const model = openaiCompatible({
      baseUrl: `${server.url}/v1`,
      model: 'solver',
      retries: { retries: 0, patienceSeconds: 0 },
    });
    const outcomes = [];
    for (let call = 0; call < 30; call++)
      outcomes.push(
        await complete(model, question).then(
          () => '.',
          (error: ModelError) => error.kind,
        ),
      );
    assert.ok(outcomes.includes('.') && outcomes.includes('server'), outcomes.join(' '));
    assert.ok(
      server.stats.faults['status-500'] === outcomes.filter((outcome) => outcome === 'server').length,
    );
    await model.close();
  });

  it('answers 429 above its rate, with the time to wait', async () => {
    const limited = await scriptedServer({ answer: () => text, requestsPerSecond: 3, retryAfter: 'seconds' });
    const statuses = [];
    for (let call = 0; call < 6; call++) {
      const body = JSON.stringify({ model: 'solver', messages: [{ role: 'user', content: 'x' }] });
      const response = await fetch(`${limited.url}/v1/chat/completions`, { method: 'POST', body });
      statuses.push(response.status);
      if (response.status === 429) assert.equal(response.headers.get('retry-after'), '1');
    }
    assert.deepEqual(statuses, [200, 200, 200, 429, 429, 429]);
    assert.equal(limited.stats.limited, 3);
    await limited.close();
  });

  /** What each fault is to the client: the kind of its error, `!` when it must not be tried again. */
  const expected: Record<FaultKind, string> = {
    'status-408': 'timeout',
    'status-409': 'rejected',
    'status-429': 'rate-limit',
    'status-429-retry-after-seconds': 'rate-limit',
    'status-429-retry-after-date': 'rate-limit',
    'status-429-retry-after-ms': 'rate-limit',
    'status-500': 'server',
    'status-500-empty': 'server',
    'status-502-html': 'server',
    'status-503': 'overloaded',
    'status-503-retry-after': 'overloaded',
    'status-504': 'server',
    'status-529': 'overloaded',
    'status-400-should-retry': 'rejected',
    'status-400': 'rejected!',
    'status-401': 'auth!',
    'status-402': 'quota!',
    'status-403': 'auth!',
    'status-404': 'not-found!',
    'status-413': 'too-large!',
    'status-422': 'rejected!',
    'status-429-quota': 'quota!',
    'status-500-should-not-retry': 'server!',
    redirect: 'protocol!',
    'reset-before-headers': 'connection',
    'reset-in-headers': 'connection',
    'reset-after-headers': 'connection',
    'closed-before-headers': 'connection',
    'half-open': 'timeout',
    'slow-headers': 'timeout',
    'slow-body': 'timeout',
    'stalled-body': 'timeout',
    'not-http': 'protocol',
    'truncated-json': 'protocol',
    'short-body': 'connection',
    'invalid-utf8': 'protocol',
    'empty-body': 'protocol',
    'no-choices': 'protocol',
    'deep-json': 'protocol',
    'html-200': 'protocol',
    'gzip-200': 'protocol',
    'error-200': 'server',
    'error-200-rate-limit': 'rate-limit',
    'huge-body': 'too-large!',
    'huge-body-chunked': 'too-large!',
    'stream-cut-mid-event': 'protocol',
    'stream-cut-mid-character': 'protocol',
    'stream-without-end': 'protocol',
    'stream-reset': 'connection',
    'stream-error': 'server',
    'stream-bad-json': 'protocol',
    'stream-huge-event': 'too-large!',
  };

  for (const kind of faultKinds)
    it(`${kind} is ${expected[kind]} to the client`, async () => {
      let faulty = true;
      const faulting = await scriptedServer({
        answer: () => text,
        faults: () => (faulty ? kind : undefined),
      });
      const options = {
        baseUrl: `${faulting.url}/v1`,
        model: 'solver',
        timeouts: { firstByteSeconds: 0.15, idleSeconds: 0.15, totalSeconds: 0.3 },
        maxResponseBytes: 4 * 1024 * 1024,
      };
      try {
        for (const stream of ['held', 'off'] as const) {
          const once = openaiCompatible({ ...options, stream, retries: { retries: 0 } });
          await assert.rejects(complete(once, question), (error: unknown) => {
            assert.ok(error instanceof ModelError, String(error));
            assert.equal(`${error.kind}${error.retryable ? '' : '!'}`, expected[kind], error.message);
            assert.match(error.message, /^127\.0\.0\.1:\d+ |^The connection to 127\.0\.0\.1:\d+ /);
            return true;
          });
          await once.close();
        }
        faulty = false;
        const after = openaiCompatible({ ...options, timeouts: {}, retries: { retries: 0 } });
        assert.equal((await complete(after, question)).text, text);
        await after.close();
      } finally {
        await faulting.close();
      }
    });
});
