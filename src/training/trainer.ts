import type { TrainingState } from '../transformer/training-state.ts';

/** What one optimiser step reports. Metrics files, charts and `--json` use these names; absent = does not apply. */
export interface TrainStep {
  readonly step: number; // of the whole run, counted from 1; goes on after a resume
  readonly loss: number;
  readonly learningRate: number;
  readonly gradientNorm: number; // before clipping
  readonly tokens: number; // that the step learned from, padding and masked prompts left out
  readonly reward?: number; // mean over the rollouts, in [0, 1]
  readonly kl?: number; // from the reference policy, nats per token
  readonly entropy?: number; // of the policy, nats per token
  readonly length?: number; // sampled tokens per rollout, mean
  readonly clipShare?: number; // of the sampled tokens, in [0, 1]: no gradient, because the ratio left its range
  readonly degenerateGroups?: number; // share of groups whose rewards are all equal, in [0, 1]
  readonly rollouts?: number; // sampled for the step, those of degenerate groups included
  readonly rolloutSeconds?: number; // the part of the step spent on sampling, wall clock
}

/** Everything that the next step depends on: with it a resumed run continues to the same numbers, bit for bit. */
export interface TrainerSnapshot extends Omit<TrainingState, 'metricsCursor'> {
  readonly parameters: ReadonlyMap<string, Float32Array>;
}

/**
 * Improves a policy step by step. Each objective's factory takes a snapshot's `step`, `random` and `dataCursor` to go on
 * from, while its learner takes `parameters` and `moments`.
 */
export interface Trainer {
  readonly name: string; // the objective: pretrain, sft, grpo …
  readonly step: number; // steps done, earlier runs included; a snapshot's `step` counts updates of the weights
  /**
   * Yields once after every optimiser step, and ends when the objective is done (a KL budget is used up, the last step was
   * made). Closing the generator between two steps stops it. An abort ends it with the signal's reason. Rejects with
   * NotFiniteError, the parameters being those of the step before.
   */
  steps(signal: AbortSignal): AsyncGenerator<TrainStep, void, void>;
  /** The state after the last yielded step. Its arrays are live: the next step overwrites them. */
  snapshot(): TrainerSnapshot;
  dispose(): Promise<void>;
}
