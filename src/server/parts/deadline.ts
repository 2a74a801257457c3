import { BudgetExceededError } from '../../core/errors.ts';
import { onAbort } from '../../models/on-abort.ts';

/** A signal that also aborts, with BudgetExceededError, when the time is up. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #unlisten: () => void;

  constructor(outer: AbortSignal, seconds: number) {
    if (outer.aborted) this.#controller.abort(outer.reason);
    this.#unlisten = onAbort(outer, (reason) => this.#controller.abort(reason));
    this.#timer = setTimeout(
      () => this.#controller.abort(new BudgetExceededError('seconds', seconds)),
      seconds * 1000,
    );
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#unlisten();
  }
}
