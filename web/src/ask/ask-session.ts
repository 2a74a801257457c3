import type { Limits } from '../../../src/core/budget.ts';
import type { Usage } from '../../../src/core/model.ts';
import { addUsage, noUsage } from '../../../src/core/model.ts';
import type { TraceEvent } from '../../../src/core/trace.ts';
import { TraceFold } from '../../../src/core/trace.ts';
import { ApiFailure, request } from '../api/server.ts';
import { serverEvents } from '../api/server-events.ts';
import type { AskAnswer } from '../api/types.ts';

/** What is asked, of whom, and at what cost at the most. */
export interface Asking {
  readonly question: string;
  readonly model: string;
  readonly method: string; // a spec; '' for the model alone
  readonly limits: Limits;
  readonly seed?: number;
}

export type AskStatus = 'working' | 'done' | 'stopped' | 'failed';

/**
 * One question on its way to its answer: the trace as it grows, what it has cost so far, and how it ended. `onChange` is
 * called after every event; `version` tells one state from the next.
 */
export class AskSession {
  readonly asked: Asking;
  readonly trace = new TraceFold();
  readonly events: TraceEvent[] = [];
  status: AskStatus = 'working';
  answer: AskAnswer | undefined;
  failure: ApiFailure | undefined;
  spent: Usage = noUsage;
  inFlight = 0; // calls
  version = 0;
  readonly #startedAt = performance.now();
  #endedAt: number | undefined;
  readonly #controller = new AbortController();
  readonly #onChange: () => void;

  constructor(asked: Asking, onChange: () => void) {
    this.asked = asked;
    this.#onChange = onChange;
    void this.#work();
  }

  get seconds(): number {
    return ((this.#endedAt ?? performance.now()) - this.#startedAt) / 1000;
  }

  /** Ends the work. What has been thought so far stays. */
  stop(): void {
    this.#controller.abort();
  }

  async #work(): Promise<void> {
    const { signal } = this.#controller;
    try {
      const response = await request('/api/ask', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(bodyOf(this.asked)),
        signal,
      });
      if (!response.body) throw new ApiFailure(response.status, 'The server sent no answer.');
      for await (const { event, data } of serverEvents(response.body)) this.#take(event, data);
      if (this.status === 'working')
        this.#fail(new ApiFailure(0, 'The connection broke before the answer was there.'));
    } catch (cause) {
      if (signal.aborted) this.#end('stopped');
      else if (cause instanceof ApiFailure) this.#fail(cause);
      else this.#fail(new ApiFailure(0, 'The connection broke before the answer was there.', { cause }));
    }
  }

  #take(event: string, data: string): void {
    const value: unknown = JSON.parse(data);
    if (event === 'trace') this.#add(value as TraceEvent);
    else if (event === 'answer') {
      this.answer = value as AskAnswer;
      this.#end('done');
      return;
    } else if (event === 'error') {
      const { message } = value as { readonly message: string };
      this.#fail(new ApiFailure(0, message));
      return;
    }
    this.#changed();
  }

  #add(event: TraceEvent): void {
    this.events.push(event);
    this.trace.add(event);
    if (event.type === 'node-start' && event.prompt) this.inFlight++;
    if (event.type !== 'node-end' || !this.trace.nodes.get(event.id)?.prompt) return;
    this.inFlight--;
    this.spent = addUsage(this.spent, event.usage);
  }

  #fail(failure: ApiFailure): void {
    this.failure = failure;
    this.#end('failed');
  }

  #end(status: AskStatus): void {
    if (this.status !== 'working') return;
    this.status = status;
    this.inFlight = 0;
    this.#endedAt = performance.now();
    this.#changed();
  }

  #changed(): void {
    this.version++;
    this.#onChange();
  }
}

function bodyOf({ question, model, method, limits, seed }: Asking) {
  return {
    model,
    messages: [{ role: 'user', content: question }],
    reckon: {
      ...(method !== '' && { method }),
      ...(Object.keys(limits).length > 0 && { limits }),
      ...(seed !== undefined && { seed }),
    },
  };
}
