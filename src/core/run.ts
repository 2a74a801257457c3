import type { Limits } from './budget.ts';
import { Budget } from './budget.ts';
import { BudgetExceededError, ReasoningError } from './errors.ts';
import type { Completion, Json, Model, SampleRequest, Usage } from './model.ts';
import { addUsage, noUsage } from './model.ts';
import type { Question } from './problem.ts';
import type { Random } from './random.ts';
import type { Solution } from './solution.ts';
import type { Tool } from './tool.ts';
import type { NodeStatus, TraceEvent } from './trace.ts';
import type { Verdict, Verifier } from './verifier.ts';

/** What one attempt shares: how much to spend, when to stop, where chance comes from, where steps are recorded. */
export interface Run {
  readonly signal: AbortSignal;
  readonly budget: Pick<Budget, 'remaining' | 'spent' | 'limits' | 'exhausted' | 'replayed'>;
  readonly random: Random;
  /** The trace node of this run. */
  readonly node: number;
  /** One completion: streams into the trace, charges the budget, honours the signal. Sets seed and index. */
  sample(model: Model, request: SampleRequest): Promise<Completion>;
  /** Asks a verifier and records the score on the current trace node. */
  judge<Q extends Question>(verifier: Verifier<Q>, question: Q, solution: Solution): Promise<Verdict>;
  /** Runs a tool. A failure comes back as text, because the model is the one to deal with it. */
  call(tool: Tool, input: Json): Promise<ToolOutcome>;
  /** Runs `work` inside a child trace node, which closes however `work` ends. */
  branch<T>(label: string, work: (run: Run) => Promise<T>, limits?: Limits, place?: Place): Promise<T>;
  /**
   * `count` concurrent branches, in branch order; keeps those that finished before the budget ran out and throws
   * BudgetExceededError only when none did. Any other failure of a branch is thrown once all have ended.
   */
  map<T>(
    count: number,
    label: string,
    work: (run: Run, index: number) => Promise<T>,
    place?: (index: number) => Place,
  ): Promise<T[]>;
  /** Marks an ended branch as given up by the search. */
  prune(node: number): void;
}

/** Where the trace shows a branch. It changes the picture only: budget, chance and order are those of the run that opened it. */
export interface Place {
  readonly parent: number; // node
  /** The branch stands for a state of a search: this is the state in words, and the calls below it are about it. */
  readonly state?: string;
}

export interface ToolOutcome {
  readonly text: string;
  readonly failed: boolean;
}

/** Receives every event of a run, in order. */
export type Recorder = (event: TraceEvent) => void;

interface Shared {
  readonly record: Recorder;
  nextNode: number;
}

interface Position {
  readonly node: number;
  readonly path: readonly number[]; // ordinals of the branches from the root
  readonly index: number; // of the nearest mapped branch among those of its label
}

/** Starts the root run of an attempt. Used by `solve`; methods receive theirs. */
export async function startRun<T>(
  options: {
    signal: AbortSignal;
    limits: Limits;
    random: Random;
    record: Recorder;
    label: string;
    index?: number; // of this attempt among several at one question; default 0
  },
  work: (run: Run) => Promise<T>,
): Promise<T> {
  const { signal, limits, random, record, label, index = 0 } = options;
  const shared: Shared = { record, nextNode: 0 };
  return inNode(
    shared,
    { parent: null, label, path: [], index, signal, limits, random, budget: undefined },
    work,
  );
}

interface NodeOptions {
  readonly parent: number | null;
  readonly label: string;
  readonly state?: string | undefined;
  readonly path: readonly number[];
  readonly index: number;
  readonly signal: AbortSignal;
  readonly limits: Limits | undefined;
  readonly random: Random;
  readonly budget: Budget | undefined;
  /** Called with what the node spent, just before its place in the wave is given up. */
  readonly onClose?: (usage: Usage) => void;
}

