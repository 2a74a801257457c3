/**
 * What the server adds to a call: the same requests to a mock upstream directly and through `reckon serve`'s app, in turn,
 * within one run. Upstream, server and client are three processes on this machine; the load of the machine is printed. Each
 * round is measured by itself, and the medians of the rounds are what counts: a neighbour disturbs some of them.
 *
 *   one at a time       added p50 at most 0.5 ms, p99 at most 3 ms
 *   streams             at most 1 ms more to the first token; no frame lost at 200 streams
 *   64 in flight        at least 2,500 requests/s, none failed
 *   clients that leave  their upstream calls end within 250 ms
 *
 *   node bench/serve.ts [--json] [--rounds 5] [--calls 1000] [--streams 200] [--requests 20000] [--leaving 200]
 */
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createParser } from 'eventsource-parser';
import { Pool } from 'undici';
import { quantile } from '../src/evaluation/statistics/quantile.ts';
import { boundYoungGeneration } from '../src/host/young-generation.ts';
import { openaiCompatible } from '../src/models/openai-compatible.ts';
import { reckonServer } from '../src/server/app.ts';
import { listen } from '../src/server/listen.ts';

const FRAMES = 40;
const FRAME_MILLISECONDS = 5;
const WORD = 'a word or two ';
const PROMPT = 'x'.repeat(1024);
const BODY = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: PROMPT }] });
const HEADERS = { 'content-type': 'application/json', authorization: 'Bearer none' };

process.on('disconnect', () => process.exit()); // the other two end with the first
if (process.argv[2] === 'upstream') upstream();
else if (process.argv[2] === 'reckon') await server(process.argv[3] ?? '');
else await main();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '5' },
      calls: { type: 'string', default: '1000' },
      streams: { type: 'string', default: '200' },
      requests: { type: 'string', default: '20000' },
      leaving: { type: 'string', default: '200' },
    },
  });
  const mock = await start('upstream');
  const reckon = await start('reckon', mock.url);
  const direct = new Pool(mock.url, { connections: 256 });
  const through = new Pool(reckon.url, { connections: 256 });
  const loadBefore = loadavg()[0];
  const inRounds = async (measure: () => Promise<Result>) => {
    const rounds: Result[] = [];
    for (let round = 0; round < Number(values.rounds); round++) rounds.push(await measure());
    return { ...medianOf(rounds), rounds };
  };
  try {
    await oneAtATime(direct, through, 500); // warms all three up
    const single = await inRounds(() => oneAtATime(direct, through, Number(values.calls)));
    await firstTokens(direct, through, 100);
    const firstToken = await inRounds(() => firstTokens(direct, through, Number(values.streams)));
    const many = await manyStreams(direct, through, 200);
    const throughput = await inFlight(direct, through, 64, Number(values.requests));
    const leaving = await clientsThatLeave(through, mock, Number(values.leaving));
    const result = {
      cpus: cpus().length,
      loadBefore,
      loadAfter: loadavg()[0],
      single,
      firstToken,
      many,
      throughput,
      leaving,
    };
    if (values.json) console.log(JSON.stringify(result, null, 2));
    else print(result);
  } finally {
    await direct.destroy();
    await through.destroy();
    reckon.stop();
    mock.stop();
  }
}

type Result = Awaited<ReturnType<typeof oneAtATime>>;
type Rounds = Result & { readonly rounds: readonly Result[] };

/** Every figure as the median of the rounds. */
function medianOf(rounds: readonly Result[]): Result {
  const of = (read: (round: Result) => number) => quantile(rounds.map(read), 0.5);
  const both = (read: (round: Result) => { p50: number; p99: number }) => ({
    p50: of((round) => read(round).p50),
    p99: of((round) => read(round).p99),
  });
  return {
    n: rounds.reduce((sum, { n }) => sum + n, 0),
    direct: both(({ direct }) => direct),
    through: both(({ through }) => through),
    added: both(({ added }) => added),
    paired: both(({ paired }) => paired),
  };
}

/** Pairs of calls, the order within a pair changing. */
async function oneAtATime(direct: Pool, through: Pool, calls: number) {
  return inTurn(direct, through, calls, async (pool) => {
    const startedAt = performance.now();
    await call(pool);
    return performance.now() - startedAt;
  });
}

async function firstTokens(direct: Pool, through: Pool, streams: number) {
  return inTurn(direct, through, streams, async (pool) => (await stream(pool, 3)).firstMilliseconds);
}

async function inTurn(direct: Pool, through: Pool, count: number, measure: (pool: Pool) => Promise<number>) {
  const times = { direct: [] as number[], through: [] as number[], added: [] as number[] };
  for (let index = 0; index < count; index++) {
    const first = index % 2 === 0;
    const a = await measure(first ? direct : through);
    const b = await measure(first ? through : direct);
    times.direct.push(first ? a : b);
    times.through.push(first ? b : a);
    times.added.push(first ? b - a : a - b);
  }
  const of = (list: readonly number[]) => ({ p50: quantile(list, 0.5), p99: quantile(list, 0.99) });
  const [d, t] = [of(times.direct), of(times.through)];
  return {
    n: count,
    direct: d,
    through: t,
    added: { p50: t.p50 - d.p50, p99: t.p99 - d.p99 },
    paired: of(times.added),
  };
}

