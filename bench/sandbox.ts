/**
 * The hostile programs of the tests against every sandbox: contained, ended in time, followed by a clean run; and what a
 * sandbox costs in memory and milliseconds.
 *
 *   node bench/sandbox.ts [--json] [--backend quickjs]
 */
import { readdirSync, readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { residentMiB } from '../src/host/watch-memory.ts';
import type { WarmInterpreter } from '../src/tools/execution.ts';
import { javascript } from '../src/tools/javascript.ts';
import { python } from '../src/tools/python.ts';
import { monty } from '../src/tools/python-monty.ts';
import { pyodide } from '../src/tools/python-pyodide.ts';
import { openCanary } from '../test/fixtures/canary.ts';
import {
  hostileJavascript,
  JAVASCRIPT_CLEAN,
  JAVASCRIPT_CLEAN_VALUE,
} from '../test/fixtures/hostile-javascript.ts';
import { hostilePython, PYTHON_CLEAN, PYTHON_CLEAN_VALUE } from '../test/fixtures/hostile-python.ts';

interface BackendReport {
  readonly backend: string;
  readonly programs: number;
  readonly contained: number;
  readonly inTime: number; // ended within the limit and GRACE_MILLISECONDS
  readonly clean: number; // followed by a clean run
  readonly outcomes: Record<string, number>;
  readonly worstOverrunMilliseconds: number;
  readonly addedMiB: number; // resident memory of one warm guest and what the host needs for it
  readonly worstExcessMiB: number; // of a guest above its warm size and its limit
  readonly greediest: string; // the program of that
  readonly coldMilliseconds: number; // from nothing to the first value
  readonly warmMilliseconds: { readonly p50: number; readonly p95: number; readonly n: number };
  readonly loopDelayP99Milliseconds: number; // of the host while the programs ran
  readonly failures: readonly string[];
}

const LIMIT = { seconds: 0.5, memoryMiB: 64 };
const GRACE_MILLISECONDS = 250;
const SAMPLE_MILLISECONDS = 10;
/** Runs timed; a tier that starts a process for each has fewer. */
const LATENCY_RUNS = 300;
const SLOW_LATENCY_RUNS = 50;
const LOOP_MILLISECONDS = 5;

const BACKENDS: Record<string, () => WarmInterpreter> = {
  monty: () => monty({ processes: 1 }),
  'pyodide in deno': () => pyodide({ processes: 1, bubblewrap: false }),
  'pyodide in deno in bubblewrap': () => pyodide({ processes: 1, bubblewrap: true }),
  'python (both tiers)': () => python({ processes: 1 }),
  quickjs: () => javascript({ threads: 1 }),
};

/** Processes below this one, and this one. */
function family(): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // it has ended since
    }
  }
  const found = [process.pid];
  for (const pid of found) for (const [child, parent] of parents) if (parent === pid) found.push(child);
  return found;
}

const sizes = () => family().map((pid) => residentMiB(pid) ?? 0);
const total = () => sizes().reduce((sum, size) => sum + size, 0);
const quantile = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;

