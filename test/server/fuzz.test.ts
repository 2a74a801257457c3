/** Ten thousand requests that are not right: each gets an answer or a 4xx in the shape of the protocol, never a 5xx. */
import '../fixtures/no-proto.ts';
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Random } from '../../src/core/random.ts';
import { seeded } from '../../src/core/random.ts';
import { scripted } from '../../src/models/scripted.ts';
import { reckonServer } from '../../src/server/app.ts';
import { capable, served } from '../fixtures/served.ts';

const IN_PROCESS = 9_400;
const OVER_SOCKETS = 600;
const MOST_GROWTH_BYTES = 50e6;

const TOOL = {
  type: 'function',
  function: { name: 'weather', parameters: { type: 'object', properties: {} } },
};
const CHAT = {
  model: 'm+sc@2',
  messages: [
    { role: 'system', content: 'Be brief.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is 2 + 2?' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AA', detail: 'low' } },
      ],
    },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'weather', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: 'c', content: 'sunny' },
    { role: 'user', content: 'What is 2 + 3?' },
  ],
  tools: [TOOL],
  tool_choice: 'auto',
  parallel_tool_calls: true,
  response_format: {
    type: 'json_schema',
    json_schema: {
      name: 'a',
      strict: true,
      schema: { type: 'object', properties: { count: { type: 'integer' } } },
    },
  },
  temperature: 0.5,
  top_p: 0.9,
  n: 1,
  stop: ['###'],
  max_tokens: 100,
  seed: 1,
  logprobs: true,
  top_logprobs: 1,
  stream: false,
  stream_options: { include_usage: true },
  reasoning: { effort: 'low', exclude: false },
  logit_bias: { '50256': -100 },
  metadata: { a: 'b' },
  user: 'u',
  reckon: { method: null, limits: { calls: 10, seconds: 5 }, abstain: 0.1, seed: 3 },
};
const RESPONSES = {
  model: 'm',
  input: [
    {
      role: 'user',
      content: [
        { type: 'input_text', text: 'What is 2 + 2?' },
        { type: 'input_image', image_url: 'data:image/png;base64,AA' },
      ],
    },
    { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
    { type: 'function_call_output', call_id: 'c', output: '4' },
  ],
  instructions: 'Be brief.',
  tools: [{ type: 'function', name: 'f', parameters: { type: 'object' } }],
  tool_choice: 'auto',
  text: { format: { type: 'json_object' } },
  reasoning: { effort: 'low', summary: 'auto' },
  max_output_tokens: 100,
  include: ['message.output_text.logprobs'],
  store: false,
  stream: false,
};
const BASES: readonly (readonly [path: string, body: object])[] = [
  ['/v1/chat/completions', CHAT],
  ['/v1/chat/completions', { model: 'm', messages: [{ role: 'user', content: 'What is 2 + 2?' }] }],
  [
    '/m/cot/v1/chat/completions',
    { model: 'm', messages: [{ role: 'user', content: 'Hello' }], stream: true },
  ],
  ['/v1/responses', RESPONSES],
  ['/v1/embeddings', { model: 'm', input: ['a', 'b'], dimensions: 3 }],
  ['/api/ask', { model: 'm+cot', messages: [{ role: 'user', content: 'What is 2 + 2?' }] }],
];

/** Values that parsers and validators have been known to trip over. */
function oddValue(random: Random): unknown {
  const values: readonly (() => unknown)[] = [
    () => null,
    () => true,
    () => -1,
    () => 0.5,
    () => 1e308,
    () => Number.MAX_SAFE_INTEGER,
    () => '',
    () => '\u0000',
    () => '\ud800',
    () => 'x'.repeat(random.integer(5_000)),
    () => '__proto__',
    () => 'm+'.repeat(random.integer(90)),
    () => `m+${'sc@9('.repeat(random.integer(30))}`,
    () => 'm+tot{breadth=NaN}',
    () => '../../etc/passwd',
    () => [],
    () => ({}),
    () => [[[[]]]],
    () => Array.from({ length: random.integer(300) }, (_, index) => index),
    () => JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}'),
    () => {
      let deep: unknown = 1;
      for (let depth = random.integer(300); depth > 0; depth--)
        deep = random.next() < 0.5 ? [deep] : { a: deep };
      return deep;
    },
    () => ({ toString: 1, valueOf: null, toJSON: 'x', length: -1 }),
    () => Object.fromEntries(Array.from({ length: random.integer(500) }, (_, index) => [`k${index}`, index])),
  ];
  return (values[random.integer(values.length)] as () => unknown)();
}

