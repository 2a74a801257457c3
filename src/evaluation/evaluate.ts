import { setImmediate } from 'node:timers/promises';
import { canonicalAnswer } from '../core/answer.ts';
import type { Limits } from '../core/budget.ts';
import { InputError, ModelError } from '../core/errors.ts';
import type { Method } from '../core/method.ts';
import type { Problem } from '../core/problem.ts';
import { withoutReference } from '../core/problem.ts';
import { seeded } from '../core/random.ts';
import type { Recorder } from '../core/run.ts';
import { startRun } from '../core/run.ts';
import type { Attempt } from '../core/solve.ts';
import { attempt } from '../core/solve.ts';
import type { TraceEvent } from '../core/trace.ts';
import type { Verdict, Verifier } from '../core/verifier.ts';
import type { Outcome, Row } from './row.ts';
import { PASS_SCORE } from './row.ts';

/** A method under the name that the run gives it. */
export interface NamedMethod {
  readonly name: string;
  readonly method: Method;
}

/** Attempts at a time. */
export const DEFAULT_CONCURRENCY = 16;

export interface EvaluateOptions<P extends Problem = Problem> {
  readonly methods: readonly NamedMethod[];
  readonly problems: readonly P[];
  readonly verifier: Verifier<P>;
  readonly seed?: number; // default 0
  readonly repeats?: number; // attempts per problem and method; default 1
  readonly limits?: Limits; // of each attempt
  readonly concurrency?: number; // attempts at a time; default 16
  /** Finish what is in flight and begin nothing new. */
  readonly stop?: AbortSignal;
  /** Give up at once. */
  readonly signal?: AbortSignal;
  /** Attempts to leave out because they are done. */
  readonly isDone?: (problem: string, method: string, repeat: number) => boolean;
  /** Receives each row as it is finished. */
  readonly onRow: (row: Row, trace: readonly TraceEvent[]) => void;
  readonly keepTraces?: boolean; // default false: onRow gets empty traces
}

/**
 * Attempts every problem with every method, grades the answers, and hands out a row each. The reference never leaves this
 * file: methods get the question without it. Each attempt's seed follows from the run's seed, the problem, the method's name
 * and the repeat, so that methods draw independent samples and timing changes nothing. A failed attempt is a row; a failure that every
 * further attempt would share (wrong key, unknown model, no connection from the start) rejects with InputError.
 */
export async function evaluate<P extends Problem>({
  methods,
  problems,
  verifier,
  seed = 0,
  repeats = 1,
  limits = {},
  concurrency = DEFAULT_CONCURRENCY,
  stop,
  signal,
  isDone = () => false,
  onRow,
  keepTraces = false,
}: EvaluateOptions<P>): Promise<void> {
  const queue = attempts(problems, methods, repeats, isDone);
  const failed = new AbortController();
  const give = AbortSignal.any([failed.signal, ...(signal ? [signal] : [])]);
  const crowd = new Crowd(1.5 * concurrency);
  let answered = false;

  const work = async (): Promise<void> => {
    for (const { problem, named, repeat } of queue) {
      await crowd.room();
      if (stop?.aborted || give.aborted) return;
      const trace: TraceEvent[] = [];
      const random = seeded(seed).fork(problem.id).fork(named.name).fork(`repeat ${repeat}`);
      const result = await attempt(named.method, withoutReference(problem), {
        limits,
        seed: random.integer(2 ** 31),
        signal: give,
        index: repeat,
        onEvent: crowd.watched(keepTraces ? appendTo(trace) : () => {}),
      });
      if (give.aborted) return;
      const shared = sharedFailure(result.error, answered);
      if (shared) {
        failed.abort(shared);
        return;
      }
      if (!result.error) answered = true;
      const row = await grade(problem, named.name, repeat, result, verifier, give);
      if (give.aborted) return;
      onRow(row, trace);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  give.throwIfAborted();
}

/**
 * Calls that the attempts wait for. Another attempt begins when there is room, one at a time: beyond `most` calls it would only
 * wait inside, and hold its memory there.
 */
class Crowd {
  readonly #most: number;
  #calls = 0;
  #turn: Promise<void> = Promise.resolve();
  #left: () => void = () => {};

  constructor(most: number) {
    this.#most = most;
  }

  /** Resolves for one caller after another, each when the calls of the one before are counted and leave room. */
  room(): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      await setImmediate();
      while (this.#calls >= this.#most)
        await new Promise<void>((resolve) => {
          this.#left = resolve;
        });
    });
    return this.#turn;
  }

  /** The recorder of an attempt whose calls are counted on the way. */
  watched(record: Recorder): Recorder {
    const calls = new Set<number>();
    return (event) => {
      if (event.type === 'node-start' && event.prompt) {
        calls.add(event.id);
        this.#calls++;
      } else if (event.type === 'node-end' && calls.delete(event.id)) {
        this.#calls--;
        this.#left();
      }
      record(event);
    };
  }
}

