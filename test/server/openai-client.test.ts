/** The official client of the protocol against the server over a socket: the model alone, and methods over it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OpenAI, {
  APIConnectionError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from 'openai';
import type {
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionTool,
} from 'openai/resources/chat/completions';
import type { Served } from '../fixtures/served.ts';
import { served } from '../fixtures/served.ts';
import { shapeTap } from '../fixtures/shapes.ts';

/** Forms of requests with their answers that these tests carry, at the least. */
const LEAST_SHAPES = 150;

const SUM = [{ role: 'user' as const, content: 'What is 17 + 25 * 3?' }];
const LINES = [{ role: 'user' as const, content: 'Write two lines' }];
const WEATHER = [{ role: 'user' as const, content: 'What is the weather in Oslo?' }];
const TOOL: ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'The weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};
const OTHER: ChatCompletionTool = {
  type: 'function',
  function: { name: 'clock', parameters: { type: 'object' } },
};
const SCHEMA = {
  type: 'json_schema' as const,
  json_schema: {
    name: 'place',
    strict: true,
    schema: { type: 'object', properties: { city: { type: 'string' }, count: { type: 'integer' } } },
  },
};
const PIXEL = 'data:image/png;base64,iVBORw0KGgo=';

/** Whether the method's answers can be calls, documents and log-probabilities. */
const TARGETS: readonly (readonly [model: string, everything: boolean])[] = [
  ['m', true],
  ['m+direct', true],
  ['m+cot', true],
  ['m+sc@3', true],
  ['m+bon@2', true],
  ['m+ltm', true],
  ['m+self-refine', true],
  ['m+sc@2(direct)', true],
  ['m+pal', false],
  ['m+tot{steps=2,breadth=2,values=1}', false],
];

let server: Served;
let client: OpenAI;
const tap = shapeTap();
before(async () => {
  server = await served();
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0, fetch: tap.fetch });
});
after(() => server.close());

type Body = Partial<ChatCompletionCreateParamsNonStreaming>;

