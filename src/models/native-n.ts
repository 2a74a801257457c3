import { ModelError } from '../core/errors.ts';
import type { Completion, SampleEvent, SampleRequest } from '../core/model.ts';
import { completionEvents } from './completion-events.ts';
import { onAbort } from './on-abort.ts';
import { canonicalJson } from './sample-key.ts';

/** Samples asked for in one call at the most. */
const MOST_PER_CALL = 32;

export interface NativeNOptions {
  /** One sample by one call. */
  readonly one: (request: SampleRequest) => AsyncIterable<SampleEvent>;
  /** Several samples of one request by one call; fewer when the upstream does not honour `n`. */
  readonly many: (request: SampleRequest, n: number) => Promise<readonly Completion[]>;
}

interface Member {
  readonly request: SampleRequest;
  readonly settle: (completion: Completion | 'alone') => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Joins concurrent samples of the same request, differing in seed and index only, into one call with `n`, which bills the
 * prompt once. The first call asks for two; unless two come back, every sample is a call of its own from then on. Samples
 * of a joined call share the seed of its first one.
 */
export class NativeN {
  readonly #one: NativeNOptions['one'];
  readonly #many: NativeNOptions['many'];
  readonly #groups = new Map<string, Member[]>();
  #honoured: boolean | undefined;

  constructor({ one, many }: NativeNOptions) {
    this.#one = one;
    this.#many = many;
  }

  async *sample(request: SampleRequest): AsyncGenerator<SampleEvent> {
    const outcome = this.#honoured === false ? 'alone' : await this.#join(request);
    yield* outcome === 'alone' ? this.#one(request) : completionEvents(outcome, request.signal);
  }

  #join(request: SampleRequest): Promise<Completion | 'alone'> {
    const { seed: _seed, index: _index, signal, ...same } = request;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const done = onAbort(signal, reject);
      const member: Member = {
        request,
        settle: (completion) => {
          done();
          resolve(completion);
        },
        fail: (error) => {
          done();
          reject(error);
        },
      };
      const key = canonicalJson(same);
      const group = this.#groups.get(key);
      if (group) {
        group.push(member);
        return;
      }
      const fresh = [member];
      this.#groups.set(key, fresh);
      setImmediate(() => {
        this.#groups.delete(key);
        void this.#serve(fresh);
      });
    });
  }

  async #serve(members: readonly Member[]): Promise<void> {
    let left = members.filter((member) => !member.request.signal?.aborted);
    while (left.length > 0) {
      if (left.length === 1 || this.#honoured === false) {
        for (const member of left) member.settle('alone');
        return;
      }
      const most = this.#honoured === undefined ? 2 : MOST_PER_CALL;
      const served = await this.#call(left.slice(0, most));
      left = left.slice(served);
    }
  }

  /** One call for these members; returns how many are settled. */
  async #call(members: readonly Member[]): Promise<number> {
    const together = signalOfAll(members.map((member) => member.request.signal));
    try {
      const request = { ...(members[0] as Member).request, ...(together && { signal: together.signal }) };
      const completions = await this.#many(request, members.length);
      this.#honoured = completions.length >= members.length;
      for (const [index, completion] of completions.entries()) members[index]?.settle(completion);
      return Math.min(completions.length, members.length);
    } catch (cause) {
      if (cause instanceof ModelError && cause.kind === 'rejected') {
        this.#honoured = false; // it may be `n` that was refused; if not, the single calls will say so
        return 0;
      }
      for (const member of members) member.fail(cause);
      return members.length;
    } finally {
      together?.clear();
    }
  }
}

/** Aborts once every one of the signals has; undefined when one of them never can. */
function signalOfAll(
  signals: readonly (AbortSignal | undefined)[],
): { signal: AbortSignal; clear: () => void } | undefined {
  const given = signals.filter((signal) => signal !== undefined);
  if (given.length < signals.length) return undefined;
  const controller = new AbortController();
  let open = given.length;
  const unlisten = given.map((signal) =>
    onAbort(signal, (reason) => {
      if (--open === 0) controller.abort(reason);
    }),
  );
  return {
    signal: controller.signal,
    clear: () => {
      for (const stop of unlisten) stop();
    },
  };
}
