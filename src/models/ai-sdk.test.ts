import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type {
  LanguageModelV2,
  LanguageModelV2StreamPart,
  LanguageModelV3,
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider';
import { APICallError } from '@ai-sdk/provider';
import { generateText, jsonSchema, Output, stepCountIs, streamText, tool, wrapLanguageModel } from 'ai';
import { generateText as generateText6, streamText as streamText6 } from 'ai6';
import { ModelError } from '../core/errors.ts';
import type { Method } from '../core/method.ts';
import type { Completion, SampleEvent, SampleRequest } from '../core/model.ts';
import { complete } from '../core/model.ts';
import type { Question } from '../core/problem.ts';
import { fromAiSdk, toAiSdk } from './ai-sdk.ts';
import { scripted } from './scripted.ts';

Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false }); // the tests read the warnings themselves

const question: SampleRequest = { messages: [{ role: 'user', text: 'What is 6 * 7?' }], seed: 3 };

const identity = { provider: 'maker.chat', modelId: 'model-1', supportedUrls: {} };
const deltas: LanguageModelV4StreamPart[] = [
  { type: 'stream-start', warnings: [] },
  { type: 'response-metadata', modelId: 'answering-model' },
  { type: 'reasoning-start', id: '0' },
  { type: 'reasoning-delta', id: '0', delta: 'six sevens' },
  { type: 'reasoning-end', id: '0' },
  { type: 'text-start', id: '1' },
  { type: 'text-delta', id: '1', delta: 'The answer ' },
  { type: 'text-delta', id: '1', delta: '' },
  { type: 'text-delta', id: '1', delta: 'is 42.' },
  { type: 'text-end', id: '1' },
];
const content: { type: 'text' | 'reasoning'; text: string }[] = [
  { type: 'reasoning', text: 'six sevens' },
  { type: 'text', text: 'The answer is 42.' },
];

