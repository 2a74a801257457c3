/**
 * One attempt of a policy at a problem, through any method, with all that a policy gradient needs: what each call of the method read,
 * what it sampled with which probability, and the verifier's score of the finished solution as the reward.
 */
import type { Limits } from '../core/budget.ts';
import type { Method } from '../core/method.ts';
import type { Message, Model, TokenRecord } from '../core/model.ts';
import { type Problem, withoutReference } from '../core/problem.ts';
import { seeded } from '../core/random.ts';
import { startRun } from '../core/run.ts';
import type { Solution } from '../core/solution.ts';
import { attempt } from '../core/solve.ts';
import type { Verifier } from '../core/verifier.ts';
import type { Policy } from '../transformer/policy.ts';

/** One call of the policy. */
export interface SampledCall {
  readonly promptIds: Int32Array;
  readonly tokens: TokenRecord; // what followed; at least one was sampled
}

export interface Rollout {
  readonly problem: string; // id
  readonly calls: readonly SampledCall[]; // in an order that timing does not change
  readonly sampledTokens: number; // over all calls
  readonly reward: number; // in [0, 1]
  readonly complete: boolean; // false: a limit cut it off, or it failed; the reward is then 0
  readonly error?: unknown; // why it failed
}

export interface RolloutOptions<P extends Problem> {
  readonly policy: Pick<Policy, 'id' | 'sample' | 'promptIds'>;
  /** The method over the policy, made anew for each rollout. */
  readonly method: (policy: Model) => Method;
  readonly verifier: Verifier<P>;
  readonly problem: P;
  readonly maxTokens: number; // of one call
  readonly temperature?: number; // of every call
  readonly limits?: Limits; // of the attempt
  readonly seed: string;
  readonly signal: AbortSignal;
}

/** Attempts a problem. A failure is a rollout of reward 0 that tells its error; only an abort rejects. */
export async function rollout<P extends Problem>(options: RolloutOptions<P>): Promise<Rollout> {
  const {
    policy,
    method,
    verifier,
    problem,
    maxTokens,
    temperature = 1,
    limits = {},
    seed,
    signal,
  } = options;
  const recorded: { readonly seed: number; readonly call: SampledCall }[] = [];
  const recorder = recording(policy, { maxTokens, temperature }, (messages, callSeed, tokens) => {
    if (tokens.sampled.includes(1))
      recorded.push({ seed: callSeed, call: { promptIds: policy.promptIds(messages), tokens } });
  });
  const { solution, error } = await attempt(method(recorder), withoutReference(problem), {
    limits,
    seed,
    signal,
  });
  signal.throwIfAborted();
  // parallel calls end in any order; their seeds follow from the branches
  const calls = recorded.sort((a, b) => a.seed - b.seed).map(({ call }) => call);
  const sampledTokens = calls.reduce((sum, { tokens }) => sum + countSampled(tokens), 0);
  const common = { problem: problem.id, calls, sampledTokens };
  if (!solution) return { ...common, reward: 0, complete: false, error };
  if (!solution.complete || solution.answer === undefined)
    return { ...common, reward: 0, complete: solution.complete };
  try {
    return { ...common, reward: await rewardOf(verifier, problem, solution, signal), complete: true };
  } catch (cause) {
    signal.throwIfAborted();
    return { ...common, reward: 0, complete: false, error: cause };
  }
}

/** Tokens that the policy chose. */
export function countSampled({ sampled }: TokenRecord): number {
  return sampled.reduce((sum, flag) => sum + flag, 0);
}

/**
 * The policy as a rollout calls it: at the temperature that is trained and from all tokens, whatever the method asks, because the
 * log-probabilities of a rollout have to be the policy's own.
 */
function recording(
  policy: RolloutOptions<Problem>['policy'],
  { maxTokens, temperature }: { readonly maxTokens: number; readonly temperature: number },
  record: (messages: readonly Message[], seed: number, tokens: TokenRecord) => void,
): Model {
  return {
    id: policy.id,
    async *sample(request) {
      const { extra: _, ...rest } = request; // it may hold top_k
      const most = Math.min(maxTokens, request.maxTokens ?? maxTokens);
      for await (const event of policy.sample({ ...rest, temperature, topP: 1, maxTokens: most })) {
        if (event.type === 'sample-end') {
          const { tokens } = event.completion;
          if (!tokens)
            throw new TypeError(`Model ${policy.id} gives no token records, so it cannot be trained`);
          record(request.messages, request.seed ?? 0, tokens);
        }
        yield event;
      }
    },
  };
}

async function rewardOf<P extends Problem>(
  verifier: Verifier<P>,
  problem: P,
  solution: Solution,
  signal: AbortSignal,
): Promise<number> {
  const random = seeded(`grade ${problem.id}`);
  const { score } = await startRun(
    { signal, limits: {}, random, record: () => {}, label: verifier.name },
    (run) => run.judge(verifier, problem, solution),
  );
  return score;
}
