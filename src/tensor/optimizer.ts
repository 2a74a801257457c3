import { NotFiniteError } from './errors.ts';
import type { Tensor } from './tensor.ts';

/** Named parameters, gradients or moments; the same names everywhere. */
export type NamedTensors = { readonly [name: string]: Tensor<Float32Array> };

export interface AdamWOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly weightDecay?: number; // per unit of learning rate, on matrices only
  readonly maximumNorm?: number; // gradients are scaled down to this global norm
}

/** Running means of each gradient and of its square. */
export interface Moments {
  readonly first: NamedTensors;
  readonly second: NamedTensors;
}

export interface Optimizer {
  /** Moments before the first step. */
  initial(parameters: NamedTensors): Moments;
  /**
   * Changes parameters and moments in place; `step` counts from 1. Gives the norm of the gradients before clipping.
   * Throws NotFiniteError, with nothing changed, when that norm is not finite.
   */
  update(
    parameters: NamedTensors,
    gradients: NamedTensors,
    moments: Moments,
    at: { readonly step: number; readonly learningRate: number },
  ): number | Promise<number>;
  /** Frees what it has compiled, where it has. */
  dispose?(): Promise<void>;
}

/**
 * Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv:1711.05101) after clipping by the global norm
 * (Pascanu et al. 2013, arXiv:1211.5063). Vectors, such as norm weights, are not decayed.
 */
export function adamW({ maximumNorm = 1, ...options }: AdamWOptions = {}): Optimizer {
  return {
    initial: (parameters) => ({ first: blank(parameters), second: blank(parameters) }),
    update: (parameters, gradients, moments, at) => {
      const { norm, clip } = clipping(gradients, maximumNorm, at.step);
      adamWStep(parameters, gradients, moments, { ...at, clip }, options);
      return norm;
    },
  };
}

/**
 * One step of AdamW over gradients times `clip`, in place; `parameters` name what is changed. A loop in JavaScript: it passes over
 * the numbers once, where a graph of element-wise operations passes over them a dozen times.
 */
export function adamWStep(
  parameters: NamedTensors,
  gradients: NamedTensors,
  moments: Moments,
  {
    step,
    learningRate,
    clip,
  }: { readonly step: number; readonly learningRate: number; readonly clip: number },
  { beta1 = 0.9, beta2 = 0.95, epsilon = 1e-8, weightDecay = 0.1 }: Omit<AdamWOptions, 'maximumNorm'> = {},
): void {
  const rate = learningRate / (1 - beta1 ** step);
  const secondCorrection = 1 / (1 - beta2 ** step);
  for (const [name, { data: p, shape }] of Object.entries(parameters)) {
    const [g, m, v] = [gradients, moments.first, moments.second].map((of) => of[name]?.data) as Arrays;
    const keep = shape.length >= 2 ? 1 - learningRate * weightDecay : 1;
    for (let i = 0; i < p.length; i++) {
      const slope = (g[i] as number) * clip;
      const mean = beta1 * (m[i] as number) + (1 - beta1) * slope;
      const square = beta2 * (v[i] as number) + (1 - beta2) * slope * slope;
      m[i] = mean;
      v[i] = square;
      p[i] = keep * (p[i] as number) - (rate * mean) / (Math.sqrt(square * secondCorrection) + epsilon);
    }
  }
}

type Arrays = [Float32Array, Float32Array, Float32Array];

/** Keeps the clipping factor finite where every gradient is zero. */
const NORM_FLOOR = 1e-6;

/** The norm of the gradients, and what to multiply them by. Throws NotFiniteError, naming the step, where the norm is not finite. */
export function clipping(
  gradients: NamedTensors,
  maximumNorm: number,
  step: number,
): { readonly norm: number; readonly clip: number } {
  const norm = globalNorm(gradients);
  if (!Number.isFinite(norm)) throw new NotFiniteError(step, norm);
  return { norm, clip: Math.min(1, maximumNorm / (norm + NORM_FLOOR)) };
}

/** The Euclidean norm of all numbers together. */
export function globalNorm(tensors: NamedTensors): number {
  let sum = 0;
  for (const { data } of Object.values(tensors))
    for (let i = 0; i < data.length; i++) sum += (data[i] as number) ** 2;
  return Math.sqrt(sum);
}

/** Zeros in the shapes of the given tensors. */
export function blank(tensors: NamedTensors): NamedTensors {
  const zeros = Object.entries(tensors).map(([name, { data, shape }]) => [
    name,
    { data: new Float32Array(data.length), shape },
  ]);
  return Object.fromEntries(zeros);
}
