/**
 * Crash safety: a comparison over HTTP is killed (SIGKILL) at random instants and resumed until it is done. No stored row may
 * be lost or doubled, no stored sample asked for again, and the report must equal, byte for byte, that of a run that was left
 * alone.
 *
 *   node bench/resume.ts [--kills 50] [--json]
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { seeded } from '../src/core/random.ts';
import { scriptedServer } from '../src/models/scripted-server.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const wanted = Number(values.kills);
const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'reckon-resume-'));
const PROBLEMS = 120;

/** Which sample a request is for: the question's number and the seed, which its answer repeats. */
const asked: string[] = [];
const server = await scriptedServer({
  latencyMilliseconds: 8,
  answer: ({ messages, seed = 0 }) => {
    const number = /number (\d+)/.exec(messages.at(-1)?.text ?? '')?.[1] ?? '';
    const name = `${number}/${seed}`;
    asked.push(name);
    return `sample ${name}\nThe answer is ${seed % 3 === 0 ? Number(number) + 1 : number}`;
  },
});

const data = join(folder, 'numbers.jsonl');
writeFileSync(
  data,
  Array.from(
    { length: PROBLEMS },
    (_, index) => `${JSON.stringify({ id: `n${index}`, question: `Say number ${index}`, answer: index })}\n`,
  ).join(''),
);

function sitting(state: string, resume: boolean) {
  const first = [
    '--dataset',
    data,
    '--methods',
    'direct,cot,sc@5',
    '--model',
    `${server.url}/v1#scripted`,
    '--run',
    'bench',
    '--seed',
    '3',
  ];
  const common = [
    '--reproducible',
    '--yes',
    '--state',
    state,
    '-o',
    join(state, 'report.json'),
    '--max-concurrency',
    '8',
  ];
  const child = spawn(
    process.execPath,
    [main, 'compare', ...(resume ? ['--resume', 'bench'] : first), ...common],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { child, ended, errors: () => errors };
}

/** What a killed process had acknowledged: rows by key, and the samples' names. */
function stored(state: string): { rows: Map<string, string>; samples: Set<string> } {
  const file = join(state, 'reckon.sqlite');
  if (!existsSync(file)) return { rows: new Map(), samples: new Set() };
  const database = new DatabaseSync(file);
  try {
    const rows = database.prepare('SELECT problem, method, repeat, row FROM rows').all();
    const samples = database.prepare('SELECT completion FROM samples').all();
    return {
      rows: new Map(rows.map((row) => [`${row.problem} ${row.method} ${row.repeat}`, String(row.row)])),
      samples: new Set(samples.map((row) => /sample (\d+\/\d+)/.exec(String(row.completion))?.[1] ?? '')),
    };
  } catch {
    return { rows: new Map(), samples: new Set() }; // killed before the tables were made
  } finally {
    database.close();
  }
}

const quietState = join(folder, 'quiet');
const quiet = sitting(quietState, false);
if ((await quiet.ended) !== 0) throw new Error(`The uninterrupted run failed: ${quiet.errors()}`);
const samplesNeeded = asked.length;

const random = seeded(Number(values.seed));
let kills = 0;
let lost = 0;
let changed = 0;
let paidAgain = 0;
let askedInAll = 0;
let differing = 0;
let runs = 0;
while (kills < wanted) {
  const state = join(folder, `killed-${runs++}`);
  let known = stored(state);
  for (let begun = false; ; ) {
    asked.length = 0;
    const { child, ended, errors } = sitting(state, begun);
    const timer =
      kills < wanted ? setTimeout(() => child.kill('SIGKILL'), 250 + random.integer(900)) : undefined;
    const code = await ended;
    clearTimeout(timer);
    askedInAll += asked.length;
    paidAgain += asked.filter((name) => known.samples.has(name)).length;
    const now = stored(state);
    for (const [key, row] of known.rows) {
      if (!now.rows.has(key)) lost++;
      else if (now.rows.get(key) !== row) changed++;
    }
    known = now;
    begun ||= existsSync(join(state, 'reckon.sqlite')) && hasRun(state);
    if (code === null) kills++;
    else if (code === 0) break;
    else throw new Error(`A sitting failed with ${code}: ${errors()}`);
  }
  for (const file of ['report.json', join('reports', 'bench.html')]) {
    const [one, other] = [quietState, state].map((where) =>
      readFileSync(join(where, file), 'utf8').replaceAll(where, ''),
    );
    if (one !== other) differing++;
  }
}
await server.close();
rmSync(folder, { recursive: true });

function hasRun(state: string): boolean {
  const database = new DatabaseSync(join(state, 'reckon.sqlite'));
  try {
    return Number(database.prepare('SELECT count(*) AS n FROM runs').get()?.n) > 0;
  } catch {
    return false; // killed before the tables were made
  } finally {
    database.close();
  }
}

const result = {
  kills,
  runs,
  rowsPerRun: PROBLEMS * 3,
  samplesPerRun: samplesNeeded,
  rowsLost: lost,
  rowsChanged: changed,
  finishedSamplesPaidAgain: paidAgain,
  samplesCutOffInFlight: askedInAll - runs * samplesNeeded,
  reportsThatDiffer: differing,
};
if (values.json) console.log(JSON.stringify(result, null, 2));
else for (const [name, figure] of Object.entries(result)) console.log(`${name.padEnd(28)} ${figure}`);
process.exitCode = lost + changed + paidAgain + differing > 0 ? 1 : 0;
