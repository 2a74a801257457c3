import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline/promises';
import { Command, Option } from 'commander';
import { EMBEDDED_MODEL } from '../catalog/models.ts';
import type { Limits } from '../core/budget.ts';
import { InputError } from '../core/errors.ts';
import type { Json } from '../core/model.ts';
import type { AnswerKind, Split } from '../core/problem.ts';
import type { CostEstimate } from '../evaluation/estimate.ts';
import type { RunStore } from '../evaluation/run-store.ts';
import { boundYoungGeneration } from '../host/young-generation.ts';
import { amount, limits, methodList, pairs, stateFolder, storeFile, wholeNumber } from './options.ts';
import { progressLine } from './progress.ts';
import { plain } from './terminal.ts';

/** What a run is made of: stored with it, so that --resume needs nothing else. */
interface Settings {
  dataset: string;
  methods: string[];
  model: string;
  split: Split;
  limit?: number;
  seed: number;
  repeats: number;
  budget?: Limits;
  equal?: 'tokens';
  columns?: Record<string, string>;
  answer?: AnswerKind;
  skipBadRows?: boolean;
}

interface Flags extends Partial<Omit<Settings, 'methods'>> {
  methods?: string;
  demo?: boolean;
  run?: string;
  resume?: string | true;
  retryErrors?: boolean;
  maxConcurrency: number;
  maxCost?: number;
  yes?: boolean;
  cache: boolean;
  traces: boolean;
  reproducible?: boolean;
  threshold?: number;
  report?: string;
  output?: string[];
  json?: boolean;
  state?: string;
}

const DEMO: Settings = {
  dataset: 'arithmetic',
  methods: ['direct', 'chain-of-thought', 'self-consistency@8'],
  model: EMBEDDED_MODEL,
  split: 'test',
  limit: 200,
  seed: 0,
  repeats: 1,
};

/** `reckon compare`: the main job. */
export function compareCommand(version: string): Command {
  return new Command('compare')
    .description('Run methods on the same problems and say which is better, at what cost.')
    .option(
      '-d, --dataset <name>',
      'a dataset of the catalog (reckon data ls), a .jsonl, .json, .csv or .parquet file, or hf:org/name',
    )
    .option(
      '-m, --methods <list>',
      'methods, the first is the baseline: direct,cot,sc@8,tot{breadth=5},sc@4(pal)',
    )
    .option(
      '--model <spec>',
      `openai/<id>, anthropic/<id>, google/<id>, ollama/<id>, http://host:port/v1#<id>, recorded:<file>; ${EMBEDDED_MODEL} unless given`,
    )
    .addOption(new Option('--split <name>').choices(['train', 'validation', 'test']))
    .option('-n, --limit <n>', 'problems at the most', wholeNumber(1, 1_000_000))
    .option('--seed <n>', 'the same seed gives the same run', wholeNumber(0, 2 ** 31 - 1))
    .option('--repeats <n>', 'attempts per problem and method, for pass@k and maj@k', wholeNumber(1, 1024))
    .option('--budget <limits>', 'of each attempt: tokens=20000,seconds=60,calls=40,usd=0.05', limits)
    .addOption(new Option('--equal <what>', 'give every method the same budget').choices(['tokens']))
    .option('--columns <map>', 'of a file: question=…,answer=…,id=…,choices=…', pairs)
    .addOption(
      new Option('--answer <kind>', 'of a file: what answers look like').choices([
        'number',
        'math',
        'choice',
        'text',
      ]),
    )
    .option('--skip-bad-rows', 'leave malformed rows of a file out, naming them')
    .option('--max-concurrency <n>', 'model calls in flight', wholeNumber(1, 4096), 16)
    .option('--max-cost <usd>', 'ask before a run that may cost more', amount)
    .option('-y, --yes', 'do not ask')
    .option('--no-cache', 'do not reuse samples that were paid for before')
    .option('--no-traces', 'do not keep what every sample said')
    .option('--run <id>', 'a name for the run')
    .option('--resume [id]', 'go on with a run (the latest one) that was stopped')
    .option('--retry-errors', 'with --resume: attempt failed rows again')
    .option('--threshold <accuracy>', 'exit 1 when the best method stays below it, in [0, 1]', amount)
    .option('--report <file>', 'where to write the HTML report')
    .option('-o, --output <file...>', 'also write .json, .jsonl, .csv, .html or .xml (JUnit)')
    .option('--reproducible', 'leave clock times out, so that equal runs give equal bytes')
    .option('--json', 'print the report as one JSON document')
    .option('--state <folder>', 'where runs are kept (default .reckon, or RECKON_STATE)')
    .option('--demo', 'a comparison that needs no key and no network')
    .action((flags: Flags) => run(flags, version));
}

