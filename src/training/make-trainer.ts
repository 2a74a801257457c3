/** From options to a trainer and the policy that it trains. */
import type { OptionValues } from '../core/catalog-entry.ts';
import { InputError } from '../core/errors.ts';
import type { Method } from '../core/method.ts';
import type { Json, Model } from '../core/model.ts';
import type { Dataset } from '../core/problem.ts';
import { seeded } from '../core/random.ts';
import type { CompileOptions } from '../tensor/compile.ts';
import { muon } from '../tensor/muon.ts';
import { adamW, type Optimizer } from '../tensor/optimizer.ts';
import { constant, type Schedule, warmupCosine } from '../tensor/schedule.ts';
import type { Checkpoint } from '../transformer/checkpoint.ts';
import { initialWeights } from '../transformer/decoder.ts';
import { checkDecoderConfig, type DecoderConfig } from '../transformer/decoder-config.ts';
import { type Policy, policy as policyOf } from '../transformer/policy.ts';
import type { Tokenizer } from '../transformer/tokenizer.ts';
import type { TrainingState } from '../transformer/training-state.ts';
import { weightsOf } from '../transformer/weights-of.ts';
import type { AdvantageForm } from './advantages.ts';
import { clippedSurrogate } from './clipped-surrogate.ts';
import { grpo, type TokenWeighting } from './grpo.ts';
import type { KlPenalty } from './kl.ts';
import { learner as learnerOf, type Objective } from './learner.ts';
import type { LessonSource } from './lesson.ts';
import { likelihood } from './likelihood.ts';
import { pretrain } from './pretrain.ts';
import { sft } from './sft.ts';
import { learnerState } from './snapshot.ts';
import type { Trainer } from './trainer.ts';

/** Weights with all that is needed to read and write with them. */
export type PolicyParts = Pick<Checkpoint, 'config' | 'tokenizer' | 'parameters' | 'generation'>;

/** What an objective learns from. */
export type TrainingData =
  | {
      readonly objective: 'pretrain' | 'sft';
      /** The stream of lessons from a cursor on; absent: from its beginning. */
      readonly lessons: (cursor: Json | undefined) => Promise<LessonSource>;
    }
  | {
      readonly objective: 'grpo';
      readonly dataset: Dataset;
      readonly method: (policy: Model) => Method;
      readonly reference: PolicyParts['parameters']; // of the policy that the run began with
    };

export interface MakeTrainerOptions {
  readonly policy: PolicyParts; // where to start, or what a checkpoint holds
  readonly from?: TrainingState; // of that checkpoint
  readonly data: TrainingData;
  readonly options: OptionValues; // of the objective, defaults filled in
  readonly seed: number;
}

/** A trainer with the policy that it trains. `policy` samples with the weights of the last call of `refresh`. */
export interface MadeTrainer {
  readonly trainer: Trainer;
  readonly policy: Policy;
  refresh(): void;
  close(): Promise<void>;
}

/** A decoder with random weights. Throws InputError for a shape that cannot be. */
export function freshPolicy(config: DecoderConfig, tokenizer: Tokenizer, seed: number): PolicyParts {
  checkDecoderConfig(config);
  const weights = Object.entries(initialWeights(config, seeded(`weights ${seed}`)));
  return { config, tokenizer, parameters: new Map(weights.map(([name, { data }]) => [name, data])) };
}

/** Makes a trainer, or makes it again from a checkpoint. Throws InputError where the parts do not fit. */
export async function makeTrainer(made: MakeTrainerOptions): Promise<MadeTrainer> {
  const { data } = made;
  const { policy, learner, trainer } =
    data.objective === 'grpo' ? await makeGrpo(made, data) : await makeLikelihood(made, data);
  return {
    trainer,
    policy,
    refresh: () => policy.setWeights(learner.state.weights),
    close: async () => {
      await policy.close();
      await trainer.dispose();
    },
  };
}

type DataOf<Objective extends TrainingData['objective']> = Extract<
  TrainingData,
  { readonly objective: Objective }
>;

