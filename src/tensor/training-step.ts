import { type CompileOptions, loadJax } from './compile.ts';
import { NotFiniteError } from './errors.ts';
import { executorCache } from './executor-cache.ts';
import { adamW, type Moments, type Optimizer, type StepRates } from './optimizer.ts';
import { scalar, type Tensor } from './tensor.ts';
import { isTensor, type Traced } from './trace.ts';
import { mapTree, type Tree } from './tree.ts';

/** What training carries from step to step; enough to continue from a checkpoint to the same numbers. */
export interface TrainingState {
  readonly step: number; // steps done
  readonly parameters: Tree<Tensor>;
  readonly moments: Moments<Tensor>;
}

export interface StepResult {
  readonly loss: number;
  readonly gradientNorm: number; // before clipping
}

/** A compiled loss, its gradients and the optimiser in one graph. */
export interface TrainingStep {
  /** As of the last finished step. Its arrays are overwritten two steps later: copy what has to stay. */
  readonly state: TrainingState;
  /**
   * One step on one batch, one call at a time. Throws NotFiniteError, with the state as before, when the loss or a gradient is not finite.
   * Batches of another shape are compiled on first use.
   */
  run(batch: Tree<Tensor>, learningRate: number): Promise<StepResult>;
  dispose(): Promise<void>;
}

export interface TrainingStepOptions extends CompileOptions {
  /** Maps parameters and a batch to one number; consumes both, as jax-js functions do. */
  readonly loss: (parameters: never, batch: never) => Traced;
  /** Where to start: fresh parameters, or the state of an earlier run. */
  readonly from: { readonly parameters: Tree<Tensor> } | TrainingState;
  readonly optimizer?: Optimizer;
  readonly capacity?: number; // batch shapes whose executors are kept
}

/** Prepares training steps. The state lies in two sets of arrays: a step reads one, writes the other, and then they swap. */
export async function trainingStep({
  loss,
  from,
  optimizer = adamW(),
  ...options
}: TrainingStepOptions): Promise<TrainingStep> {
  const jax = await loadJax();
  const lossAndGradients = jax.valueAndGrad(loss as (...inputs: Traced[]) => Traced);
  const cache = executorCache(({ parameters, moments, rates }: StepInput, batch: Traced) => {
    const [value, gradients] = lossAndGradients(jax.tree.ref(parameters) as Traced, batch);
    return { loss: value, ...optimizer.update(jax, parameters, gradients, moments, rates) };
  }, options);

  const { parameters } = from;
  let state: TrainingState =
    'step' in from ? from : { step: 0, parameters, moments: optimizer.initial(parameters) };
  state = copied(state);
  let spare = copied(state);
  return {
    get state() {
      return state;
    },
    run: async (batch, learningRate) => {
      const step = state.step + 1;
      const { parameters, moments } = state;
      const inputs = [{ parameters, moments, rates: optimizer.rates(step, learningRate) }, batch];
      const result = { loss: scalar(0), gradientNorm: scalar(0) };
      const executor = await cache.for(inputs);
      await executor.run(inputs, { ...result, parameters: spare.parameters, moments: spare.moments });
      const loss = result.loss.data[0] as number;
      const gradientNorm = result.gradientNorm.data[0] as number;
      if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm))
        throw new NotFiniteError(step, loss, gradientNorm);
      [state, spare] = [{ ...spare, step }, state];
      return { loss, gradientNorm };
    },
    dispose: cache.dispose,
  };
}

interface StepInput {
  readonly parameters: Tree<Traced>;
  readonly moments: Moments<Traced>;
  readonly rates: StepRates<Traced>;
}

/** The same numbers in arrays of their own. */
function copied({ step, parameters, moments }: TrainingState): TrainingState {
  const copy = (tree: Tree<Tensor>): Tree<Tensor> =>
    mapTree(tree, isTensor, ({ data, shape }) => ({ data: data.slice(), shape }));
  return {
    step,
    parameters: copy(parameters),
    moments: { first: copy(moments.first), second: copy(moments.second) },
  };
}
