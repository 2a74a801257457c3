/** The AI SDK (7 and 6) and LangChain as clients of the server, over a socket. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { AIMessageChunk } from '@langchain/core/messages';
import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import { tool as langchainTool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import * as ai7 from 'ai';
import { createOpenAICompatible as createOpenAICompatible2 } from 'ai-sdk-openai-compatible-2';
import * as ai6 from 'ai6';
import { z } from 'zod';
import type { Served } from '../fixtures/served.ts';
import { served } from '../fixtures/served.ts';
import { shapeTap } from '../fixtures/shapes.ts';
import { until } from '../fixtures/until.ts';

/** Forms of requests with their answers that these tests carry, at the least. */
const LEAST_SHAPES = 60;

const MODELS = ['m', 'm+direct', 'm+cot', 'm+sc@3', 'm+bon@2', 'm+ltm'];
const SUM = 'What is 17 + 25 * 3?';
const place = z.object({ city: z.string(), count: z.number() });
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

let server: Served;
const tap = shapeTap();
before(async () => {
  server = await served();
});
after(() => server.close());

/** Both versions have the same functions; the types of their providers differ. */
const VERSIONS = [
  { name: 'AI SDK 7', sdk: ai7, provide: createOpenAICompatible },
  {
    name: 'AI SDK 6',
    sdk: ai6 as unknown as typeof ai7,
    provide: createOpenAICompatible2 as unknown as typeof createOpenAICompatible,
  },
];

for (const { name, sdk, provide } of VERSIONS)
  for (const id of MODELS)
    describe(`${name}, ${id}`, () => {
      const model = () =>
        provide({
          name: 'reckon',
          baseURL: `${server.url}/v1`,
          apiKey: 'none',
          includeUsage: true,
          supportsStructuredOutputs: true,
          fetch: tap.fetch,
        })(id);

      test('generateText', async () => {
        const { text, usage, finishReason } = await sdk.generateText({
          model: model(),
          prompt: SUM,
          maxRetries: 0,
        });
        assert.match(text, /\d/);
        assert.equal(finishReason, 'stop');
        assert.ok((usage.totalTokens ?? 0) > 0);
      });
      test('streamText', async () => {
        const result = sdk.streamText({ model: model(), prompt: SUM, system: 'Be brief.', maxRetries: 0 });
        let text = '';
        for await (const part of result.textStream) text += part;
        assert.match(text, /\d/);
        assert.ok(((await result.usage).outputTokens ?? 0) > 0);
        if (id !== 'm' && id !== 'm+direct') assert.ok(await result.reasoningText);
      });
      test('a tool round trip', async () => {
        const weather = sdk.tool({
          description: 'The weather of a city',
          inputSchema: z.object({ city: z.string() }),
          execute: async ({ city }) => `sunny in ${city}`,
        });
        const { text, steps } = await sdk.generateText({
          model: model(),
          prompt: 'What is the weather in Oslo?',
          tools: { weather },
          stopWhen: sdk.stepCountIs(3),
          maxRetries: 0,
        });
        assert.equal(steps.length, 2);
        assert.match(text, /sunny in Oslo/);
      });
      test('a streamed tool call', async () => {
        const result = sdk.streamText({
          model: model(),
          prompt: 'What is the weather in Oslo?',
          tools: { weather: sdk.tool({ inputSchema: z.object({ city: z.string() }) }) },
          toolChoice: 'required',
          maxRetries: 0,
        });
        await result.consumeStream();
        assert.deepEqual((await result.toolCalls)[0]?.input, { city: 'Oslo' });
      });
      test('several calls at once, streamed', async () => {
        const result = sdk.streamText({
          model: model(),
          prompt: 'The weather in both cities?',
          tools: { weather: sdk.tool({ inputSchema: z.object({ city: z.string() }) }) },
          maxRetries: 0,
        });
        await result.consumeStream();
        const inputs = (await result.toolCalls).map(({ input }) => input);
        assert.deepEqual(inputs, [{ city: 'Oslo' }, { city: 'Rome' }]);
        assert.equal(await result.finishReason, 'tool-calls');
      });
      test('a tool asked for by name', async () => {
        const { toolCalls } = await sdk.generateText({
          model: model(),
          prompt: SUM,
          tools: {
            weather: sdk.tool({ inputSchema: z.object({ city: z.string() }) }),
            clock: sdk.tool({ inputSchema: z.object({ city: z.string() }) }),
          },
          toolChoice: { type: 'tool', toolName: 'clock' },
          maxRetries: 0,
        });
        assert.equal(toolCalls[0]?.toolName, 'clock');
      });
      test('a structured answer', async () => {
        const { object } = await sdk.generateObject({
          model: model(),
          prompt: 'Where?',
          schema: place,
          maxRetries: 0,
        });
        assert.deepEqual(object, { city: 'Paris', count: 3 });
      });
      test('an image', async () => {
        const { text } = await sdk.generateText({
          model: model(),
          maxRetries: 0,
          messages: [
            {
              role: 'user',
              content: [
                { type: 'text', text: 'How many?' },
                { type: 'image', image: PIXEL, mediaType: 'image/png' },
              ],
            },
          ],
        });
        assert.match(text, /1 images/);
      });
      test('an abort', async () => {
        const controller = new AbortController();
        const asked = sdk.generateText({
          model: model(),
          prompt: SUM,
          maxRetries: 0,
          abortSignal: controller.signal,
        });
        controller.abort();
        await assert.rejects(asked);
      });
      test('an abort in the middle of a stream', async () => {
        const controller = new AbortController();
        const result = sdk.streamText({
          model: model(),
          prompt: 'A hard question',
          maxRetries: 0,
          abortSignal: controller.signal,
        });
        let parts = 0;
        for await (const { type } of result.fullStream) {
          if (type === 'reasoning-delta' || type === 'text-delta') parts++;
          if (parts === 1) controller.abort();
          if (type === 'abort') break;
        }
        assert.ok(parts > 0);
        await until(() => server.upstream.stats.openNow === 0);
      });
    });

