import type { Limits } from '../core/budget.ts';
import { InputError } from '../core/errors.ts';
import type { Json } from '../core/model.ts';
import type { Dataset, Problem, Split } from '../core/problem.ts';
import { keyText, questionText } from '../core/problem.ts';
import type { CostEstimate } from './estimate.ts';
import { estimateCost } from './estimate.ts';
import type { NamedMethod } from './evaluate.ts';
import { DEFAULT_CONCURRENCY, evaluate } from './evaluate.ts';
import { memoryStore } from './memory-store.ts';
import type { ReportedProblem, Row, RunInfo, RunRecord } from './row.ts';
import type { RunStore } from './run-store.ts';

/** How far a run is. */
export interface Progress {
  readonly finished: number; // attempts, those of earlier sittings included
  readonly planned: number;
  readonly row: Row; // the one just finished
}

export interface CompareOptions {
  readonly run?: string; // id; default 'comparison'
  readonly dataset: Dataset;
  readonly split?: Split; // default 'test'
  readonly limit?: number; // problems; default all
  readonly methods: readonly NamedMethod[]; // the first is the baseline
  readonly model?: string; // id, for the record
  readonly store?: RunStore; // default: in memory
  readonly resume?: boolean;
  readonly seed?: number; // default 0
  readonly repeats?: number; // default 1
  readonly limits?: Limits; // of each attempt
  /** Give every method the token budget that the dearest one needs per question, unless `limits.tokens` says one. */
  readonly equalTokens?: boolean;
  readonly concurrency?: number; // attempts at a time; default 16
  readonly probes?: number; // problems attempted before the estimate; default 3
  /** Sees the estimate; the run goes on when it resolves to true. */
  readonly confirm?: (estimate: CostEstimate) => Promise<boolean>;
  readonly onProgress?: (progress: Progress) => void;
  readonly stop?: AbortSignal;
  readonly signal?: AbortSignal;
  readonly keepTraces?: boolean;
  readonly reproducible?: boolean; // leave clock times out of the record
  readonly version?: string; // of reckon, for the record
  readonly options?: { readonly [key: string]: Json };
}

/**
 * Runs methods on the same problems and returns the record to report on. A few problems are attempted first, to say what the
 * rest will cost; their rows count. Rows are stored as they finish: a run that was stopped or killed goes on with `resume`.
 */
export async function compare(options: CompareOptions): Promise<RunRecord> {
  const { dataset, split = 'test', limit, methods, repeats = 1, probes = 3 } = options;
  const { run = 'comparison', store = memoryStore() } = options;
  checkNames(methods);
  const problems: Problem[] = [];
  for await (const problem of dataset.load(split, {
    ...(limit !== undefined && { limit }),
    ...(options.signal && { signal: options.signal }),
  }))
    problems.push(problem);
  if (problems.length === 0)
    throw new InputError(`Dataset ${dataset.name} has no problems in split ${split}`);

  const probed = probes > 0 && probes < problems.length ? problems.slice(0, probes) : [];
  const record = options.resume
    ? resumed(store.read(run), problems, methods)
    : begun(
        { ...options, run, store },
        problems,
        await limitsOf(options, probed.length > 0 ? probed : problems),
      );
  const { limits } = record.info;

  const planned = problems.length * methods.length * repeats;
  const done = new Set(record.rows.map((row) => keyOf(row.problem, row.method, row.repeat)));
  const onRow = (row: Row, trace: Parameters<RunStore['addRow']>[2]) => {
    const { seconds: _seconds, ...timeless } = row;
    const stored = options.reproducible ? timeless : row;
    store.addRow(run, stored, options.keepTraces ? trace : undefined);
    done.add(keyOf(row.problem, row.method, row.repeat));
    options.onProgress?.({ finished: done.size, planned, row: stored });
  };
  const isDone = (problem: string, method: string, repeat: number) =>
    done.has(keyOf(problem, method, repeat));
  const attemptAll = (some: readonly Problem[]) =>
    evaluate({ ...shared(options), problems: some, limits, onRow, isDone });

  if (probed.length > 0) {
    await attemptAll(probed);
    const ids = new Set(probed.map((problem) => problem.id));
    const rows = store.read(run).rows.filter((row) => ids.has(row.problem));
    const estimate = estimateCost(rows, problems.length, {
      concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
    });
    if (!options.stop?.aborted && options.confirm && !(await options.confirm(estimate)))
      return store.read(run);
  }
  await attemptAll(problems);
  return store.read(run);
}

