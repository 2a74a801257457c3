import { onAbort } from './on-abort.ts';
import type { Upstreamed } from './upstream-error.ts';
import { timeoutError } from './upstream-error.ts';

/** How long the parts of one call may take, in seconds. */
export interface Timeouts {
  readonly firstByteSeconds?: number; // until the answer begins, default 300
  readonly idleSeconds?: number; // between two pieces of the answer, default 120
  readonly totalSeconds?: number; // the whole call, default 900
}

export const DEFAULT_TIMEOUTS: Required<Timeouts> = {
  firstByteSeconds: 300,
  idleSeconds: 120,
  totalSeconds: 900,
};

/** The caller's signal, the total timeout and the timeout of the present wait: `cut` is called with whichever comes first. */
export class CallDeadline {
  readonly #cut: (reason: unknown) => void;
  readonly #unlisten: () => void;
  readonly #timeouts: Required<Timeouts>;
  readonly #upstream: Upstreamed;
  readonly #total: NodeJS.Timeout;
  #wait: NodeJS.Timeout;
  #held = false;

  constructor(
    outer: AbortSignal | undefined,
    timeouts: Required<Timeouts>,
    upstream: Upstreamed,
    cut: (reason: unknown) => void,
  ) {
    this.#timeouts = timeouts;
    this.#upstream = upstream;
    this.#cut = cut;
    this.#unlisten = onAbort(outer, cut);
    this.#total = this.#after('totalSeconds', 'did not finish within');
    this.#wait = this.#after('firstByteSeconds', 'sent no answer within');
  }

  headArrived(): void {
    clearTimeout(this.#wait);
    this.#wait = this.#after('idleSeconds', 'sent nothing further for');
  }

  /** A piece has come, or is waited for from now on. */
  refresh(): void {
    this.#held = false;
    this.#wait.refresh();
  }

  /** Nothing is waited for until the next piece is asked for: a slow reader is not a slow server. */
  hold(): void {
    this.#held = true;
  }

  clear(): void {
    clearTimeout(this.#total);
    clearTimeout(this.#wait);
    this.#unlisten();
  }

  #after(setting: keyof Timeouts, what: string): NodeJS.Timeout {
    const seconds = this.#timeouts[setting];
    const timer = setTimeout(() => {
      if (setting === 'idleSeconds' && this.#held) timer.refresh();
      else this.#cut(timeoutError(`${what} ${seconds} s`, `timeouts.${setting}`, this.#upstream));
    }, seconds * 1000);
    return timer;
  }
}