const ODD_KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  '',
  'then',
  '\ud800',
  'functions',
  'n',
  'a b',
];

/** A copy with something changed somewhere. */
function mutated(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random.next() < 0.15) return oddValue(random);
  const entries = Object.entries(value);
  const at = random.integer(entries.length + 1);
  const choice = random.next();
  if (entries.length === 0 || at === entries.length) {
    if (Array.isArray(value)) return [...value, oddValue(random)];
    entries.push([ODD_KEYS[random.integer(ODD_KEYS.length)] as string, oddValue(random)]);
  } else if (choice < 0.15) entries.splice(at, 1);
  else
    entries[at] = [
      (entries[at] as [string, unknown])[0],
      mutated((entries[at] as [string, unknown])[1], random),
    ];
  if (Array.isArray(value)) return entries.map(([, item]) => item);
  // defined, not assigned: `__proto__` has to be a key like others
  const copy = {};
  for (const [key, item] of entries)
    Object.defineProperty(copy, key, { value: item, enumerable: true, configurable: true, writable: true });
  return copy;
}

function oddBytes(text: string, random: Random): Uint8Array {
  const bytes = Buffer.from(text);
  switch (random.integer(6)) {
    case 0:
      return bytes.subarray(0, random.integer(bytes.length));
    case 1:
      for (let flips = 1 + random.integer(5); flips > 0; flips--)
        bytes[random.integer(bytes.length)] = random.integer(256);
      return bytes;
    case 2:
      return Buffer.from(text.replace('{', '{"model":"m","model":{},"n":1e999,'));
    case 3:
      return Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]);
    case 4:
      return Buffer.from(text.replaceAll(/\d+/g, () => '9'.repeat(1 + random.integer(400))));
    default:
      return Buffer.from(`${'['.repeat(random.integer(20_000))}${text}`);
  }
}

function oddRequest(random: Random): {
  path: string;
  method: string;
  headers: Record<string, string>;
  body: Uint8Array;
} {
  const [base, body] = BASES[random.integer(BASES.length)] as (typeof BASES)[number];
  let changed = mutated(body, random);
  for (let more = random.integer(3); more > 0; more--) changed = mutated(changed, random);
  const text = JSON.stringify(changed) ?? '';
  const headers: Record<string, string> = { 'content-type': 'application/json', host: '127.0.0.1' };
  let [path, method] = [base, 'POST'];
  if (random.next() < 0.08)
    headers['content-type'] = ['text/plain', 'application/xml', '', 'application/json; charset=utf-16'][
      random.integer(4)
    ] as string;
  if (random.next() < 0.03)
    headers['content-encoding'] = ['gzip', 'br', 'identity', 'x'][random.integer(4)] as string;
  if (random.next() < 0.05)
    headers['idempotency-key'] = ['a', 'b b', 'x'.repeat(300), ''][random.integer(4)] as string;
  if (random.next() < 0.05)
    headers.authorization = ['Bearer', 'Bearer x', 'Basic eDp5', 'x'.repeat(2_000)][
      random.integer(4)
    ] as string;
  if (random.next() < 0.03)
    headers.origin = ['null', 'http://evil.example', 'x', 'http://127.0.0.1'][random.integer(4)] as string;
  if (random.next() < 0.05) method = ['PUT', 'PATCH', 'DELETE', 'OPTIONS'][random.integer(4)] as string;
  if (random.next() < 0.05)
    path = [
      '/v1/nothing',
      '/v1/chat/completions/',
      '/m//v1/chat/completions',
      '/m/%zz/v1/chat/completions',
      '/v1/models/%00',
      '/v1/responses/x',
      '//',
      '/m/sc@99(cot)/v1/chat/completions',
    ][random.integer(8)] as string;
  const bytes = random.next() < 0.25 && text !== '' ? oddBytes(text, random) : Buffer.from(text);
  return { path, method, headers, body: bytes };
}

