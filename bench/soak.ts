/**
 * `reckon serve` under half of the load it can take, for long: its memory before, during and after, failures, and upstream
 * calls that nobody waits for any more. Whole and streamed answers, methods, tools, several choices, and clients that leave in
 * the middle. Aims: idle memory at most 120 MB, growth at most 1 MB a minute, no orphaned call, no failure. Not for CI.
 *
 *   node bench/soak.ts [--json] [--minutes 30] [--main dist/cli/main.js] [--rate requests/s]
 *
 * Without --main the sources are run as they are, which holds the type stripper in memory as well.
 */
import type { ChildProcess } from 'node:child_process';
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { seeded } from '../src/core/random.ts';
import { noisyAnswer } from '../src/models/noisy-solver.ts';
import type { ServerStats } from '../src/models/scripted-server.ts';
import { scriptedServer } from '../src/models/scripted-server.ts';

const LATENCY_MILLISECONDS = 20;
const IN_FLIGHT = 64;
const SETTLE_SECONDS = 20; // for the memory at rest
const PROBE_SECONDS = 10; // for the load it can take
const SAMPLE_SECONDS = 5;
const MEGABYTE = 1e6;

const random = seeded('soak');

const SUM = [{ role: 'user', content: `What is 17 + 25 * 3? ${'x'.repeat(500)}` }];
const TOOLS = [{ type: 'function', function: { name: 'sum', parameters: { type: 'object' } } }];

/** What is asked, each as often as the others. */
const REQUESTS: readonly { readonly name: string; readonly body: object; readonly leaves?: boolean }[] = [
  { name: 'whole', body: { model: 'm', messages: SUM } },
  { name: 'streamed', body: { model: 'm', messages: SUM, stream: true } },
  { name: 'two choices', body: { model: 'm', messages: SUM, n: 2 } },
  { name: 'tools', body: { model: 'm', messages: SUM, tools: TOOLS, tool_choice: 'required', stream: true } },
  { name: 'cot', body: { model: 'm+cot', messages: SUM } },
  { name: 'sc@4', body: { model: 'm+sc@4', messages: SUM, stream: true } },
  { name: 'left alone', body: { model: 'm+sc@4', messages: SUM }, leaves: true },
  { name: 'left in the middle', body: { model: 'm+cot', messages: SUM, stream: true }, leaves: true },
];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      minutes: { type: 'string', default: '30' },
      main: { type: 'string', default: fileURLToPath(new URL('../src/cli/main.ts', import.meta.url)) },
      rate: { type: 'string' },
    },
  });
  const folder = mkdtempSync(join(tmpdir(), 'reckon-soak-'));
  const mock = fork(fileURLToPath(import.meta.url), ['upstream']);
  const [address] = (await once(mock, 'message')) as [string];
  const server = spawn(
    process.execPath,
    [
      resolve(values.main),
      'serve',
      '--port',
      '0',
      '--state',
      folder,
      '--any-model',
      '--max-concurrency',
      '1024',
    ].concat('--model', `${address}/v1#m`),
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  const url = new URL(line.toString().trim());
  const pool = new Pool(url.origin, { connections: 512 });
  try {
    await seconds(SETTLE_SECONDS);
    const idle = await residentMegabytes(pool);
    const most = values.rate === undefined ? await probe(pool) : 2 * Number(values.rate);
    const load = new Load(pool, most / 2);
    const memory = await watch(pool, load, Number(values.minutes));
    await load.stop();
    await seconds(SETTLE_SECONDS);
    const recovered = await residentMegabytes(pool);
    const stats = await statsOf(mock);
    const result = {
      main: values.main,
      node: process.version,
      load: loadavg()[0],
      minutes: Number(values.minutes),
      capacityPerSecond: most,
      requests: load.sent,
      perSecond: load.sent / (Number(values.minutes) * 60),
      answered: load.answered,
      left: load.left,
      failed: load.failed,
      idleMegabytes: idle,
      mostMegabytes: Math.max(...memory.map(({ megabytes }) => megabytes)),
      recoveredMegabytes: recovered,
      growthPerMinute: slope(memory.slice(Math.floor(memory.length / 3))),
      upstreamCalls: stats.requests,
      orphans: stats.openNow,
    };
    if (values.json) console.log(JSON.stringify({ ...result, memory }, null, 2));
    else
      for (const [name, value] of Object.entries(result)) console.log(`${name.padEnd(20)} ${shown(value)}`);
  } finally {
    await pool.destroy();
    await ended(server);
    mock.disconnect();
    rmSync(folder, { recursive: true });
  }
}

