import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { EXPECTED_FAULTS } from '../../test/fixtures/expected-faults.ts';
import { ModelError } from '../core/errors.ts';
import { complete } from '../core/model.ts';
import { openaiCompatible } from './openai-compatible.ts';
import type { ScriptedServer } from './scripted-server.ts';
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

  it('answers 429 above its tokens a minute', async () => {
    const limited = await scriptedServer({
      answer: () => text,
      tokensPerMinute: 30,
      retryAfter: 'milliseconds',
    });
    const statuses = [];
    for (let call = 0; call < 4; call++) {
      const body = JSON.stringify({ model: 'solver', messages: [{ role: 'user', content: 'x' }] });
      const response = await fetch(`${limited.url}/v1/chat/completions`, { method: 'POST', body });
      statuses.push(response.status);
      if (response.status === 429) assert.ok(Number(response.headers.get('retry-after-ms')) > 50_000);
    }
    assert.deepEqual(statuses, [200, 200, 429, 429]); // 17 tokens each
    await limited.close();
  });

  for (const kind of faultKinds)
    it(`${kind} is ${EXPECTED_FAULTS[kind]} to the client`, async () => {
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
            assert.equal(`${error.kind}${error.retryable ? '' : '!'}`, EXPECTED_FAULTS[kind], error.message);
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
