import type { Limits } from './budget.ts';
import { BudgetExceededError } from './errors.ts';
import type { Method } from './method.ts';
import type { Usage } from './model.ts';
import { noUsage } from './model.ts';
import type { Question } from './problem.ts';
import { seeded } from './random.ts';
import type { Recorder } from './run.ts';
import { startRun } from './run.ts';
import type { Solution } from './solution.ts';

export interface SolveOptions {
  readonly limits?: Limits;
  readonly seed?: number | string; // default 0
  readonly signal?: AbortSignal;
  readonly index?: number; // of this attempt among several at one question; default 0
  /** Receives every trace event as it happens. */
  readonly onEvent?: Recorder;
}

/** How an attempt ended, and what it cost either way. */
export interface Attempt {
  readonly solution?: Solution; // present unless it failed
  readonly error?: unknown;
  readonly usage: Usage;
  readonly seconds: number; // wall clock
  readonly replayed: boolean; // some samples came from a cache or a recording, so `seconds` says little
}

/**
 * Runs a method on a question. When a limit ends the work the best solution so far comes back with `complete: false`
 * and `exhausted` naming the limit. A failure comes back as `error`, with what was spent until then.
 */
export async function attempt(
  method: Method,
  question: Question,
  options: SolveOptions = {},
): Promise<Attempt> {
  const {
    limits = {},
    seed = 0,
    index = 0,
    signal = new AbortController().signal,
    onEvent = () => {},
  } = options;
  const startedAt = performance.now();
  let usage = noUsage;
  let replayed = false;
  const spent = () => ({ usage, replayed, seconds: (performance.now() - startedAt) / 1000 });
  try {
    const solution = await startRun(
      { signal, limits, random: seeded(seed), record: onEvent, label: method.name, index },
      async (run) => {
        try {
          const result = await untilExhausted(
            () => method.solve(question, run),
            (limit) => ({ steps: [], complete: false, exhausted: limit }) satisfies Solution,
          );
          const { exhausted } = run.budget;
          return exhausted ? { ...result, complete: false, exhausted } : result;
        } finally {
          usage = run.budget.spent;
          replayed = run.budget.replayed;
        }
      },
    );
    onEvent({ type: 'solution', solution });
    return { solution, ...spent() };
  } catch (error) {
    return { error, ...spent() };
  }
}

/** Like `attempt`, but rejects with the error of a failed attempt, or with the reason of the caller's abort. */
export async function solve(
  method: Method,
  question: Question,
  options: SolveOptions = {},
): Promise<{ solution: Solution; usage: Usage; seconds: number }> {
  const { solution, error, usage, seconds } = await attempt(method, question, options);
  if (!solution) throw error;
  return { solution, usage, seconds };
}

/** What `work` gives, or `fallback` when the budget ends first: how a step-by-step method keeps its best so far. */
export async function untilExhausted<T, F>(
  work: () => Promise<T>,
  fallback: (limit: keyof Limits) => F,
): Promise<T | F> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof BudgetExceededError) return fallback(cause.limit);
    throw cause;
  }
}