async function run(flags: Flags, version: string): Promise<void> {
  boundYoungGeneration();
  const state = stateFolder(flags.state);
  const { sqliteStore } = await import('../store/sqlite.ts');
  const store = sqliteStore(storeFile(state));
  try {
    const resumed = flags.resume === undefined ? undefined : resumedRun(store, flags.resume);
    const settings = resumed ? (resumed.settings satisfies Settings) : readSettings(flags);
    const id = resumed?.run ?? flags.run ?? newRunId(settings);
    if (resumed && flags.retryErrors) store.removeRows(id, 'error');
    try {
      await attemptAndReport(id, settings, flags, store, state, version, resumed !== undefined);
    } catch (cause) {
      // a run that failed before its first answer leaves nothing to go on with
      if (store.list().some((summary) => summary.run === id && summary.rows === 0)) store.delete(id);
      throw cause;
    }
  } finally {
    store.close();
  }
}

async function attemptAndReport(
  id: string,
  settings: Settings,
  flags: Flags,
  store: RunStore,
  state: string,
  version: string,
  resume: boolean,
): Promise<void> {
  const { isLocalModel, openModel } = await import('../catalog/models.ts');
  const { openDataset } = await import('../catalog/datasets.ts');
  const { openMethods } = await import('../catalog/methods.ts');
  const { compare } = await import('../evaluation/compare.ts');
  const { withCache } = await import('../models/with-cache.ts');
  const { writeOutputs, printReport } = await import('./outputs.ts');

  const dataset = await openDataset(settings.dataset, {
    ...(settings.columns && { columns: settings.columns }),
    ...(settings.answer && { answer: settings.answer }),
    skipBadRows: settings.skipBadRows ?? false,
  });
  const upstream = await openModel(settings.model, { concurrency: flags.maxConcurrency });
  const reuse = flags.cache && !isLocalModel(settings.model); // samples of other weights would pass for these
  const model = reuse ? withCache(upstream, { get: store.getSample, set: store.setSample }) : upstream;
  const methods = await openMethods(settings.methods, model);
  const { stop, signal, dispose } = interruptible();
  let progress: ReturnType<typeof progressLine> | undefined;
  try {
    const record = await compare({
      run: id,
      dataset,
      methods: methods.list,
      model: settings.model,
      store,
      resume,
      version,
      split: settings.split,
      seed: settings.seed,
      repeats: settings.repeats,
      concurrency: flags.maxConcurrency,
      keepTraces: flags.traces,
      reproducible: flags.reproducible ?? false,
      equalTokens: settings.equal === 'tokens',
      options: settings as unknown as { [key: string]: Json },
      stop,
      signal,
      confirm: (estimate) => confirm(estimate, flags),
      onProgress: ({ finished, planned, row }) => {
        progress ??= progressLine(planned, finished - 1);
        progress.update(finished, `${row.method} ${row.problem} ${row.outcome}`);
      },
      ...(settings.limit !== undefined && { limit: settings.limit }),
      ...(settings.budget && { limits: settings.budget }),
    });
    progress?.end();
    for (const { line, reason } of dataset.badRows ?? [])
      console.error(`Left out line ${line}: ${plain(reason)}`);
    const report = await writeOutputs(record, { state, ...pick(flags) });
    await printReport(report, { json: flags.json ?? false });
    process.exitCode = exitCode(report, flags, stop);
    if (stop.aborted)
      console.error(
        `Stopped with ${record.rows.length} attempts stored. Go on with: reckon compare --resume ${id}`,
      );
  } finally {
    progress?.end();
    dispose();
    await methods.close();
    await upstream.close?.();
  }
}