describe('toAiSdk', () => {
  it('answers generateText with the vote, its thinking and all it cost', async () => {
    const { method } = vote({});
    const { text, reasoningText, usage, finishReason, providerMetadata, warnings } = await generateText({
      model: toAiSdk(method),
      prompt: 'What is 6 * 7?',
      temperature: 0,
      maxOutputTokens: 6,
      stopSequences: ['\n'],
    });
    assert.equal(text, 'The answer is 42.');
    assert.equal(reasoningText, 'sample 0 says 42\n\nsample 1 says 42\n\nsample 2 says 42');
    assert.equal(finishReason, 'stop');
    assert.deepEqual([usage.inputTokens, usage.outputTokens], [12, 12]);
    assert.deepEqual(providerMetadata?.reckon, { calls: 3, usd: 0, answer: '42', confidence: 1 });
    assert.deepEqual(
      warnings?.map((warning) => warning.type === 'unsupported' && warning.feature),
      ['temperature'],
    );
  });

  it('never lets the client’s settings reach the hidden samples', async () => {
    const { method, asked } = vote({});
    await generateText({
      model: toAiSdk(method),
      prompt: 'What is 6 * 7?',
      temperature: 0,
      maxOutputTokens: 1,
      stopSequences: ['says'],
    });
    for (const { temperature, maxTokens, stop } of asked)
      assert.deepEqual([temperature, maxTokens, stop], [0.7, undefined, undefined]);
  });

  it('streams thinking while the method works, then the answer', async () => {
    const { method } = vote({});
    const result = streamText({ model: toAiSdk(method), prompt: 'What is 6 * 7?' });
    const types: string[] = [];
    for await (const part of result.fullStream) if (types.at(-1) !== part.type) types.push(part.type);
    assert.deepEqual(
      types.filter((type) => /^(reasoning|text)-/.test(type)),
      ['reasoning-start', 'reasoning-delta', 'reasoning-end', 'text-start', 'text-delta', 'text-end'],
    );
    assert.equal(await result.text, 'The answer is 42.');
    assert.equal((await result.usage).outputTokens, 12);
  });

  it('carries tools through: the call to the client, the result back to the method', async () => {
    const questions: Question[] = [];
    const method: Method = {
      name: 'tool-user',
      async solve(asked) {
        questions.push(asked);
        const result = asked.messages.find(({ role }) => role === 'tool');
        return result
          ? { steps: [], text: `It is ${result.text}.`, complete: true }
          : {
              steps: [],
              complete: true,
              toolCalls: [{ id: 'call-1', name: 'weather', input: '{"city":"Bonn"}' }],
            };
      },
    };
    const { text, steps } = await generateText({
      model: toAiSdk(method),
      prompt: 'How is the weather in Bonn?',
      tools: {
        weather: tool({
          description: 'looks outside',
          inputSchema: jsonSchema<{ city: string }>({
            type: 'object',
            properties: { city: { type: 'string' } },
          }),
          execute: async ({ city }) => `sunny in ${city}`,
        }),
      },
      stopWhen: stepCountIs(3),
    });
    assert.equal(text, 'It is sunny in Bonn.');
    assert.equal(steps.length, 2);
    assert.equal(questions[0]?.tools?.[0]?.name, 'weather');
    assert.deepEqual(questions[1]?.messages.slice(1), [
      {
        role: 'assistant',
        text: '',
        toolCalls: [{ id: 'call-1', name: 'weather', input: '{"city":"Bonn"}' }],
      },
      { role: 'tool', text: 'sunny in Bonn', toolCallId: 'call-1' },
    ]);
  });

  it('carries images and structured output through', async () => {
    const questions: Question[] = [];
    const method: Method = {
      name: 'looker',
      async solve(asked) {
        questions.push(asked);
        return { steps: [], text: '{"animal":"cat"}', complete: true };
      },
    };
    const { output } = await generateText({
      model: toAiSdk(method),
      output: Output.object({
        schema: jsonSchema<{ animal: string }>({
          type: 'object',
          properties: { animal: { type: 'string' } },
        }),
      }),
      messages: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image', image: new Uint8Array([0x89, 0x50, 0x4e, 0x47]), mediaType: 'image/png' },
            { type: 'image', image: new URL('https://pictures.example/cat.png'), mediaType: 'image/png' },
          ],
        },
      ],
      allowSystemInMessages: true,
    });
    assert.deepEqual(output, { animal: 'cat' });
    assert.equal(questions[0]?.responseFormat?.type, 'json-schema');
    const user = questions[0]?.messages.find(({ role }) => role === 'user');
    assert.deepEqual(
      user?.images?.map(({ url }) => url),
      ['data:image/png;base64,iVBORw==', 'https://pictures.example/cat.png'],
    );
  });

  it('passes failures and aborts on', async () => {
    const method: Method = {
      name: 'failing',
      solve: () => Promise.reject(new ModelError('the server is down', { kind: 'server' })),
    };
    await assert.rejects(
      generateText({ model: toAiSdk(method), prompt: 'x', maxRetries: 0 }),
      /the server is down/,
    );
    const { method: working } = vote({ latency: 60_000 });
    const abortSignal = AbortSignal.abort(new Error('enough'));
    await assert.rejects(generateText({ model: toAiSdk(working), prompt: 'x', abortSignal }), /enough/);
  });

  it('serves the AI SDK 6 through asV3', async () => {
    const { method } = vote({});
    const model = toAiSdk(method).asV3();
    const messages = [
      {
        role: 'user' as const,
        content: [
          { type: 'text' as const, text: 'What is 6 * 7?' },
          { type: 'image' as const, image: new Uint8Array([0x89, 0x50, 0x4e, 0x47]), mediaType: 'image/png' },
        ],
      },
    ];
    const whole = await generateText6({ model, messages });
    assert.equal(whole.text, 'The answer is 42.');
    assert.equal(whole.usage.outputTokens, 12);
    const streamed = streamText6({ model, messages });
    assert.equal(await streamed.text, 'The answer is 42.');
    assert.match((await streamed.reasoningText) ?? '', /sample 2 says 42$/);
  });
});