async function manyStreams(direct: Pool, through: Pool, streams: number) {
  const run = async (pool: Pool) => {
    const all = await Promise.all(Array.from({ length: streams }, () => stream(pool, FRAMES)));
    return {
      frames: all.reduce((sum, { frames }) => sum + frames, 0),
      whole: all.filter(({ text, done }) => done && text === WORD.repeat(FRAMES)).length,
      firstP50: quantile(
        all.map(({ firstMilliseconds }) => firstMilliseconds),
        0.5,
      ),
      gapP99: quantile(
        all.flatMap(({ gaps }) => gaps),
        0.99,
      ),
    };
  };
  await run(through);
  return { streams, expected: streams * FRAMES, direct: await run(direct), through: await run(through) };
}

async function inFlight(direct: Pool, through: Pool, width: number, requests: number) {
  const run = async (pool: Pool, count: number) => {
    let left = count;
    let failed = 0;
    const startedAt = performance.now();
    const worker = async () => {
      while (left-- > 0) await call(pool).catch(() => failed++);
    };
    await Promise.all(Array.from({ length: width }, worker));
    return { perSecond: count / ((performance.now() - startedAt) / 1000), failed };
  };
  await run(through, requests / 4);
  const rounds = [];
  for (let round = 0; round < 3; round++)
    rounds.push({ direct: await run(direct, requests), through: await run(through, requests) });
  return { width, requests, rounds };
}

/** How long upstream calls live on when their clients leave, before an answer has begun and in the middle of one. */
async function clientsThatLeave(through: Pool, mock: Started, count: number) {
  const gone = new Map<string, (at: number) => void>();
  mock.child.on('message', ({ user, at }: { user: string; at: number }) => gone.get(user)?.(at));
  const milliseconds: number[] = [];
  for (let index = 0; index < count; index++) {
    const user = `leaves ${index}`;
    const ended = new Promise<number>((resolve) => gone.set(user, resolve));
    const controller = new AbortController();
    const body = {
      model: 'm',
      user,
      stream: index % 2 === 0,
      max_tokens: index % 2 === 0 ? 1_000_000 : 1,
      messages: [{ role: 'user', content: PROMPT }],
    };
    const asked = through
      .request({
        method: 'POST',
        path: '/v1/chat/completions',
        headers: HEADERS,
        body: JSON.stringify(body),
        signal: controller.signal,
      })
      .then((answer) => answer.body.text())
      .catch(() => {}); // the abort is what is measured
    await new Promise((resolve) => setTimeout(resolve, 25));
    const leftAt = performance.timeOrigin + performance.now();
    controller.abort();
    milliseconds.push((await ended) - leftAt);
    await asked;
  }
  return { n: count, p50: quantile(milliseconds, 0.5), most: Math.max(...milliseconds) };
}

async function call(pool: Pool): Promise<void> {
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path: '/v1/chat/completions',
    headers: HEADERS,
    body: BODY,
  });
  const answer = (await body.json()) as { choices?: { message: { content: string } }[] };
  if (statusCode !== 200 || answer.choices?.[0]?.message.content !== WORD)
    throw new Error(`status ${statusCode}`);
}

/** Reads a stream of `frames` words. */
async function stream(pool: Pool, frames: number) {
  const startedAt = performance.now();
  const { body } = await pool.request({
    method: 'POST',
    path: '/v1/chat/completions',
    headers: HEADERS,
    body: JSON.stringify({
      model: 'm',
      stream: true,
      max_tokens: frames,
      messages: [{ role: 'user', content: PROMPT }],
    }),
  });
  const seen = { firstMilliseconds: 0, frames: 0, text: '', done: false, gaps: [] as number[] };
  let last = 0;
  const parser = createParser({
    onEvent: ({ data }) => {
      if (data === '[DONE]') {
        seen.done = true;
        return;
      }
      const word = JSON.parse(data).choices[0]?.delta?.content;
      if (!word) return;
      const now = performance.now();
      if (seen.frames++ === 0) seen.firstMilliseconds = now - startedAt;
      else seen.gaps.push(now - last);
      last = now;
      seen.text += word;
    },
  });
  const decoder = new TextDecoder();
  for await (const chunk of body as AsyncIterable<Buffer>)
    parser.feed(decoder.decode(chunk, { stream: true }));
  return seen;
}