/** Opens a trace node, a budget and a deadline around `work`, and closes all three however it ends. */
async function inNode<T>(shared: Shared, options: NodeOptions, work: (run: Run) => Promise<T>): Promise<T> {
  const { parent, label, state, path, index, limits, random } = options;
  const node = shared.nextNode++;
  const budget = limits || !options.budget ? new Budget(limits, options.budget) : options.budget;
  const deadline =
    limits?.seconds === undefined ? undefined : startDeadline(limits.seconds, options.signal, budget);
  const signal = deadline?.signal ?? options.signal;
  shared.record({
    type: 'node-start',
    id: node,
    parent,
    label,
    ...(state !== undefined && { state }),
  });
  budget.branchOpened(1);
  const run = new BranchRun(shared, { node, path, index }, signal, budget, random);
  let status: NodeStatus = 'done';
  let error: string | undefined;
  try {
    return await work(run);
  } catch (cause) {
    status = 'failed';
    error = cause instanceof Error ? cause.message : String(cause);
    throw cause;
  } finally {
    deadline?.clear();
    shared.record({
      type: 'node-end',
      id: node,
      status,
      usage: run.usage,
      ...(error !== undefined && { error }),
    });
    options.onClose?.(run.usage);
    budget.branchOpened(-1);
  }
}

class BranchRun implements Run {
  readonly signal: AbortSignal;
  readonly budget: Budget;
  readonly random: Random;
  readonly #shared: Shared;
  readonly #position: Position;
  #samples = 0;
  #children = 0;
  readonly #mapped = new Map<string, number>(); // branches so far, by label
  usage: Usage = noUsage;

  constructor(shared: Shared, position: Position, signal: AbortSignal, budget: Budget, random: Random) {
    this.#shared = shared;
    this.#position = position;
    this.signal = signal;
    this.budget = budget;
    this.random = random;
  }

  get node(): number {
    return this.#position.node;
  }