async function measure(backend: string, open: () => WarmInterpreter): Promise<BackendReport> {
  const before = total();
  const openedAt = performance.now();
  const interpreter = open();
  const [clean, cleanValue] =
    interpreter.language === 'python'
      ? [PYTHON_CLEAN, PYTHON_CLEAN_VALUE]
      : [JAVASCRIPT_CLEAN, JAVASCRIPT_CLEAN_VALUE];
  await interpreter.execute('6 * 7');
  const coldMilliseconds = performance.now() - openedAt;
  await interpreter.warm();
  const addedMiB = total() - before;

  const latencyRuns = backend.startsWith('pyodide') ? SLOW_LATENCY_RUNS : LATENCY_RUNS;
  const latencies: number[] = [];
  for (let run = 0; run < latencyRuns; run++) {
    await interpreter.warm();
    const startedAt = performance.now();
    await interpreter.execute('answer = 6 * 7', { result: 'answer' });
    latencies.push(performance.now() - startedAt);
  }
  latencies.sort((a, b) => a - b);

  const canary = await openCanary();
  const programs = (interpreter.language === 'python' ? hostilePython : hostileJavascript)(canary);
  const outcomes: Record<string, number> = {};
  const failures: string[] = [];
  let greediest = 'none';
  let [contained, inTime, cleanRuns, worstOverrun, worstExcess] = [0, 0, 0, Number.NEGATIVE_INFINITY, 0];
  for (const { name, kind, code } of programs) {
    await interpreter.warm();
    const warmSize = Math.max(...sizes());
    let peak = warmSize;
    const sampler = setInterval(() => {
      peak = Math.max(peak, ...sizes());
    }, SAMPLE_MILLISECONDS);
    const startedAt = performance.now();
    const execution = await interpreter.execute(code, LIMIT);
    const overrun = performance.now() - startedAt - LIMIT.seconds * 1000;
    clearInterval(sampler);
    outcomes[execution.status] = (outcomes[execution.status] ?? 0) + 1;
    const touched = canary.touchedBy(execution);
    if (touched.length === 0) contained++;
    else failures.push(`${kind} ${name}: ${touched.join(', ')}`);
    if (overrun <= GRACE_MILLISECONDS) inTime++;
    else failures.push(`${kind} ${name}: ${overrun.toFixed(0)} ms over its limit`);
    worstOverrun = Math.max(worstOverrun, overrun);
    const excess = peak - warmSize - LIMIT.memoryMiB;
    if (excess > worstExcess) [worstExcess, greediest] = [excess, name];
    const after = await interpreter.execute(clean, { seconds: 10 });
    if (after.value === cleanValue && after.stdout === '') cleanRuns++;
    else failures.push(`${kind} ${name}: the run after it gave ${after.value ?? after.error}`);
  }
  // apart, since measuring memory holds up the loop itself
  await interpreter.warm();
  const delay = monitorEventLoopDelay({ resolution: LOOP_MILLISECONDS });
  delay.enable();
  for (const { code } of programs.filter(({ kind }) => kind === 'bomb'))
    await interpreter.execute(code, LIMIT);
  delay.disable();
  canary.close();
  await interpreter.close();
  return {
    backend,
    programs: programs.length,
    contained,
    inTime,
    clean: cleanRuns,
    outcomes,
    worstOverrunMilliseconds: worstOverrun,
    addedMiB,
    worstExcessMiB: worstExcess,
    greediest,
    coldMilliseconds,
    warmMilliseconds: { p50: quantile(latencies, 0.5), p95: quantile(latencies, 0.95), n: latencies.length },
    loopDelayP99Milliseconds: delay.percentile(99) / 1e6 - LOOP_MILLISECONDS,
    failures,
  };
}

const { values: flags } = parseArgs({ options: { json: { type: 'boolean' }, backend: { type: 'string' } } });
const chosen = Object.entries(BACKENDS).filter(
  ([name]) => flags.backend === undefined || flags.backend === name,
);
if (chosen.length === 0)
  throw new RangeError(`No backend ${flags.backend}; there are ${Object.keys(BACKENDS).join(', ')}`);
const reports: BackendReport[] = [];
for (const [name, open] of chosen) reports.push(await measure(name, open));

if (flags.json) console.log(JSON.stringify(reports, null, 2));
else
  for (const report of reports) {
    const { warmMilliseconds: warm } = report;
    const of = (n: number) => `${n} of ${report.programs}`;
    console.log(report.backend);
    console.log(
      `  contained ${of(report.contained)}, in time ${of(report.inTime)}, next run clean ${of(report.clean)}`,
    );
    console.log(
      `  ended     ${Object.entries(report.outcomes)
        .map(([name, n]) => `${name} ${n}`)
        .join(', ')}`,
    );
    console.log(
      `  limits    at worst ${report.worstOverrunMilliseconds.toFixed(0)} ms over the time, ${report.worstExcessMiB.toFixed(0)} MiB over the memory (${report.greediest})`,
    );
    console.log(
      `  cost      ${report.addedMiB.toFixed(0)} MiB, cold ${report.coldMilliseconds.toFixed(0)} ms, warm p50 ${warm.p50.toFixed(1)} ms, p95 ${warm.p95.toFixed(1)} ms (n = ${warm.n}), loop delay p99 ${report.loopDelayP99Milliseconds.toFixed(1)} ms`,
    );
    for (const failure of report.failures) console.log(`  FAILED    ${failure}`);
  }