/** What every call of `evaluate` in a run has in common. */
function shared({
  methods,
  dataset,
  seed = 0,
  repeats = 1,
  concurrency,
  keepTraces,
  stop,
  signal,
}: CompareOptions) {
  return {
    methods,
    verifier: dataset.verifier,
    seed,
    repeats,
    ...(concurrency !== undefined && { concurrency }),
    ...(keepTraces && { keepTraces }),
    ...(stop && { stop }),
    ...(signal && { signal }),
  };
}

/** Stores a new run's description before anything is spent on it. */
function begun(
  options: CompareOptions & Required<Pick<CompareOptions, 'run' | 'store'>>,
  problems: readonly Problem[],
  limits: Limits,
): RunRecord {
  const { run, dataset, split = 'test', methods, repeats = 1, seed = 0, store } = options;
  const info: RunInfo = {
    run,
    dataset: dataset.name,
    split,
    ...(dataset.source !== undefined && { source: dataset.source }),
    model: options.model ?? 'unnamed',
    methods: methods.map((named) => named.name),
    repeats,
    seed,
    limits,
    version: options.version ?? 'library',
    ...(!options.reproducible && { startedAt: new Date().toISOString() }),
    ...(options.options && { options: options.options }),
  };
  store.create(info, problems.map(reported));
  return { info, problems: [], rows: [] };
}

/** The limits of each attempt. Equal tokens: a few problems are attempted without a token limit, to see who needs most. */
async function limitsOf(options: CompareOptions, probed: readonly Problem[]): Promise<Limits> {
  const { limits = {}, equalTokens = false } = options;
  if (!equalTokens || limits.tokens !== undefined) return limits;
  const rows: Row[] = [];
  await evaluate({ ...shared(options), problems: probed, limits, onRow: (row) => rows.push(row) });
  return { ...limits, tokens: dearest(rows) };
}

/** Tokens per question of the method that uses most, rounded up to hundreds. */
function dearest(rows: readonly Row[]): number {
  const perMethod = Map.groupBy(rows, (row) => row.method);
  const means = [...perMethod.values()].map(
    (of) =>
      of.reduce((sum, row) => sum + row.usage.promptTokens + row.usage.completionTokens, 0) /
      Math.max(1, of.length),
  );
  return Math.max(100, Math.ceil(Math.max(...means) / 100) * 100);
}

function reported(problem: Problem): ReportedProblem {
  const { reference } = problem;
  return {
    id: problem.id,
    text: questionText(problem),
    reference: Array.isArray(reference) ? JSON.stringify(reference) : keyText(problem),
  };
}

function keyOf(problem: string, method: string, repeat: number): string {
  return JSON.stringify([problem, method, repeat]);
}

function checkNames(methods: readonly NamedMethod[]): void {
  if (methods.length === 0) throw new InputError('There is nothing to compare; name at least one method');
  const names = methods.map((named) => named.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new InputError(`Method ${twice} is listed twice; list each method once`);
}

/** A stored run goes on only with the problems and methods it began with. */
function resumed(
  record: RunRecord,
  problems: readonly Problem[],
  methods: readonly NamedMethod[],
): RunRecord {
  const { info } = record;
  const names = methods.map((named) => named.name);
  if (names.join() !== info.methods.join())
    throw new InputError(
      `Run ${info.run} compares ${info.methods.join(', ')}; it cannot go on with ${names.join(', ')}`,
    );
  if (JSON.stringify(record.problems) !== JSON.stringify(problems.map(reported)))
    throw new InputError(
      `The problems of ${info.dataset} have changed since run ${info.run} began; start a new run`,
    );
  return record;
}
