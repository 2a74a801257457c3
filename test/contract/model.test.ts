/** What every model must do: end with one sample-end that holds what was streamed, report usage, stop when told to. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Completion, Model, SampleEvent, SampleRequest } from '../../src/core/model.ts';
import { complete } from '../../src/core/model.ts';
import { chainOfThought } from '../../src/methods/chain-of-thought.ts';
import { selfConsistency } from '../../src/methods/self-consistency.ts';
import { fromAiSdk, toAiSdk } from '../../src/models/ai-sdk.ts';
import { methodAsModel } from '../../src/models/method-as-model.ts';
import { noisyAnswer, noisySolver } from '../../src/models/noisy-solver.ts';
import { openaiCompatible } from '../../src/models/openai-compatible.ts';
import { recorded } from '../../src/models/recorded.ts';
import { scripted } from '../../src/models/scripted.ts';
import type { ScriptedServer } from '../../src/models/scripted-server.ts';
import { scriptedServer } from '../../src/models/scripted-server.ts';
import { withCache } from '../../src/models/with-cache.ts';
import { withRetry } from '../../src/models/with-retry.ts';

const answer = noisyAnswer({ errorRate: 0.2 });
const request: SampleRequest = {
  messages: [{ role: 'user', text: 'What is 17 + 25 * 3?\n\nThink step by step.' }],
  seed: 7,
  index: 0,
};

let server: ScriptedServer;
const overHttp = (options: object): Model & { close(): Promise<void> } =>
  openaiCompatible({ baseUrl: `${server.url}/v1`, model: 'scripted', ...options });
const vote = selfConsistency({
  method: chainOfThought({ model: noisySolver(), temperature: 0.7 }),
  samples: 3,
});

const MODELS: Readonly<Record<string, () => Model & { close?(): Promise<void> }>> = {
  scripted: () => scripted({ answer }),
  'noisy-solver': () => noisySolver({ errorRate: 0.2 }),
  recorded: () => recorded([{ request, text: answer(request) }]),
  'openai-compatible, live': () => overHttp({ stream: 'live' }),
  'openai-compatible, held': () => overHttp({ stream: 'held' }),
  'openai-compatible, off': () => overHttp({ stream: 'off' }),
  'openai-compatible, native n': () => overHttp({ nativeN: true }),
  'with-retry': () => withRetry(scripted({ answer })),
  'with-cache': () => {
    const stored = new Map<string, Completion>();
    const store = {
      get: (key: string) => stored.get(key),
      set: (key: string, value: Completion) => void stored.set(key, value),
    };
    return withCache(scripted({ answer }), store);
  },
  'from-ai-sdk': () => fromAiSdk(toAiSdk(chainOfThought({ model: noisySolver() }))),
  'method-as-model': () => methodAsModel(vote),
};

describe('every model', () => {
  before(async () => {
    server = await scriptedServer({ answer });
  });
  after(() => server.close());

  for (const [name, open] of Object.entries(MODELS))
    describe(name, () => {
      let model: Model & { close?(): Promise<void> };
      before(() => {
        model = open();
      });
      after(() => model.close?.());

      test('ends with exactly one sample-end, which holds the text that was streamed', async () => {
        const events: SampleEvent[] = [];
        for await (const event of model.sample(request)) events.push(event);
        const ends = events.filter((event) => event.type === 'sample-end');
        assert.equal(ends.length, 1);
        assert.equal(events.at(-1), ends[0]);
        const streamed = events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');
        assert.equal(streamed, ends[0]?.completion.text);
        assert.match(streamed, /The answer is -?\d+/);
      });

      test('reports what it used, in whole numbers', async () => {
        const { usage, finish } = await complete(model, request);
        assert.equal(finish, 'stop');
        assert.ok(usage.calls >= 1);
        for (const count of [usage.calls, usage.promptTokens, usage.completionTokens])
          assert.ok(Number.isInteger(count) && count > 0, `${count}`);
        assert.ok(usage.usd === undefined || usage.usd >= 0);
      });

      test('gives the same text for the same seed', async () => {
        const [a, b] = [await complete(model, request), await complete(model, request)];
        assert.equal(a.text, b.text);
      });

      test('rejects with the reason of an abort and gives out no more than one event after it', async () => {
        const reason = new Error('no longer wanted');
        await assert.rejects(complete(model, { ...request, signal: AbortSignal.abort(reason) }), reason);
        const controller = new AbortController();
        let eventsAfter = -1;
        const read = async () => {
          for await (const event of model.sample({ ...request, signal: controller.signal })) {
            eventsAfter++;
            controller.abort(reason);
            if (event.type === 'sample-end') return; // it had ended before it was told to stop
          }
        };
        await read().catch((error: unknown) => assert.equal(error, reason));
        assert.ok(eventsAfter <= 1, `${eventsAfter} events after the abort`);
      });
    });
});
