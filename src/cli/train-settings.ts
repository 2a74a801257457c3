/** What a user asks for, as the settings of one run after another. */
import { basename } from 'node:path';
import type { FreshModel, TrainingSettings } from '../catalog/training.ts';
import type { TrainingRecipe } from '../catalog/training-recipe.ts';
import { InputError } from '../core/errors.ts';
import { OBJECTIVES, type ObjectiveName } from '../training/objectives.ts';
import { methodList } from './options.ts';

/** What the command line says, besides the options of the objective. */
export interface TrainRequest {
  readonly objective: ObjectiveName;
  readonly options: Readonly<Record<string, string>>; // as given
  readonly recipe?: string; // file
  readonly name?: string;
  readonly from?: string; // checkpoint
  readonly dataset?: string; // specs, separated by commas
  readonly method?: string; // specs, separated by commas
  readonly seed?: number;
}

/** A run to make: a stage of a recipe, or all there is. */
export interface Stage {
  readonly name: string; // its folder
  /** `previous`: the checkpoint that the stage before ended with. */
  settings(previous: string | undefined): Promise<TrainingSettings>;
}

export interface Stages {
  readonly stages: readonly Stage[];
  readonly weights: 'float32' | 'float16' | 'bfloat16'; // of what is exported
}

/** Lessons that a tokenizer is learned from, where no recipe says otherwise. */
const TOKENIZER_LESSONS = 2_000;
/** Widths that fill the registers of a processor. */
const HIDDEN_MULTIPLE = 16;

