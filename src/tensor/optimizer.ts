import type * as Jax from '@jax-js/jax';
import { scalar, type Tensor, zeros } from './tensor.ts';
import { isTensor, isTraced, type Traced } from './trace.ts';
import { leavesOf, mapTree, type Tree } from './tree.ts';

export interface AdamWOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly weightDecay?: number; // per unit of learning rate, on matrices only
  readonly maximumNorm?: number; // gradients are scaled down to this global norm
}

/** Running means of each gradient and of its square, in the structure of the parameters. */
export type Moments<Leaf> = {
  readonly first: Tree<Leaf>;
  readonly second: Tree<Leaf>;
};

/** What changes from step to step; computed outside the graph so that one compiled step serves them all. */
export type StepRates<Leaf> = {
  readonly learningRate: Leaf;
  readonly firstCorrection: Leaf; // 1 / (1 - beta1^step)
  readonly secondCorrection: Leaf; // 1 / (1 - beta2^step)
};

export interface Optimizer {
  /** Moments before the first step. */
  initial(parameters: Tree<Tensor>): Moments<Tensor>;
  /** The rates of a step, counted from 1. */
  rates(step: number, learningRate: number): StepRates<Tensor>;
  /** One update, to be traced. Consumes its arguments. */
  update(
    jax: typeof Jax,
    parameters: Tree<Traced>,
    gradients: Tree<Traced>,
    moments: Moments<Traced>,
    rates: StepRates<Traced>,
  ): { parameters: Tree<Traced>; moments: Moments<Traced>; gradientNorm: Traced };
}

/**
 * Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv:1711.05101) after clipping by the global norm
 * (Pascanu et al. 2013, arXiv:1211.5063). Vectors, such as norm weights, are not decayed.
 */
export function adamW({
  beta1 = 0.9,
  beta2 = 0.95,
  epsilon = 1e-8,
  weightDecay = 0.1,
  maximumNorm = 1,
}: AdamWOptions = {}): Optimizer {
  return {
    initial: (parameters) => {
      const blank = (): Tree<Tensor> => mapTree(parameters, isTensor, ({ shape }) => zeros(shape));
      return { first: blank(), second: blank() };
    },
    rates: (step, learningRate) => ({
      learningRate: scalar(learningRate),
      firstCorrection: scalar(1 / (1 - beta1 ** step)),
      secondCorrection: scalar(1 / (1 - beta2 ** step)),
    }),
    update: (jax, parameters, gradients, moments, rates) => {
      const { numpy: np } = jax;
      const slopes = flat(gradients);
      const gradientNorm = np.sqrt(slopes.map((g) => np.sum(g.ref.mul(g.ref))).reduce((a, b) => a.add(b)));
      const clip = np.minimum(1, np.divide(maximumNorm, gradientNorm.ref.add(NORM_FLOOR)));
      const clipSquared = clip.ref.mul(clip.ref);
      const rate = rates.learningRate.ref.mul(rates.firstCorrection);
      const keep = np.subtract(1, rates.learningRate.mul(weightDecay));
      const first = flat(moments.first).map((m, index) => {
        const slope = slopes[index] as Traced;
        return m.mul(beta1).add(slope.ref.mul(clip.ref.mul(1 - beta1)));
      });
      const second = flat(moments.second).map((v, index) => {
        const slope = slopes[index] as Traced;
        return v.mul(beta2).add(slope.ref.mul(slope).mul(clipSquared.ref.mul(1 - beta2)));
      });
      const updated = flat(parameters).map((p, index) => {
        const [m, v] = [first[index] as Traced, second[index] as Traced];
        const deviation = np.sqrt(v.ref.mul(rates.secondCorrection.ref)).add(epsilon);
        const kept = p.ndim >= 2 ? p.mul(keep.ref) : p;
        return kept.sub(m.ref.mul(rate.ref).div(deviation));
      });
      for (const used of [clip, clipSquared, rate, keep, rates.secondCorrection]) used.dispose();
      const like = (values: readonly Traced[]): Tree<Traced> => {
        const rest = values.values();
        return mapTree(parameters, isTraced, () => rest.next().value as Traced);
      };
      return {
        parameters: like(updated),
        moments: { first: like(first), second: like(second) },
        gradientNorm,
      };
    },
  };
}

/** Keeps the clipping factor finite where every gradient is zero. */
const NORM_FLOOR = 1e-6;

function flat(tree: Tree<Traced>): Traced[] {
  return leavesOf(tree, isTraced).map(([, value]) => value);
}
