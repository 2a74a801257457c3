import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { InputError, ModelError } from '../core/errors.ts';
import { type Completion, complete, type SampleEvent, type SampleRequest } from '../core/model.ts';
import { seeded } from '../core/random.ts';
import { initialWeights } from './decoder.ts';
import type { DecoderConfig } from './decoder-config.ts';
import { type Policy, policy } from './policy.ts';
import { trainTokenizer } from './tokenizer.ts';

const tokenizer = trainTokenizer(['the cat sat on the mat, the dog on the log. '.repeat(9)], {
  vocabularySize: 290,
});
const config: DecoderConfig = {
  vocabularySize: tokenizer.vocabularySize,
  width: 32,
  hidden: 48,
  layers: 2,
  heads: 2,
  keyValueHeads: 1,
  context: 64,
  normEpsilon: 1e-5,
  ropeTheta: 10_000,
  tiedEmbeddings: true,
};
const request: SampleRequest = { messages: [{ role: 'user', text: 'the cat' }], seed: 7, maxTokens: 24 };

describe('a policy over random weights', () => {
  let model: Policy;
  before(async () => {
    model = await policy({ config, tokenizer, weights: initialWeights(config, seeded(1)) });
  });
  after(() => model.close());

  const eventsOf = async (asked: SampleRequest): Promise<SampleEvent[]> => {
    const events: SampleEvent[] = [];
    for await (const event of model.sample(asked)) events.push(event);
    return events;
  };
  const refused = (asked: SampleRequest, message: RegExp) =>
    assert.rejects(
      complete(model, asked),
      (error) => error instanceof InputError && message.test(error.message),
    );

  test('streams the text of its tokens and ends with what it used', async () => {
    const events = await eventsOf(request);
    const end = events.at(-1);
    assert.ok(end?.type === 'sample-end');
    const { text, usage, tokens, finish } = end.completion;
    const streamed = events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');
    assert.equal(streamed, text);
    assert.ok(tokens && tokens.ids.length > 0);
    assert.equal(tokenizer.decode(tokens.ids), text);
    assert.equal(tokens.logProbs.length, tokens.ids.length);
    assert.ok(tokens.logProbs.every((logProb) => logProb < 0));
    assert.ok(tokens.sampled.every((flag) => flag === 1));
    const promptTokens = model.promptIds(request.messages).length;
    assert.deepEqual(usage, { calls: 1, promptTokens, completionTokens: tokens.ids.length, usd: 0 });
    const ended = tokens.ids.at(-1) as number;
    assert.equal(finish, ended < 7 ? 'stop' : 'length');
    assert.ok(finish === 'stop' || tokens.ids.length === 24);
  });

  test('gives the same text for the same seed, another one for another seed or index', async () => {
    const text = async (asked: SampleRequest) => (await complete(model, asked)).text;
    const first = await text(request);
    assert.equal(await text({ ...request }), first);
    assert.notEqual(await text({ ...request, seed: 8 }), first);
    assert.notEqual(await text({ ...request, index: 1 }), first);
    const greedy = await text({ ...request, temperature: 0 });
    assert.equal(await text({ ...request, temperature: 0, seed: 8 }), greedy);
  });

  test('ends before a stop string wherever the tokens are cut, and never gives out a part of it', async () => {
    const whole = await complete(model, request);
    assert.ok(whole.text.length > 8);
    for (let at = 1; at + 3 < whole.text.length; at += 2) {
      const stop = whole.text.slice(at, at + 3);
      const events = await eventsOf({ ...request, stop: [stop] });
      const end = events.at(-1);
      assert.ok(end?.type === 'sample-end');
      const streamed = events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');
      assert.equal(streamed, whole.text.slice(0, whole.text.indexOf(stop)));
      assert.equal(end.completion.text, streamed);
      assert.equal(end.completion.finish, 'stop');
      assert.ok((end.completion.tokens?.ids.length ?? 0) <= (whole.tokens?.ids.length ?? 0));
    }
  });

  test('tells log-probabilities when asked', async () => {
    const { logProbs, tokens } = await complete(model, { ...request, topLogProbs: 3 });
    assert.ok(logProbs && tokens);
    assert.ok(logProbs.length >= tokens.ids.length - 1);
    for (const [index, { token, logProb, top }] of logProbs.entries()) {
      assert.equal(token, tokenizer.decode([tokens.ids[index] as number], { specials: true }));
      assert.ok(Math.abs(logProb - (tokens.logProbs[index] as number)) < 1e-6);
      assert.equal(top?.length, 3);
    }
    assert.equal((await complete(model, request)).logProbs, undefined);
  });

  test('finishes for length at maxTokens and at the end of the context', async () => {
    const long = 'the cat sat on the mat, '.repeat(4);
    const promptTokens = model.promptIds([{ role: 'user', text: long }]).length;
    assert.ok(promptTokens < 64);
    const finishes: Completion[] = [];
    for (let seed = 0; seed < 8; seed++)
      finishes.push(await complete(model, { messages: [{ role: 'user', text: long }], seed }));
    const full = finishes.filter(({ finish }) => finish === 'length');
    assert.ok(full.length > 0);
    for (const { tokens } of full) assert.equal(tokens?.ids.length, 64 - promptTokens);
    const short = await complete(model, { ...request, maxTokens: 1 });
    assert.equal(short.tokens?.ids.length, 1);
  });

  test('refuses what it cannot do and says what to do instead', async () => {
    const text = 'the cat sat on the mat. '.repeat(40);
    await assert.rejects(
      complete(model, { messages: [{ role: 'user', text }] }),
      (error) =>
        error instanceof ModelError &&
        !error.retryable &&
        /prompt has \d+ tokens and the model's context 64.*shorten/.test(error.message),
    );
    await refused({ ...request, messages: [] }, /no messages/);
    await refused({ ...request, tools: [{ name: 'add', parameters: {} }] }, /calls no tools/);
    await refused(
      { ...request, responseFormat: { type: 'json-schema', name: 'x', schema: {} } },
      /json-schema/,
    );
    const images = [{ url: 'data:image/png;base64,AA==' }];
    await refused({ ...request, messages: [{ role: 'user', text: 'a', images }] }, /images/);
    await refused({ ...request, temperature: -1 }, /temperature is -1/);
    await refused({ ...request, maxTokens: 0 }, /maxTokens is 0/);
    await refused({ ...request, stop: [''] }, /stop string/);
    await refused({ ...request, topLogProbs: 21 }, /topLogProbs is 21/);
    await refused({ ...request, extra: { top_k: 'x' } }, /top_k/);
  });

  test('an abort reaches the reader with its reason, and the next sample works', async () => {
    const reason = new Error('no longer wanted');
    const controller = new AbortController();
    let later = 0;
    await assert.rejects(async () => {
      for await (const _ of model.sample({ ...request, signal: controller.signal }))
        if (controller.signal.aborted) later++;
        else controller.abort(reason);
    }, reason);
    assert.equal(later, 0);
    for await (const _ of model.sample(request)) break; // a reader that leaves
    assert.equal((await complete(model, request)).finish.length > 0, true);
  });

  test('other weights are used from the next token on', async () => {
    const before = await complete(model, request);
    model.setWeights(initialWeights(config, seeded(2)));
    const changed = await complete(model, request);
    model.setWeights(initialWeights(config, seeded(1)));
    assert.notEqual(changed.text, before.text);
    assert.deepEqual((await complete(model, request)).tokens, before.tokens);
  });
});

test('a decoder and the tokenizer of another model are refused', async () => {
  const other = { ...config, vocabularySize: 300 };
  await assert.rejects(
    policy({ config: other, tokenizer, weights: initialWeights(other, seeded(1)) }),
    /300 tokens and the tokenizer \d+/,
  );
});
