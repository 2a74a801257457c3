/** The forward pass of a relational graph network, as functions to compile. */
import { type JaxModule, tensorFunctions } from '../tensor/functions.ts';
import type { NamedTensors } from '../tensor/optimizer.ts';
import { normal, type UniformStream } from '../tensor/random.ts';
import { tensor } from '../tensor/tensor.ts';
import type { Traced } from '../tensor/trace.ts';

/** The sizes of a network. */
export interface GraphNetworkShape {
  readonly features: number; // what a question may be made of
  readonly relations: number; // with the inverse ones
  readonly width: number; // D
  readonly steps: number; // facts on the longest path
  readonly tied: boolean; // one set of weights for all steps
}

/** A batch of questions: B of them with M rows each, and E facts in each step. */
export interface GraphInputs<Leaf> {
  readonly features: Leaf; // [B, K] places
  readonly shares: Leaf; // [B, K], 0 = padding
  readonly blocked: Leaf; // [B, M], what is added to a score: 0, or a large negative number for rows that are no candidates
  readonly steps: readonly GraphStep<Leaf>[];
}

/** The facts of one step; a padded one has weight 0. */
export interface GraphStep<Leaf> {
  readonly source: Leaf; // [E], into B · M
  readonly relation: Leaf; // [E], into B · relations
  readonly target: Leaf; // [E], into B · M
  readonly weight: Leaf; // [E]
}

/** Sums are divided by √(mean square + this): large ones saturate, small ones stay small. */
const NORM_EPSILON = 1;

/**
 * Generalised Bellman-Ford (Zhu et al. 2021, arXiv:2106.06935): the head starts with the question's vector, a fact multiplies
 * it by a vector that depends on relation and question, an entity adds up what arrives. There are no offsets, so what is not reached stays zero.
 */
export function graphNetworkLayers(jax: JaxModule, { relations, width, steps, tied }: GraphNetworkShape) {
  const { numpy: np, vjp } = jax;
  const { silu, rmsNorm } = tensorFunctions(jax);
  type Weights = { readonly [name: string]: Traced };
  const read = (weights: Weights, name: string): Traced => (weights[name] as Traced).ref;

  /** Rows added up at their places, as the derivative of reading them from there. */
  function addAt(rows: Traced, places: Traced, count: number): Traced {
    const [unused, transpose] = vjp((x: Traced) => x.slice(places.ref), [np.zeros([count, width])]) as [
      Traced,
      (rows: Traced) => [Traced],
    ];
    unused.dispose();
    return transpose(rows)[0];
  }

  /** Scores of all rows [B, M]. */
  function scores(weights: Weights, inputs: GraphInputs<Traced>): Traced {
    const [batch, rows] = inputs.blocked.shape as [number, number];
    const words = read(weights, 'features').slice(inputs.features); // [B, K, D]
    const question = np.sum(words.mul(np.expandDims(inputs.shares, 2)), 1); // [B, D]
    let state = np
      .concatenate([np.expandDims(question.ref, 1), np.zeros([batch, rows - 1, width])], 1)
      .reshape([batch * rows, width]);
    /** A vector for each relation and question [B · R, D]. */
    const conditioned = (step: number): Traced =>
      np
        .matmul(question.ref, read(weights, `condition.${step}`)) // [B, R · D]
        .reshape([batch, relations, width])
        .add(read(weights, `relation.${step}`))
        .reshape([batch * relations, width]);
    const common = tied ? conditioned(0) : undefined;
    for (let step = 0; step < steps; step++) {
      const { source, relation, target, weight } = inputs.steps[step] as GraphStep<Traced>;
      const of = (name: string): Traced => read(weights, `${name}.${tied ? 0 : step}`);
      const vectors = common ? common.ref : conditioned(step);
      const carried = state.ref.slice(source).mul(vectors.slice(relation));
      const arrived = addAt(carried.mul(np.expandDims(weight, 1)), target, batch * rows);
      state = state.add(silu(rmsNorm(np.matmul(arrived, of('mix')), of('norm'), NORM_EPSILON)));
    }
    common?.dispose();
    const fromState = np.matmul(state, read(weights, 'read.state')).reshape([batch, rows, width]);
    const fromQuestion = np.expandDims(np.matmul(question, read(weights, 'read.question')), 1);
    const hidden = silu(fromState.add(fromQuestion));
    return np.sum(hidden.mul(read(weights, 'read.score')), -1).add(inputs.blocked);
  }

  /** The mean over questions of -Σ target · log softmax(scores); targets [B, M] sum to 1 for a question, or to 0 for padding. */
  function loss(weights: Weights, inputs: GraphInputs<Traced>, targets: Traced): Traced {
    const values = scores(weights, inputs);
    const [batch] = values.shape as [number];
    const highest = jax.lax.stopGradient(np.max(values.ref, -1, { keepdims: true }));
    const shifted = values.sub(highest);
    const total = np.log(np.sum(np.exp(shifted.ref), -1, { keepdims: true }));
    return np.sum(targets.mul(total.sub(shifted))).mul(1 / batch);
  }

  return { scores, loss };
}

/** Fresh weights: normal, scaled so that a step keeps the size of a state. */
export function initialGraphWeights(
  { features, relations, width, steps, tied }: GraphNetworkShape,
  random: UniformStream,
): NamedTensors {
  const deviation = 1 / Math.sqrt(width);
  const weights: Record<string, NamedTensors[string]> = {
    features: normal(random, [features, width], 1),
    'read.state': normal(random, [width, width], deviation),
    'read.question': normal(random, [width, width], deviation),
    'read.score': normal(random, [width], deviation),
  };
  for (let step = 0; step < (tied ? 1 : steps); step++) {
    weights[`condition.${step}`] = normal(random, [width, relations * width], deviation);
    weights[`relation.${step}`] = normal(random, [relations, width], 1);
    weights[`mix.${step}`] = normal(random, [width, width], deviation);
    weights[`norm.${step}`] = tensor(new Float32Array(width).fill(1), [width]);
  }
  return weights;
}
