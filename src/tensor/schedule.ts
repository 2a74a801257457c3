import { TensorError } from './errors.ts';

/** The learning rate of a step, counted from 1. */
export type Schedule = (step: number) => number;

/** The same learning rate at every step. */
export function constant(learningRate: number): Schedule {
  return () => learningRate;
}

export interface WarmupCosineOptions {
  readonly peak: number; // learning rate at the end of the warm-up
  readonly warmupSteps?: number;
  readonly totalSteps: number;
  readonly floor?: number; // learning rate from the last step on
}

/** Linear from 0 to `peak`, then half a cosine down to `floor` (Loshchilov & Hutter 2017, arXiv:1608.03983). */
export function warmupCosine({
  peak,
  warmupSteps = 0,
  totalSteps,
  floor = 0,
}: WarmupCosineOptions): Schedule {
  if (!(warmupSteps >= 0 && warmupSteps < totalSteps))
    throw new TensorError(
      `${warmupSteps} warm-up steps do not fit in ${totalSteps} steps. Lower warmupSteps.`,
    );
  return (step) => {
    if (step <= warmupSteps) return (peak * step) / warmupSteps;
    const progress = Math.min(1, (step - warmupSteps) / (totalSteps - warmupSteps));
    return floor + ((peak - floor) * (1 + Math.cos(Math.PI * progress))) / 2;
  };
}