for (const [model, everything] of TARGETS)
  describe(model, () => {
    const ask = (body: Body) => client.chat.completions.create({ model, messages: SUM, ...body });
    const read = async (body: Body) => {
      const chunks = [];
      for await (const chunk of await client.chat.completions.create({
        model,
        messages: SUM,
        stream_options: { include_usage: true },
        ...body,
        stream: true,
      }))
        chunks.push(chunk);
      return chunks;
    };
    /** Fulfilled by those who can; the others say which field they cannot honour, and call nothing. */
    const orRefused = async (param: string, work: () => Promise<void>) => {
      if (everything) return work();
      const before = server.upstream.stats.requests;
      await assert.rejects(work, (error: unknown) => {
        assert.ok(error instanceof BadRequestError, String(error));
        assert.equal(error.param, param);
        return true;
      });
      assert.equal(server.upstream.stats.requests, before);
    };

    test('text', async () => {
      const { choices, usage, object, model: named } = await ask({ seed: 1 });
      assert.match(choices[0]?.message.content ?? '', /\d/);
      assert.equal(choices[0]?.finish_reason, 'stop');
      assert.equal(object, 'chat.completion');
      assert.equal(named, model);
      assert.ok(usage && usage.total_tokens === usage.prompt_tokens + usage.completion_tokens);
    });
    test('the same seed, the same answer', async () => {
      const [a, b] = await Promise.all([ask({ seed: 7 }), ask({ seed: 7 })]);
      assert.equal(a.choices[0]?.message.content, b.choices[0]?.message.content);
    });
    test('a system turn, a developer turn and earlier turns', async () => {
      const answer = await ask({
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'developer', content: [{ type: 'text', text: 'Be kind.' }] },
          { role: 'user', content: 'Hello' },
          { role: 'assistant', content: 'Hello!' },
          { role: 'user', content: [{ type: 'text', text: 'What is 2 + 2?' }] },
        ],
      });
      assert.ok(answer.choices[0]?.message.content);
    });
    test('stream: role first, one id, one end, usage last', async () => {
      const chunks = await read({ seed: 2 });
      assert.equal(chunks[0]?.choices[0]?.delta.role, 'assistant');
      assert.equal(new Set(chunks.map(({ id, created }) => `${id} ${created}`)).size, 1);
      assert.equal(chunks.filter(({ choices }) => choices[0]?.finish_reason).length, 1);
      assert.deepEqual(chunks.at(-1)?.choices, []);
      assert.ok((chunks.at(-1)?.usage?.total_tokens ?? 0) > 0);
      assert.ok(chunks.slice(0, -1).every(({ usage }) => usage === null));
    });
    test('stream and whole say the same', async () => {
      const chunks = await read({ seed: 3 });
      const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
      const whole = await ask({ seed: 3 });
      assert.equal(text, whole.choices[0]?.message.content);
      assert.equal(chunks.at(-1)?.usage?.total_tokens, whole.usage?.total_tokens);
    });
    test('stream without usage', async () => {
      const chunks = await read({ stream_options: null } as Body);
      assert.ok(chunks.every((chunk) => chunk.choices.length === 1 && !chunk.usage));
    });
    test('a tool', () =>
      orRefused('tools', async () => {
        const { choices } = await ask({ messages: WEATHER, tools: [TOOL] });
        assert.equal(choices[0]?.finish_reason, 'tool_calls');
        const call = choices[0]?.message.tool_calls?.[0];
        assert.ok(call?.type === 'function');
        assert.deepEqual(JSON.parse(call.function.arguments), { city: 'Oslo' });
        assert.equal(choices[0]?.message.content, null);
      }));
    test('a forced tool', () =>
      orRefused('tools', async () => {
        const { choices } = await ask({
          tools: [TOOL, OTHER],
          tool_choice: { type: 'function', function: { name: 'clock' } },
        });
        const call = choices[0]?.message.tool_calls?.[0];
        assert.equal(call?.type === 'function' && call.function.name, 'clock');
      }));
    test('a required tool', () =>
      orRefused('tools', async () => {
        const { choices } = await ask({ tools: [TOOL], tool_choice: 'required' });
        assert.equal(choices[0]?.message.tool_calls?.length, 1);
      }));
    test('no tool', () =>
      orRefused('tools', async () => {
        const { choices } = await ask({ messages: SUM, tools: [TOOL], tool_choice: 'none' });
        assert.equal(choices[0]?.message.tool_calls, undefined);
      }));
    test('several calls at once, and one at a time', () =>
      orRefused('tools', async () => {
        const messages = [{ role: 'user' as const, content: 'The weather in both cities?' }];
        const both = await ask({ messages, tools: [TOOL] });
        assert.equal(both.choices[0]?.message.tool_calls?.length, 2);
        const one = await ask({ messages, tools: [TOOL], parallel_tool_calls: false });
        assert.equal(one.choices[0]?.message.tool_calls?.length, 1);
      }));
    test('a tool and back', () =>
      orRefused('tools', async () => {
        const first = await ask({ messages: WEATHER, tools: [TOOL] });
        const message = first.choices[0]?.message;
        const call = message?.tool_calls?.[0];
        assert.ok(message && call);
        const { choices } = await ask({
          messages: [...WEATHER, message, { role: 'tool', tool_call_id: call.id, content: 'sunny' }],
          tools: [TOOL],
        });
        assert.match(choices[0]?.message.content ?? '', /sunny/);
      }));
    test('a streamed tool call', () =>
      orRefused('tools', async () => {
        const chunks = await read({ messages: WEATHER, tools: [TOOL] });
        const deltas = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
        assert.equal(deltas[0]?.function?.name, 'weather');
        assert.deepEqual(JSON.parse(deltas.map((delta) => delta.function?.arguments ?? '').join('')), {
          city: 'Oslo',
        });
      }));
    test('a JSON schema', () =>
      orRefused('response_format', async () => {
        const { choices } = await ask({ response_format: SCHEMA });
        assert.deepEqual(JSON.parse(choices[0]?.message.content ?? ''), { city: 'Paris', count: 3 });
      }));
    test('any JSON object', () =>
      orRefused('response_format', async () => {
        const { choices } = await ask({ response_format: { type: 'json_object' } });
        assert.equal(JSON.parse(choices[0]?.message.content ?? '').city, 'Paris');
      }));
    test('a streamed JSON schema', () =>
      orRefused('response_format', async () => {
        const chunks = await read({ response_format: SCHEMA });
        const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
        assert.equal(JSON.parse(text).count, 3);
      }));
    test('plain text asked for outright', async () => {
      assert.ok((await ask({ response_format: { type: 'text' } })).choices[0]?.message.content);
    });
    test('images', async () => {
      const part = { type: 'image_url' as const, image_url: { url: PIXEL, detail: 'low' as const } };
      const { choices } = await ask({
        messages: [{ role: 'user', content: [{ type: 'text', text: 'How many?' }, part, part] }],
      });
      assert.ok(choices[0]?.message.content);
      if (everything && model !== 'm+bon@2') assert.match(choices[0]?.message.content ?? '', /2 images/);
    });
    test('several choices', async () => {
      const { choices, usage } = await ask({ n: 3, seed: 5 });
      assert.deepEqual(
        choices.map(({ index }) => index),
        [0, 1, 2],
      );
      assert.ok(choices.every(({ message }) => message.content));
      assert.ok((usage as unknown as { x_reckon: { calls: number } }).x_reckon.calls >= 3);
    });
    test('several streamed choices', async () => {
      const chunks = await read({ n: 2, seed: 5 });
      const ends = chunks.filter(({ choices }) => choices[0]?.finish_reason);
      assert.deepEqual(ends.map(({ choices }) => choices[0]?.index).toSorted(), [0, 1]);
    });
    test('log-probabilities', () =>
      orRefused('logprobs', async () => {
        const { choices } = await ask({ logprobs: true, top_logprobs: 2 });
        const tokens = choices[0]?.logprobs?.content ?? [];
        assert.ok(tokens.length > 0 && tokens.every(({ logprob, bytes }) => logprob <= 0 && bytes));
        assert.equal(tokens[0]?.top_logprobs.length, 2);
      }));
    test('streamed log-probabilities', () =>
      orRefused('logprobs', async () => {
        const chunks = await read({ logprobs: true });
        const tokens = chunks.flatMap(({ choices }) => choices[0]?.logprobs?.content ?? []);
        assert.ok(tokens.length > 0);
      }));
    test('stop', async () => {
      const { choices } = await ask({ messages: [{ role: 'user', content: 'Write two lines' }], stop: '\n' });
      assert.doesNotMatch(choices[0]?.message.content ?? '', /\n/);
    });
    test('max_tokens and max_completion_tokens', async () => {
      for (const limit of [{ max_tokens: 4 }, { max_completion_tokens: 4 }]) {
        const { choices } = await ask(limit);
        assert.ok((choices[0]?.message.content ?? '').length <= 40);
      }
    });
    test('thinking is reasoning, and not the answer', async () => {
      const messages = [{ role: 'user' as const, content: 'A hard question' }];
      const { choices } = await ask({ messages, reasoning_effort: 'low' });
      const message = choices[0]?.message as {
        content: string;
        reasoning_content?: string;
        reasoning?: string;
      };
      assert.equal(message.reasoning_content, message.reasoning);
      if (everything) assert.match(message.reasoning ?? '', /thinking about it/);
      assert.doesNotMatch(message.content, /thinking about it/);
      const chunks = await read({ messages });
      const deltas = chunks.map(({ choices: [choice] }) => (choice?.delta ?? {}) as { reasoning?: string });
      assert.ok(deltas.some(({ reasoning }) => reasoning));
    });
    test('sampling fields and fields of one provider', async () => {
      const answer = await ask({
        temperature: 0.3,
        top_p: 0.9,
        frequency_penalty: 0.1,
        presence_penalty: 0.1,
        user: 'somebody',
        metadata: { a: 'b' },
        store: false,
        top_k: 40,
      } as Body);
      assert.ok(answer.choices[0]?.message.content);
    });
    test('an abort in the middle of a stream', async () => {
      const stream = await client.chat.completions.create({ model, messages: SUM, stream: true });
      for await (const _chunk of stream) {
        stream.controller.abort();
        break;
      }
      assert.ok(stream.controller.signal.aborted);
    });
    test('the helper that collects a stream', async () => {
      const final = await client.chat.completions
        .stream({ model, messages: SUM, seed: 4 })
        .finalChatCompletion();
      assert.ok(final.choices[0]?.message.content);
    });
    test('a response, and one that continues it', async () => {
      const first = await client.responses.create({ model, input: 'What is 3 + 4?' });
      assert.ok(first.output_text && first.status === 'completed');
      const next = await client.responses.create({
        model,
        input: [{ role: 'user', content: 'What is 3 + 5?' }],
        instructions: 'Be brief.',
        previous_response_id: first.id,
      });
      assert.ok(next.output_text);
      assert.equal((await client.responses.retrieve(first.id)).id, first.id);
    });
    test('a streamed response', async () => {
      const stream = client.responses.stream({ model, input: 'What is 3 + 4?' });
      const types: string[] = [];
      for await (const event of stream) types.push(event.type);
      assert.equal(types[0], 'response.created');
      assert.equal(types.at(-1), 'response.completed');
      assert.ok(types.includes('response.output_text.delta'));
      assert.ok((await stream.finalResponse()).output_text);
    });
    test('a response that calls a function', () =>
      orRefused('tools', async () => {
        const { output } = await client.responses.create({
          model,
          input: 'What is the weather in Oslo?',
          tools: [{ type: 'function', name: 'weather', parameters: { type: 'object' }, strict: false }],
        });
        assert.equal(output.find((item) => item.type === 'function_call')?.name, 'weather');
      }));
  });

