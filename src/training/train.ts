/** Runs a trainer: logs, evaluation in the loop, checkpoints, stopping and going on. */
import { join } from 'node:path';
import { ReasoningError } from '../core/errors.ts';
import type { FileOperations } from '../host/file-operations.ts';
import { NotFiniteError } from '../tensor/errors.ts';
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from '../transformer/checkpoint.ts';
import { liveFolder } from '../transformer/checkpoint-folder.ts';
import type { OpenFile } from './log-file.ts';
import {
  type EvaluationRow,
  isEvaluation,
  type Metrics,
  type MetricsRow,
  openMetrics,
  type SampleRow,
  type StepRow,
} from './metrics.ts';
import type { Trainer, TrainStep } from './trainer.ts';

/** What an evaluation found. */
export interface Evaluation extends Omit<EvaluationRow, 'step' | 'seconds'> {
  readonly samples: readonly Omit<SampleRow, 'step'>[]; // a few, to read
}

export interface TrainOptions {
  readonly trainer: Trainer;
  /** What a checkpoint holds besides the trainer's state. */
  readonly model: Pick<Checkpoint, 'config' | 'tokenizer' | 'generation'>;
  /** Of this run alone: logs, `last` (where to resume) and `best` (by validation) go there. */
  readonly folder: string;
  readonly metricsCursor?: number; // of the checkpoint that the trainer goes on from; absent: a new run
  /** Accuracy of the policy as it is now; undefined when it was stopped half-way. */
  readonly evaluate?: (stop: AbortSignal) => Promise<Evaluation | undefined>;
  readonly evaluateEvery?: number; // steps; also before the first and after the last
  readonly checkpointEvery?: number; // steps
  readonly checkpointMinutes?: number; // whichever comes first
  readonly minutes?: number; // end after the first step that is later than this
  /** Ends the run after the step at work, ready to be resumed. */
  readonly stop?: AbortSignal;
  /** Sees each row as it is written. */
  readonly onRow?: (row: MetricsRow) => void;
  /** Sees that `last` was saved. */
  readonly onCheckpoint?: (step: number, folder: string) => void;
  readonly now?: () => number; // milliseconds
  readonly files?: FileOperations;
  readonly openFile?: OpenFile;
}

/** How a run ended. */
export interface TrainResult {
  readonly ended: 'finished' | 'minutes' | 'stopped';
  readonly step: number; // steps done, earlier runs included
  readonly last: string; // folder of the last checkpoint
  readonly accuracy?: number; // at the last evaluation
  readonly best?: { readonly step: number; readonly accuracy: number };
}

/** A loss or a gradient was no longer finite. The last good checkpoint is where it was. Exit code 1. */
export class DivergedError extends ReasoningError {
  readonly step: number;

  constructor(step: number, kept: { readonly step: number; readonly folder: string }, cause: Error) {
    super(
      `Training diverged in step ${step}. ${cause.message} The last checkpoint, of step ${kept.step}, is in ${kept.folder}; ` +
        'start from it with a lower learning rate.',
      { cause },
    );
    this.step = step;
  }
}

/** Folder of the checkpoint that a run goes on from. */
export function lastCheckpoint(folder: string): string {
  return join(folder, 'last');
}

/** Folder of the checkpoint with the highest accuracy, weights only. */
export function bestCheckpoint(folder: string): string {
  return join(folder, 'best');
}

/** Whether a run has saved a checkpoint to go on from. */
export async function hasCheckpoint(folder: string): Promise<boolean> {
  return (await liveFolder(lastCheckpoint(folder))) !== undefined;
}

/** The checkpoint that a run goes on from. Throws CheckpointError when there is none. */
export async function loadLast(folder: string): Promise<Checkpoint & Required<Pick<Checkpoint, 'training'>>> {
  const last = await loadCheckpoint(lastCheckpoint(folder), { training: true });
  if (!last.training) throw new ReasoningError(`${folder} holds no training state to go on from`);
  return { ...last, training: last.training };
}

