import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { EMBEDDED_MODEL } from '../catalog/models.ts';
import type { OptionSpec } from '../core/catalog-entry.ts';
import { InputError } from '../core/errors.ts';
import { OBJECTIVES, type ObjectiveEntry, type ObjectiveName } from '../training/objectives.ts';
import { amount, stateFolder, wholeNumber } from './options.ts';
import type { RunConfig } from './train-run.ts';
import type { Stage } from './train-settings.ts';

interface Flags {
  recipe?: string;
  name?: string;
  from?: string;
  dataset?: string;
  method?: string;
  seed?: number;
  minutes?: number;
  resume?: string | true;
  out?: string;
  json?: boolean;
  state?: string;
  [option: string]: unknown;
}

/** Options of a run that may change when it goes on; the others would make it another run. */
const CHANGEABLE = ['steps', 'threads', 'checkpointEvery', 'checkpointMinutes'];

/** `reckon train pretrain | sft | grpo`: makes a policy better, step by step. */
export function trainCommand(version: string): Command {
  const train = new Command('train').description(
    'Train a policy: from scratch, on worked lessons, or by rewards.',
  );
  for (const entry of Object.values(OBJECTIVES)) {
    const command = train
      .command(entry.name)
      .description(`${entry.summary} (${entry.paper}).`)
      .option('-d, --dataset <name>', datasetHelp(entry.name))
      .option('-m, --method <list>', methodHelp(entry.name))
      .option('--recipe <file>', 'a run as a file, such as recipes/reckon-nano.json')
      .option('--from <checkpoint>', fromHelp(entry.name))
      .option('--name <run>', 'its folder below <state>/training (default: objective and dataset)')
      .option('--resume [run]', 'go on with a run that was stopped (the latest one)')
      .option('--minutes <n>', 'end after the step in which these are over', amount)
      .option('--seed <n>', 'the same seed gives the same run (default: 0)', wholeNumber(0, 2 ** 31 - 1))
      .option('--out <folder>', 'save the trained weights there at the end: the best, or else the last')
      .option('--json', 'print each step as a line of JSON')
      .option('--state <folder>', 'where runs are kept (default .reckon, or RECKON_STATE)');
    for (const [name, spec] of Object.entries(entry.options)) command.addOption(optionOf(name, spec));
    command.action((flags: Flags) => run(entry, flags, version));
  }
  return train;
}

function datasetHelp(objective: ObjectiveName): string {
  return objective === 'grpo'
    ? 'problems and their verifier (reckon data ls): countdown, arithmetic{digits=2}, gsm8k …'
    : 'generated datasets to learn from (reckon data ls): countdown,arithmetic{digits=2} …';
}

function methodHelp(objective: ObjectiveName): string {
  return objective === 'grpo'
    ? 'what a rollout runs (default: direct); reckon methods'
    : 'calls to learn: direct, cot, pal, tot, judge (default: cot)';
}

function fromHelp(objective: ObjectiveName): string {
  const where = 'the folder of a checkpoint or of a run of training';
  return `${where} (default: ${objective === 'pretrain' ? 'a new model' : EMBEDDED_MODEL})`;
}

/** `learningRate` as `--learning-rate <number>`, with its range in the help. Values are checked by the catalog. */
function optionOf(name: string, { type, summary, minimum, maximum, default: preset }: OptionSpec): Option {
  const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const range = typeof type === 'string' ? `${minimum} to ${maximum}` : type.join(', ');
  const shown = preset === undefined ? '' : `; default ${preset}`;
  return new Option(`${flag} <${typeof type === 'string' ? 'n' : 'word'}>`, `${summary} (${range}${shown})`);
}

async function run(entry: ObjectiveEntry, flags: Flags, version: string): Promise<void> {
  const given = Object.fromEntries(Object.entries(flags).filter(([name]) => name in entry.options)) as Record<
    string,
    string
  >;
  const state = join(stateFolder(flags.state), 'training');
  const { stop, dispose } = interruptible();
  try {
    const { last, weights, ended } =
      flags.resume === undefined || flags.recipe !== undefined
        ? await trainStages(entry, flags, given, { state, version, stop })
        : await resumeRun(entry, flags, given, { state, version, stop });
    if (ended === 'stopped') process.exitCode = 130;
    else if (flags.out !== undefined) {
      const { checkpointFolder, exportCheckpoint } = await import('../catalog/training.ts');
      await exportCheckpoint(await checkpointFolder(last), flags.out, weights);
      console.error(`Saved the weights in ${flags.out}`);
    }
  } finally {
    dispose();
  }
}

/** Where a run is made, and when it ends early. */
interface Place {
  readonly state: string; // folder of all runs
  readonly version: string; // of Reckon
  readonly stop: AbortSignal;
}

interface Ended {
  readonly last: string; // folder of the run
  readonly weights: 'float32' | 'float16' | 'bfloat16';
  readonly ended: 'finished' | 'minutes' | 'stopped';
}

