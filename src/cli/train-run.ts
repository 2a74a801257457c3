/** One run of training from the command line: its folder, its progress, its end. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { OpenedTraining, TrainingSettings } from '../catalog/training.ts';
import { InputError } from '../core/errors.ts';
import { replaceFile } from '../host/write-file.ts';
import type { MetricsRow } from '../training/metrics.ts';
import { bestCheckpoint, type TrainResult } from '../training/train.ts';
import { plain, printLine } from './terminal.ts';
import { lockRun } from './train-lock.ts';
import { trainProgress } from './train-progress.ts';

/** `config.json` of a run. */
export interface RunConfig {
  readonly run: string;
  readonly settings: TrainingSettings;
  readonly versions: Readonly<Record<string, string>>;
  readonly startedAt: string;
  readonly ended?: Pick<TrainResult, 'ended' | 'step' | 'accuracy' | 'best'>; // the last time
}

export interface TrainRunOptions {
  readonly folder: string;
  readonly config: RunConfig;
  readonly resume: boolean;
  readonly versions: RunConfig['versions']; // of now
  readonly minutes?: number;
  readonly json: boolean;
  readonly stop: AbortSignal;
}

const CONFIG = 'config.json';

/** The stored configuration of a run; undefined when there is no such run. Throws InputError for a damaged one. */
export async function readRunConfig(folder: string): Promise<RunConfig | undefined> {
  const text = await readFile(join(folder, CONFIG), 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined;
    throw cause;
  });
  if (text === undefined) return undefined;
  try {
    const config = JSON.parse(text) as RunConfig;
    if (typeof config.settings.objective === 'string') return config;
  } catch {
    // told below, as is an object without settings
  }
  throw new InputError(`${join(folder, CONFIG)} is damaged; start the run again under another --name`);
}

/** Versions that the numbers of a run may depend on. */
export function versions(reckon: string): Record<string, string> {
  const require = createRequire(import.meta.url);
  const found: Record<string, string> = { reckon, node: process.versions.node };
  for (const name of ['onnxruntime-node', '@jax-js/jax']) {
    try {
      found[name] = (require(`${name}/package.json`) as { version: string }).version;
    } catch {
      // not installed, or it does not show its package.json
    }
  }
  return found;
}

/** Trains, or goes on training, and says how it ended. Throws what `openTraining` and `train` throw. */
export async function trainRun(options: TrainRunOptions): Promise<TrainResult> {
  const { folder, config, resume } = options;
  const { openTraining } = await import('../catalog/training.ts');
  const { hasCheckpoint, loadLast } = await import('../training/train.ts');
  // a run that was killed before its first checkpoint begins again
  const last = resume && (await hasCheckpoint(folder)) ? await loadLast(folder) : undefined;
  const opened = await openTraining(config.settings, { folder, ...(last && { last }) });
  try {
    return await trainOpened(options, opened, last?.training.metricsCursor);
  } finally {
    await opened.close();
  }
}

async function trainOpened(
  { folder, config, versions: now, minutes, json, stop }: TrainRunOptions,
  { trainer, policy, model, refresh, keepStart }: OpenedTraining,
  metricsCursor: number | undefined,
): Promise<TrainResult> {
  const { openValidation } = await import('./validation.ts');
  const { train } = await import('../training/train.ts');
  const { run, settings } = config;
  const { objective, options, evaluation } = settings;
  const validation = await openValidation({
    parts: evaluation,
    problems: Number(options.evaluateProblems),
    policy,
  });
  const steps = Number(options.steps);
  const progress = trainProgress({
    title: run,
    step: trainer.step,
    steps,
    ...(minutes !== undefined && { minutes }),
  });
  const parameters = [...model.parameters.values()].reduce((sum, values) => sum + values.length, 0);
  const about = `${objective} of ${parameters.toLocaleString('en')} parameters, step ${trainer.step} of ${steps}`;
  progress.say(`${run}: ${about}. Ctrl-C saves and stops.`);
  for (const dataset of validation.without)
    progress.say(`${dataset} has no validation split, so no accuracy is taken of it.`);
  for (const [name, version] of Object.entries(config.versions))
    if (now[name] !== version)
      progress.say(`Begun with ${name} ${version}, now ${now[name] ?? 'none'}: numbers may differ.`);
  const made = await mkdir(folder, { recursive: true }); // undefined where it was there
  let unlock = () => {};
  try {
    unlock = lockRun(folder);
    if (metricsCursor === undefined) await keepStart(folder);
    await writeConfig(folder, config);
    const result = await train({
      trainer,
      model,
      folder,
      stop,
      ...(metricsCursor !== undefined && { metricsCursor }),
      ...(minutes !== undefined && { minutes }),
      evaluate: (signal) => {
        refresh();
        return validation.run(signal);
      },
      evaluateEvery: Number(options.evaluateEvery),
      checkpointEvery: Number(options.checkpointEvery),
      checkpointMinutes: Number(options.checkpointMinutes),
      onRow: (row: MetricsRow) => {
        progress.row(row);
        if (json) printLine(row);
      },
    });
    progress.end();
    await writeConfig(folder, config, result);
    if (json) printLine({ run, folder, ...result });
    console.error(plain(outcome(folder, run, settings, result)));
    return result;
  } catch (cause) {
    // what cannot even begin leaves nothing to go on with
    if (made !== undefined && trainer.step === 0 && cause instanceof InputError)
      await rm(folder, { recursive: true });
    throw cause;
  } finally {
    unlock();
    progress.end();
    await validation.close();
  }
}

async function writeConfig(folder: string, config: RunConfig, result?: TrainResult): Promise<void> {
  const { ended: _, ...kept } = config;
  const { last, ...ended } = result ?? { last: '' };
  const text = JSON.stringify({ ...kept, ...(result && { ended }) }, null, 2);
  await replaceFile(join(folder, CONFIG), [Buffer.from(`${text}\n`)]);
}

/** How it ended, what came out, and how to go on. */
function outcome(folder: string, run: string, settings: TrainingSettings, result: TrainResult): string {
  const { ended, step, last, accuracy, best } = result;
  const steps = Number(settings.options.steps);
  const resume = `reckon train ${settings.objective} --resume ${run}`;
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const found =
    accuracy === undefined || !best
      ? ''
      : ` Held-out accuracy ${percent(accuracy)}, best ${percent(best.accuracy)} after step ${best.step}.`;
  const saved = best ? `${last} and ${bestCheckpoint(folder)}` : last;
  switch (ended) {
    case 'finished': {
      const early = step < steps ? `: the KL budget is used up` : '';
      return `Finished after step ${step} of ${steps}${early}.${found}\nCheckpoints: ${saved}. Ask it with --model checkpoint:${folder}`;
    }
    case 'minutes':
      return `The minutes are over after step ${step} of ${steps}.${found}\nCheckpoints: ${saved}. Go on with: ${resume}`;
    case 'stopped':
      return `Stopped and saved after step ${step} of ${steps} in ${last}. Go on with: ${resume}`;
    default:
      return ended satisfies never;
  }
}