/** Reads a request. Throws InputError for what is missing, unknown or out of range. */
export async function stagesOf(request: TrainRequest): Promise<Stages> {
  const { objective, recipe: file } = request;
  if (file === undefined) {
    const named = methodList(request.dataset ?? '').map((spec) => spec.replace(/\{.*/, ''));
    const name = runName(request.name ?? [objective, ...named].join('-').replace(/[^\w.-]+/g, '-'));
    return { stages: [{ name, settings: () => requested(request) }], weights: 'float32' };
  }
  for (const name of ['dataset', 'method'] as const)
    if (request[name] !== undefined)
      throw new InputError(`What to train on is in ${file}; leave out --${name}, or the recipe`);
  const { readTrainingRecipe } = await import('../catalog/training-recipe.ts');
  const recipe = await readTrainingRecipe(file);
  const { stages = [{ objective }], weights = 'float32' } = recipe;
  const first = stages.findIndex((stage) => stage.objective === objective);
  if (first < 0)
    throw new InputError(
      `${file} has no stage ${objective}; it has ${stages.map((stage) => stage.objective).join(', ')}`,
    );
  const name = runName(request.name ?? basename(file).replace(/\.json$/, ''));
  return {
    stages: stages.slice(first).map((stage, index) => ({
      name: stages.length === 1 ? name : runName(`${name}.${first + index + 1}-${stage.objective}`),
      settings: (previous) => ofStage(request, recipe, stage, previous),
    })),
    weights,
  };
}

/** Names as the server lists them. */
function runName(name: string): string {
  if (/^\w[\w.-]{0,99}$/.test(name) && !name.includes('..')) return name;
  throw new InputError(
    `A run cannot be named "${name}"; use at most 100 letters, digits, hyphens and single dots`,
  );
}

async function requested(request: TrainRequest): Promise<TrainingSettings> {
  const { objective, dataset, method, seed = 0 } = request;
  const { evaluationOf, mixtureOf, trainableDataset } = await import('../catalog/training.ts');
  const { parseMethod } = await import('../catalog/methods.ts');
  const options = await optionsOf(objective, request.options);
  if (dataset === undefined)
    throw new InputError(
      `Say what to train on: --dataset countdown, or another name of reckon data ls${objective === 'grpo' ? '' : '; or --recipe <file>'}`,
    );
  const datasets = methodList(dataset);
  if (objective !== 'grpo') {
    const mixture = await mixtureOf(datasets, methodList(method ?? 'chain-of-thought'));
    const start = await startOf(request, options);
    return { objective, seed, options, start, data: { mixture }, evaluation: evaluationOf(mixture) };
  }
  if (datasets.length !== 1) throw new InputError('grpo trains on one dataset at a time');
  const part = { dataset, method: method ?? 'direct' };
  await parseMethod(part.method);
  await trainableDataset(dataset);
  return { objective, seed, options, start: await startOf(request, options), data: part, evaluation: [part] };
}

async function ofStage(
  request: TrainRequest,
  recipe: TrainingRecipe,
  stage: NonNullable<TrainingRecipe['stages']>[number],
  previous: string | undefined,
): Promise<TrainingSettings> {
  const { evaluationOf, trainableDataset } = await import('../catalog/training.ts');
  const { objective, dataset, method, only, ...given } = stage;
  const { seed = recipe.seed ?? 0 } = request;
  // what the command line gives holds for every stage that has such an option
  const own = Object.entries(request.options).filter(([name]) => name in OBJECTIVES[objective].options);
  const options = await optionsOf(objective, { ...given, ...Object.fromEntries(own) });
  const start = previous === undefined ? await startOf(request, options, recipe) : { from: previous };
  if (only !== undefined && objective === 'grpo')
    throw new InputError('"only" chooses from the mixture; a grpo stage has a dataset of its own');
  const base = { objective, seed, options, start };
  if (objective === 'grpo') {
    const part = { dataset: String(dataset ?? ''), method: String(method ?? 'direct') };
    if (part.dataset === '') throw new InputError('A grpo stage of a recipe needs "dataset"');
    await trainableDataset(part.dataset);
    return { ...base, data: part, evaluation: recipe.evaluation ?? [part] };
  }
  if (dataset !== undefined || method !== undefined)
    throw new InputError(
      `A stage ${objective} learns from the recipe's mixture; leave out dataset and method`,
    );
  if (!recipe.mixture) throw new InputError(`A recipe with a stage ${objective} needs a "mixture"`);
  // an entry without options has none, rather than an undefined one
  const all = recipe.mixture.map(({ options: knobs, ...part }) => ({
    ...part,
    ...(knobs && { options: knobs }),
  }));
  const mixture = only === undefined ? all : all.filter(({ dataset: name }) => name === only);
  if (mixture.length === 0)
    throw new InputError(`The mixture has no part about "${only}", which a stage learns only`);
  const evaluation =
    only === undefined ? (recipe.evaluation ?? evaluationOf(mixture)) : evaluationOf(mixture);
  // a tokenizer is for all stages
  const made =
    only !== undefined && 'model' in start
      ? { ...start, tokenizer: { ...start.tokenizer, mixture: all } }
      : start;
  return { ...base, start: made, data: { mixture }, evaluation };
}

async function optionsOf(
  objective: ObjectiveName,
  given: Readonly<Record<string, unknown>>,
): Promise<TrainingSettings['options']> {
  const { defaults, readOptions } = await import('../catalog/options.ts');
  const entry = OBJECTIVES[objective];
  return { ...defaults(entry), ...readOptions(entry, given) };
}

/** The policy that a run begins with: a checkpoint, the embedded model unless one is named; for pretraining a fresh one. */
async function startOf(
  { objective, from }: TrainRequest,
  options: TrainingSettings['options'],
  recipe?: TrainingRecipe,
): Promise<TrainingSettings['start']> {
  const { checkpointFolder } = await import('../catalog/training.ts');
  const { EMBEDDED_MODEL } = await import('../catalog/models.ts');
  if (from !== undefined || objective !== 'pretrain')
    return { from: await checkpointFolder(from ?? EMBEDDED_MODEL) };
  const { vocabularySize, width, layers, heads, context } = options as Readonly<Record<string, number>>;
  const fresh: FreshModel = {
    tokenizer: { vocabularySize: vocabularySize as number, lessons: TOKENIZER_LESSONS, seed: 0 },
    model: {
      vocabularySize: vocabularySize as number,
      width: width as number,
      hidden: Number(
        options.hidden ?? Math.ceil(((width as number) * 8) / 3 / HIDDEN_MULTIPLE) * HIDDEN_MULTIPLE,
      ),
      layers: layers as number,
      heads: heads as number,
      keyValueHeads: heads as number,
      context: context as number,
      normEpsilon: 1e-5,
      ropeTheta: 10_000,
      tiedEmbeddings: true,
    },
  };
  return { model: recipe?.model ?? fresh.model, tokenizer: recipe?.tokenizer ?? fresh.tokenizer };
}
