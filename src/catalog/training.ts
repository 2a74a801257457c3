/** From settings, which a run stores, to a trainer with its data and its policy. */
import { join } from 'node:path';
import type { OptionValues } from '../core/catalog-entry.ts';
import { InputError } from '../core/errors.ts';
import type { Dataset } from '../core/problem.ts';
import { packageFolder } from '../host/package-folder.ts';
import {
  freshPolicy,
  type MadeTrainer,
  makeTrainer,
  type PolicyParts,
  type TrainingData,
} from '../training/make-trainer.ts';
import type { ObjectiveName } from '../training/objectives.ts';
import { bestCheckpoint, lastCheckpoint } from '../training/train.ts';
import { loadCheckpoint, saveCheckpoint } from '../transformer/checkpoint.ts';
import { liveFolder } from '../transformer/checkpoint-folder.ts';
import type { DecoderConfig } from '../transformer/decoder-config.ts';
import type { TrainingState } from '../transformer/training-state.ts';
import { datasetEntries, openDataset } from './datasets.ts';
import { pick } from './entries.ts';
import { lessonTokenizer } from './lessons/tokenizer.ts';
import { lessons, type MixturePart } from './lessons.ts';
import { methodBuilder, openPantry, parseMethod } from './methods.ts';
import { EMBEDDED_MODEL } from './models.ts';
import { readOptions, readPairs } from './options.ts';

/** A model to begin with, and the tokenizer that is learned for it. */
export interface FreshModel {
  readonly model: DecoderConfig;
  readonly tokenizer: {
    readonly vocabularySize: number;
    readonly lessons: number;
    readonly seed: number;
    readonly mixture?: readonly MixturePart[]; // that it is learned from; absent: what the run learns from
  };
}

/** What an accuracy is taken of. */
export interface EvaluationPart {
  readonly dataset: string; // spec
  readonly method: string; // spec
}

/** All that a run of training is made of; stored with it, so that a resume needs nothing else. */
export interface TrainingSettings {
  readonly objective: ObjectiveName;
  readonly seed: number;
  readonly options: OptionValues; // of the objective, defaults filled in
  /** Folder of a checkpoint, or a model to make. */
  readonly start: { readonly from: string } | FreshModel;
  /** Lessons (pretrain, sft), or the problems and the method of rollouts (grpo). */
  readonly data: { readonly mixture: readonly MixturePart[] } | EvaluationPart;
  readonly evaluation: readonly EvaluationPart[];
}

/** A trainer with what a checkpoint holds besides its state. */
export interface OpenedTraining extends MadeTrainer {
  readonly model: PolicyParts;
  /** Keeps what a resume needs of the policy that the run began with. */
  keepStart(folder: string): Promise<void>;
}

/**
 * Opens a run, or opens it again from its last checkpoint in `folder`. Throws InputError for a dataset, method or checkpoint that
 * is not there or does not fit, before anything is written.
 */
export async function openTraining(
  settings: TrainingSettings,
  {
    folder,
    last,
  }: { readonly folder: string; readonly last?: PolicyParts & { readonly training: TrainingState } },
): Promise<OpenedTraining> {
  const { objective, seed, options, data } = settings;
  const policy = last ?? (await startingPolicy(settings));
  const pantry = await openPantry();
  const trainingData = async (): Promise<TrainingData> => {
    if ('mixture' in data) {
      if (objective === 'grpo') throw new InputError('grpo learns from rollouts; give it --dataset');
      // each objective draws its own, so that a second stage does not repeat the lessons of the first
      const stream = { mixture: data.mixture, seed: `${objective} ${seed}` };
      return {
        objective,
        lessons: (cursor) => lessons({ ...stream, ...(cursor !== undefined && { cursor }) }),
      };
    }
    const build = await methodBuilder(await parseMethod(data.method));
    const reference = last ? (await loadCheckpoint(startCheckpoint(folder))).parameters : policy.parameters;
    const dataset = await trainableDataset(data.dataset);
    return { objective: 'grpo', dataset, method: (model) => build(pantry.with(model)), reference };
  };
  try {
    const made = await makeTrainer({
      policy,
      data: await trainingData(),
      options,
      seed,
      ...(last && { from: last.training }),
    });
    return {
      ...made,
      model: policy,
      keepStart: async (into) => {
        if (objective === 'grpo') await saveCheckpoint(startCheckpoint(into), policy);
      },
      close: async () => {
        await made.close();
        await pantry.close();
      },
    };
  } catch (cause) {
    await pantry.close();
    throw cause;
  }
}