function pick({ report, output }: Flags): { report?: string; output?: readonly string[] } {
  return { ...(report !== undefined && { report }), ...(output && { output }) };
}

function exitCode(
  report: { readonly methods: readonly { readonly accuracy: number; readonly errors: number }[] },
  flags: Flags,
  stop: AbortSignal,
): number {
  if (stop.aborted) return 130;
  const best = Math.max(...report.methods.map((method) => method.accuracy));
  const belowThreshold = flags.threshold !== undefined && best < flags.threshold;
  return belowThreshold || report.methods.some((method) => method.errors > 0) ? 1 : 0;
}

function readSettings(flags: Flags): Settings {
  if (flags.demo) {
    const { methods, ...rest } = flags;
    return { ...DEMO, ...given(rest), ...(methods !== undefined && { methods: methodList(methods) }) };
  }
  if (flags.dataset === undefined)
    throw new InputError(
      'Say what to run on: --dataset <name or file> (reckon data ls lists names), or try --demo',
    );
  const methods = methodList(flags.methods ?? 'direct,cot,sc@8');
  return {
    dataset: flags.dataset,
    methods,
    model: EMBEDDED_MODEL,
    split: 'test',
    seed: 0,
    repeats: 1,
    ...given(flags),
  };
}

/** The settings among the flags that were given. */
function given(flags: Omit<Flags, 'methods'>): Partial<Settings> {
  const { dataset, model, split, limit, seed, repeats, budget, equal, columns, answer, skipBadRows } = flags;
  const all = { dataset, model, split, limit, seed, repeats, budget, equal, columns, answer, skipBadRows };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  ) as Partial<Settings>;
}

function resumedRun(store: RunStore, asked: string | true): { run: string; settings: Settings } {
  const latest = store.list().find((summary) => summary.rows < summary.planned) ?? store.list()[0];
  if (asked === true && !latest)
    throw new InputError('There is no run to resume; start one without --resume');
  const { info } = store.read(asked === true ? (latest?.run ?? '') : asked);
  if (!info.options)
    throw new InputError(`Run ${info.run} was not started from the command line; resume it from code`);
  return { run: info.run, settings: info.options as unknown as Settings };
}

function newRunId(settings: Settings): string {
  const name = settings.dataset
    .replace(/^.*[/\\]/, '')
    .replace(/[^A-Za-z0-9-]+/g, '-')
    .slice(0, 24);
  const time = new Date().toISOString().slice(0, 16).replace(/[-:]/g, '').replace('T', '-');
  return `${name}-${time}-${randomBytes(2).toString('hex')}`;
}

/** Asks above --max-cost; without a terminal, only --yes lets a dear run go on. */
async function confirm(estimate: CostEstimate, flags: Flags): Promise<boolean> {
  const { renderEstimate } = await import('../evaluation/estimate.ts');
  console.error(renderEstimate(estimate));
  const { usd } = estimate.total;
  if (flags.maxCost === undefined || flags.yes) return true;
  const highest = usd === null ? undefined : usd.high;
  if (highest !== undefined && highest <= flags.maxCost) return true;
  const why =
    highest === undefined
      ? 'The price of this model is unknown'
      : `The run may cost $${highest.toFixed(2)}, more than --max-cost ${flags.maxCost}`;
  if (!process.stdin.isTTY) throw new InputError(`${why}; add --yes to run it all the same`);
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const reply = await prompt.question(`${why}. Go on? [y/N] `);
  prompt.close();
  return /^y/i.test(reply.trim());
}

/** The first Ctrl-C finishes what is in flight, the second one quits. */
function interruptible(): { stop: AbortSignal; signal: AbortSignal; dispose: () => void } {
  const stop = new AbortController();
  const quit = new AbortController();
  const onInterrupt = () => {
    if (stop.signal.aborted) {
      quit.abort(new Error('Interrupted'));
      process.exit(130);
    }
    console.error('\nFinishing what is in flight; press Ctrl-C again to quit at once.');
    stop.abort();
  };
  process.on('SIGINT', onInterrupt);
  return {
    stop: stop.signal,
    signal: quit.signal,
    dispose: () => {
      process.off('SIGINT', onInterrupt);
    },
  };
}