describe('fromAiSdk', () => {
  const expected: Completion = {
    text: 'The answer is 42.',
    reasoning: 'six sevens',
    finish: 'stop',
    usage: {
      calls: 1,
      promptTokens: 10,
      completionTokens: 20,
      cachedTokens: 4,
      reasoningTokens: 5,
      usd: 0.00005,
    },
    model: 'answering-model',
  };
  const price = { input: 1, output: 2 };
  for (const [version, model] of [
    ['v2', v2()],
    ['v3', v3()],
    ['v4', v4()],
  ] as const)
    it(`reads a ${version} model, streaming and not`, async () => {
      const events: SampleEvent[] = [];
      for await (const event of fromAiSdk(model, { price }).sample(question)) events.push(event);
      const end = events.at(-1);
      assert.ok(end?.type === 'sample-end');
      assert.deepEqual(end.completion, expected);
      assert.deepEqual(
        events.slice(0, -1).map((event) => event.type),
        ['reasoning-delta', 'text-delta', 'text-delta'],
      );
      assert.deepEqual(await complete(fromAiSdk(model, { price, stream: 'off' }), question), expected);
      assert.equal(fromAiSdk(model).id, 'maker.chat/model-1');
    });

  it('asks for all that the specification has words for', async () => {
    let asked: LanguageModelV4CallOptions | undefined;
    const model = fromAiSdk(v4((options) => (asked = options)));
    await complete(model, {
      messages: [
        { role: 'system', text: 'Be brief.' },
        {
          role: 'user',
          text: 'Look.',
          images: [{ url: 'data:image/png;base64,AA==' }, { url: 'https://p.example/c' }],
        },
        { role: 'assistant', text: '', toolCalls: [{ id: 'a', name: 'look', input: '{"x":1}' }] },
        { role: 'tool', text: 'a cat', toolCallId: 'a' },
      ],
      temperature: 0.5,
      topP: 0.9,
      maxTokens: 50,
      stop: ['.'],
      seed: 7,
      tools: [{ name: 'look', parameters: { type: 'object' } }],
      toolChoice: { name: 'look' },
      parallelToolCalls: false,
      responseFormat: { type: 'json-schema', name: 'n', schema: { type: 'object' } },
      reasoningEffort: 'low',
      topLogProbs: 2,
    });
    assert.deepEqual(asked, {
      prompt: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look.' },
            { type: 'file', mediaType: 'image/png', data: { type: 'data', data: 'AA==' } },
            {
              type: 'file',
              mediaType: 'image/*',
              data: { type: 'url', url: new URL('https://p.example/c') },
            },
          ],
        },
        {
          role: 'assistant',
          content: [{ type: 'tool-call', toolCallId: 'a', toolName: 'look', input: { x: 1 } }],
        },
        {
          role: 'tool',
          content: [
            {
              type: 'tool-result',
              toolCallId: 'a',
              toolName: 'look',
              output: { type: 'text', value: 'a cat' },
            },
          ],
        },
      ],
      maxOutputTokens: 50,
      temperature: 0.5,
      topP: 0.9,
      stopSequences: ['.'],
      seed: 7,
      reasoning: 'low',
      tools: [{ type: 'function', name: 'look', inputSchema: { type: 'object' } }],
      toolChoice: { type: 'tool', toolName: 'look' },
      responseFormat: { type: 'json', name: 'n', schema: { type: 'object' } },
      providerOptions: { maker: { logprobs: true, top_logprobs: 2, parallelToolCalls: false } },
    });
  });

  it('takes a model that the AI SDK has wrapped', async () => {
    const model = wrapLanguageModel({
      model: v4(),
      middleware: {
        specificationVersion: 'v4',
        transformParams: async ({ params }) => ({ ...params, seed: 1 }),
      },
    });
    assert.equal((await complete(fromAiSdk(model), question)).text, 'The answer is 42.');
  });

  it('reads tool calls and log-probabilities', async () => {
    const parts: LanguageModelV4StreamPart[] = [
      { type: 'tool-call', toolCallId: 'a', toolName: 'look', input: '{}' },
      { type: 'tool-call', toolCallId: 'b', toolName: 'web', input: '{}', providerExecuted: true },
      {
        ...finish('tool-calls'),
        providerMetadata: { maker: { logprobs: [{ token: 'a', logprob: -0.5, top_logprobs: [] }] } },
      },
    ];
    const completion = await complete(
      fromAiSdk({ ...v4(), doStream: async () => ({ stream: streamOf(parts) }) }),
      question,
    );
    assert.deepEqual(completion.toolCalls, [{ id: 'a', name: 'look', input: '{}' }]);
    assert.equal(completion.finish, 'tool-call');
    assert.deepEqual(completion.logProbs, [{ token: 'a', logProb: -0.5 }]);
  });

  it('knows the errors of the AI SDK and tries again where that helps', async () => {
    const failing = (errors: unknown[]): LanguageModelV4 => ({
      ...v4(),
      doStream: async (options) => {
        if (errors.length > 0) throw errors.shift();
        return v4().doStream(options);
      },
    });
    const apiError = (statusCode: number, responseHeaders = {}) =>
      new APICallError({
        message: 'no',
        url: 'u',
        requestBodyValues: {},
        statusCode,
        responseHeaders,
        responseBody: '{"error":"no"}',
      });
    const busy = apiError(503, { 'retry-after-ms': '1' });
    assert.equal((await complete(fromAiSdk(failing([busy, busy])), question)).text, 'The answer is 42.');
    await assert.rejects(complete(fromAiSdk(failing([apiError(401)])), question), {
      kind: 'auth',
      status: 401,
    });
    await assert.rejects(complete(fromAiSdk(failing([new TypeError('a bug')])), question), TypeError);
    const cut = {
      ...v4(),
      doStream: async () => ({ stream: streamOf([{ type: 'text-delta', id: '1', delta: 'x' }]) }),
    };
    await assert.rejects(complete(fromAiSdk(cut as LanguageModelV4), question), { kind: 'protocol' });
  });
});

