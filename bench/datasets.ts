/**
 * What the datasets hold, how long they take to load, which share of the published keys their own verifiers accept, and
 * what hostile files cost. `node bench/datasets.ts [--json] [bombs|rows]`
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataset, Problem, Split } from '../src/core/problem.ts';
import { keyText } from '../src/core/problem.ts';
import { seeded } from '../src/core/random.ts';
import { startRun } from '../src/core/run.ts';
import { arc } from '../src/datasets/arc.ts';
import { arithmetic } from '../src/datasets/arithmetic.ts';
import { gameOf24 } from '../src/datasets/game-of-24.ts';
import { gsm8k } from '../src/datasets/gsm8k.ts';
import { hotpotqa } from '../src/datasets/hotpotqa.ts';
import { logiqa } from '../src/datasets/logiqa.ts';
import { math } from '../src/datasets/math.ts';
import { readRows } from '../src/datasets/parts/read-rows.ts';
import { tableDataset } from '../src/datasets/table.ts';
import { wilson } from '../src/evaluation/statistics/wilson.ts';
import { residentMiB } from '../src/host/watch-memory.ts';
import { type FileBomb, parquetBombs, plant, textBombs } from '../test/fixtures/file-bombs.ts';
import { sharedData } from '../test/shared-data.ts';

interface LoadedRow {
  readonly dataset: string;
  readonly split: Split;
  readonly source: string;
  readonly n: number;
  readonly seconds: number; // load alone
  readonly accepted: number; // references that score 1
  readonly refused: readonly string[]; // ids of some that do not
}

interface BombRow {
  readonly bomb: string;
  readonly fileBytes: number;
  readonly outcome: 'refused' | 'read' | 'crashed';
  readonly rows: number;
  readonly growthMiB: number; // resident memory of the reader and its decoder at their highest, less the reader's at the start
  readonly seconds: number;
  readonly message: string;
}

const POLL_MILLISECONDS = 5;
const DEADLINE_MILLISECONDS = 60_000;

async function measureDataset(dataset: Dataset, split: Split): Promise<LoadedRow> {
  const start = performance.now();
  const problems: Problem[] = [];
  for await (const problem of dataset.load(split)) problems.push(problem);
  const seconds = (performance.now() - start) / 1000;
  const refused: string[] = [];
  let accepted = 0;
  const { signal } = new AbortController();
  await startRun({ signal, limits: {}, random: seeded(0), record: () => {}, label: 'check' }, async (run) => {
    for (const problem of problems) {
      const solution = { steps: [], answer: keyText(problem), complete: true };
      const { score, note = '' } = await dataset.verifier.verify(problem, solution, run);
      if (score === 1) accepted++;
      else refused.push(`${problem.id}: ${JSON.stringify(problem.reference)} ${note}`);
    }
  });
  return {
    dataset: dataset.name,
    split,
    source: (dataset.source ?? '').replace(/^.*shared\/data\//, ''),
    n: problems.length,
    seconds,
    accepted,
    refused: refused.slice(0, 20),
  };
}

async function measureDatasets(): Promise<readonly LoadedRow[]> {
  const wanted: [Dataset, Split][] = [
    [arithmetic(), 'test'],
    [gameOf24(), 'train'],
    [gameOf24(), 'test'],
  ];
  const add = async (
    path: string,
    open: (path: string) => Dataset | Promise<Dataset>,
    ...splits: Split[]
  ) => {
    const file = sharedData(path);
    if (file === undefined) return;
    const dataset = await open(file);
    for (const split of splits) wanted.push([dataset, split]);
  };
  await add('tot_tasks/24/24.csv', (path) => gameOf24({ path }), 'train', 'test');
  await add('gsm8k', (path) => gsm8k({ path }), 'train', 'test');
  await add('math/math_oai', (path) => math({ path }), 'test');
  await add('arc/ARC-Challenge/test.json.gz', (path) => arc({ path }), 'test');
  await add('arc/mosaic_arc_challenge.jsonl', (path) => arc({ path }), 'test');
  await add('arc/ARC-Easy/test.json.gz', (path) => arc({ path, set: 'easy' }), 'test');
  await add('arc/mosaic_arc_easy.jsonl.gz', (path) => arc({ path, set: 'easy' }), 'test');
  await add('logiqa', (path) => logiqa({ path }), 'validation', 'test');
  await add('hotpotqa/hotpot_dev_v1_simplified.json.gz', (path) => hotpotqa({ path }), 'validation');
  await add('hotpotqa/hotpotqa_train.json.gz', (path) => hotpotqa({ path, passages: true }), 'train');
  await add('gsm8k/test.jsonl.gz', (path) => tableDataset({ path }), 'test');
  const rows: LoadedRow[] = [];
  for (const [dataset, split] of wanted) rows.push(await measureDataset(dataset, split));
  return rows;
}

async function measureBomb(bomb: FileBomb, folder: string): Promise<BombRow> {
  const path = plant(bomb, folder);
  const reader = spawn(process.execPath, [import.meta.filename, 'read', path], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let peak = 0;
  const poll = setInterval(() => {
    peak = Math.max(peak, treeMiB(reader.pid as number));
  }, POLL_MILLISECONDS);
  const deadline = setTimeout(() => reader.kill('SIGKILL'), DEADLINE_MILLISECONDS);
  let output = '';
  reader.stdout.on('data', (chunk) => {
    output += chunk;
  });
  await new Promise((resolve) => reader.on('close', resolve));
  clearInterval(poll);
  clearTimeout(deadline);
  const common = { bomb: bomb.name, fileBytes: statSync(path).size };
  if (output === '')
    return { ...common, outcome: 'crashed', rows: 0, growthMiB: peak, seconds: 0, message: '' };
  const { rows, startMiB, seconds, message } = JSON.parse(output);
  const outcome = message === '' ? 'read' : 'refused';
  return { ...common, outcome, rows, growthMiB: Math.max(0, peak - startMiB), seconds, message };
}

function treeMiB(pid: number): number {
  let children = '';
  try {
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1');
  } catch {
    return 0; // it has ended
  }
  const all = [pid, ...children.trim().split(/\s+/).filter(Boolean).map(Number)];
  return all.reduce((sum, one) => sum + (residentMiB(one) ?? 0), 0);
}

/** What `measureBomb` runs in a fresh process. */
async function readToEnd(path: string): Promise<void> {
  const startMiB = residentMiB(process.pid) ?? 0;
  const start = performance.now();
  let rows = 0;
  let message = '';
  try {
    for await (const _row of readRows(path)) rows++;
  } catch (cause) {
    message = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  }
  const seconds = (performance.now() - start) / 1000;
  process.stdout.write(JSON.stringify({ rows, startMiB, seconds, message }));
}