function checkAnswer(status: number, body: string, what: string): void {
  assert.ok(status >= 200 && status < 500, `${status} for ${what}: ${body.slice(0, 300)}`);
  if (status >= 400) {
    const { error } = JSON.parse(body) as { error?: { message?: unknown; type?: unknown } };
    assert.equal(typeof error?.message, 'string', what);
    assert.equal(typeof error?.type, 'string', what);
  }
  assert.equal(({} as { polluted?: unknown }).polluted, undefined, what);
}

function heldBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

test(`${IN_PROCESS} mutated requests in process`, async (context) => {
  const failures: unknown[] = [];
  const server = reckonServer({
    models: [{ id: 'm', live: scripted({ answer: capable }) }],
    methods: ['cot'],
    access: { open: true, hosts: ['127.0.0.1'] },
    onError: (error) => failures.push(error),
  });
  const random = seeded('fuzz');
  const statuses = new Map<number, number>();
  let before = 0;
  for (let number = 0; number < IN_PROCESS; number++) {
    const { path, method, headers, body } = oddRequest(random);
    const response = await server.fetch(
      new Request(`http://127.0.0.1${path}`, {
        method,
        headers,
        ...(method !== 'OPTIONS' && { body: body as BodyInit }),
      }),
    );
    checkAnswer(response.status, await response.text(), `request ${number}: ${method} ${path}`);
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    if (number === 1_000) {
      collect();
      before = heldBytes();
    }
  }
  collect();
  const growth = heldBytes() - before;
  context.diagnostic(`${JSON.stringify([...statuses])}, ${(growth / 1e6).toFixed(1)} MB more`);
  assert.deepEqual(failures, []);
  assert.ok(growth < MOST_GROWTH_BYTES, `grew by ${growth} bytes`);
  assert.ok((statuses.get(400) ?? 0) > IN_PROCESS / 3, JSON.stringify([...statuses]));
  await server.close();
});

test(`${OVER_SOCKETS} mutated requests over sockets`, async () => {
  const server = await served();
  after(() => server.close());
  const port = Number(new URL(server.url).port);
  const random = seeded('sockets');
  const oddLines = [
    'Content-Length: -1',
    'Content-Length: 5, 6',
    'Transfer-Encoding: chunked, gzip',
    'Expect: x',
    'A: \u0001',
    ' folded: x',
    'Host: a',
    'X: '.padEnd(20_000, 'y'),
  ];
  let answered = 0;
  for (let number = 0; number < OVER_SOCKETS; number++) {
    const { path, method, headers, body } = oddRequest(random);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    if (random.next() < 0.2) lines.push(oddLines[random.integer(oddLines.length)] as string);
    const chunked = random.next() < 0.3;
    lines.push(chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`);
    const half = Math.floor(body.length / 2);
    const size = (bytes: Uint8Array) => (random.next() < 0.1 ? 'zz' : bytes.length.toString(16));
    const parts = chunked
      ? [body.subarray(0, half), body.subarray(half)]
          .filter((part) => part.length > 0)
          .flatMap((part) => [Buffer.from(`${size(part)}\r\n`), part, Buffer.from('\r\n')])
          .concat(Buffer.from('0\r\n\r\n'))
      : [body];
    const version = random.next() < 0.03 ? 'HTTP/9.9' : 'HTTP/1.1';
    const head = Buffer.from(
      `${method} ${path} ${version}\r\n${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`,
      'latin1',
    );
    const answer = await exchange(port, Buffer.concat([head, ...parts]));
    if (answer === '') continue; // the connection was refused outright
    const [top = '', ...rest] = answer.split('\r\n\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(top)?.[1]);
    const text = /transfer-encoding: chunked/i.test(top)
      ? '{"error":{"message":"","type":""}}'
      : rest.join('\r\n\r\n');
    checkAnswer(status, status >= 400 ? text : '', `request ${number}`);
    answered++;
  }
  assert.ok(answered > OVER_SOCKETS * 0.9, String(answered));
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
});

function exchange(port: number, bytes: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (part) => {
      text += part;
    });
    socket.on('error', () => {}); // a reset is an answer too: what came before it counts
    socket.on('close', () => resolve(text));
    socket.write(bytes);
  });
}
