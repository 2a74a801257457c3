import { BudgetExceededError, InputError } from './errors.ts';
import type { SampleRequest, Usage } from './model.ts';
import { addUsage, noUsage } from './model.ts';

/** What may be spent. Absent = unlimited. `tokens` counts prompt and completion tokens together. */
export interface Limits {
  readonly tokens?: number;
  readonly calls?: number;
  readonly seconds?: number;
  readonly usd?: number;
}

/** A completion with no `maxTokens` of its own is held to this many once a token limit applies. */
export const DEFAULT_COMPLETION_TOKENS = 1024;
/** Fewer completion tokens than this are not worth a call: the budget counts as used up. */
const LEAST_COMPLETION_TOKENS = 16;

interface Claim {
  readonly promptTokens: number; // an estimate until the call has been made
  readonly completionTokens: number;
}

interface Grant {
  readonly completionTokens: number;
  readonly by: Budget; // the budget that set completionTokens, when they are fewer than claimed
}

interface Waiting {
  readonly path: readonly number[];
  readonly claim: Claim;
  readonly admit: (grant: Grant) => void;
  readonly refuse: (error: Error) => void;
  readonly budget: Budget;
}

/**
 * A tree of limits: a charge counts against this budget and every ancestor. Calls are admitted in waves: once every
 * open branch below a limited budget either waits for a call or has ended, the waiting calls are granted in branch
 * order, each reserving its largest possible cost first. So the limit holds, and which branch the end of a budget cuts
 * off depends on the branches, not on the timing of their answers. Budgets without limits grant at once.
 */
export class Budget {
  readonly limits: Limits;
  readonly #parent: Budget | undefined;
  readonly #startedAt: number;
  #spent: Usage = noUsage;
  #replayed = false;
  #reserved = { tokens: 0, calls: 0, usd: 0 };
  #dearestCall = 0; // usd
  #exhausted: keyof Limits | undefined;
  // the wave; used in the outermost limited budget of a chain only
  #open = 0;
  #waiting: Waiting[] = [];

  constructor(limits: Limits = {}, parent?: Budget) {
    for (const [name, value] of Object.entries(limits)) {
      if (value !== undefined && !(value >= 0))
        throw new InputError(`Limit ${name} is ${value}; it must be a number of at least 0`);
    }
    this.limits = limits;
    this.#parent = parent;
    this.#startedAt = performance.now();
  }

  get spent(): Usage {
    return this.#spent;
  }

  /** Which limit ended work below this budget, if one did. */
  get exhausted(): keyof Limits | undefined {
    return this.#exhausted;
  }

