/** The four primitives that every trainer is made of: a backward pass, an update, log-probabilities, and a state to save. */
import { InputError } from '../core/errors.ts';
import { type CompileOptions, loadJax } from '../tensor/compile.ts';
import { NotFiniteError } from '../tensor/errors.ts';
import { executorCache } from '../tensor/executor-cache.ts';
import type { JaxModule } from '../tensor/functions.ts';
import { adamW, blank, type Moments, type NamedTensors, type Optimizer } from '../tensor/optimizer.ts';
import { scalar, type Tensor, zeros } from '../tensor/tensor.ts';
import type { Traced } from '../tensor/trace.ts';
import { decoder, MASKED } from '../transformer/decoder.ts';
import { type DecoderConfig, parameterShapes } from '../transformer/decoder-config.ts';
import type { Batch } from './batch.ts';

/**
 * What a token teaches: the loss is -Σ coefficient · log π(target), the coefficient held constant in the backward pass. SFT, RFT,
 * DPO, PPO and GRPO differ in this coefficient only. Shao et al. 2024, arXiv:2402.03300, section 5.2.
 */
export interface Objective {
  readonly name: string;
  readonly columns: readonly string[]; // what it reads of each token
  /** From log π(target) and the columns, each [B, T], which it consumes, to the coefficient [B, T]. */
  coefficient(jax: JaxModule, logProbs: Traced, columns: { readonly [name: string]: Traced }): Traced;
}

/** What training carries from step to step; enough to continue from a checkpoint to the same numbers. */
export interface LearnerState {
  readonly step: number; // updates done
  readonly weights: NamedTensors;
  readonly moments: Moments;
}

/** Weights that learn. One call at a time. */
export interface Learner {
  /** As of the last update. Its arrays are changed in place by the next one: copy what has to stay. */
  readonly state: LearnerState;
  readonly temperature: number; // at which all probabilities are meant
  /**
   * Adds the gradients of a batch to those since the last update. Gives the loss and log π(target) [B · T], a fresh array.
   * Throws NotFiniteError, with no gradients kept, when the loss is not finite. A new batch shape is compiled on first use.
   */
  forwardBackward(batch: Batch): Promise<{ readonly loss: number; readonly logProbs: Float32Array }>;
  /** Applies the gathered gradients and forgets them. Rejects with NotFiniteError, with the weights as before, when they are not finite. */
  optimStep(at: { readonly learningRate: number }): Promise<{ readonly gradientNorm: number }>;
  /** log π(target) [B · T] without gradients: under the present weights, or others of the same shapes, such as a reference policy's. */
  logProbabilities(batch: Batch, weights?: NamedTensors): Promise<Float32Array>;
  dispose(): Promise<void>;
}

export interface LearnerOptions extends CompileOptions {
  readonly config: DecoderConfig;
  /** Where to start: fresh or loaded weights, or the state of an earlier run; copied. */
  readonly from: { readonly weights: NamedTensors } | LearnerState;
  readonly objective: Objective;
  readonly optimizer?: Optimizer;
  /** At which probabilities are meant throughout, above 0: what is learned is the policy as it is sampled at this temperature. */
  readonly temperature?: number;
}

/** Prepares a learner. Throws InputError for weights that are not those of the configuration, or where a back end is missing. */
export async function learner({
  config,
  from,
  objective,
  optimizer = adamW(),
  temperature = 1,
  ...compileOptions
}: LearnerOptions): Promise<Learner> {
  const jax = await loadJax();
  checkWeights(config, from.weights);
  const tokens = tokenLogProbabilities(jax, config, temperature);
  const likelihood = executorCache(tokens, compileOptions);
  const gradient = executorCache(gradientOf(jax, tokens, objective), compileOptions);

  const weights = copied(from.weights);
  const moments =
    'step' in from
      ? { first: copied(from.moments.first), second: copied(from.moments.second) }
      : optimizer.initial(weights);
  let step = 'step' in from ? from.step : 0;
  let gathered = blank(weights); // the sum since the last update
  let spare: NamedTensors | undefined; // where a further batch's gradients go first
  let pending = 0; // batches in the sum

  return {
    get state() {
      return { step, weights, moments };
    },
    temperature,
    forwardBackward: async (batch) => {
      const inputs = [weights, modelInputs(batch), batch.columns];
      const executor = await gradient.for(inputs);
      if (pending > 0) spare ??= blank(weights);
      const gradients = pending > 0 ? (spare as NamedTensors) : gathered;
      const result = { loss: scalar(0), logProbs: zeros(batch.ids.shape) };
      await executor.run(inputs, { ...result, gradients });
      const loss = result.loss.data[0] as number;
      if (!Number.isFinite(loss)) {
        pending = 0;
        throw new NotFiniteError(step + 1, loss, 'loss');
      }
      if (pending > 0) addInPlace(gathered, gradients);
      pending++;
      return { loss, logProbs: result.logProbs.data };
    },
    optimStep: async ({ learningRate }) => {
      if (pending === 0) throw new InputError('There are no gradients to apply; call forwardBackward first');
      pending = 0;
      const at = { step: step + 1, learningRate };
      const gradientNorm = await optimizer.update(weights, gathered, moments, at);
      step++;
      return { gradientNorm };
    },
    logProbabilities: async (batch, others = weights) => {
      const inputs = [others, modelInputs(batch)];
      const executor = await likelihood.for(inputs);
      const result = zeros(batch.ids.shape);
      await executor.run(inputs, result);
      return result.data;
    },
    dispose: async () => {
      await Promise.all([likelihood.dispose(), gradient.dispose(), optimizer.dispose?.()]);
      gathered = {};
      spare = undefined;
    },
  };
}

