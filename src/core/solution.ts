import type { Limits } from './budget.ts';
import type { Json, TokenLogProb, ToolCall } from './model.ts';

/** One answer and how much of the vote it got; `weight` sums to 1 over a tally. */
export interface Vote {
  readonly answer: string;
  readonly count: number;
  readonly weight: number; // in [0, 1]
}

/** A line of reasoning. `answer` is absent while a search is still extending it, or when none could be read. */
export interface Solution {
  readonly steps: readonly string[];
  readonly answer?: string; // the short final result, as written
  readonly text?: string; // the whole final text, where it is more than the steps
  readonly complete: boolean; // false: a limit ended the work, and this is the best so far
  readonly confidence?: number; // in [0, 1]: vote share or verifier score
  readonly meanLogProb?: number; // natural log per sampled token, where the model gives it
  readonly logProbs?: readonly TokenLogProb[]; // of the final text, where the question asks for them
  readonly votes?: readonly Vote[]; // most votes first
  readonly samples?: SampleCount;
  readonly toolCalls?: readonly ToolCall[];
  /** Set by `solve` when a limit ended the work: which one. */
  readonly exhausted?: keyof Limits;
  /** Method-specific facts worth keeping in a report. */
  readonly details?: Json;
}

/** Samples drawn for a vote. `distinct` below `returned` at temperature > 0 hints at an upstream that ignores seeds. */
export interface SampleCount {
  readonly asked: number;
  readonly returned: number;
  readonly distinct: number; // texts that differ
}
