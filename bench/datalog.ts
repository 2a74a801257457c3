/**
 * Datalog beside clingo on random stratified programs (no answer set may differ, every model must pass the check), and the
 * transitive closure of a graph of 1,000 nodes (a million facts) beside SWI-Prolog's tabling and clingo in the same run,
 * each in a process of its own.
 *
 *   node bench/datalog.ts [--json] [--programs 6000]
 */
import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { seeded } from '../src/core/random.ts';
import { wilson } from '../src/evaluation/statistics/wilson.ts';
import { datalog } from '../src/symbolic/datalog.ts';
import { readDatalog } from '../src/symbolic/datalog-program.ts';
import { checkModel } from '../src/symbolic/derivation.ts';
import { openClingo } from '../test/fixtures/clingo.ts';
import { randomDatalog } from '../test/fixtures/random-datalog.ts';

interface Closure {
  readonly facts: number;
  readonly seconds: number; // wall clock
  readonly cpuSeconds: number; // what a busy machine does not stretch
  readonly peakMiB: number; // resident, of the whole process
}

const NODES = 1000;
const EXTRA_EDGES = 4000;
const CHECKED_EVERY = 10; // models through the independent check

const { values: flags, positionals } = parseArgs({
  options: { json: { type: 'boolean' }, programs: { type: 'string' } },
  allowPositionals: true,
});

/** A cycle through all nodes, so that everything reaches everything, and random edges. */
function edges(): [number, number][] {
  const random = seeded('closure');
  return [
    ...Array.from({ length: NODES }, (_, node): [number, number] => [node, (node + 1) % NODES]),
    ...Array.from({ length: EXTRA_EDGES }, (): [number, number] => [
      random.integer(NODES),
      random.integer(NODES),
    ]),
  ];
}

async function closure(engine: string): Promise<Closure> {
  const facts = edges()
    .map(([from, to]) => `e(${from},${to}).`)
    .join('\n');
  let startedAt = performance.now();
  let cpuBefore = process.cpuUsage();
  const start = () => {
    startedAt = performance.now();
    cpuBefore = process.cpuUsage();
  };
  let count = 0;
  if (engine === 'datalog') {
    const model = datalog(
      readDatalog(`${facts}\np(X,Y) :- e(X,Y).\np(X,Z) :- p(X,Y), e(Y,Z).\n?- p(0,0).`).rules,
    );
    count = model.facts - new Set(facts.split('\n')).size;
  } else if (engine === 'clingo') {
    const clingo = await openClingo();
    start();
    count = clingo(`${facts}\np(X,Y) :- e(X,Y).\np(X,Z) :- p(X,Y), e(Y,Z).\n#show p/2.`)[0]?.length ?? 0;
  } else {
    const open = (
      createRequire(import.meta.url)('swipl-wasm') as { default: (options: object) => Promise<SwiplLike> }
    ).default;
    const { FS, prolog } = await open({ arguments: ['-q', '--stack-limit=2g', '--table-space=2g'] });
    start();
    FS.writeFile('/closure.pl', `:- table p/2.\n${facts}\np(X,Y) :- e(X,Y).\np(X,Z) :- p(X,Y), e(Y,Z).`);
    prolog.query("load_files(['/closure.pl'], [silent(true)])").once();
    const found = prolog
      .query('catch(aggregate_all(count, p(_, _), N), Error, (print_message(error, Error), N = -1))')
      .once();
    count = Number(found?.N ?? -1);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    facts: count,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    peakMiB: process.resourceUsage().maxRSS / 1024,
  };
}

interface SwiplLike {
  readonly FS: { writeFile(path: string, text: string): void };
  readonly prolog: { query(goal: string): { once(): Readonly<Record<string, unknown>> | undefined } };
}

function inOwnProcess(engine: string): Promise<Closure> {
  return new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, [engine], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    child.on('message', (message) => resolve(message as Closure));
    child.on('exit', (code) => reject(new Error(`${engine} ended with code ${code}`)));
  });
}

const [engine] = positionals;
if (engine !== undefined) {
  process.send?.(await closure(engine), () => process.exit(0));
} else {
  const clingo = await openClingo();
  const programs = Number(flags.programs ?? 6000);
  const random = seeded('bench datalog');
  let disagreements = 0;
  let refused = 0;
  let facts = 0;
  const startedAt = performance.now();
  for (let index = 0; index < programs; index++) {
    const { text, predicates } = randomDatalog(random.fork(String(index)));
    const { rules } = readDatalog(`${text}\n?- none.`);
    const model = datalog(rules);
    facts += model.facts;
    const own = predicates.flatMap(({ name, arity }) =>
      [...model.rows(name, arity)].map((values) => (arity === 0 ? name : `${name}(${values.join(',')})`)),
    );
    const [answer = [], second] = clingo(text);
    if (second !== undefined || own.sort().join(' ') !== answer.toSorted().join(' ')) disagreements++;
    if (index % CHECKED_EVERY === 0 && checkModel(rules, model.derivation() ?? []) !== undefined) refused++;
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const closures: Record<string, Closure> = {};
  for (const name of ['datalog', 'swipl', 'clingo']) {
    try {
      closures[name] = await inOwnProcess(name);
    } catch (cause) {
      console.error(`closure by ${name}: ${(cause as Error).message}`);
    }
  }
  const report = {
    programs,
    facts,
    disagreements,
    interval: wilson(disagreements, programs),
    refused,
    seconds,
    closures,
  };
  if (flags.json) console.log(JSON.stringify(report, null, 2));
  else {
    console.log(
      `random programs   ${programs}, ${facts} facts, ${seconds.toFixed(1)} s; ${disagreements} differ from clingo [0, ${(100 * report.interval[1]).toFixed(3)} %]`,
    );
    console.log(`models checked    ${Math.ceil(programs / CHECKED_EVERY)}, ${refused} refused`);
    const ours = closures.datalog as Closure;
    for (const [name, { facts: found, seconds: took, cpuSeconds, peakMiB }] of Object.entries(closures))
      console.log(
        `closure ${name.padEnd(9)} ${found} facts, ${took.toFixed(2)} s (${cpuSeconds.toFixed(2)} s of processor), peak ${peakMiB.toFixed(0)} MiB${name === 'datalog' ? '' : `; ${(cpuSeconds / ours.cpuSeconds).toFixed(1)} times our processor time`}`,
      );
  }
}
