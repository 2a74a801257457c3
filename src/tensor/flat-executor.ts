import type { Tensor } from './tensor.ts';

/** Runs a compiled function on flat lists of tensors, in the order of the program's inputs and outputs. */
export interface FlatExecutor {
  /** Computes the outputs into the arrays of `into`. */
  run(inputs: readonly Tensor[], into: readonly Tensor[]): Promise<void>;
  dispose(): Promise<void>;
}
