import type { Limits } from '../core/budget.ts';
import type { Json, Usage } from '../core/model.ts';
import type { SampleCount, Vote } from '../core/solution.ts';

/** A verdict of at least this much counts as correct. */
export const PASS_SCORE = 0.5;

/**
 * How one attempt ended, each apart from the others: a right answer (also one given when a limit ended the work), an
 * error, a budget that ran out without a right answer, no answer that could be read, or a wrong answer.
 */
export type Outcome = 'correct' | 'error' | 'exhausted' | 'no-answer' | 'wrong';

/** One attempt of one method at one problem: the unit that is stored, resumed and reported. */
export interface Row {
  readonly problem: string; // id
  readonly method: string; // as the run names it
  readonly repeat: number; // 0-based
  readonly outcome: Outcome;
  readonly score: number; // in [0, 1]; 0 when nothing could be graded
  readonly answer?: string;
  readonly key?: string; // the answer's canonical form, in which answers are told apart
  readonly text?: string; // the final text, for side-by-side reading
  readonly confidence?: number; // in [0, 1]
  readonly votes?: readonly Vote[];
  readonly samples?: SampleCount;
  readonly exhausted?: keyof Limits; // which limit ended the work
  readonly error?: { readonly name: string; readonly message: string };
  readonly note?: string; // the verifier's words
  readonly usage: Usage; // every hidden sample, as if none had come from a cache
  readonly seconds?: number; // wall clock; absent when some samples came from a cache
}

/** A problem as a report shows it. */
export interface ReportedProblem {
  readonly id: string;
  readonly text: string;
  readonly reference: string; // the key in words
}

/** What was run: enough to run it again. */
export interface RunInfo {
  readonly run: string; // id
  readonly dataset: string;
  readonly split: string;
  readonly source?: string; // where the rows came from, with the commit where known
  readonly model: string;
  readonly methods: readonly string[]; // in the order asked for; the first is the baseline
  readonly repeats: number;
  readonly ownRepeats?: { readonly [method: string]: number }; // of methods that were attempted another number of times
  readonly seed: number;
  readonly limits: Limits;
  readonly version: string; // of reckon
  readonly startedAt?: string; // ISO 8601; absent from reproducible reports
  readonly options?: { readonly [key: string]: Json };
}

/** All a report is made of. The same input gives the same bytes. */
export interface RunRecord {
  readonly info: RunInfo;
  readonly problems: readonly ReportedProblem[];
  readonly rows: readonly Row[];
}