  /** What is left here, with every ancestor's limits taken into account. Never below 0. */
  get remaining(): Limits {
    const left: { -readonly [K in keyof Limits]: number } = {};
    for (const budget of this.#chain()) {
      const { tokens, calls, usd, seconds } = budget.limits;
      const spent = budget.#spent;
      const lower = (name: keyof Limits, value: number) => {
        left[name] = Math.max(0, Math.min(left[name] ?? Number.POSITIVE_INFINITY, value));
      };
      if (tokens !== undefined) lower('tokens', tokens - spent.promptTokens - spent.completionTokens);
      if (calls !== undefined) lower('calls', calls - spent.calls);
      if (usd !== undefined) lower('usd', usd - (spent.usd ?? 0));
      if (seconds !== undefined) lower('seconds', seconds - (performance.now() - budget.#startedAt) / 1000);
    }
    return left;
  }

  /** Whether some call below was not paid for again, because a cache or a recording answered. */
  get replayed(): boolean {
    return this.#replayed;
  }

  /** Counts what a call cost, here and in every ancestor. */
  charge(usage: Usage, replayed = false): void {
    for (const budget of this.#chain()) {
      if (budget.limits.usd !== undefined && usage.usd === undefined && usage.calls > 0)
        throw new InputError(
          'A limit in usd cannot hold because the price of this model is unknown; give its price, or limit tokens instead',
        );
      budget.#spent = addUsage(budget.#spent, usage);
      budget.#replayed ||= replayed;
      if (usage.calls > 0)
        budget.#dearestCall = Math.max(budget.#dearestCall, (usage.usd ?? 0) / usage.calls);
    }
  }

  /** Records that `limit` of this budget ended work below it. */
  markExhausted(limit: keyof Limits): void {
    this.#exhausted ??= limit;
  }

  /** A branch below began to work on its own (+1), ended, or waits for its children (-1). */
  branchOpened(change: 1 | -1): void {
    const gate = this.#gate();
    if (!gate) return;
    gate.#open += change;
    if (change < 0) gate.#grantWave();
  }

  /**
   * Waits until this call may be made, and says how many completion tokens it may use (undefined: as the request says).
   * Throws BudgetExceededError when there is not enough left.
   */
  async admit(request: SampleRequest, path: readonly number[], signal: AbortSignal): Promise<Reservation> {
    signal.throwIfAborted();
    const gate = this.#gate();
    if (!gate) return { maxTokens: request.maxTokens, release: () => {}, cutShort: () => {} };
    const claim: Claim = {
      promptTokens: estimatePromptTokens(request),
      completionTokens: request.maxTokens ?? DEFAULT_COMPLETION_TOKENS,
    };
    const { completionTokens, by } = await new Promise<Grant>((resolve, reject) => {
      const waiting: Waiting = { path, claim, budget: this, admit: resolve, refuse: reject };
      const onAbort = () => {
        gate.#waiting = gate.#waiting.filter((other) => other !== waiting);
        reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      const settle =
        <T>(next: (value: T) => void) =>
        (value: T) => {
          signal.removeEventListener('abort', onAbort);
          next(value);
        };
      gate.#waiting.push({ ...waiting, admit: settle(resolve), refuse: settle(reject) });
      gate.#grantWave();
    });
    const reserved = { tokens: claim.promptTokens + completionTokens, calls: 1 };
    const tokensLimited = [...this.#chain()].some((budget) => budget.limits.tokens !== undefined);
    const held = [...this.#chain()].map((budget) => ({ budget, usd: budget.#dearestCall }));
    let released = false;
    return {
      maxTokens: tokensLimited ? completionTokens : request.maxTokens,
      cutShort: () => {
        if (completionTokens < claim.completionTokens) by.markExhausted('tokens');
      },
      release: () => {
        if (released) return;
        released = true;
        for (const { budget, usd } of held) budget.#reserve(-reserved.tokens, -reserved.calls, -usd);
      },
    };
  }

  #grantWave(): void {
    if (this.#waiting.length < this.#open || this.#waiting.length === 0) return;
    this.#waiting.sort((a, b) => comparePaths(a.path, b.path));
    while (this.#waiting.length > 0) {
      const next = this.#waiting[0] as Waiting;
      const fit = next.budget.#fit(next.claim);
      if (fit.wait) return; // strictly in order: nobody overtakes
      this.#waiting.shift();
      if (fit.refused) {
        fit.by.markExhausted(fit.refused.limit);
        next.refuse(fit.refused);
        continue;
      }
      for (const budget of next.budget.#chain())
        budget.#reserve(next.claim.promptTokens + fit.completionTokens, 1, budget.#dearestCall);
      next.admit({ completionTokens: fit.completionTokens, by: fit.by });
    }
  }

  #fit(claim: Claim): { completionTokens: number; wait: boolean; by: Budget; refused?: BudgetExceededError } {
    let completionTokens = claim.completionTokens;
    let by: Budget = this;
    let wait = false;
    for (const budget of this.#chain()) {
      const { tokens, calls, usd } = budget.limits;
      const { spent, reserved } = { spent: budget.#spent, reserved: budget.#reserved };
      const refuse = (limit: keyof Limits, value: number) => ({
        completionTokens,
        wait: false,
        by: budget,
        refused: new BudgetExceededError(limit, value),
      });
      if (calls !== undefined && spent.calls + reserved.calls + 1 > calls) {
        if (reserved.calls === 0) return refuse('calls', calls);
        wait = true;
      }
      if (usd !== undefined) {
        const money = spent.usd ?? 0;
        if (money >= usd || money + budget.#dearestCall > usd + 1e-12) {
          if (reserved.calls === 0) return refuse('usd', usd);
          wait = true;
        } else if (money + reserved.usd + budget.#dearestCall > usd) wait = true;
      }
      if (tokens !== undefined) {
        const left = tokens - spent.promptTokens - spent.completionTokens;
        const room = left - reserved.tokens - claim.promptTokens;
        if (room < completionTokens) {
          if (reserved.calls > 0) wait = true;
          else if (room < LEAST_COMPLETION_TOKENS) return refuse('tokens', tokens);
          else {
            completionTokens = room;
            by = budget;
          }
        }
      }
    }
    return { completionTokens, wait, by };
  }

  #reserve(tokens: number, calls: number, usd: number): void {
    this.#reserved = {
      tokens: this.#reserved.tokens + tokens,
      calls: this.#reserved.calls + calls,
      usd: this.#reserved.usd + usd,
    };
  }

  *#chain(): Generator<Budget> {
    for (let budget: Budget | undefined = this; budget; budget = budget.#parent) yield budget;
  }

  /** The outermost budget of the chain that limits what calls may cost: its wave decides. */
  #gate(): Budget | undefined {
    let gate: Budget | undefined;
    for (const budget of this.#chain()) {
      const { tokens, calls, usd } = budget.limits;
      if (tokens !== undefined || calls !== undefined || usd !== undefined) gate = budget;
    }
    return gate;
  }
}

/** Leave to make one call. `release` gives the reservation back; charge the actual usage before. */
export interface Reservation {
  readonly maxTokens: number | undefined;
  /** Say that the completion ended at `maxTokens`: if the budget had lowered them, it is used up. */
  cutShort(): void;
  release(): void;
}

/** Characters per token of ordinary English are near 4; 3 errs on the safe side. */
function estimatePromptTokens(request: SampleRequest): number {
  let characters = 0;
  for (const message of request.messages) characters += message.text.length + 12;
  if (request.tools) characters += JSON.stringify(request.tools).length;
  return Math.ceil(characters / 3);
}

function comparePaths(a: readonly number[], b: readonly number[]): number {
  for (let depth = 0; depth < Math.min(a.length, b.length); depth++) {
    const difference = (a[depth] as number) - (b[depth] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