async function makeLikelihood(made: MakeTrainerOptions, data: DataOf<'pretrain' | 'sft'>) {
  const place = made.from?.dataCursor as { readonly lessons: Json; readonly held: Json } | undefined;
  const lessons = await data.lessons(place?.lessons);
  const { policy, ...common } = await prepare(made, likelihood);
  const train = data.objective === 'pretrain' ? pretrain : sft;
  const trainer = train({ ...common, lessons, ...(place && { held: place.held }) });
  return { policy, learner: common.learner, trainer };
}

async function makeGrpo(made: MakeTrainerOptions, { dataset, method, reference }: DataOf<'grpo'>) {
  const { options, from, seed, policy: parts } = made;
  const surrogate = clippedSurrogate({
    clipLow: Number(options.clipLow),
    clipHigh: Number(options.clipHigh),
    klWeight: Number(options.klWeight),
    klPenalty: options.klPenalty as KlPenalty,
  });
  const common = await prepare(made, surrogate.objective);
  const trainer = grpo({
    ...common,
    surrogate,
    reference: weightsOf(parts.config, reference),
    dataset,
    method,
    maxTokens: Number(options.maxTokens),
    groupSize: Number(options.groupSize),
    promptsPerStep: Number(options.promptsPerStep),
    updatesPerRollout: Number(options.updatesPerRollout),
    minibatches: Number(options.minibatches),
    advantage: options.advantage as AdvantageForm,
    weighting: options.weighting as TokenWeighting,
    overlong: options.overlong as 'zero' | 'mask',
    resampling: Number(options.resampling),
    seed,
    ...(options.klBudget !== undefined && { klBudget: Number(options.klBudget) }),
    ...(from && { from: from.dataCursor }),
  });
  return { policy: common.policy, learner: common.learner, trainer };
}

/** Completions in work at a time where nothing but an evaluation samples. */
const EVALUATION_SLOTS = 64;

/** What every trainer takes. */
async function prepare({ policy: parts, from, options }: MakeTrainerOptions, objective: Objective) {
  const { config, tokenizer, parameters } = parts;
  const shape = { rows: Number(options.rows), length: Number(options.length ?? config.context) };
  if (shape.length > config.context)
    throw new InputError(
      `length is ${shape.length}; the model reads at most ${config.context} tokens. Lower the length.`,
    );
  const compile: CompileOptions = {
    backend: options.backend === 'jax' ? 'jax' : 'onnx',
    ...(options.threads !== undefined && { threads: Number(options.threads) }),
  };
  const learner = await learnerOf({
    config,
    from: from ? learnerState(config, parameters, from) : { weights: weightsOf(config, parameters) },
    objective,
    optimizer: optimizerOf(options, compile),
    ...(options.temperature !== undefined && { temperature: Number(options.temperature) }),
    ...compile,
  });
  const { weights } = learner.state;
  const slots = Number(options.samplers ?? EVALUATION_SLOTS);
  const policy = await policyOf({ config, tokenizer, weights, slots, ...compile });
  const steps = Number(options.steps);
  return { learner, policy, tokenizer, shape, steps, learningRate: schedule(options) };
}

/** The optimiser that the options name. Embeddings and norms are AdamW's in either. */
function optimizerOf(options: OptionValues, compile: CompileOptions): Optimizer {
  const common = { weightDecay: Number(options.weightDecay), maximumNorm: Number(options.maximumNorm) };
  return options.optimizer === 'muon'
    ? muon({ matrices: (name) => name.endsWith('_proj.weight'), ...common, ...compile })
    : adamW(common);
}

/** The learning rate of each step. A warm-up longer than the run is the whole run. */
function schedule(options: OptionValues): Schedule {
  const [peak, steps] = [Number(options.learningRate), Number(options.steps)];
  const warmupSteps = Math.min(Number(options.warmupSteps), steps - 1);
  const warm = warmupCosine({ peak, warmupSteps, totalSteps: steps });
  const flat = constant(peak);
  return options.schedule === 'cosine' ? warm : (step) => (step <= warmupSteps ? warm(step) : flat(step));
}
