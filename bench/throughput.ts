/**
 * How fast samples come in over HTTP, and what our client adds to a call.
 *
 * 1. 1,000 sums × self-consistency of 16 samples against a mock server in another process that answers after 50 ms, 256
 *    calls in flight, next to a bare undici Pool making the same calls in the same run (4,000 before each). Ideal:
 *    16,000 / 256 × 50 ms = 3.125 s. Aim: at least 90 % of that rate once warm, at most 300 MB of memory, not growing from
 *    run to run. The rate leaves 195 µs of one core a sample. The young generation is held as `reckon compare` holds it;
 *    --free lets V8 have its way.
 * 2. The same small call made in turn by a bare undici Pool and by our client, against a server without latency, one at a
 *    time. Aim: at most 0.3 ms more at the median.
 *
 *   node bench/throughput.ts [--json] [--free] [--problems 1000] [--runs 4] [--calls 3000]
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { complete } from '../src/core/model.ts';
import type { Problem } from '../src/core/problem.ts';
import type { Verifier } from '../src/core/verifier.ts';
import { arithmetic } from '../src/datasets/arithmetic.ts';
import { evaluate } from '../src/evaluation/evaluate.ts';
import { quantile } from '../src/evaluation/statistics/quantile.ts';
import { wilson } from '../src/evaluation/statistics/wilson.ts';
import { boundYoungGeneration } from '../src/host/young-generation.ts';
import { chainOfThought } from '../src/methods/chain-of-thought.ts';
import { selfConsistency } from '../src/methods/self-consistency.ts';
import { noisyAnswer } from '../src/models/noisy-solver.ts';
import { openaiCompatible } from '../src/models/openai-compatible.ts';
import { scriptedServer } from '../src/models/scripted-server.ts';

const SAMPLES = 16;
const IN_FLIGHT = 256;
const LATENCY_MILLISECONDS = 50;
const MEGABYTE = 1e6;

if (process.argv[2] === 'serve') await serve(Number(process.argv[3]));
else await main();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      free: { type: 'boolean', default: false },
      problems: { type: 'string', default: '1000' },
      runs: { type: 'string', default: '4' },
      calls: { type: 'string', default: '3000' },
    },
  });
  if (!values.free) boundYoungGeneration();
  const problems: Problem[] = [];
  for await (const problem of arithmetic().load('train', { limit: Number(values.problems) }))
    problems.push(problem);
  const throughput = await measureThroughput(problems, Number(values.runs));
  const overhead = await measureOverhead(Number(values.calls));
  if (values.json) console.log(JSON.stringify({ throughput, overhead }, null, 2));
  else print(throughput, overhead);
}

interface Throughput {
  readonly samples: number;
  readonly seconds: number;
  readonly shareOfIdeal: number;
  readonly bareShareOfIdeal: number;
  readonly cpuMicroseconds: number; // of our process, per sample
  readonly right: number;
  readonly problems: number;
  readonly mostMegabytes: number;
  readonly endMegabytes: number;
}

async function measureThroughput(problems: readonly Problem[], runs: number): Promise<Throughput[]> {
  const server = await startServer(LATENCY_MILLISECONDS);
  const model = openaiCompatible({
    baseUrl: server.baseUrl,
    model: 'noisy-solver',
    stream: 'off',
    limits: { concurrency: IN_FLIGHT },
  });
  const results: Throughput[] = [];
  for (let seed = 0; seed < runs; seed++) {
    const bareShareOfIdeal = await bareShare(server.baseUrl, 4_000);
    const method = selfConsistency({ method: chainOfThought({ model, temperature: 0.7 }), samples: SAMPLES });
    let right = 0;
    let samples = 0;
    let mostBytes = 0;
    const watch = setInterval(() => {
      mostBytes = Math.max(mostBytes, process.memoryUsage.rss());
    }, 50);
    const cpu = process.cpuUsage();
    const startedAt = performance.now();
    await evaluate({
      methods: [{ name: 'self-consistency@16', method }],
      problems,
      verifier: arithmetic().verifier as Verifier,
      seed,
      concurrency: IN_FLIGHT, // as compare sets both
      onRow: (row) => {
        if (row.outcome === 'correct') right++;
        if (row.outcome === 'error') throw new Error(row.error?.message);
        samples += row.usage.calls;
      },
    });
    const seconds = (performance.now() - startedAt) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    clearInterval(watch);
    const ideal = ((problems.length * SAMPLES) / IN_FLIGHT) * (LATENCY_MILLISECONDS / 1000);
    results.push({
      samples,
      seconds,
      shareOfIdeal: ideal / seconds,
      bareShareOfIdeal,
      cpuMicroseconds: (user + system) / samples,
      right,
      problems: problems.length,
      mostMegabytes: mostBytes / MEGABYTE,
      endMegabytes: process.memoryUsage.rss() / MEGABYTE,
    });
  }
  await model.close();
  server.stop();
  return results;
}

/** The rate of a bare Pool, as a share of the ideal. */
async function bareShare(baseUrl: string, calls: number): Promise<number> {
  const url = new URL(baseUrl);
  const pool = new Pool(url.origin);
  let left = calls;
  const caller = async () => {
    while (left > 0) await bareCall(pool, url.pathname, 'What is 17 + 25 * 3?', left--);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller)); // connects, and warms the server up
  left = calls;
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
  const milliseconds = performance.now() - startedAt;
  await pool.close();
  return ((calls / IN_FLIGHT) * LATENCY_MILLISECONDS) / milliseconds;
}