/** Equal parts of every dataset with every method. Specs as `openDataset` and `parseMethod` read them; `judge` is taught, too. */
export async function mixtureOf(
  datasets: readonly string[],
  methods: readonly string[],
): Promise<MixturePart[]> {
  const taught = await Promise.all(
    methods.map(async (spec) => (spec === 'judge' ? spec : (await parseMethod(spec)).method)),
  );
  const entries = await datasetEntries();
  return datasets.flatMap((spec) => {
    const [, name = '', inside] = /^([a-z0-9][a-z0-9-]*)(?:\{([^{}]*)\})?$/.exec(spec) ?? [];
    if (name === '')
      throw new InputError(`"${spec}" is no generated dataset; only those have lessons, see reckon data ls`);
    const options = readOptions(pick(entries, name, 'dataset'), readPairs(inside, spec));
    return taught.map((method) => ({
      dataset: name,
      method: method as MixturePart['method'],
      weight: 1,
      ...(Object.keys(options).length > 0 && { options }),
    }));
  });
}

/** What the lessons of a mixture should make better: each dataset, by chain of thought where that is taught. */
export function evaluationOf(mixture: readonly MixturePart[]): EvaluationPart[] {
  const parts = new Map<string, string>();
  for (const { dataset, options = {}, method } of mixture) {
    const pairs = Object.entries(options).map(([option, value]) => `${option}=${value}`);
    const spec = pairs.length > 0 ? `${dataset}{${pairs.join(',')}}` : dataset;
    if (method !== 'judge' && (!parts.has(spec) || method === 'chain-of-thought')) parts.set(spec, method);
  }
  return [...parts].map(([dataset, method]) => ({ dataset, method }));
}

/** A dataset with problems to train on. Throws InputError for one without a train split. */
export async function trainableDataset(spec: string): Promise<Dataset> {
  const dataset = await openDataset(spec);
  if (!dataset.splits.includes('train'))
    throw new InputError(
      `Dataset ${dataset.name} has no train split, only ${dataset.splits.join(', ')}; choose one of reckon data ls that has`,
    );
  return dataset;
}

/**
 * The folder of a checkpoint by what a user gives: the embedded model's name, the folder itself, or that of a run, whose best
 * checkpoint counts, or else its last. Throws InputError where there is none.
 */
export async function checkpointFolder(given: string): Promise<string> {
  if (given === EMBEDDED_MODEL) return packageFolder(`models/${EMBEDDED_MODEL}`);
  for (const folder of [bestCheckpoint(given), lastCheckpoint(given), given])
    if (await liveFolder(folder)) return folder;
  throw new InputError(
    `There is no checkpoint in ${given}; name a folder with a model.safetensors, one of a training run, or ${EMBEDDED_MODEL}`,
  );
}

/** Saves the weights of a checkpoint alone, in a folder of their own. */
export async function exportCheckpoint(
  from: string,
  to: string,
  weights: 'float32' | 'float16' | 'bfloat16',
): Promise<void> {
  const { training: _, ...checkpoint } = await loadCheckpoint(from);
  await saveCheckpoint(to, { ...checkpoint, weights });
}

function startCheckpoint(folder: string): string {
  return join(folder, 'start');
}

async function startingPolicy({ start, data, seed }: TrainingSettings): Promise<PolicyParts> {
  if ('from' in start) {
    const { config, tokenizer, parameters, generation = {} } = await loadCheckpoint(start.from);
    return { config, tokenizer, parameters, generation };
  }
  if (!('mixture' in data)) throw new InputError('A tokenizer is learned from lessons; give --from a policy');
  const tokenizer = await lessonTokenizer({ mixture: data.mixture, ...start.tokenizer });
  // few lessons have few pairs to merge
  return freshPolicy({ ...start.model, vocabularySize: tokenizer.vocabularySize }, tokenizer, seed);
}
