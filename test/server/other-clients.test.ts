/** The AI SDK (7 and 6) and LangChain as clients of the server, over a socket. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { HumanMessage } from '@langchain/core/messages';
import { tool as langchainTool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import * as ai7 from 'ai';
import { createOpenAICompatible as createOpenAICompatible2 } from 'ai-sdk-openai-compatible-2';
import * as ai6 from 'ai6';
import { z } from 'zod';
import type { Served } from '../fixtures/served.ts';
import { served } from '../fixtures/served.ts';

const MODELS = ['m', 'm+direct', 'm+cot', 'm+sc@3', 'm+bon@2', 'm+ltm'];
const SUM = 'What is 17 + 25 * 3?';
const place = z.object({ city: z.string(), count: z.number() });
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

let server: Served;
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
        if (id !== 'm') assert.ok(await result.reasoningText);
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
    });

test('the AI SDK tells an unknown model', async () => {
  const model = createOpenAICompatible({ name: 'reckon', baseURL: `${server.url}/v1` })('nothing');
  await assert.rejects(ai7.generateText({ model, prompt: SUM, maxRetries: 0 }), (error: unknown) => {
    assert.ok(ai7.APICallError.isInstance(error));
    assert.equal(error.statusCode, 404);
    return true;
  });
});

for (const id of MODELS)
  describe(`LangChain, ${id}`, () => {
    const chat = (more: object = {}) =>
      new ChatOpenAI({
        model: id,
        apiKey: 'none',
        maxRetries: 0,
        configuration: { baseURL: `${server.url}/v1` },
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