async function measureBombs(): Promise<readonly BombRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'reckon-bombs-'));
  try {
    const rows: BombRow[] = [];
    for (const bomb of [...parquetBombs, ...textBombs]) rows.push(await measureBomb(bomb, folder));
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function print(header: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = header.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of [header, ...rows])
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}

const words = process.argv.slice(2);
if (words[0] === 'read') await readToEnd(words[1] as string);
else {
  const datasets = words.includes('bombs') ? [] : await measureDatasets();
  const bombs = words.includes('rows') ? [] : await measureBombs();
  if (words.includes('--json')) console.log(JSON.stringify({ datasets, bombs }, null, 2));
  else {
    if (datasets.length > 0)
      print(
        ['dataset', 'split', 'n', 'load s', 'keys accepted', '95 % interval', 'rows from'],
        datasets.map(({ dataset, split, source, n, seconds, accepted }) => {
          const [low, high] = wilson(accepted, n);
          return [
            dataset,
            split,
            String(n),
            seconds.toFixed(3),
            `${((100 * accepted) / n).toFixed(2)} %`,
            `${(100 * low).toFixed(2)} to ${(100 * high).toFixed(2)}`,
            source,
          ];
        }),
      );
    for (const { dataset, refused } of datasets)
      for (const one of refused) console.log(`not accepted in ${dataset}: ${one}`);
    if (bombs.length > 0)
      print(
        ['file', 'bytes', 'outcome', 'rows', '+MiB', 'seconds', 'message'],
        bombs.map(({ bomb, fileBytes, outcome, rows, growthMiB, seconds, message }) => [
          bomb,
          String(fileBytes),
          outcome,
          String(rows),
          growthMiB.toFixed(0),
          seconds.toFixed(2),
          message.replace(/\S*reckon-bombs-\w+\//, '').slice(0, 110),
        ]),
      );
    const worst = (pick: (row: BombRow) => number) => Math.max(...bombs.map(pick)).toFixed(2);
    if (bombs.length > 0)
      console.log(
        `${bombs.length} files, ${bombs.filter((row) => row.outcome === 'refused').length} refused; at most +${worst((row) => row.growthMiB)} MiB, ${worst((row) => row.seconds)} s`,
      );
  }
}