/** Trains one stage after another, each from where the one before ended; with --resume, those that are done are passed over. */
async function trainStages(
  { name: objective }: ObjectiveEntry,
  flags: Flags,
  options: Readonly<Record<string, string>>,
  { state, version, stop }: Place,
): Promise<Ended> {
  const { stagesOf } = await import('./train-settings.ts');
  const { readRunConfig, trainRun, versions } = await import('./train-run.ts');
  const { checkpointFolder } = await import('../catalog/training.ts');
  const { recipe, name, from, dataset, method, seed, minutes } = flags;
  const resumeName = typeof flags.resume === 'string' ? flags.resume : name;
  const { stages, weights } = await stagesOf({
    objective,
    options,
    ...(recipe !== undefined && { recipe }),
    ...(resumeName !== undefined && { name: resumeName }),
    ...(from !== undefined && { from }),
    ...(dataset !== undefined && { dataset }),
    ...(method !== undefined && { method }),
    ...(seed !== undefined && { seed }),
  });
  const folderOf = (stage: Stage): string => join(state, stage.name);
  if (flags.resume === undefined)
    for (const stage of stages)
      if (await readRunConfig(folderOf(stage)))
        throw new InputError(
          `There is a run ${stage.name} already; go on with it by --resume, or choose another --name`,
        );
  const now = versions(version);
  const startedAt = performance.now();
  let previous: string | undefined;
  let ended: Ended['ended'] = 'finished';
  for (const stage of stages) {
    const folder = folderOf(stage);
    const stored = await readRunConfig(folder);
    if (stored?.ended?.ended !== 'finished') {
      const config = stored ?? {
        run: stage.name,
        settings: await stage.settings(previous),
        versions: now,
        startedAt: new Date().toISOString(),
      };
      const left = minutes === undefined ? undefined : minutes - (performance.now() - startedAt) / 60_000;
      const result = await trainRun({
        folder,
        config,
        resume: stored !== undefined,
        versions: now,
        json: flags.json ?? false,
        stop,
        ...(left !== undefined && { minutes: Math.max(0, left) }),
      });
      ended = result.ended;
    }
    if (ended !== 'finished') return { last: folder, weights, ended };
    previous = await checkpointFolder(folder);
  }
  return { last: folderOf(stages.at(-1) as Stage), weights, ended };
}

/** Goes on with a run as it is stored. */
async function resumeRun(
  { name: objective, options: known }: ObjectiveEntry,
  flags: Flags,
  options: Readonly<Record<string, string>>,
  { state, version, stop }: Place,
): Promise<Ended> {
  const { readRunConfig, trainRun, versions } = await import('./train-run.ts');
  const { readOptions } = await import('../catalog/options.ts');
  const fixed = [
    ...Object.keys(options),
    ...['from', 'dataset', 'method', 'seed'].filter((name) => name in flags),
  ];
  const wrong = fixed.find((name) => !CHANGEABLE.includes(name));
  if (wrong !== undefined)
    throw new InputError(
      `${wrong} belongs to the run and stays as it was; leave it out, or start another run under another --name`,
    );
  const name =
    typeof flags.resume === 'string' ? flags.resume : (flags.name ?? (await latestRun(state, objective)));
  const folder = join(state, name);
  const stored = /^\w[\w.-]{0,99}$/.test(name) ? await readRunConfig(folder) : undefined;
  if (!stored) throw new InputError(`There is no run ${name} in ${state}; start it without --resume`);
  if (stored.settings.objective !== objective)
    throw new InputError(
      `Run ${name} is ${stored.settings.objective}; write reckon train ${stored.settings.objective} --resume ${name}`,
    );
  const changed = readOptions({ name: objective, options: known }, options);
  const settings = { ...stored.settings, options: { ...stored.settings.options, ...changed } };
  const { minutes, json = false } = flags;
  const config: RunConfig = { ...stored, settings };
  const result = await trainRun({
    folder,
    config,
    resume: true,
    versions: versions(version),
    json,
    stop,
    ...(minutes !== undefined && { minutes }),
  });
  return { last: folder, weights: 'float32', ended: result.ended };
}

/** The run of an objective that was written to last. */
async function latestRun(state: string, objective: ObjectiveName): Promise<string> {
  const { readRunConfig } = await import('./train-run.ts');
  const written = (name: string): number =>
    statSync(join(state, name, 'metrics.jsonl'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const names = readNames(state).sort((a, b) => written(b) - written(a));
  for (const name of names)
    if ((await readRunConfig(join(state, name)).catch(() => undefined))?.settings.objective === objective)
      return name; // a damaged run is none to go on with
  throw new InputError(`There is no run of ${objective} to resume in ${state}; start one without --resume`);
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // nothing has been trained yet
  }
}

/** The first Ctrl-C ends the run after the step at work, the second one at once. */
function interruptible(): { readonly stop: AbortSignal; dispose(): void } {
  const stop = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(130);
    console.error('\nFinishing the step, then saving; Ctrl-C again quits at once.');
    stop.abort();
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    stop: stop.signal,
    dispose: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