function shown(value: unknown): string {
  return typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(2) : String(value);
}

/** Requests a second at as many in flight as there may be. */
async function probe(pool: Pool): Promise<number> {
  const until = performance.now() + PROBE_SECONDS * 1000;
  let count = 0;
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      for (; performance.now() < until; count++) await ask(pool, count);
    }),
  );
  return count / PROBE_SECONDS;
}

/** Sends requests at an even rate. */
class Load {
  sent = 0;
  answered = 0;
  left = 0;
  failed = 0;
  readonly #timer: NodeJS.Timeout;
  readonly #open = new Set<Promise<void>>();

  constructor(pool: Pool, perSecond: number) {
    const startedAt = performance.now();
    this.#timer = setInterval(() => {
      const due = Math.floor(((performance.now() - startedAt) / 1000) * perSecond);
      while (this.sent < due && this.#open.size < 4 * IN_FLIGHT) {
        const asked = ask(pool, this.sent++)
          .then((outcome) => {
            this[outcome]++;
          })
          .catch(() => {
            this.failed++;
          })
          .finally(() => this.#open.delete(asked));
        this.#open.add(asked);
      }
      if (this.sent < due) this.sent = due; // the machine was away: what was missed is not made up for
    }, 10);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
  }
}

async function ask(pool: Pool, number: number): Promise<'answered' | 'left' | 'failed'> {
  const { body, leaves } = REQUESTS[number % REQUESTS.length] as (typeof REQUESTS)[number];
  const controller = new AbortController();
  if (leaves) setTimeout(() => controller.abort(), random.next() * 2 * LATENCY_MILLISECONDS);
  try {
    const answer = await pool.request({
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: controller.signal,
    });
    const text = await answer.body.text();
    const whole = 'stream' in body ? text.endsWith('data: [DONE]\n\n') : text.endsWith('}');
    return answer.statusCode === 200 && whole ? 'answered' : 'failed';
  } catch (cause) {
    if (controller.signal.aborted) return 'left';
    throw cause;
  }
}

interface Sample {
  readonly minute: number;
  readonly megabytes: number;
}

async function watch(pool: Pool, load: Load, minutes: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  const startedAt = performance.now();
  for (;;) {
    await seconds(SAMPLE_SECONDS);
    const minute = (performance.now() - startedAt) / 60_000;
    samples.push({ minute, megabytes: await residentMegabytes(pool) });
    if (process.stderr.isTTY)
      process.stderr.write(
        `\r${minute.toFixed(1)} min, ${load.sent} sent, ${samples.at(-1)?.megabytes.toFixed(0)} MB `,
      );
    if (minute >= minutes) return samples;
  }
}

/** Megabytes a minute, by least squares. */
function slope(samples: readonly Sample[]): number {
  const mean = (read: (sample: Sample) => number) =>
    samples.reduce((sum, sample) => sum + read(sample), 0) / samples.length;
  const [x, y] = [mean(({ minute }) => minute), mean(({ megabytes }) => megabytes)];
  const covariance = mean(({ minute, megabytes }) => (minute - x) * (megabytes - y));
  return covariance / mean(({ minute }) => (minute - x) ** 2);
}

async function residentMegabytes(pool: Pool): Promise<number> {
  const { body } = await pool.request({ method: 'GET', path: '/metrics' });
  const found = /^process_resident_memory_bytes (\d+)$/m.exec(await body.text());
  return Number(found?.[1]) / MEGABYTE;
}

async function statsOf(mock: ChildProcess): Promise<ServerStats> {
  mock.send('stats');
  const [stats] = (await once(mock, 'message')) as [ServerStats];
  return stats;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGINT');
  await once(child, 'exit');
}

function seconds(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, count * 1000));
}

async function upstream(): Promise<void> {
  const server = await scriptedServer({
    answer: noisyAnswer({ errorRate: 0.2 }),
    latencyMilliseconds: LATENCY_MILLISECONDS,
  });
  process.send?.(server.url);
  process.on('message', () => process.send?.(server.stats));
  process.once('disconnect', () => void server.close());
}

if (process.argv[2] === 'upstream') await upstream();
else await main();
