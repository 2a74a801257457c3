/**
 * The 13,582 recorded Python programs of program-of-thoughts and PAL in the sandbox, beside the values their authors got
 * by running them; and programs per second beside one `python3` process per program.
 *
 *   node bench/programs.ts [--json] [--sample 300]
 */
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import type { Execution, Interpreter } from '../src/core/interpreter.ts';
import { wilson } from '../src/evaluation/statistics/wilson.ts';
import { missingModuleIn } from '../src/tools/execution.ts';
import { python } from '../src/tools/python.ts';
import { sharedData } from '../test/shared-data.ts';

interface Row {
  readonly dataset: string;
  readonly method: string;
  readonly gold: number | string;
  readonly programs: readonly string[];
  readonly executed?: number | string | null; // of the program; of the majority where there are several
}

interface Run {
  readonly row: Row;
  readonly execution: Execution;
}

const PROCESSES = 2;
const SECONDS = 10; // as PAL's own evaluation
/** What the authors' harness put before a program; the imports that a program does not use are dropped. */
const AUTHORS_IMPORTS = `import math
import numpy as np
from sympy import Symbol, symbols, simplify, solve, Eq
from sympy import solve as solve_it
`;

const { values: flags } = parseArgs({ options: { json: { type: 'boolean' }, sample: { type: 'string' } } });
const path = sharedData('recorded/unified/pal_programs.jsonl.gz');
if (path === undefined) throw new Error('The recorded programs are not here: ../shared/data is needed');
const rows = gunzipSync(readFileSync(path))
  .toString('utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Row);

/** PAL's text runs on after its function, into the next question: a run of blank lines ends the program. */
function programOf(row: Row, program: string): string {
  if (row.method === 'pal') return program.trimStart().split('\n\n\n', 1)[0] as string;
  return program.includes('from sympy import') ? program : AUTHORS_IMPORTS + program;
}

function resultOf(row: Row): string {
  return row.method === 'pal' ? 'solution()' : 'ans';
}

async function inParallel<T, R>(
  items: readonly T[],
  lanes: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(items.length);
  let next = 0;
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (let index = next++; index < items.length; index = next++)
        results[index] = await work(items[index] as T);
    }),
  );
  return results;
}

const numberIn = (value: number | string): number => (value === '' ? Number.NaN : Number(value));

/** The authors' harness took the size of a number for these. */
const SIZE_ONLY = new Set(['svamp', 'multiarith']);

/** A value as the authors compared it: booleans as numbers, and of these datasets only the size. */
function graded(row: Row, value: string): number {
  const number = value === 'True' ? 1 : value === 'False' ? 0 : numberIn(value);
  return SIZE_ONLY.has(row.dataset) ? Math.abs(number) : number;
}