/** Problem by problem, so that a run which stops early has compared every method on the same problems. */
function* attempts<P extends Problem>(
  problems: readonly P[],
  methods: readonly NamedMethod[],
  repeats: number,
  isDone: NonNullable<EvaluateOptions['isDone']>,
) {
  for (const problem of problems)
    for (let repeat = 0; repeat < repeats; repeat++)
      for (const named of methods)
        if (!isDone(problem.id, named.name, repeat)) yield { problem, named, repeat };
}

/** A recorder that joins neighbouring deltas of a node: a trace holds texts, not their chunks. */
function appendTo(trace: TraceEvent[]) {
  return (event: TraceEvent) => {
    const last = trace.at(-1);
    if (
      (event.type === 'text-delta' || event.type === 'reasoning-delta') &&
      last?.type === event.type &&
      last.id === event.id
    )
      trace[trace.length - 1] = { ...last, text: last.text + event.text };
    else trace.push(event);
  };
}

/** The error that all other attempts would meet as well, or undefined. */
function sharedFailure(error: unknown, answered: boolean): Error | undefined {
  if (error instanceof InputError) return error;
  if (!(error instanceof ModelError)) return undefined;
  const { kind, message } = error;
  const always = kind === 'auth' || kind === 'not-found' || kind === 'quota' || kind === 'not-recorded';
  const fromTheStart = !answered && (kind === 'connection' || kind === 'unavailable');
  return always || fromTheStart ? new InputError(message, { cause: error }) : undefined;
}

async function grade<P extends Problem>(
  problem: P,
  method: string,
  repeat: number,
  { solution, error, usage, seconds, replayed }: Attempt,
  verifier: Verifier<P>,
  signal: AbortSignal,
): Promise<Row> {
  const common = { problem: problem.id, method, repeat, usage, ...(!replayed && { seconds }) };
  if (!solution) return { ...common, outcome: 'error', score: 0, error: describe(error) };
  let verdict: Verdict = { score: 0 };
  if (solution.answer !== undefined) {
    try {
      verdict = await startRun(
        { signal, limits: {}, random: seeded(`grade ${problem.id}`), record: () => {}, label: verifier.name },
        (run) => run.judge(verifier, problem, solution),
      );
    } catch (cause) {
      return { ...common, outcome: 'error', score: 0, answer: solution.answer, error: describe(cause) };
    }
  }
  const { answer, text, confidence, votes, samples, exhausted } = solution;
  let outcome: Outcome = 'wrong';
  if (verdict.score >= PASS_SCORE) outcome = 'correct';
  else if (exhausted) outcome = 'exhausted';
  else if (answer === undefined) outcome = 'no-answer';
  return {
    ...common,
    outcome,
    score: verdict.score,
    ...(answer !== undefined && { answer, key: canonicalAnswer(answer, problem) }),
    ...(text !== undefined && { text: text.slice(0, LONGEST_TEXT) }),
    ...(confidence !== undefined && { confidence }),
    ...(votes && { votes: votes.slice(0, MOST_VOTES) }),
    ...(samples && { samples }),
    ...(exhausted && { exhausted }),
    ...(verdict.note !== undefined && { note: verdict.note }),
  };
}

/** Characters of a final text that a row keeps; traces hold the rest. */
const LONGEST_TEXT = 20_000;
/** Answers of a tally that a row keeps. */
const MOST_VOTES = 32;

function describe(error: unknown): { name: string; message: string } {
  return error instanceof Error
    ? { name: error.name, message: error.message }
    : { name: 'Error', message: String(error) };
}
