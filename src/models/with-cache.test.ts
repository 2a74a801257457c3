import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ModelError } from '../core/errors.ts';
import type { Completion, SampleRequest } from '../core/model.ts';
import { complete } from '../core/model.ts';
import { sampleKey } from './sample-key.ts';
import { scripted } from './scripted.ts';
import { withCache } from './with-cache.ts';

const question: SampleRequest = { messages: [{ role: 'user', text: 'What is 6 * 7?' }], seed: 1, index: 0 };

describe('withCache', () => {
  it('answers the same request once only, and says so', async () => {
    const { model, calls } = counted();
    const first = await complete(model, question);
    const second = await complete(model, { ...question, signal: new AbortController().signal });
    assert.equal(calls(), 1);
    assert.equal(first.replayed, undefined);
    assert.deepEqual(second, { ...first, replayed: true });
  });

  it('never answers one sample with another', async () => {
    const { model, calls } = counted();
    const requests: SampleRequest[] = [
      question,
      { ...question, seed: 2 },
      { ...question, index: 1 },
      { ...question, temperature: 0.7 },
      { ...question, maxTokens: 9 },
      { ...question, messages: [{ role: 'user', text: 'What is 6 * 8?' }] },
    ];
    for (const request of requests) await complete(model, request);
    assert.equal(calls(), requests.length);
    const keys = new Set(requests.map((request) => sampleKey('m', request, { withSeed: true })));
    keys.add(sampleKey('another model', question, { withSeed: true }));
    assert.equal(keys.size, requests.length + 1);
  });

  it('shares one call between concurrent equal requests', async () => {
    const { model, calls } = counted({ latency: 5 });
    const completions = await Promise.all(Array.from({ length: 20 }, () => complete(model, question)));
    assert.equal(calls(), 1);
    assert.equal(completions.filter(({ replayed }) => !replayed).length, 1);
    assert.equal(new Set(completions.map(({ text }) => text)).size, 1);
  });

  it('lets the next one call when the first gives up', async () => {
    const { model, calls } = counted({ latency: 20 });
    const controller = new AbortController();
    const first = complete(model, { ...question, signal: controller.signal });
    const others = [complete(model, question), complete(model, question)];
    const left = assert.rejects(first, /changed my mind/);
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new Error('changed my mind'));
    await left;
    for (const completion of await Promise.all(others)) assert.equal(completion.text, 'answer 1');
    assert.equal(calls(), 1); // the first never got as far as an answer
  });

  it('lets somebody who waits for another give up alone', async () => {
    const { model } = counted({ latency: 20 });
    const controller = new AbortController();
    const first = complete(model, question);
    const second = complete(model, { ...question, signal: controller.signal });
    controller.abort(new Error('changed my mind'));
    await assert.rejects(second, /changed my mind/);
    assert.equal((await first).text, 'answer 1');
  });

  it('tells everybody of a failure, and keeps none', async () => {
    let fails = true;
    const stored = new Map<string, Completion>();
    const model = withCache(
      scripted({
        latency: 5,
        answer: () => {
          if (fails) throw new ModelError('down', { kind: 'server' });
          return '42';
        },
      }),
      { get: (key) => stored.get(key), set: (key, completion) => stored.set(key, completion) },
    );
    const settled = await Promise.allSettled([complete(model, question), complete(model, question)]);
    assert.ok(settled.every(({ status }) => status === 'rejected'));
    assert.equal(stored.size, 0);
    fails = false;
    assert.equal((await complete(model, question)).text, '42');
    assert.equal(stored.size, 1);
  });
});

function counted({ latency = 0 } = {}) {
  let calls = 0;
  const stored = new Map<string, Completion>();
  const answer = () => `answer ${++calls}`;
  const model = withCache(scripted({ answer, latency }), {
    get: (key) => stored.get(key),
    set: (key, completion) => stored.set(key, completion),
  });
  return { model, calls: () => calls };
}