/** Whether a value is the recorded one. The authors kept two decimals for AQuA, and of a list only its first number. */
function sameValue(row: Row, value: string): boolean {
  const recorded = String(row.executed);
  if (value === recorded) return true;
  const near = (a: number, b: number) =>
    Math.abs(a - b) <= (row.dataset === 'aqua' ? 0.00501 : 1e-6 * Math.max(1, Math.abs(b)));
  if (near(graded(row, value), numberIn(recorded))) return true;
  const numbers = (text: string) => (text.match(/-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/g) ?? []).map(Number);
  const [ours, theirs] = [numbers(value), numbers(recorded)];
  if (/^[[({]/.test(value) && !/^[[({]/.test(recorded)) ours.length = 1;
  return ours.length === theirs.length && ours.every((one, index) => near(one, theirs[index] as number));
}

/** Why a recorded value was not given, in a few words. */
function causeOf({ row, execution }: Run): string {
  const { status, error = '', value } = execution;
  if (status !== 'ok') return status === 'error' ? `error ${/^\w+/.exec(error)?.[0]}` : status;
  if (value === 'None') return 'value None';
  return `value differs: ${row.dataset}, ${/^[\d.-]+$/.test(value ?? '') ? 'number' : 'other'}`;
}

function countBy<T>(items: readonly T[], key: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[key(item)] = (counts[key(item)] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).sort(([, a], [, b]) => b - a));
}

const correct = ({ row, execution }: Run): boolean =>
  execution.value !== undefined && Math.abs(graded(row, execution.value) - Number(row.gold)) <= 1e-3;

/** The interpreter itself: on some machines `python3` is a script that looks for one. */
const python3 = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], {
  encoding: 'utf8',
}).trim();

/** Seconds for the programs, each in a process of its own, as a plain harness would run them. */
async function hostSeconds(programs: readonly string[], lanes: number): Promise<number> {
  const startedAt = performance.now();
  await inParallel(
    programs,
    lanes,
    (program) =>
      new Promise<void>((resolve, reject) => {
        const child = spawn(python3, ['-c', `${program}\nprint(ans)`], { stdio: 'ignore' });
        child.on('error', reject);
        child.on('exit', () => resolve());
      }),
  );
  return (performance.now() - startedAt) / 1000;
}

async function sandboxSeconds(
  interpreter: Interpreter,
  programs: readonly string[],
  lanes: number,
): Promise<number> {
  const startedAt = performance.now();
  await inParallel(programs, lanes, (program) => interpreter.execute(program, { result: 'ans' }));
  return (performance.now() - startedAt) / 1000;
}

const interpreter = python({ processes: PROCESSES });
const jobs = rows.flatMap((row) => row.programs.map((program) => ({ row, program })));
const startedAt = performance.now();
const runs: Run[] = await inParallel(jobs, 8 * PROCESSES, async ({ row, program }) => ({
  row,
  execution: await interpreter.execute(programOf(row, program), { result: resultOf(row), seconds: SECONDS }),
}));
const seconds = (performance.now() - startedAt) / 1000;

const recorded = runs.filter(
  ({ row }) =>
    row.programs.length === 1 &&
    row.executed !== undefined &&
    row.executed !== null &&
    row.executed !== 'None',
);
const able = recorded.filter(({ execution }) => execution.status !== 'unsupported');
const given = able.filter(
  ({ row, execution }) => execution.value !== undefined && sameValue(row, execution.value),
);
const mismatches = able.filter((run) => !given.includes(run));
const gsm8k = runs.filter(({ row }) => row.dataset === 'gsm8k' && row.method === 'pot-8shot');

// programs that need no package, so that both sides run them to the end
const sample = gsm8k
  .filter(({ execution }) => execution.status === 'ok')
  .slice(0, Number(flags.sample ?? 300))
  .map(({ row }) => row.programs[0] as string);
const host = await hostSeconds(sample, PROCESSES);
const sandbox = await sandboxSeconds(interpreter, sample, PROCESSES);
await interpreter.close();

const report = {
  programs: runs.length,
  seconds,
  perSecond: runs.length / seconds,
  status: countBy(runs, ({ execution }) => execution.status),
  engines: countBy(runs, ({ execution }) => execution.engine),
  lacking: countBy(
    runs.filter(({ execution }) => missingModuleIn(execution) !== undefined),
    ({ execution }) => missingModuleIn(execution) as string,
  ),
  recorded: recorded.length,
  able: able.length,
  given: {
    n: able.length,
    successes: given.length,
    share: given.length / able.length,
    interval: wilson(given.length, able.length),
  },
  mismatches: countBy(mismatches, causeOf),
  accuracy: Object.fromEntries(
    [
      'gsm8k pot-8shot',
      'gsm8k pot-zero-shot',
      'svamp pot-fewshot',
      'svamp pot-zero-shot',
      'multiarith pot-zero-shot',
    ].map((name) => {
      const own = runs.filter(({ row }) => `${row.dataset} ${row.method}` === name);
      const hits = own.filter(correct).length;
      return [name, { n: own.length, share: hits / own.length, interval: wilson(hits, own.length) }];
    }),
  ),
  speed: {
    n: sample.length,
    sandboxPerSecond: sample.length / sandbox,
    python3PerSecond: sample.length / host,
    ratio: host / sandbox,
  },
};

if (flags.json) console.log(JSON.stringify(report, null, 2));
else {
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  const list = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([name, n]) => `${name} ${n}`)
      .join(', ') || 'none';
  console.log(
    `programs          ${report.programs} in ${seconds.toFixed(1)} s, ${report.perSecond.toFixed(0)} per second`,
  );
  console.log(`ended             ${list(report.status)}`);
  console.log(`engines           ${list(report.engines)}`);
  console.log(`lacking module    ${list(report.lacking)}`);
  const { successes, n, share, interval } = report.given;
  console.log(
    `recorded value    ${report.recorded} programs, ${n} with what the sandbox has; given by ${successes} of ${n}, ${percent(share)} [${interval.map(percent).join(', ')}]`,
  );
  console.log(`not given         ${list(report.mismatches)}`);
  for (const [name, { n, share, interval }] of Object.entries(report.accuracy))
    console.log(`accuracy          ${name}: ${percent(share)} of ${n} [${interval.map(percent).join(', ')}]`);
  const { speed } = report;
  console.log(
    `speed             ${speed.sandboxPerSecond.toFixed(0)} programs per second, one python3 process each ${speed.python3PerSecond.toFixed(1)}: ${speed.ratio.toFixed(1)} times (n = ${speed.n}, ${PROCESSES} at once)`,
  );
}
