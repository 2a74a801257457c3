import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { InputError, ModelError } from '../core/errors.ts';
import type { Completion, SampleEvent, SampleRequest } from '../core/model.ts';
import { complete } from '../core/model.ts';
import { systemClock } from './clock.ts';
import type { OpenAiCompatibleOptions } from './openai-compatible.ts';
import { openaiCompatible } from './openai-compatible.ts';
import type { ScriptedServer, ScriptedServerOptions } from './scripted-server.ts';
import { scriptedServer } from './scripted-server.ts';

const question: SampleRequest = { messages: [{ role: 'user', text: 'What is 6 * 7?' }], seed: 3, index: 0 };

describe('openaiCompatible', () => {
  for (const stream of ['live', 'held', 'off'] as const)
    for (const dialect of ['reasoning', 'reasoning_content', 'think-tags'] as const)
      it(`gives text, thinking and usage apart (${stream}, ${dialect})`, async () => {
        const reasoning = 'Six sevens. <b>é</b> 42 🙂 it is.';
        const answer = () => ({ text: 'The answer is 42. ✅', reasoning });
        await withServer({ answer, dialect }, { stream }, async (model) => {
          const events = await collect(model.sample(question));
          const end = events.at(-1);
          assert.ok(end?.type === 'sample-end');
          const { completion } = end;
          assert.equal(completion.text, 'The answer is 42. ✅');
          assert.equal(completion.reasoning, reasoning);
          assert.equal(completion.finish, 'stop');
          assert.equal(completion.model, 'scripted');
          const { calls, promptTokens, completionTokens } = completion.usage;
          assert.deepEqual([calls, promptTokens, completionTokens], [1, 4, 13]);
          assert.ok(!('usd' in completion.usage) && !('estimated' in completion.usage));
          assert.equal(joined(events, 'text-delta'), completion.text);
          assert.equal(joined(events, 'reasoning-delta').trim(), reasoning);
          const deltas = events.filter((event) => event.type === 'text-delta').length;
          assert.ok(stream === 'live' ? deltas > 1 : deltas === 1);
        });
      });

  it('sends everything that a request asks for', async () => {
    const request: SampleRequest = {
      messages: [
        { role: 'system', text: 'Be brief.' },
        {
          role: 'user',
          text: 'What is this?',
          images: [{ url: 'data:image/png;base64,AA==', detail: 'low' }],
        },
        {
          role: 'assistant',
          text: '',
          reasoning: 'secret',
          toolCalls: [{ id: 'a', name: 'look', input: '{"x":1}' }],
        },
        { role: 'tool', text: 'a cat', toolCallId: 'a' },
        { role: 'assistant', text: 'A cat.' },
        { role: 'user', text: 'Sure?' },
      ],
      temperature: 0.5,
      topP: 0.9,
      maxTokens: 50,
      stop: ['\n\n'],
      seed: 7,
      tools: [{ name: 'look', description: 'looks', parameters: { type: 'object' } }],
      toolChoice: { name: 'look' },
      parallelToolCalls: false,
      responseFormat: { type: 'json-schema', name: 'answer', schema: { type: 'object' }, strict: true },
      reasoningEffort: 'low',
      topLogProbs: 2,
    };
    let received: SampleRequest | undefined;
    const answer = (asked: SampleRequest) => {
      received = asked;
      return 'Yes.';
    };
    await withServer({ answer }, {}, async (model) => {
      const completion = await complete(model, request);
      const { index: _index, ...asked } = received as SampleRequest;
      const messages = request.messages.map(({ reasoning: _notSent, ...message }) => message);
      assert.deepEqual(asked, { ...request, messages });
      assert.equal(completion.finish, 'tool-call');
      assert.deepEqual(completion.toolCalls, [{ id: 'call_0', name: 'look', input: '{"text":"Sure?"}' }]);
    });
  });

  for (const stream of ['live', 'off'] as const)
    it(`reads log-probabilities (${stream})`, async () => {
      await withServer({ answer: () => 'The answer is 42.' }, { stream }, async (model) => {
        const { logProbs } = await complete(model, { ...question, topLogProbs: 2 });
        assert.deepEqual(
          logProbs?.map(({ token, logProb }) => [token, logProb]),
          [
            ['The', -0.01],
            [' answer', -0.02],
            [' is', -0.03],
            [' 42.', -0.04],
          ],
        );
        assert.deepEqual(logProbs?.[0]?.top, [
          { token: 'The', logProb: -0.01 },
          { token: 'The1', logProb: -1.01 },
        ]);
      });
    });

  it('says when tokens are only estimated, and what they cost when the price is known', async () => {
    const price = { input: 1, output: 2 };
    for (const stream of ['live', 'off'] as const)
      await withServer(
        { answer: () => 'x'.repeat(40), reportsUsage: false },
        { stream, price },
        async (model) => {
          const { usage } = await complete(model, question);
          assert.deepEqual(usage, {
            calls: 1,
            promptTokens: 7,
            completionTokens: 10,
            usd: (7 + 20) / 1e6,
            estimated: true,
          });
        },
      );
  });

  it('reads what other servers answer', async () => {
    const cases: [string, object, Partial<Completion>][] = [
      [
        'both reasoning fields at once',
        { message: { content: '42', reasoning: 'hm', reasoning_content: 'hm' } },
        { text: '42', reasoning: 'hm' },
      ],
      [
        'a closing tag alone',
        { message: { content: 'six sevens</think>\n\n42' } },
        { text: '42', reasoning: 'six sevens' },
      ],
      ['an empty think block', { message: { content: '<think>\n\n</think>\n\n42' } }, { text: '42' }],
      [
        'content in parts',
        {
          message: {
            content: [
              { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
              { type: 'text', text: '42' },
            ],
          },
        },
        { text: '42', reasoning: 'hm' },
      ],
      [
        'a refusal',
        { message: { content: null, refusal: 'No.' } },
        { text: 'No.', finish: 'content-filter' },
      ],
      [
        'another word for length',
        { message: { content: '4' }, finish_reason: 'model_length' },
        { text: '4', finish: 'length' },
      ],
      [
        'tool calls without an id, ended by stop',
        {
          message: { content: '', tool_calls: [{ function: { name: 'f', arguments: { a: 1 } } }] },
          finish_reason: 'stop',
        },
        { text: '', finish: 'tool-call', toolCalls: [{ id: 'call_0', name: 'f', input: '{"a":1}' }] },
      ],
    ];
    for (const [name, choice, expected] of cases) {
      const completion = await answerOf(JSON.stringify({ choices: [{ index: 0, ...choice }] }));
      const { usage: _usage, ...rest } = completion;
      assert.deepEqual(rest, { finish: 'stop', ...expected }, name);
    }
  });

  it('counts cached and thinking tokens, also where the total gives the latter away', async () => {
    const usage = {
      prompt_tokens: 100,
      completion_tokens: 20,
      total_tokens: 150,
      prompt_tokens_details: { cached_tokens: 64 },
      completion_tokens_details: { reasoning_tokens: 30 },
    };
    const completion = await answerOf(JSON.stringify({ choices: [{ message: { content: '42' } }], usage }));
    assert.deepEqual(completion.usage, {
      calls: 1,
      promptTokens: 100,
      completionTokens: 50,
      cachedTokens: 64,
      reasoningTokens: 30,
    });
  });

  it('learns which parameters a server refuses, and asks once more without them', async () => {
    const refuses = ['max_tokens', 'temperature', 'seed', 'logprobs', 'stream_options'];
    const request = { ...question, temperature: 0.7, maxTokens: 64, topLogProbs: 0 };
    let received: SampleRequest | undefined;
    const answer = (asked: SampleRequest) => {
      received = asked;
      return '42';
    };
    await withServer({ answer, refuses }, { retries: { retries: 0 } }, async (model, server) => {
      assert.equal((await complete(model, request)).text, '42');
      assert.equal(received?.maxTokens, 64); // under its other name
      assert.equal(server.stats.requests, 6);
      assert.deepEqual([...model.refused].sort(), refuses.toSorted());
      await complete(model, request);
      assert.equal(server.stats.requests, 7);
    });
  });

  it('does not give up the limit on tokens when both names are refused', async () => {
    const refuses = ['max_tokens', 'max_completion_tokens'];
    await withServer({ answer: () => '42', refuses }, {}, async (model) => {
      await assert.rejects(complete(model, { ...question, maxTokens: 9 }), { kind: 'rejected', status: 400 });
      assert.equal(model.refused.size, 0);
    });
  });

  it('joins samples of one request into calls with n, where that works', async () => {
    const options = { answer: (request: SampleRequest) => `sample ${(request.index ?? 0) + 1}` };
    await withServer(options, { nativeN: true, price: { input: 1, output: 1 } }, async (model, server) => {
      const draw = (count: number) =>
        Promise.all(
          Array.from({ length: count }, (_, index) =>
            complete(model, { ...question, index, seed: 100 + index }),
          ),
        );
      const completions = await draw(8);
      assert.equal(server.stats.requests, 2); // two to see whether it works, then six at once
      assert.equal(completions.length, 8);
      assert.equal(completions[7]?.text, 'sample 6');
      const calls = completions.reduce((sum, { usage }) => sum + usage.calls, 0);
      const prompt = completions.reduce((sum, { usage }) => sum + usage.promptTokens, 0);
      const completion = completions.reduce((sum, { usage }) => sum + usage.completionTokens, 0);
      assert.deepEqual([calls, prompt, completion], [2, 8, 16]); // "sample 1" is two tokens
      await draw(16);
      assert.equal(server.stats.requests, 3);
      await complete(model, { ...question, temperature: 1 });
      assert.equal(server.stats.requests, 4);
    });
  });

  it('fans out once a server is seen not to honour n', async () => {
    for (const options of [{ honoursN: false }, { refuses: ['n'] }])
      await withServer({ answer: () => '42', ...options }, { nativeN: true }, async (model, server) => {
        const samples = await Promise.all(
          Array.from({ length: 5 }, (_, index) => complete(model, { ...question, index, seed: index })),
        );
        assert.ok(samples.every(({ text }) => text === '42'));
        const before = server.stats.requests;
        assert.ok(before <= 6, `${before} requests for 5 samples`);
        await Promise.all([0, 1, 2].map((index) => complete(model, { ...question, index })));
        assert.equal(server.stats.requests, before + 3);
      });
  });

  it('drops a call at once when the caller gives up, in every phase', async () => {
    const controller = () => new AbortController();
    const reason = new Error('the caller left');
    // while the answer is awaited
    await withServer({ answer: () => '42', latencyMilliseconds: 60_000 }, {}, async (model, server) => {
      const { signal, abort } = bound(controller());
      const answer = complete(model, { ...question, signal });
      while (server.stats.openNow === 0) await systemClock.wait(1);
      abort(reason);
      await assert.rejects(answer, reason);
      while (server.stats.openNow > 0) await systemClock.wait(1);
      assert.equal(server.stats.gone, 1);
    });
    // while it waits its turn
    await withServer(
      { answer: () => '42', latencyMilliseconds: 60_000 },
      { limits: { concurrency: 1 } },
      async (model, server) => {
        const first = bound(controller());
        const second = bound(controller());
        const inFlight = complete(model, { ...question, signal: first.signal });
        const queued = complete(model, { ...question, signal: second.signal });
        second.abort(reason);
        await assert.rejects(queued, reason);
        first.abort(reason);
        await assert.rejects(inFlight, reason);
        assert.ok(server.stats.requests <= 1);
      },
    );
    // in the middle of a stream, and before anything began
    await withServer({ answer: () => 'word '.repeat(5_000) }, {}, async (model) => {
      const { signal, abort } = bound(controller());
      const events: SampleEvent[] = [];
      await assert.rejects(async () => {
        for await (const event of model.sample({ ...question, signal })) {
          events.push(event);
          abort(reason);
        }
      }, reason);
      assert.ok(events.every((event) => event.type !== 'sample-end'));
      await assert.rejects(complete(model, { ...question, signal: AbortSignal.abort(reason) }), reason);
    });
  });

  it('keeps its connections', async () => {
    for (const stream of ['live', 'held', 'off'] as const)
      await withServer({ answer: () => 'word '.repeat(200) }, { stream }, async (model, server) => {
        for (let call = 0; call < 10; call++) await complete(model, question);
        // the end of a stream may still be on its way when the next call begins
        assert.ok(server.stats.connections <= 2, `${server.stats.connections} connections (${stream})`);
      });
  });

  it('frees its place when the reader walks away', async () => {
    await withServer(
      { answer: () => 'word '.repeat(5_000) },
      { limits: { concurrency: 1 } },
      async (model) => {
        for (let round = 0; round < 3; round++) for await (const _event of model.sample(question)) break;
        assert.match((await complete(model, question)).text, /^word/);
      },
    );
  });

  it('asks with the key and never shows it', async () => {
    const apiKey = 'canary-0123456789';
    await withServer({ answer: () => '42', apiKey }, { apiKey }, async (model) => {
      assert.equal((await complete(model, question)).text, '42');
    });
    await withServer({ answer: () => '42', apiKey: 'another' }, { apiKey }, async (model) => {
      await assert.rejects(complete(model, question), (error: unknown) => {
        assert.ok(error instanceof ModelError && error.kind === 'auth' && error.status === 401);
        assert.match(error.message, /127\.0\.0\.1:\d+ answered 401/);
        assert.ok(!inspect(error, { depth: 9 }).includes(apiKey));
        return true;
      });
    });
    assert.throws(
      () => openaiCompatible({ baseUrl: 'http://127.0.0.1:1/v1', model: 'm', apiKey: `${apiKey}\n` }),
      (error: unknown) => error instanceof InputError && !inspect(error).includes(apiKey),
    );
  });

  it('rejects options that cannot be meant', () => {
    for (const options of [
      { baseUrl: 'localhost:11434' },
      { baseUrl: 'http://user:password@host/v1' },
      { baseUrl: 'https://host/v1?key=1' },
      { timeouts: { idleSeconds: 0 } },
      { limits: { concurrency: 0 } },
      { headers: { 'bad header': 'x' } },
    ])
      assert.throws(() => openaiCompatible({ baseUrl: 'http://h/v1', model: 'm', ...options }), InputError);
  });

  it('shares one limiter between models of one upstream and key', async () => {
    const server = await scriptedServer({ answer: () => '42', latencyMilliseconds: 5 });
    const options = { baseUrl: `${server.url}/v1`, limits: { concurrency: 2 } };
    const [a, b] = [
      openaiCompatible({ ...options, model: 'a' }),
      openaiCompatible({ ...options, model: 'b' }),
    ];
    await Promise.all(Array.from({ length: 12 }, (_, index) => complete(index % 2 ? a : b, question)));
    assert.equal(server.stats.mostOpen, 2);
    await a.close();
    assert.equal((await complete(b, question)).text, '42');
    await b.close();
    await server.close();
  });

  it('names the server that is not there, and stops calling it', async () => {
    const model = openaiCompatible({
      baseUrl: 'http://127.0.0.1:9/v1',
      model: 'm',
      retries: { retries: 0, patienceSeconds: 0 },
    });
    const kinds: string[] = [];
    for (let call = 0; call < 7; call++)
      await complete(model, question).catch((error: unknown) => {
        assert.ok(error instanceof ModelError);
        assert.match(error.message, /127\.0\.0\.1:9/);
        kinds.push(error.kind);
      });
    assert.deepEqual(kinds, [...Array(5).fill('connection'), 'unavailable', 'unavailable']);
    await model.close();
  });
});

async function withServer(
  script: ScriptedServerOptions,
  options: Partial<OpenAiCompatibleOptions>,
  test: (model: ReturnType<typeof openaiCompatible>, server: ScriptedServer) => Promise<void>,
): Promise<void> {
  const server = await scriptedServer(script);
  const model = openaiCompatible({ baseUrl: `${server.url}/v1`, model: 'scripted', ...options });
  try {
    await test(model, server);
  } finally {
    await model.close();
    await server.close();
  }
}

/** What the client makes of an answer with this body. */
async function answerOf(body: string): Promise<Completion> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const model = openaiCompatible({ baseUrl: `http://127.0.0.1:${port}/v1`, model: 'm', stream: 'off' });
  try {
    return await complete(model, question);
  } finally {
    await model.close();
    server.close();
  }
}

async function collect(events: AsyncIterable<SampleEvent>): Promise<SampleEvent[]> {
  const all: SampleEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

function joined(events: readonly SampleEvent[], type: 'text-delta' | 'reasoning-delta'): string {
  return events.map((event) => (event.type === type ? event.text : '')).join('');
}

function bound(controller: AbortController) {
  return { signal: controller.signal, abort: (reason: Error) => controller.abort(reason) };
}