type ModelInputs<Leaf> = { readonly [Name in 'ids' | 'targets' | 'positions' | 'segments']: Leaf };

function modelInputs({ ids, targets, positions, segments }: Batch): ModelInputs<Tensor> {
  return { ids, targets, positions, segments };
}

/** log π(target) [B, T] of packed rows, to be compiled. */
function tokenLogProbabilities(jax: JaxModule, config: DecoderConfig, temperature: number) {
  const { likelihood } = decoder(jax, config);
  return (
    weights: { readonly [name: string]: Traced },
    { ids, targets, positions, segments }: ModelInputs<Traced>,
  ): Traced => likelihood(weights, { ids, positions, bias: packedBias(jax, segments) }, targets, temperature);
}

/** 0 where a token of the same segment is at or before the one that attends, else a large negative number: [B, 1, T, T]. */
function packedBias({ numpy: np }: JaxModule, segments: Traced): Traced {
  const length = segments.shape[1] as number;
  const past = np.greaterEqual(np.expandDims(np.arange(length), 1), np.arange(length));
  const same = np.equal(np.expandDims(segments.ref, 2), np.expandDims(segments, 1));
  return np.expandDims(np.where(same, np.where(past, 0, MASKED), MASKED), 1);
}

/** Loss, log-probabilities and gradients of one batch, to be compiled. */
function gradientOf(
  jax: JaxModule,
  tokens: ReturnType<typeof tokenLogProbabilities>,
  { coefficient }: Objective,
) {
  const { numpy: np, lax } = jax;
  const loss = (
    weights: { readonly [name: string]: Traced },
    inputs: ModelInputs<Traced>,
    columns: { readonly [name: string]: Traced },
  ): [Traced, Traced] => {
    const logProbs = tokens(weights, inputs);
    const fixed = lax.stopGradient(logProbs.ref);
    const factors = lax.stopGradient(coefficient(jax, fixed.ref, columns));
    return [np.sum(factors.mul(logProbs)).neg(), fixed];
  };
  const both = jax.valueAndGrad(loss as never, { hasAux: true }) as unknown as (
    ...inputs: unknown[]
  ) => [[Traced, Traced], { readonly [name: string]: Traced }];
  return (weights: never, inputs: never, columns: never) => {
    const [[value, logProbs], gradients] = both(weights, inputs, columns);
    return { loss: value, logProbs, gradients };
  };
}

function checkWeights(config: DecoderConfig, weights: NamedTensors): void {
  const shapes = parameterShapes(config);
  for (const [name, shape] of shapes)
    if (`${weights[name]?.shape}` !== `${shape}`)
      throw new InputError(
        `Parameter ${name} has shape [${weights[name]?.shape ?? 'none'}], the configuration says [${shape}]`,
      );
  const extra = Object.keys(weights).find((name) => !shapes.has(name));
  if (extra) throw new InputError(`Parameter ${extra} is not in the configuration`);
}

function copied(tensors: NamedTensors): NamedTensors {
  const copies = Object.entries(tensors).map(([name, { data, shape }]) => [
    name,
    { data: data.slice(), shape },
  ]);
  return Object.fromEntries(copies);
}

function addInPlace(sums: NamedTensors, terms: NamedTensors): void {
  for (const [name, { data }] of Object.entries(sums)) {
    const term = (terms[name] as Tensor<Float32Array>).data;
    for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) + (term[i] as number);
  }
}