  async sample(model: Model, request: SampleRequest): Promise<Completion> {
    const { node, path, index } = this.#position;
    const record = this.#shared.record;
    const seed = this.random.fork(`sample ${this.#samples++}`).integer(2 ** 31);
    const reservation = await this.budget.admit(request, path, this.signal).catch(rethrowReason(this.signal));
    const id = this.#shared.nextNode++;
    record({ type: 'node-start', id, parent: node, label: model.id, prompt: request.messages });
    let usage = noUsage;
    try {
      const completion = await this.#read(
        model,
        {
          seed,
          index,
          ...request,
          ...(reservation.maxTokens !== undefined && { maxTokens: reservation.maxTokens }),
          signal: this.signal,
        },
        id,
      );
      usage = completion.usage;
      this.usage = addUsage(this.usage, usage);
      this.budget.charge(usage, completion.replayed);
      if (completion.finish === 'length') reservation.cutShort();
      record({ type: 'node-end', id, status: 'done', usage });
      return completion;
    } catch (cause) {
      const error = cause instanceof Error ? cause.message : String(cause);
      record({ type: 'node-end', id, status: 'failed', usage, error });
      throw cause;
    } finally {
      reservation.release();
    }
  }

  async #read(model: Model, request: SampleRequest, id: number): Promise<Completion> {
    const record = this.#shared.record;
    try {
      for await (const event of model.sample(request)) {
        switch (event.type) {
          case 'text-delta':
          case 'reasoning-delta':
            record({ type: event.type, id, text: event.text });
            break;
          case 'tool-call-delta':
            break; // the completion has the whole call
          case 'sample-end':
            return event.completion;
          default:
            event satisfies never;
        }
      }
    } catch (cause) {
      return rethrowReason(this.signal)(cause);
    }
    throw new TypeError(`Model ${model.id} ended its stream without a sample-end event`);
  }

  async judge<Q extends Question>(verifier: Verifier<Q>, question: Q, solution: Solution): Promise<Verdict> {
    this.signal.throwIfAborted();
    const verdict = await verifier.verify(question, solution, this);
    if (!(verdict.score >= 0 && verdict.score <= 1))
      throw new ReasoningError(
        `Verifier ${verifier.name} gave the score ${verdict.score}; a score lies in [0, 1]`,
      );
    this.#shared.record({
      type: 'node-score',
      id: this.node,
      verifier: verifier.name,
      score: verdict.score,
      ...(verdict.note !== undefined && { note: verdict.note }),
    });
    return verdict;
  }

  async call(tool: Tool, input: Json): Promise<ToolOutcome> {
    this.signal.throwIfAborted();
    let outcome: ToolOutcome;
    try {
      outcome = { text: await tool.call(input, { signal: this.signal }), failed: false };
    } catch (cause) {
      this.signal.throwIfAborted();
      outcome = { text: cause instanceof Error ? cause.message : String(cause), failed: true };
    }
    this.#shared.record({
      type: 'tool-call',
      id: this.node,
      tool: tool.name,
      input: JSON.stringify(input),
      output: outcome.text,
      failed: outcome.failed,
    });
    return outcome;
  }

  async branch<T>(label: string, work: (run: Run) => Promise<T>, limits?: Limits, place?: Place): Promise<T> {
    const [child] = this.#startChildren(1, (ordinal, onClose) =>
      this.#child({ ordinal, index: this.#position.index, label, limits, place, onClose }, work),
    );
    return child as Promise<T>;
  }

  async map<T>(
    count: number,
    label: string,
    work: (run: Run, index: number) => Promise<T>,
    place?: (index: number) => Place,
  ): Promise<T[]> {
    const first = this.#mapped.get(label) ?? 0;
    this.#mapped.set(label, first + count);
    const children = this.#startChildren(count, (ordinal, onClose, index) =>
      this.#child(
        { ordinal, index: first + index, label, limits: undefined, place: place?.(index), onClose },
        (run) => work(run, index),
      ),
    );
    const settled = await Promise.allSettled(children);
    const failure = settled.find(
      (result) => result.status === 'rejected' && !(result.reason instanceof BudgetExceededError),
    );
    if (failure) throw (failure as PromiseRejectedResult).reason;
    const finished = settled.filter((result) => result.status === 'fulfilled').map((result) => result.value);
    if (finished.length === 0 && count > 0) throw (settled[0] as PromiseRejectedResult).reason;
    return finished;
  }

  prune(node: number): void {
    this.#shared.record({ type: 'node-prune', id: node });
  }

  /**
   * While its children work, a run asks for no calls of its own, so the wave need not wait for it. The place is handed to
   * the children and back by the last of them to close, synchronously, so that no wave goes out in between.
   */
  #startChildren<T>(
    count: number,
    start: (ordinal: number, onClose: () => void, index: number) => Promise<T>,
  ): Promise<T>[] {
    if (count === 0) return [];
    let open = count;
    const onClose = () => {
      if (--open === 0) this.budget.branchOpened(1);
    };
    const first = this.#children;
    this.#children += count;
    const children = Array.from({ length: count }, (_, index) => start(first + index, onClose, index));
    this.budget.branchOpened(-1);
    return children;
  }

  #child<T>(
    options: {
      readonly ordinal: number;
      readonly index: number;
      readonly label: string;
      readonly limits: Limits | undefined;
      readonly place: Place | undefined;
      readonly onClose: () => void;
    },
    work: (run: Run) => Promise<T>,
  ): Promise<T> {
    const { ordinal, index, label, limits, place, onClose } = options;
    return inNode(
      this.#shared,
      {
        parent: place?.parent ?? this.node,
        label,
        state: place?.state,
        path: [...this.#position.path, ordinal],
        index,
        signal: this.signal,
        limits,
        random: this.random.fork(`${label} ${ordinal}`),
        budget: this.budget,
        onClose: (usage) => {
          this.usage = addUsage(this.usage, usage);
          onClose();
        },
      },
      work,
    );
  }
}

/** A deadline aborts with BudgetExceededError as the reason, so that running out reads the same for every limit. */
function startDeadline(seconds: number, outer: AbortSignal, budget: Budget) {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    budget.markExhausted('seconds');
    controller.abort(new BudgetExceededError('seconds', seconds));
  }, seconds * 1000);
  return {
    signal: AbortSignal.any([outer, controller.signal]),
    clear: () => clearTimeout(timer),
  };
}

/** Whatever a wait threw after an abort, the abort's reason is what happened. */
function rethrowReason(signal: AbortSignal): (cause: unknown) => never {
  return (cause) => {
    if (signal.aborted) throw signal.reason;
    throw cause;
  };
}