describe('errors are told apart by the classes of the client', () => {
  const failing = (fault: string, type: new (...args: never[]) => Error, status: number | undefined) =>
    test(`${fault} is ${type.name}`, async () => {
      const ask = client.chat.completions.create({ model: 'm', messages: SUM, fault } as never);
      await assert.rejects(ask, (error: unknown) => {
        assert.ok(error instanceof type, String(error));
        assert.equal((error as { status?: number }).status, status);
        return true;
      });
    });
  failing('status-400', BadRequestError, 400);
  failing('status-404', NotFoundError, 404);
  failing('status-429', RateLimitError, 429);
  failing('status-429-quota', RateLimitError, 429);
  failing('status-500', InternalServerError, 502);
  failing('status-503', InternalServerError, 503);
  failing('status-401', InternalServerError, 502);
  failing('reset-before-headers', InternalServerError, 502);
  failing('truncated-json', InternalServerError, 502);
  failing('html-200', InternalServerError, 502);

  test('an unknown model is NotFoundError with near names', () =>
    assert.rejects(client.chat.completions.create({ model: 'n', messages: SUM }), (error: unknown) => {
      assert.ok(error instanceof NotFoundError);
      assert.equal(error.code, 'model_not_found');
      assert.match(error.message, /nearest are m\b/);
      assert.match(error.requestID ?? '', /^req_/);
      return true;
    }));
  test('a method that is none is BadRequestError', () =>
    assert.rejects(client.chat.completions.create({ model: 'm+magic', messages: SUM }), BadRequestError));
  test('an abort is APIUserAbortError, no server APIConnectionError', async () => {
    const controller = new AbortController();
    const asked = client.chat.completions.create(
      { model: 'm', messages: SUM },
      { signal: controller.signal },
    );
    controller.abort();
    await assert.rejects(asked, APIUserAbortError);
    const nobody = new OpenAI({ baseURL: 'http://127.0.0.1:9/v1', apiKey: 'none', maxRetries: 0 });
    await assert.rejects(nobody.models.list(), APIConnectionError);
  });
  test('a broken stream is one error event', async () => {
    const stream = await client.chat.completions.create({
      model: 'm',
      messages: SUM,
      stream: true,
      fault: 'stream-cut-mid-event',
    } as never);
    await assert.rejects(async () => {
      for await (const _chunk of stream as unknown as AsyncIterable<unknown>);
    }, /cut short|not JSON/);
  });
  test('a wrong key is AuthenticationError', async () => {
    const guarded = await served({}, { access: { open: false, hosts: ['127.0.0.1'] } });
    const stranger = new OpenAI({ baseURL: `${guarded.url}/v1`, apiKey: 'wrong', maxRetries: 0 });
    await assert.rejects(stranger.models.list(), AuthenticationError);
    await guarded.close();
  });
  test('models are listed, and found by id', async () => {
    const ids = (await client.models.list()).data.map(({ id }) => id);
    assert.deepEqual(ids, ['m', 'm+cot', 'm+sc@3']);
    for (const id of [...ids, 'm+sc@5(pal)']) assert.equal((await client.models.retrieve(id)).id, id);
  });
});

