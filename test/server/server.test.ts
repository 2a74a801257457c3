/** What the server promises beside the protocol: limits, keys, replays, cancellation, budgets, clear refusals. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import type { TraceEvent } from '../../src/core/trace.ts';
import { foldTrace } from '../../src/core/trace.ts';
import { memoryStore } from '../../src/evaluation/memory-store.ts';
import { scripted } from '../../src/models/scripted.ts';
import { reckonServer } from '../../src/server/app.ts';
import { listen } from '../../src/server/listen.ts';
import { Access } from '../../src/server/parts/access.ts';
import { ApiError } from '../../src/server/parts/api-error.ts';
import { addKey, removeKeys } from '../../src/server/parts/keys.ts';
import {
  MOST_BODIES_BYTES,
  MOST_BODY_BYTES,
  MOST_REPLAY_CHARACTERS,
  MOST_REPLAYED_CHARACTERS,
  MOST_REQUESTS,
} from '../../src/server/parts/limits.ts';
import { Replays } from '../../src/server/parts/replays.ts';
import { openServerState } from '../../src/server/parts/server-state.ts';
import type { Served } from '../fixtures/served.ts';
import { capable, served } from '../fixtures/served.ts';
import { until } from '../fixtures/until.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const folder = temporaryFolder();
const messages = [{ role: 'user', content: 'What is 17 + 25 * 3?' }];
const SC = { model: 'm+sc@3', messages };

let server: Served;
before(async () => {
  server = await served();
});
after(() => server.close());

function post(
  body: unknown,
  headers: Record<string, string> = {},
  at = server,
  path = '/v1/chat/completions',
) {
  return fetch(`${at.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

interface ErrorShape {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
}

async function refused(response: Response, status: number, param?: string): Promise<ErrorShape['error']> {
  const { error } = (await response.json()) as ErrorShape;
  assert.equal(response.status, status, JSON.stringify(error));
  assert.equal(typeof error.message, 'string');
  assert.equal(typeof error.type, 'string');
  if (param !== undefined) assert.equal(error.param, param);
  return error;
}

describe('each line has two sides', () => {
  const tool = (index: number) => ({ type: 'function', function: { name: `f${index}` } });
  const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } };
  const nested = (depth: number): unknown => (depth === 0 ? {} : { a: nested(depth - 1) });
  const cases: readonly (readonly [name: string, body: object, param?: string])[] = [
    ['n', { n: 17 }, 'n'],
    ['n of a method', { model: 'm+sc@32', n: 3 }, 'n'],
    ['samples', { model: 'm+sc@65' }, 'n'],
    ['nested samples', { model: 'm+sc@16(bon@16)' }, 'n'],
    ['temperature', { temperature: 2.1 }, 'temperature'],
    ['top_p', { top_p: 1.1 }, 'top_p'],
    ['max_tokens', { max_tokens: 0 }, 'max_tokens'],
    ['a huge max_tokens', { max_tokens: 1e15 }, 'max_tokens'],
    ['stop', { stop: ['a', 'b', 'c', 'd', 'e'] }, 'stop'],
    ['a long stop', { stop: 'x'.repeat(1001) }, 'stop'],
    ['logprobs', { logprobs: true, top_logprobs: 21 }, 'top_logprobs'],
    ['top_logprobs alone', { top_logprobs: 2 }, 'top_logprobs'],
    ['tools', { tools: Array.from({ length: 129 }, (_, index) => tool(index)) }, 'tools'],
    [
      'a tool that is not there',
      { tools: [tool(1)], tool_choice: { type: 'function', function: { name: 'g' } } },
      'tool_choice',
    ],
    ['a choice without tools', { tool_choice: 'required' }, 'tool_choice'],
    ['messages', { messages: [] }, 'messages'],
    ['too many messages', { messages: Array.from({ length: 2049 }, () => messages[0]) }, 'messages'],
    [
      'images',
      { messages: [{ role: 'user', content: Array.from({ length: 65 }, () => image) }] },
      'messages',
    ],
    [
      'an image from a file',
      {
        messages: [
          { role: 'user', content: [{ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }] },
        ],
      },
    ],
    ['penalties', { frequency_penalty: 3 }, 'frequency_penalty'],
    ['depth', { metadata: nested(101) }],
    ['a method’s depth', { model: `m+${'sc@2('.repeat(50)}cot${')'.repeat(50)}` }, 'model'],
    ['two methods', { model: 'm+cot', reckon: { method: 'sc@3' } }, 'model'],
    ['seconds', { reckon: { limits: { seconds: 301 } } }, 'reckon.limits.seconds'],
    ['a limit in usd without a method', { reckon: { limits: { usd: 1 } } }, 'reckon.limits.usd'],
    ['an unknown option', { reckon: { speed: 9 } }, 'reckon'],
    ['abstaining without a method', { reckon: { abstain: 0.5 } }, 'reckon.abstain'],
    ['audio', { modalities: ['text', 'audio'] }, 'modalities'],
    ['functions', { functions: [] }, 'functions'],
  ];
  for (const [name, body, param] of cases)
    test(name, async () => {
      const before = server.upstream.stats.requests;
      await refused(await post({ model: 'm', messages, ...body }), 400, param);
      assert.equal(server.upstream.stats.requests, before);
    });
  test('bytes', async () => {
    const big = JSON.stringify({
      model: 'm',
      messages: [{ role: 'user', content: 'x'.repeat(MOST_BODY_BYTES) }],
    });
    await refused(await post(big), 413);
  });
  test('content type and encoding', async () => {
    await refused(await post(SC, { 'content-type': 'text/plain' }), 415);
    await refused(await post(SC, { 'content-encoding': 'gzip' }), 415);
  });
  test('paths and methods', async () => {
    const nowhere = await fetch(`${server.url}/v1/nothing`);
    assert.match(nowhere.headers.get('x-request-id') ?? '', /^req_[0-9a-f]{32}$/);
    await refused(nowhere, 404);
    const wrong = await fetch(`${server.url}/v1/chat/completions`);
    assert.equal(wrong.headers.get('allow'), 'POST');
    await refused(wrong, 405);
  });
  test('what is not HTTP', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.end('HELLO\r\n\r\n');
    let text = '';
    for await (const part of socket.setEncoding('utf8')) text += part;
    assert.match(text, /^HTTP\/1\.1 400/);
    assert.ok((JSON.parse(text.split('\r\n\r\n')[1] ?? '') as ErrorShape).error.message);
  });
});

describe('methods by every door', () => {
  const methodOf = async (response: Response) => {
    const { choices } = (await response.json()) as { choices: { x_reckon?: { method: string } }[] };
    return choices[0]?.x_reckon?.method;
  };
  test('by id, body, path and the habits of optillm', async () => {
    assert.equal(await methodOf(await post({ model: 'm+sc@3', messages })), 'self-consistency@3');
    assert.equal(
      await methodOf(await post({ model: 'm', messages, reckon: { method: 'sc@3' } })),
      'self-consistency@3',
    );
    assert.equal(
      await methodOf(await post({ model: 'm', messages }, {}, server, '/m/sc@3(direct)/v1/chat/completions')),
      'self-consistency@3(direct)',
    );
    assert.equal(await methodOf(await post({ model: 'bon-m', messages })), 'best-of-n');
    assert.equal(
      await methodOf(await post({ model: 'm', messages, optillm_approach: 'self_consistency' })),
      'self-consistency',
    );
    assert.equal(await methodOf(await post({ model: 'm', messages, optillm_approach: 'none' })), undefined);
    await refused(await post({ model: 'm', messages, optillm_approach: 'magic' }), 400);
  });
  test('what has no part in the answer is named', async () => {
    const { headers } = await post({ ...SC, temperature: 0.2, top_k: 4 });
    assert.equal(headers.get('x-reckon-ignored'), 'temperature, top_k');
  });
  test('votes, confidence, and a refusal when it is too low', async () => {
    const ask = async (abstain?: number) => {
      const response = await post({ ...SC, model: 'm+sc@9', seed: 2, reckon: { abstain } });
      return ((await response.json()) as { choices: Answer[] }).choices[0] as Answer;
    };
    interface Answer {
      message: { content: string | null; refusal: string | null };
      x_reckon: { confidence: number; votes: object[]; abstained?: boolean };
    }
    const sure = await ask();
    assert.ok(sure.x_reckon.confidence > 0 && sure.x_reckon.confidence < 1 && sure.x_reckon.votes.length > 1);
    const unsure = await ask(1);
    assert.equal(unsure.message.content, null);
    assert.match(unsure.message.refusal ?? '', /below 1/);
    assert.equal(unsure.x_reckon.abstained, true);
  });
  test('a budget ends the work with the best so far, marked', async () => {
    const response = await post({ ...SC, model: 'm+sc@8', reckon: { limits: { calls: 3 } } });
    const { choices, usage } = (await response.json()) as {
      choices: { finish_reason: string; message: { content: string }; x_reckon: { exhausted?: string } }[];
      usage: { x_reckon: { calls: number } };
    };
    assert.equal(usage.x_reckon.calls, 3);
    assert.equal(choices[0]?.finish_reason, 'length');
    assert.match(choices[0]?.message.content ?? '', /\d/);
    assert.equal(choices[0]?.x_reckon.exhausted, 'calls');
  });
  test('a deadline ends it too, for a method and for the model alone', async () => {
    const slow = await served({ answer: () => new Promise(() => {}) });
    for (const model of ['m', 'm+sc@2']) {
      const response = await post({ model, messages, reckon: { limits: { seconds: 0.02 } } }, {}, slow);
      const { choices } = (await response.json()) as {
        choices: { finish_reason: string; x_reckon: { exhausted: string } }[];
      };
      assert.equal(choices[0]?.finish_reason, 'length');
      assert.equal(choices[0]?.x_reckon.exhausted, 'seconds');
    }
    await slow.close();
  });
});

describe('a client that has gone', () => {
  for (const body of [
    { model: 'm', messages },
    { model: 'm', messages, stream: true },
    { model: 'm', messages, n: 4 },
    { ...SC, model: 'm+sc@5' },
    { ...SC, model: 'm+sc@5', stream: true },
    { ...SC, model: 'm+tot', stream: true },
  ])
    test(`leaves no call behind: ${JSON.stringify(body).slice(0, 30)} ${'stream' in body}`, async () => {
      const slow = await served({ answer: () => new Promise(() => {}) });
      try {
        const controller = new AbortController();
        const asked = fetch(`${slow.url}/v1/chat/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
          signal: controller.signal,
        }).then((response) => response.text());
        const calls = body.model.includes('sc@5') ? 5 : 'n' in body ? 4 : 1;
        await until(() => slow.upstream.stats.openNow === calls);
        controller.abort();
        await assert.rejects(asked);
        await until(() => slow.upstream.stats.openNow === 0);
        assert.equal(slow.upstream.stats.gone, calls);
      } finally {
        await slow.close();
      }
    });
});

describe('an Idempotency-Key', () => {
  for (const stream of [false, true])
    test(`a hundred at once are one run${stream ? ', streamed' : ''}`, async () => {
      const before = server.upstream.stats.requests;
      const body = { ...SC, stream };
      const answers = await Promise.all(
        Array.from({ length: 100 }, async () =>
          (await post(body, { 'idempotency-key': `k${stream}` })).text(),
        ),
      );
      assert.equal(new Set(answers).size, 1);
      assert.equal(server.upstream.stats.requests - before, 3);
      const later = await post(body, { 'idempotency-key': `k${stream}` });
      assert.equal(later.headers.get('x-reckon-replayed'), 'true');
      assert.equal(await later.text(), answers[0]);
    });
  test('another request under the same key is refused', async () => {
    await post({ ...SC, seed: 1 }, { 'idempotency-key': 'again' });
    const error = await refused(await post({ ...SC, seed: 2 }, { 'idempotency-key': 'again' }), 422);
    assert.equal(error.code, 'idempotency_key_reused');
  });
  test('a failure is not remembered', async () => {
    let fail = true;
    const flaky = await served({ faults: () => (fail ? 'status-500' : undefined) });
    await refused(await post({ model: 'm', messages }, { 'idempotency-key': 'f' }, flaky), 502);
    fail = false;
    assert.equal((await post({ model: 'm', messages }, { 'idempotency-key': 'f' }, flaky)).status, 200);
    await flaky.close();
  });
});

test('answers kept for an Idempotency-Key have a bound in all', async () => {
  const replays = new Replays();
  const body = 'x'.repeat(MOST_REPLAY_CHARACTERS);
  let runs = 0;
  const ask = (name: number) =>
    replays.run(String(name), 'same', new AbortController().signal, async () => {
      runs++;
      return { status: 200, headers: {}, body };
    });
  const most = MOST_REPLAYED_CHARACTERS / MOST_REPLAY_CHARACTERS;
  for (let name = 0; name <= most; name++) await ask(name);
  assert.equal(runs, most + 1);
  await ask(most);
  assert.equal(runs, most + 1);
  await ask(0); // the oldest had to go
  assert.equal(runs, most + 2);
});

test('so many requests at once, and so many bytes of them; others are told to come back', async () => {
  let release: (text: string) => void = () => {};
  const answer = new Promise<string>((resolve) => {
    release = resolve;
  });
  const start = () =>
    reckonServer({
      models: [{ id: 'm', live: scripted({ answer: () => answer }) }],
      methods: [],
      access: { open: true },
    });
  // a body that does not say how long it is counts as the longest
  for (const [most, headers] of [
    [MOST_BODIES_BYTES / MOST_BODY_BYTES, {}],
    [MOST_REQUESTS, { 'content-length': '60' }],
  ] as const) {
    const crowded = start();
    const ask = () =>
      crowded.fetch(
        new Request('http://127.0.0.1/v1/chat/completions', {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: JSON.stringify({ model: 'm', messages }),
        }),
      );
    const asked = Array.from({ length: most }, ask);
    const one = await ask();
    assert.equal(one.headers.get('retry-after'), '1');
    assert.equal((await refused(one, 503)).code, 'overloaded');
    release('4');
    for (const answered of await Promise.all(asked)) assert.equal(answered.status, 200);
    assert.equal((await ask()).status, 200);
    await crowded.close();
  }
});

describe('keys', () => {
  const file = `${folder.path}/keys.json`;
  const guard = () => served({}, { access: { open: false, keyFile: file, hosts: ['127.0.0.1'] } });
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

  test('are stored hashed, let in, and are taken back', async () => {
    const { key } = addKey(file, 'one');
    assert.ok(!readFileSync(file, 'utf8').includes(key));
    const guarded = await guard();
    assert.equal((await post(SC, bearer(key), guarded)).status, 200);
    await refused(await post(SC, {}, guarded), 401);
    await refused(await post(SC, bearer('rk-guess'), guarded), 401);
    assert.equal((await fetch(`${guarded.url}/healthz`)).status, 200);
    await guarded.close();
    assert.equal(removeKeys(file, 'one'), 1);
    const later = await guard();
    await refused(await post(SC, bearer(key), later), 401);
    await later.close();
  });
  test('have rates, said in headers', async () => {
    const { key } = addKey(file, 'slow', { requestsPerMinute: 2, tokensPerMinute: 1_000_000 });
    const guarded = await guard();
    const first = await post(SC, bearer(key), guarded);
    assert.equal(first.headers.get('x-ratelimit-limit-requests'), '2');
    assert.equal(first.headers.get('x-ratelimit-remaining-requests'), '1');
    assert.ok(Number(first.headers.get('x-ratelimit-remaining-tokens')) < 1_000_000);
    await post(SC, bearer(key), guarded);
    const third = await post(SC, bearer(key), guarded);
    assert.ok(Number(third.headers.get('retry-after')) > 0);
    assert.equal((await refused(third, 429)).code, 'rate_limit_exceeded');
    await guarded.close();
  });
  test('have money, which a restart does not give back', async () => {
    const path = `${folder.path}/money.sqlite`;
    const { key } = addKey(file, 'poor', { usd: 0.000001 });
    const withState = (state: ReturnType<typeof openServerState>) =>
      served({}, { access: { open: false, keyFile: file, hosts: ['127.0.0.1'] }, state });
    const guarded = await withState(openServerState(path));
    assert.equal((await post(SC, bearer(key), guarded)).status, 200);
    assert.equal((await refused(await post(SC, bearer(key), guarded), 429)).code, 'insufficient_quota');
    await guarded.close();
    const again = await withState(openServerState(path));
    await refused(await post(SC, bearer(key), again), 429);
    await again.close();
  });
  test('with money use only what has a price', async () => {
    const { key } = addKey(file, 'careful', { usd: 1 });
    const live = scripted({ answer: capable });
    const guarded = await served(
      {},
      {
        models: [
          { id: 'm', live },
          { id: 'u', live, priced: false },
        ],
        access: { open: false, keyFile: file, hosts: ['127.0.0.1'] },
      },
    );
    assert.equal((await post(SC, bearer(key), guarded)).status, 200);
    const error = await refused(await post({ ...SC, model: 'u+cot' }, bearer(key), guarded), 400, 'model');
    assert.equal(error.code, 'price_unknown');
    await guarded.close();
  });
  test('cannot be guessed for ever', (context) => {
    const { key } = addKey(file, 'guessed');
    context.mock.method(performance, 'now', () => 0); // no allowance grows back meanwhile
    const access = new Access({ open: false, keyFile: file });
    const ask = (guess: string) => () =>
      access.identify(new Request('http://127.0.0.1', { headers: bearer(guess) }), '10.0.0.1');
    const status = (expected: number) => (error: unknown) =>
      error instanceof ApiError && error.status === expected;
    for (let guess = 0; guess < 100; guess++) assert.throws(ask(`rk-${guess}`), status(401));
    assert.throws(ask('rk-last'), status(429));
    assert.throws(ask(key), status(429)); // the address has to wait, right key or not
    const elsewhere = new Request('http://127.0.0.1', { headers: bearer(key) });
    assert.equal(access.identify(elsewhere, '10.0.0.2').name, 'guessed');
  });
});

describe('embeddings', () => {
  test('pass through to the API of the model, and are counted', async () => {
    const bodies: unknown[] = [];
    const api = createServer((request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      request.on('end', () => {
        bodies.push({ path: request.url, ...(JSON.parse(text) as object) });
        response.setHeader('content-type', 'application/json');
        response.end(
          '{"object":"list","data":[{"index":0,"embedding":[1,2]}],"usage":{"prompt_tokens":5,"total_tokens":5}}',
        );
      });
    });
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
    const baseUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}/v1`;
    const live = scripted({ answer: capable });
    const site = await served({}, { models: [{ id: 'e', live, upstream: { baseUrl, model: 'embedder' } }] });
    const answer = await post({ model: 'e', input: ['a', 'b'], dimensions: 2 }, {}, site, '/v1/embeddings');
    assert.equal(((await answer.json()) as { data: object[] }).data.length, 1);
    assert.deepEqual(bodies, [
      { path: '/v1/embeddings', model: 'embedder', input: ['a', 'b'], dimensions: 2 },
    ]);
    assert.equal(site.state.requests(1)[0]?.usage.promptTokens, 5);
    await refused(await post({ model: 'e', input: [] }, {}, site, '/v1/embeddings'), 400);
    await site.close();
    api.close();
    api.closeAllConnections();
  });
});

describe('other pages and other names', () => {
  test('a foreign Host or Origin is refused', async () => {
    const fetchIn = (headers: Record<string, string>) =>
      server.reckon.fetch(new Request('http://127.0.0.1/v1/models', { headers }));
    assert.equal((await refused(await fetchIn({ host: 'evil.example' }), 403)).code, 'host_not_allowed');
    assert.equal(
      (await refused(await fetchIn({ host: '127.0.0.1:1', origin: 'http://evil.example' }), 403)).code,
      'origin_not_allowed',
    );
    assert.equal((await fetchIn({ host: '127.0.0.1:1', origin: 'http://127.0.0.1:1' })).status, 200);
  });
});

describe('what cannot begin says so in a sentence', () => {
  const start = () =>
    reckonServer({
      models: [{ id: 'm', live: scripted({ answer: capable }) }],
      methods: [],
      access: { open: true },
    });
  test('a port that is taken', async () => {
    const port = Number(new URL(server.url).port);
    await assert.rejects(listen(start(), { port }), /Port \d+ of 127\.0\.0\.1 is taken/);
  });
  test('two servers on one state, and one of a newer version', () => {
    const path = `${folder.path}/shared.sqlite`;
    const first = openServerState(path);
    assert.throws(() => openServerState(path), /Another server uses the state/);
    first.close();
    const raw = new DatabaseSync(path);
    raw.exec('PRAGMA user_version = 99');
    raw.close();
    assert.throws(() => openServerState(path), /newer Reckon \(layout 99/);
  });
  test('a full disk holds no answer up, and what it missed is written later', async (context) => {
    const path = `${folder.path}/full.sqlite`;
    const errors: unknown[] = [];
    const state = openServerState(path, { onError: (error) => errors.push(error) });
    const site = await served({}, { state });
    const { exec } = DatabaseSync.prototype;
    const disk = context.mock.method(
      DatabaseSync.prototype,
      'exec',
      function (this: DatabaseSync, sql: string) {
        if (sql === 'COMMIT') throw new Error('database or disk is full');
        exec.call(this, sql);
      },
    );
    for (let count = 0; count < 2; count++) {
      const answer = await post({ model: 'm', input: 'What is 2 + 2?' }, {}, site, '/v1/responses');
      assert.equal(answer.status, 200);
      assert.equal(state.requests(10).length, 0);
    }
    assert.equal(errors.length, 1);
    disk.mock.restore();
    assert.equal(state.requests(10).length, 2);
    await site.close();
  });
  test('damaged and newer keys', () => {
    const file = folder.write('newer.json', '{"version": 2}');
    assert.throws(() => addKey(file, 'a'), /newer Reckon/);
    assert.throws(() => addKey(folder.write('bad.json', '{'), 'a'), /not JSON/);
  });
  test('an upstream that is down, and one that does not take the key', async () => {
    const lonely = await served();
    await lonely.upstream.close();
    const error = await refused(await post({ model: 'm', messages }, {}, lonely), 502);
    assert.match(error.message, /connection to 127\.0\.0\.1:\d+ failed/);
    await lonely.close();
    const strict = await served({ apiKey: 'another' });
    const wrong = await refused(await post({ model: 'm', messages }, {}, strict), 502);
    assert.equal(wrong.code, 'upstream_auth');
    await strict.close();
  });
});

describe('what the page reads', () => {
  test('an ask with its trace as events', async () => {
    const text = await (await post({ ...SC, seed: 1 }, {}, server, '/api/ask')).text();
    const events = text
      .trim()
      .split('\n\n')
      .map((event) => {
        const [name, data] = event.split('\n');
        return {
          name: name?.slice('event: '.length),
          data: JSON.parse(data?.slice('data: '.length) ?? '') as unknown,
        };
      });
    const trace = foldTrace(
      events.filter(({ name }) => name === 'trace').map(({ data }) => data as TraceEvent),
    );
    assert.equal([...trace.nodes.values()].filter(({ prompt }) => prompt).length, 3);
    assert.equal(events.at(-1)?.name, 'answer');
    const { solution } = (events.at(-1)?.data ?? {}) as { solution: { votes: object[] } };
    assert.ok(solution.votes.length > 0);
  });
  test('runs, traces and two runs as one', async () => {
    const runs = memoryStore();
    const row = {
      problem: 'p',
      method: 'cot',
      repeat: 0,
      outcome: 'correct',
      score: 1,
      usage: { calls: 1, promptTokens: 1, completionTokens: 1 },
    } as const;
    for (const run of ['a', 'b']) {
      runs.create(
        {
          run,
          dataset: 'd',
          split: 'test',
          model: 'm',
          methods: ['cot'],
          repeats: 1,
          seed: 0,
          limits: {},
          version: '0',
        },
        [{ id: 'p', text: 't', reference: '1' }],
      );
      runs.addRow(run, row, [{ type: 'node-start', id: 0, parent: null, label: 'cot' }]);
    }
    const site = await served({}, { runs });
    const get = async (path: string) =>
      (await fetch(`${site.url}${path}`)).json() as Promise<Record<string, { length: number }>>;
    assert.equal((await get('/api/runs')).runs?.length, 2);
    assert.equal((await get('/api/runs/a')).rows?.length, 1);
    assert.equal((await get('/api/runs/a/trace?problem=p&method=cot')).events?.length, 1);
    const both = (await get('/api/runs/a/with/b')) as unknown as {
      info: { methods: string[] };
      rows: object[];
    };
    assert.deepEqual(both.info.methods, ['cot (a)', 'cot (b)']);
    assert.equal(both.rows.length, 2);
    await refused(await fetch(`${site.url}/api/runs/zzz`), 404);
    await site.close();
  });
  test('training, from a byte on, and never outside the folder', async () => {
    const training = `${folder.path}/training`;
    folder.write('training/first/metrics.jsonl', '{"step":1,"loss":2}\n{"step":2,"loss":1}\n{"step":3,');
    folder.write('secret/metrics.jsonl', '{"secret":true}\n');
    mkdirSync(`${training}/linked`);
    symlinkSync(`${folder.path}/secret/metrics.jsonl`, `${training}/linked/metrics.jsonl`);
    const site = await served({}, { training });
    const get = (path: string) => fetch(`${site.url}/api/training${path}`);
    const first = (await (await get('/first')).json()) as { rows: { step: number }[]; next: number };
    assert.deepEqual(
      first.rows.map(({ step }) => step),
      [1, 2],
    );
    const rest = (await (await get(`/first?from=${first.next}`)).json()) as { rows: object[]; next: number };
    assert.deepEqual([rest.rows.length, rest.next], [0, first.next]);
    for (const name of ['linked', '..%2Fsecret', '%2e%2e', 'nothing', 'a%00b'])
      assert.equal((await get(`/${name}`)).status, 404, name);
    await site.close();
  });
  test('the description of everything', async () => {
    const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
      openapi: string;
      paths: object;
    };
    assert.equal(document.openapi, '3.1.0');
    assert.ok(Object.keys(document.paths).length >= 15);
    assert.match(await (await fetch(`${server.url}/metrics`)).text(), /reckon_upstream_calls_total \d+/);
    assert.equal((await fetch(`${server.url}/readyz`)).status, 200);
  });
});