async function bareCall(pool: Pool, path: string, question: string, seed: number): Promise<string> {
  const answer = await pool.request({
    method: 'POST',
    path: `${path}/chat/completions`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'noisy-solver', messages: [{ role: 'user', content: question }], seed }),
  });
  const { choices } = (await answer.body.json()) as { choices: { message: { content: string } }[] };
  return choices[0]?.message.content ?? '';
}

interface Overhead {
  readonly calls: number; // of each kind
  readonly direct: { readonly p50: number; readonly p99: number }; // milliseconds
  readonly ours: { readonly p50: number; readonly p99: number };
  readonly streamed: { readonly p50: number; readonly p99: number };
}

async function measureOverhead(calls: number): Promise<Overhead> {
  const server = await startServer(0);
  const url = new URL(server.baseUrl);
  const pool = new Pool(url.origin);
  const options = { baseUrl: server.baseUrl, model: 'noisy-solver' };
  const [plain, streaming] = [
    openaiCompatible({ ...options, stream: 'off' }),
    openaiCompatible({ ...options, stream: 'live' }),
  ];
  const text = `What is 17 + 25 * 3?\n\nThink step by step. ${'x'.repeat(900)}`;
  const request = { messages: [{ role: 'user', text }], seed: 1 } as const;
  const contenders = {
    direct: () => bareCall(pool, url.pathname, text, 1),
    ours: () => complete(plain, request),
    streamed: () => complete(streaming, request),
  };
  const times = { direct: [] as number[], ours: [] as number[], streamed: [] as number[] };
  const names = Object.keys(contenders) as (keyof typeof contenders)[];
  for (let call = -500; call < calls; call++)
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(turn + Math.abs(call)) % names.length] as keyof typeof contenders; // nobody is always first
      const startedAt = performance.now();
      await contenders[name]();
      if (call >= 0) times[name].push(performance.now() - startedAt); // the first are for warming up
    }
  await Promise.all([pool.close(), plain.close(), streaming.close()]);
  server.stop();
  const summary = (values: readonly number[]) => ({
    p50: quantile(values, 0.5),
    p99: quantile(values, 0.99),
  });
  return {
    calls,
    direct: summary(times.direct),
    ours: summary(times.ours),
    streamed: summary(times.streamed),
  };
}

function print(throughput: readonly Throughput[], overhead: Overhead): void {
  console.log(
    `Throughput, ${IN_FLIGHT} calls in flight, ${LATENCY_MILLISECONDS} ms each, node ${process.execArgv.join(' ')}; run 1 is cold`,
  );
  for (const [
    run,
    {
      samples,
      seconds,
      shareOfIdeal,
      bareShareOfIdeal,
      cpuMicroseconds,
      right,
      problems,
      mostMegabytes,
      endMegabytes,
    },
  ] of throughput.entries()) {
    const [low, high] = wilson(right, problems);
    const percent = (share: number) => (100 * share).toFixed(1);
    console.log(
      `  run ${run + 1}: ${samples} samples in ${seconds.toFixed(2)} s = ${(samples / seconds).toFixed(0)}/s, ` +
        `${percent(shareOfIdeal)} % of the ideal (a bare Pool: ${percent(bareShareOfIdeal)} %); ${cpuMicroseconds.toFixed(0)} µs of CPU a sample; memory at most ${mostMegabytes.toFixed(0)} MB, ${endMegabytes.toFixed(0)} MB after; ` +
        `right ${percent(right / problems)} % [${percent(low)}, ${percent(high)}], n = ${problems}`,
    );
  }
  console.log(`One call at a time, ${overhead.calls} of each in turn, milliseconds (p50 / p99)`);
  for (const name of ['direct', 'ours', 'streamed'] as const) {
    const { p50, p99 } = overhead[name];
    const added = name === 'direct' ? '' : `, ${(p50 - overhead.direct.p50).toFixed(3)} more at the median`;
    console.log(`  ${name.padEnd(9)} ${p50.toFixed(3)} / ${p99.toFixed(3)}${added}`);
  }
}

async function serve(latencyMilliseconds: number): Promise<void> {
  const server = await scriptedServer({ answer: noisyAnswer({ errorRate: 0.3 }), latencyMilliseconds });
  process.send?.(`${server.url}/v1`);
  process.once('disconnect', () => void server.close());
}

async function startServer(latencyMilliseconds: number): Promise<{ baseUrl: string; stop: () => void }> {
  const child = fork(fileURLToPath(import.meta.url), ['serve', String(latencyMilliseconds)]);
  const baseUrl = await new Promise<string>((resolve, reject) => {
    child.once('message', (message) => resolve(String(message)));
    child.once('exit', (code) => reject(new Error(`The mock server ended with code ${code}`)));
  });
  return { baseUrl, stop: () => child.disconnect() };
}
