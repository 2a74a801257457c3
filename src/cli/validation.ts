import type { EvaluationPart } from '../catalog/training.ts';
import { InputError } from '../core/errors.ts';
import type { Model } from '../core/model.ts';
import type { Dataset, Problem } from '../core/problem.ts';
import { questionText } from '../core/problem.ts';
import { evaluate, type NamedMethod } from '../evaluation/evaluate.ts';
import type { Row } from '../evaluation/row.ts';
import { wilson } from '../evaluation/statistics.ts';
import type { Evaluation } from '../training/train.ts';

export interface ValidationOptions {
  readonly parts: readonly EvaluationPart[];
  readonly problems: number; // over all parts, at least one each; 0 = no evaluation
  readonly policy: Model;
}

/** Accuracy on problems that are held out. */
export interface Validation {
  /** Undefined when there is nothing to attempt, or `stop` came before all was attempted. */
  run(stop: AbortSignal): Promise<Evaluation | undefined>;
  /** Specs of datasets that have no validation split and are left out. */
  readonly without: readonly string[];
  close(): Promise<void>;
}

/** A method and the problems it is tried on. */
interface Trial {
  readonly name: string;
  readonly dataset: Dataset;
  readonly method: NamedMethod;
  readonly problems: readonly Problem[];
}

/** Attempts of one part in work at a time. */
const CONCURRENCY = 64;
/** Texts of an evaluation that are kept to read. */
const SAMPLES = 4;

/**
 * Prepares an evaluation: each part's method on the first problems of its validation split, always the same ones. Throws InputError
 * for a dataset or method that is not there.
 */
export async function openValidation({ parts, problems, policy }: ValidationOptions): Promise<Validation> {
  const { openDataset } = await import('../catalog/datasets.ts');
  const { openMethods } = await import('../catalog/methods.ts');
  const opened = await Promise.all(
    parts.map(async (part) => ({ ...part, opened: await openDataset(part.dataset) })),
  );
  const usable = opened.filter((part) => part.opened.splits.includes('validation'));
  const methods = await openMethods(
    usable.map(({ method }) => method),
    policy,
  );
  const each = problems === 0 ? 0 : Math.max(1, Math.floor(problems / usable.length));
  const trials = await Promise.all(
    usable.map(async (part, index): Promise<Trial> => {
      const method = methods.list[index] as NamedMethod;
      const chosen = await firstProblems(part.opened, each);
      return { name: `${part.dataset} ${part.method}`, dataset: part.opened, method, problems: chosen };
    }),
  );
  return {
    without: opened.filter((part) => !usable.includes(part)).map(({ dataset }) => dataset),
    run: async (stop) => {
      const rows = await Promise.all(trials.map((trial) => attempts(trial, stop)));
      const attempted = rows.every((found, index) => found.length === trials[index]?.problems.length);
      return attempted && each > 0 && trials.length > 0 ? summary(trials, rows) : undefined;
    },
    close: () => methods.close(),
  };
}

async function firstProblems(dataset: Dataset, limit: number): Promise<Problem[]> {
  const problems: Problem[] = [];
  if (limit > 0) for await (const problem of dataset.load('validation', { limit })) problems.push(problem);
  return problems;
}

/** The rows of a trial in the order of its problems. */
async function attempts({ dataset, method, problems }: Trial, stop: AbortSignal): Promise<Row[]> {
  const rows = new Map<string, Row>();
  await evaluate({
    methods: [method],
    problems,
    verifier: dataset.verifier,
    concurrency: CONCURRENCY,
    stop,
    onRow: (row) => rows.set(row.problem, row),
  });
  return problems.flatMap(({ id }) => rows.get(id) ?? []);
}

function summary(trials: readonly Trial[], rows: readonly (readonly Row[])[]): Evaluation {
  const all = rows.flat();
  const correct = (some: readonly Row[]): number =>
    some.filter(({ outcome }) => outcome === 'correct').length;
  const failures = all.flatMap(({ error }) => error ?? []);
  if (failures.length === all.length)
    throw new InputError(`No held-out problem can be attempted: ${failures[0]?.message}`);
  const [accuracyLow, accuracyHigh] = wilson(correct(all), all.length);
  const shares = trials.map(({ name }, index) => {
    const own = rows[index] ?? [];
    return [name, correct(own) / own.length] as const;
  });
  return {
    accuracy: correct(all) / all.length,
    accuracyLow,
    accuracyHigh,
    problems: all.length,
    ...(failures.length > 0 && { errors: failures.length }),
    ...(trials.length > 1 && { parts: Object.fromEntries(shares) }),
    samples: samples(trials, rows),
  };
}

/** The first texts of each trial, as evenly as they divide. */
function samples(trials: readonly Trial[], rows: readonly (readonly Row[])[]): Evaluation['samples'] {
  const each = Math.ceil(SAMPLES / trials.length);
  const shown = trials.flatMap(({ problems }, trial) =>
    problems.slice(0, each).flatMap((problem, index) => {
      const row = rows[trial]?.[index];
      return row ? [{ problem, row }] : [];
    }),
  );
  return shown.slice(0, SAMPLES).map(({ problem, row: { text = '', answer = null, score } }) => {
    return { problem: problem.id, question: questionText(problem), text, answer, score };
  });
}
