/**
 * How the client behaves against an upstream that refuses, over real sockets, in real time.
 *
 * Rate limits: servers that answer 429 above 50 requests in any second, which the client is not told. 64 callers always want
 * more. After the first 10 s: at most 2 % of calls refused, at least 95 % of the rate used; no call before its Retry-After;
 * in all at most 10 % more calls than were asked for, beyond one for each of the 64 in flight.
 * Breaker: a server that answers 503 for 30 s. At most 5 failures until it opens, then at most one probe a second, and
 * answers again within 2 s of its recovery.
 *
 *   node bench/limits.ts [--json] [--seconds 40]
 */
import { parseArgs } from 'node:util';
import { ModelError } from '../src/core/errors.ts';
import { complete } from '../src/core/model.ts';
import { openaiCompatible } from '../src/models/openai-compatible.ts';
import type { ScriptedServerOptions } from '../src/models/scripted-server.ts';
import { scriptedServer } from '../src/models/scripted-server.ts';

const PER_SECOND = 50;
const CALLERS = 64;
const DOWN_SECONDS = 30;
const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, seconds: { type: 'string', default: '40' } },
});
const seconds = Number(values.seconds);

const [plain, withSeconds, withMilliseconds, told, breaker] = await Promise.all([
  measureRate({}),
  measureRate({ retryAfter: 'seconds' }),
  measureRate({ retryAfter: 'milliseconds' }),
  measureRate({}, 60 * PER_SECOND),
  measureBreaker(),
]);
const rates = {
  'no Retry-After': plain,
  'Retry-After in seconds': withSeconds,
  'retry-after-ms': withMilliseconds,
  'limit given as requestsPerMinute': told,
};
if (values.json) console.log(JSON.stringify({ rates, breaker }, null, 2));
else {
  for (const [name, { refusedShare, used, calls, requests, failed, early }] of Object.entries(rates))
    console.log(
      `${name.padEnd(34)} after 10 s: ${(100 * refusedShare).toFixed(2)} % refused, ${(100 * used).toFixed(1)} % of the rate used; ` +
        `in all ${requests} requests for ${calls} calls, ${failed} failed, ${early} before their time`,
    );
  const { failuresToOpen, probes, recoverySeconds } = breaker;
  console.log(
    `breaker: open after ${failuresToOpen} failures, ${probes} probes in ${DOWN_SECONDS} s, answers ${recoverySeconds.toFixed(2)} s after recovery`,
  );
}

async function measureRate(options: Partial<ScriptedServerOptions>, requestsPerMinute?: number) {
  const answeredAt: number[] = [];
  const server = await scriptedServer({
    answer: () => {
      answeredAt.push(performance.now());
      return '42';
    },
    latencyMilliseconds: 40,
    requestsPerSecond: PER_SECOND,
    ...options,
  });
  const model = openaiCompatible({
    baseUrl: `${server.url}/v1`,
    model: 'scripted',
    stream: 'off',
    limits: { concurrency: CALLERS, ...(requestsPerMinute !== undefined && { requestsPerMinute }) },
  });
  const startedAt = performance.now();
  const end = startedAt + seconds * 1000;
  let calls = 0;
  let failed = 0;
  let limitedBefore = 0;
  const settled = setTimeout(() => {
    limitedBefore = server.stats.limited;
  }, 10_000);
  // a call that came before its Retry-After would be refused again at once: refusals in a row give it away
  let early = 0;
  let lastLimited = 0;
  const watch = setInterval(() => {
    const { limited } = server.stats;
    if (options.retryAfter && limited - lastLimited > CALLERS) early++;
    lastLimited = limited;
  }, 200);
  const caller = async () => {
    while (performance.now() < end) {
      calls++;
      await complete(model, { messages: [{ role: 'user', text: 'x' }] }).catch((error: unknown) => {
        if (!(error instanceof ModelError)) throw error;
        failed++;
      });
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  clearTimeout(settled);
  clearInterval(watch);
  const accepted = answeredAt.filter((moment) => moment > startedAt + 10_000 && moment < end).length;
  const refused = server.stats.limited - limitedBefore;
  const requests = server.stats.requests;
  await model.close();
  await server.close();
  return {
    refusedShare: refused / (refused + accepted),
    used: accepted / (PER_SECOND * (seconds - 10)),
    calls,
    requests,
    failed,
    early,
  };
}

async function measureBreaker() {
  let down = true;
  const asked: number[] = [];
  const server = await scriptedServer({
    answer: () => '42',
    faults: () => {
      asked.push(performance.now());
      return down ? 'status-503' : undefined;
    },
  });
  const model = openaiCompatible({
    baseUrl: `${server.url}/v1`,
    model: 'scripted',
    stream: 'off',
    retries: { retries: 0, patienceSeconds: 60 },
    limits: { concurrency: 1 }, // so that failures come one after the other
  });
  const startedAt = performance.now();
  let answeredAt: number | undefined;
  const recovery = new Promise<number>((resolve) => {
    setTimeout(() => {
      down = false;
      resolve(performance.now());
    }, DOWN_SECONDS * 1000);
  });
  const caller = async () => {
    while (answeredAt === undefined)
      await complete(model, { messages: [{ role: 'user', text: 'x' }] }).then(
        () => {
          answeredAt ??= performance.now();
        },
        () => {}, // it is down, and that is what is measured
      );
  };
  await Promise.all(Array.from({ length: 16 }, caller));
  const recoveredAt = await recovery;
  await model.close();
  await server.close();
  const firstSecond = asked.filter((moment) => moment < startedAt + 900).length;
  return {
    failuresToOpen: firstSecond,
    probes: asked.filter((moment) => moment < recoveredAt).length - firstSecond,
    recoverySeconds: ((answeredAt ?? Number.NaN) - recoveredAt) / 1000,
  };
}