/**
 * Trains until the trainer is done, the minutes are over or `stop` aborts, then saves. However it ends, `last` is a whole
 * checkpoint from which the run goes on to the same numbers. Throws DivergedError, and CheckpointError when the disk fails.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { folder, trainer, metricsCursor: cursor = 0, openFile } = options;
  const metrics = await openMetrics(folder, { step: trainer.step, cursor, ...(openFile && { openFile }) });
  try {
    return await run(options, metrics);
  } finally {
    await metrics.close();
  }
}

async function run(options: TrainOptions, metrics: Metrics): Promise<TrainResult> {
  const {
    trainer,
    model,
    folder,
    metricsCursor,
    evaluate,
    evaluateEvery = 100,
    checkpointEvery = 500,
    checkpointMinutes = 5,
    minutes = Number.POSITIVE_INFINITY,
    stop = new AbortController().signal,
    onRow = () => {},
    onCheckpoint = () => {},
    now = () => performance.now(),
    files,
  } = options;
  const startedAt = now();
  const last = lastCheckpoint(folder);
  let { step } = trainer;
  let saved = { step: -1, rows: 0, at: startedAt };
  let evaluation = metrics.earlier.findLast(isEvaluation);
  let best = metrics.earlier.filter(isEvaluation).reduce(better, undefined);

  const write = async (row: MetricsRow): Promise<void> => {
    await metrics.write(row);
    onRow(row);
  };

  async function save(): Promise<void> {
    const { parameters, ...training } = trainer.snapshot();
    await metrics.sync();
    await saveCheckpoint(
      last,
      { ...model, parameters, training: { ...training, metricsCursor: metrics.cursor } },
      { ...(files && { files }) },
    );
    saved = { step, rows: metrics.cursor, at: now() };
    onCheckpoint(step, last);
  }

  async function assess(): Promise<void> {
    if (!evaluate || evaluation?.step === step) return;
    const begun = now();
    const found = await evaluate(stop);
    if (!found) return;
    const { samples, ...scores } = found;
    evaluation = { step, ...scores, seconds: (now() - begun) / 1000 };
    await write(evaluation);
    await metrics.writeSamples(samples.map((sample) => ({ step, ...sample })));
    best = better(best, evaluation);
    if (best !== evaluation) return;
    const { parameters } = trainer.snapshot();
    await saveCheckpoint(bestCheckpoint(folder), { ...model, parameters }, { ...(files && { files }) });
  }

  if (metricsCursor !== undefined) saved = { step, rows: metrics.cursor, at: startedAt };
  else await save(); // a full disk shows now rather than after hours
  let ended: TrainResult['ended'] | undefined;
  const steps = trainer.steps(new AbortController().signal);
  try {
    while (!ended) {
      if (step % evaluateEvery === 0 && !stop.aborted) await assess();
      const untilSave = now() - saved.at < checkpointMinutes * MINUTE && step % checkpointEvery !== 0;
      if (saved.step !== step && !untilSave) await save();
      if (stop.aborted) ended = 'stopped';
      else if (now() - startedAt >= minutes * MINUTE) ended = 'minutes';
      else {
        const begun = now();
        const next = await nextStep(steps, step + 1, { step: saved.step, folder: last });
        if (next) {
          step = next.step;
          await write({ ...next, seconds: (now() - begun) / 1000 } satisfies StepRow);
        } else ended = 'finished';
      }
    }
  } finally {
    await steps.return();
  }
  if (ended !== 'stopped') await assess();
  if (saved.step !== step || saved.rows !== metrics.cursor) await save();
  return {
    ended,
    step,
    last,
    ...(evaluation && { accuracy: evaluation.accuracy }),
    ...(best && { best: { step: best.step, accuracy: best.accuracy } }),
  };
}

const MINUTE = 60_000; // milliseconds

/** Of equals the later one, which has learned more. */
function better(best: EvaluationRow | undefined, row: EvaluationRow): EvaluationRow {
  return best && best.accuracy > row.accuracy ? best : row;
}

/** The next step, or undefined when the trainer is done. */
async function nextStep(
  steps: AsyncGenerator<TrainStep, void, void>,
  step: number,
  kept: { readonly step: number; readonly folder: string },
): Promise<TrainStep | undefined> {
  try {
    const { value } = await steps.next();
    if (!value) return undefined;
    const { loss, gradientNorm } = value;
    if (!Number.isFinite(loss)) throw new NotFiniteError(step, loss, 'loss');
    if (!Number.isFinite(gradientNorm)) throw new NotFiniteError(step, gradientNorm);
    return value;
  } catch (cause) {
    if (cause instanceof NotFiniteError) throw new DivergedError(step, kept, cause);
    throw cause;
  }
}
