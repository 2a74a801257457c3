import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ModelError } from '../core/errors.ts';
import type { Method } from '../core/method.ts';
import type { SampleEvent, SampleRequest } from '../core/model.ts';
import { complete } from '../core/model.ts';
import { finalText, methodAsModel } from './method-as-model.ts';
import { LONGEST_NARRATION } from './narration.ts';
import { scripted } from './scripted.ts';

const request: SampleRequest = { messages: [{ role: 'user', text: 'What is 6 * 7?' }], seed: 4 };

describe('methodAsModel', () => {
  it('streams the hidden samples as reasoning, one after the other, and counts them all', async () => {
    const asked: SampleRequest[] = [];
    const model = methodAsModel(vote(asked, 3));
    const events: SampleEvent[] = [];
    for await (const event of model.sample({ ...request, temperature: 0, maxTokens: 9, stop: ['\n'] }))
      events.push(event);
    const reasoning = events.map((event) => (event.type === 'reasoning-delta' ? event.text : '')).join('');
    assert.equal(
      reasoning,
      'first 0, then the rest of 0\n\nfirst 1, then the rest of 1\n\nfirst 2, then the rest of 2',
    );
    const end = events.at(-1);
    assert.ok(end?.type === 'sample-end');
    assert.equal(end.completion.text, 'The answer is 42.');
    assert.equal(end.completion.reasoning, reasoning);
    assert.equal(end.completion.usage.calls, 3);
    assert.equal(end.completion.usage.promptTokens, 12);
    for (const { temperature, maxTokens, stop } of asked) {
      assert.equal(temperature, 0.7); // as the method has it
      assert.deepEqual([maxTokens, stop], [undefined, undefined]);
    }
  });

  it('gives the same answer for the same seed', async () => {
    const model = methodAsModel(vote([], 3, ({ seed }) => `seed ${seed}`));
    const [a, b, c] = await Promise.all([
      complete(model, request),
      complete(model, request),
      complete(model, { ...request, seed: 5 }),
    ]);
    assert.equal(a.reasoning, b.reasoning);
    assert.notEqual(a.reasoning, c.reasoning);
  });

  it('answers with its best so far when a limit ends the work', async () => {
    const model = methodAsModel(vote([], 8), { limits: { calls: 2 } });
    const { text, finish, usage } = await complete(model, request);
    assert.equal(text, 'The answer is 42.');
    assert.equal(finish, 'length');
    assert.equal(usage.calls, 2);
  });

  it('passes failures and aborts on, and stops working when nobody reads', async () => {
    const failing = methodAsModel({
      name: 'failing',
      solve: () => Promise.reject(new ModelError('down', { kind: 'server' })),
    });
    await assert.rejects(complete(failing, request), { kind: 'server' });

    let signal: AbortSignal | undefined;
    const waiting: Method = {
      name: 'waiting',
      solve: (_question, run) => {
        signal = run.signal;
        return new Promise((_resolve, reject) => {
          run.signal.addEventListener('abort', () => reject(run.signal.reason));
        });
      },
    };
    const controller = new AbortController();
    const answer = complete(methodAsModel(waiting), { ...request, signal: controller.signal });
    controller.abort(new Error('enough'));
    await assert.rejects(answer, /enough/);
    assert.ok(signal?.aborted);

    for await (const _event of methodAsModel(vote([], 3)).sample(request)) break;
    await assert.rejects(
      complete(methodAsModel(waiting), { ...request, signal: AbortSignal.abort(new Error('before')) }),
      /before/,
    );
  });

  it('tells no more than a reader can take', async () => {
    const long: Method = {
      name: 'long',
      async solve(_question, run) {
        await run.sample(scripted({ answer: () => 'x'.repeat(2 * LONGEST_NARRATION) }), request);
        return { steps: [], answer: '42', complete: true };
      },
    };
    const { reasoning = '' } = await complete(methodAsModel(long), request);
    assert.ok(reasoning.length <= LONGEST_NARRATION && reasoning.endsWith('…'));
  });

  it('keeps the answer inside the bounds of the client', () => {
    const solution = { steps: ['6 * 7', 'is 42'], text: '6 * 7\n\nis 42', answer: '42', complete: true };
    assert.deepEqual(finalText(solution, {}), { text: '6 * 7\n\nis 42', finish: 'stop' });
    assert.deepEqual(finalText(solution, { stop: ['\n\n'] }), { text: 'The answer is 42.', finish: 'stop' });
    assert.deepEqual(finalText({ ...solution, text: 'so '.repeat(99) }, { maxTokens: 5 }), {
      text: 'The answer is 42.',
      finish: 'stop',
    });
    assert.deepEqual(finalText(solution, { maxTokens: 1 }), { text: '6 * ', finish: 'length' });
    const responseFormat = { type: 'json' } as const;
    assert.deepEqual(finalText({ ...solution, text: '{"answer":42}' }, { maxTokens: 2, responseFormat }), {
      text: '{"answer',
      finish: 'length',
    });
    const toolCalls = [{ id: 'a', name: 'f', input: '{}' }];
    assert.equal(finalText({ ...solution, toolCalls }, {}).finish, 'tool-call');
    assert.equal(
      finalText({ steps: ['a', 'b'], answer: 'c', complete: true }, {}).text,
      'a\nb\nThe answer is c.',
    );
  });
});

/** Samples in parallel, slower ones first, and answers 42 whatever they say. */
function vote(asked: SampleRequest[], samples: number, answer?: (request: SampleRequest) => string): Method {
  return {
    name: 'vote',
    async solve(_question, run) {
      await run.map(samples, 'sample', (branch, index) => {
        const model = scripted({
          latency: samples - index,
          answer: (received) => {
            asked.push(received);
            return answer?.(received) ?? `first ${index}, then the rest of ${index}`;
          },
        });
        return branch.sample(model, { messages: request.messages, temperature: 0.7 });
      });
      return { steps: ['6 * 7 = 42'], text: 'The answer is 42.', answer: '42', complete: true };
    },
  };
}