/** Three samples that agree, and what they were asked. */
function vote({ latency = 0 }: { latency?: number }): { method: Method; asked: SampleRequest[] } {
  const asked: SampleRequest[] = [];
  const method: Method = {
    name: 'vote',
    async solve({ messages }, run) {
      await run.map(3, 'sample', (branch, index) => {
        const answer = (request: SampleRequest) => {
          asked.push(request);
          return `sample ${index} says 42`;
        };
        return branch.sample(scripted({ answer, latency }), { messages, temperature: 0.7 });
      });
      return { steps: [], text: 'The answer is 42.', answer: '42', confidence: 1, complete: true };
    },
  };
  return { method, asked };
}

function finish(unified: 'stop' | 'tool-calls') {
  return {
    type: 'finish',
    finishReason: { unified, raw: unified },
    usage: {
      inputTokens: { total: 10, noCache: 6, cacheRead: 4, cacheWrite: undefined },
      outputTokens: { total: 20, text: 15, reasoning: 5 },
    },
  } as const;
}

function v4(onCall: (options: LanguageModelV4CallOptions) => void = () => {}): LanguageModelV4 {
  const { finishReason, usage } = finish('stop');
  return {
    ...identity,
    specificationVersion: 'v4',
    doStream: async (options) => {
      onCall(options);
      return { stream: streamOf<LanguageModelV4StreamPart>([...deltas, finish('stop')]) };
    },
    doGenerate: async () => ({
      content: content,
      finishReason,
      usage,
      warnings: [],
      response: { modelId: 'answering-model' },
    }),
  };
}

function v3(): LanguageModelV3 {
  const model = v4();
  return {
    ...identity,
    specificationVersion: 'v3',
    doStream: model.doStream as unknown as LanguageModelV3['doStream'],
    doGenerate: model.doGenerate as unknown as LanguageModelV3['doGenerate'],
  };
}

function v2(): LanguageModelV2 {
  const usage = {
    inputTokens: 10,
    outputTokens: 20,
    totalTokens: 30,
    reasoningTokens: 5,
    cachedInputTokens: 4,
  };
  const parts = deltas as unknown as LanguageModelV2StreamPart[];
  return {
    ...identity,
    specificationVersion: 'v2',
    doStream: async () => ({ stream: streamOf([...parts, { type: 'finish', finishReason: 'stop', usage }]) }),
    doGenerate: async () => ({
      content,
      finishReason: 'stop',
      usage,
      warnings: [],
      response: { modelId: 'answering-model' },
    }),
  };
}

function streamOf<T>(parts: readonly T[]): ReadableStream<T> {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
      controller.close();
    },
  });
}