for (const { name, sdk, provide } of VERSIONS)
  describe(`${name} tells failures apart`, () => {
    const failing = (id: string, fault: string | undefined, status: number, retryable: boolean) =>
      test(`${id} ${fault ?? ''} is ${status}`, async () => {
        const model = provide({
          name: 'reckon',
          baseURL: `${server.url}/v1`,
          transformRequestBody: (body) => ({ ...body, ...(fault && { fault }) }),
        })(id);
        await assert.rejects(sdk.generateText({ model, prompt: SUM, maxRetries: 0 }), (error: unknown) => {
          assert.ok(sdk.APICallError.isInstance(error), String(error));
          assert.equal(error.statusCode, status);
          assert.equal(error.isRetryable, retryable);
          assert.ok(error.message.length > 10);
          return true;
        });
      });
    failing('nothing', undefined, 404, false);
    failing('m+magic', undefined, 400, false);
    failing('m', 'status-400', 400, false);
    failing('m', 'status-429', 429, true);
    failing('m', 'status-500', 502, true);
    failing('m', 'status-503', 503, true);
    failing('m', 'truncated-json', 502, true);
  });

for (const id of MODELS)
  describe(`LangChain, ${id}`, () => {
    const chat = (more: object = {}) =>
      new ChatOpenAI({
        model: id,
        apiKey: 'none',
        maxRetries: 0,
        configuration: { baseURL: `${server.url}/v1`, fetch: tap.fetch },
        ...more,
      });

    test('invoke', async () => {
      const answer = await chat().invoke([new HumanMessage(SUM)]);
      assert.match(String(answer.content), /\d/);
      const { usage_metadata: usage } = answer as unknown as { usage_metadata?: { total_tokens: number } };
      assert.ok((usage?.total_tokens ?? 0) > 0);
    });
    test('stream', async () => {
      let text = '';
      for await (const chunk of await chat().stream(SUM)) text += chunk.content;
      assert.match(text, /\d/);
    });
    test('batch', async () => {
      assert.equal((await chat().batch([SUM, 'What is 2 + 2?'])).length, 2);
    });
    test('tools', async () => {
      const weather = langchainTool(async () => 'sunny', {
        name: 'weather',
        description: 'The weather of a city',
        schema: z.object({ city: z.string() }),
      });
      const answer = await chat().bindTools([weather]).invoke('What is the weather in Oslo?');
      assert.deepEqual(answer.tool_calls?.[0]?.args, { city: 'Oslo' });
    });
    test('several calls at once, and back', async () => {
      const weather = langchainTool(async ({ city }: { city: string }) => `sunny in ${city}`, {
        name: 'weather',
        description: 'The weather of a city',
        schema: z.object({ city: z.string() }),
      });
      const question = new HumanMessage('The weather in both cities?');
      const answer = await chat().bindTools([weather]).invoke([question]);
      const calls = answer.tool_calls ?? [];
      assert.equal(calls.length, 2);
      const results = calls.map(
        ({ id, args }) => new ToolMessage({ tool_call_id: id ?? '', content: `sunny in ${args.city}` }),
      );
      const final = await chat()
        .bindTools([weather])
        .invoke([question, answer, ...results]);
      assert.match(String(final.content), /sunny/);
    });
    test('a tool asked for by name, streamed', async () => {
      const clock = langchainTool(async () => '12', {
        name: 'clock',
        schema: z.object({ city: z.string() }),
      });
      const stream = await chat().bindTools([clock], { tool_choice: 'clock' }).stream(SUM);
      let whole: AIMessageChunk | undefined;
      for await (const chunk of stream) whole = whole ? whole.concat(chunk) : chunk;
      assert.deepEqual(whole?.tool_calls?.[0]?.args, { city: 'Oslo' });
    });
    test('an image', async () => {
      const answer = await chat().invoke([
        new HumanMessage({
          content: [
            { type: 'text', text: 'How many?' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } },
          ],
        }),
      ]);
      assert.match(String(answer.content), /1 images/);
    });
    test('several choices', async () => {
      const { generations } = await chat({ n: 2 }).generate([[new HumanMessage(SUM)]]);
      assert.equal(generations[0]?.length, 2);
    });
    test('an abort in the middle of a stream', async () => {
      const controller = new AbortController();
      await assert.rejects(async () => {
        const stream = await chat().stream('A hard question', { signal: controller.signal });
        for await (const _chunk of stream) controller.abort();
      }, /abort/i);
    });
    test('a structured answer', async () => {
      assert.deepEqual(await chat().withStructuredOutput(place, { method: 'jsonSchema' }).invoke('Where?'), {
        city: 'Paris',
        count: 3,
      });
    });
    test('log-probabilities', async () => {
      const answer = await chat({ logprobs: true, topLogprobs: 1 }).invoke(SUM);
      assert.ok((answer.response_metadata.logprobs as { content: unknown[] }).content.length > 0);
    });
    test('the responses protocol', async () => {
      const answer = await chat({ useResponsesApi: true }).invoke(SUM);
      assert.match(JSON.stringify(answer.content), /\d/);
    });
  });

describe('LangChain tells failures apart', () => {
  const failing = (id: string, fault: string | undefined, status: number) =>
    test(`${id} ${fault ?? ''} is ${status}`, async () => {
      const chat = new ChatOpenAI({
        model: id,
        apiKey: 'none',
        maxRetries: 0,
        configuration: { baseURL: `${server.url}/v1` },
        ...(fault && { modelKwargs: { fault } }),
      });
      await assert.rejects(chat.invoke(SUM), (error: unknown) => {
        assert.equal((error as { status?: number }).status, status, String(error));
        return true;
      });
    });
  failing('nothing', undefined, 404);
  failing('m+magic', undefined, 400);
  failing('m', 'status-400', 400);
  failing('m', 'status-500', 502);
  failing('m', 'status-503', 503);
});

test('the forms of requests and answers that were carried', async (context) => {
  await tap.settled();
  context.diagnostic(`${tap.shapes.size} forms`);
  assert.ok(tap.shapes.size >= LEAST_SHAPES, `${tap.shapes.size} forms`);
});