for (const model of ['m', 'm+direct'])
  describe(`what ${model} streams goes through as it comes`, () => {
    const chunksOf = async (body: Body) => {
      const stream = await client.chat.completions.create({ model, messages: SUM, ...body, stream: true });
      const choices = [];
      for await (const { choices: all } of stream) choices.push(...all);
      return choices;
    };
    test('calls, a piece at a time, the first with id and name', async () => {
      const messages = [{ role: 'user' as const, content: 'The weather in both cities?' }];
      const choices = await chunksOf({ messages, tools: [TOOL] });
      const pieces = choices.flatMap(({ delta }) => delta.tool_calls ?? []);
      for (const index of [0, 1]) {
        const own = pieces.filter((piece) => piece.index === index);
        assert.ok(own.length > 2, String(own.length));
        assert.deepEqual(
          own.map(({ id, type, function: called }) => [id, type, called?.name]),
          own.map((_, at) =>
            at === 0 ? [`call_${index}`, 'function', 'weather'] : [undefined, undefined, undefined],
          ),
        );
        const input = own.map((piece) => piece.function?.arguments ?? '').join('');
        assert.deepEqual(JSON.parse(input), { city: index === 0 ? 'Oslo' : 'Rome' });
      }
      assert.equal(choices.at(-1)?.finish_reason, 'tool_calls');
    });
    test('log-probabilities, each with its word', async () => {
      const choices = await chunksOf({ messages: LINES, logprobs: true, top_logprobs: 1, seed: 1 });
      const words = choices.filter(({ delta }) => delta.content);
      assert.ok(words.length > 1);
      for (const { delta, logprobs } of words)
        assert.equal(logprobs?.content?.map(({ token }) => token).join(''), delta.content);
      assert.equal(choices.at(-1)?.logprobs ?? null, null);
      const whole = await client.chat.completions.create({
        model,
        messages: LINES,
        logprobs: true,
        top_logprobs: 1,
        seed: 1,
      });
      const streamed = choices.flatMap(({ logprobs }) => logprobs?.content ?? []);
      assert.deepEqual(streamed, whole.choices[0]?.logprobs?.content);
    });
    test('the calls of a response', async () => {
      const stream = client.responses.stream({
        model,
        input: 'The weather in both cities?',
        tools: [{ type: 'function', name: 'weather', parameters: { type: 'object' }, strict: false }],
      });
      const deltas: string[] = [];
      for await (const event of stream)
        if (event.type === 'response.function_call_arguments.delta') deltas.push(event.delta);
      const { output } = await stream.finalResponse();
      const calls = output.filter((item) => item.type === 'function_call');
      assert.deepEqual(
        calls.map((call) => [call.name, JSON.parse(call.arguments)]),
        [
          ['weather', { city: 'Oslo' }],
          ['weather', { city: 'Rome' }],
        ],
      );
      assert.ok(deltas.length > 2);
    });
  });

test('the forms of requests and answers that were carried', async (context) => {
  await tap.settled();
  context.diagnostic(`${tap.shapes.size} forms`);
  assert.ok(tap.shapes.size >= LEAST_SHAPES, `${tap.shapes.size} forms`);
});