function print(result: {
  cpus: number;
  loadBefore: number | undefined;
  loadAfter: number | undefined;
  single: Rounds;
  firstToken: Rounds;
  many: Awaited<ReturnType<typeof manyStreams>>;
  throughput: Awaited<ReturnType<typeof inFlight>>;
  leaving: Awaited<ReturnType<typeof clientsThatLeave>>;
}): void {
  const { single, firstToken, many, throughput, leaving } = result;
  const ms = (value: number) => value.toFixed(2).padStart(8);
  console.log(
    `${result.cpus} cores, load ${result.loadBefore?.toFixed(1)} before, ${result.loadAfter?.toFixed(1)} after\n`,
  );
  console.log('                                      n   direct  through    added   paired  (ms)');
  for (const [name, row] of [
    ['one at a time', single] as const,
    ['first token of a stream', firstToken] as const,
  ])
    for (const q of ['p50', 'p99'] as const)
      console.log(
        `${`${name}, ${q}`.padEnd(32)}${String(row.n).padStart(7)} ${ms(row.direct[q])} ${ms(row.through[q])} ${ms(row.added[q])} ${ms(row.paired[q])}` +
          `   rounds ${row.rounds.map(({ added }) => added[q].toFixed(2)).join(' ')}`,
      );
  console.log(
    `\n${many.streams} streams at once: ${many.through.frames} of ${many.expected} frames, ${many.through.whole} streams whole; ` +
      `gap p99 ${many.direct.gapP99.toFixed(1)} ms direct, ${many.through.gapP99.toFixed(1)} ms through; ` +
      `first token p50 ${many.direct.firstP50.toFixed(1)} ms direct, ${many.through.firstP50.toFixed(1)} ms through`,
  );
  for (const { direct, through } of throughput.rounds)
    console.log(
      `${throughput.width} in flight, ${throughput.requests} requests: ${Math.round(direct.perSecond)} requests/s direct, ` +
        `${Math.round(through.perSecond)} through, ${through.failed} failed`,
    );
  console.log(
    `${leaving.n} clients that leave: their upstream calls end after ${leaving.p50.toFixed(1)} ms at the median, ` +
      `${leaving.most.toFixed(1)} ms at the most`,
  );
}

interface Started {
  readonly url: string;
  readonly child: ChildProcess;
  stop(): void;
}

/** Starts one of the other two processes. */
function start(role: string, ...args: string[]): Promise<Started> {
  const child = fork(fileURLToPath(import.meta.url), [role, ...args]);
  return new Promise((resolve, reject) => {
    child.once('message', (url) => resolve({ url: String(url), child, stop: () => child.disconnect() }));
    child.once('exit', (code) => reject(new Error(`${role} ended with ${code}`)));
  });
}

/** A mock that does as little as it can: one fixed answer, or `max_tokens` frames at an even pace. */
function upstream(): void {
  const head = { id: 'chatcmpl-0', created: 0, model: 'm' };
  const usage = { prompt_tokens: 256, completion_tokens: 4, total_tokens: 260 };
  const answer = JSON.stringify({
    ...head,
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: WORD }, finish_reason: 'stop' }],
    usage,
  });
  const frame = (choices: unknown[]) =>
    `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices, usage: choices.length ? null : usage })}\n\n`;
  const word = frame([{ index: 0, delta: { content: WORD }, finish_reason: null }]);
  const last = `${frame([{ index: 0, delta: {}, finish_reason: 'stop' }])}${frame([])}data: [DONE]\n\n`;
  const node = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (part) => {
      text += part;
    });
    request.on('end', () => {
      const body = JSON.parse(text) as { stream?: boolean; max_tokens?: number; user?: string };
      const { user } = body;
      if (user !== undefined) {
        response.on('close', () => process.send?.({ user, at: performance.timeOrigin + performance.now() }));
        if (!body.stream) return; // no answer will come
      }
      if (!body.stream) {
        response.writeHead(200, {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(answer),
        });
        return response.end(answer);
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      let left = body.max_tokens ?? FRAMES;
      const next = () => {
        if (!response.destroyed) response.write(word);
        if (--left > 0 && !response.destroyed) return;
        clearInterval(timer);
        response.end(last);
      };
      const timer = setInterval(next, FRAME_MILLISECONDS);
      next();
    });
  });
  node.listen(0, '127.0.0.1', () =>
    process.send?.(`http://127.0.0.1:${(node.address() as AddressInfo).port}`),
  );
}

async function server(mock: string): Promise<void> {
  boundYoungGeneration();
  const common = { baseUrl: `${mock}/v1`, model: 'm', id: 'm', limits: { concurrency: 1_000 } };
  const { url } = await listen(
    reckonServer({
      models: [
        {
          id: 'm',
          live: openaiCompatible({ ...common, stream: 'live' }),
          whole: openaiCompatible({ ...common, stream: 'off' }),
        },
      ],
      methods: [],
      access: { open: true, hosts: ['127.0.0.1'] },
    }),
    { port: 0 },
  );
  process.send?.(url);
}
