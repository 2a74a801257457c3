/**
 * Group Relative Policy Optimization: several rollouts of each problem, the mean reward of their group as the baseline in place of a
 * critic, and PPO's clip around the policy that sampled them.
 *
 *   J(θ) = E [ 1/G Σᵢ 1/|oᵢ| Σₜ { min(ρ A, clip(ρ, 1 − low, 1 + high) A) − β k3 } ],   ρ = π_θ / π_old of token t of rollout i
 *
 * Shao et al. 2024 (DeepSeekMath), arXiv:2402.03300, eq. 3. Dr. GRPO (advantage r − mean, a token weighs 1 / (G · longest reply)):
 * Liu et al. 2025, arXiv:2503.20783. DAPO (an upper bound of its own, groups without variance resampled, every token weighs the same,
 * overlong replies masked or fined, no KL): Yu et al. 2025, arXiv:2503.14476. Cost: promptsPerStep · groupSize rollouts a step.
 *
 * Deviations:
 * - Rollouts may be sampled at another temperature than 1; all probabilities are those at that temperature.
 * - A rollout runs a method, so it may hold several calls; |o| counts the sampled tokens of all, and tool output has no loss.
 * - π_old is what the sampler recorded rather than a second pass; the two differ by rounding.
 * - With β = 0 the reference only measures, and rollouts of advantage 0 are left out of the backward pass, where they add nothing.
 *   They count in the averages all the same.
 * - DAPO's mean over tokens is that of the minibatch, as in its code, not that of each group.
 * - Resampling is bounded: after `resampling` rounds a step makes do with the groups it has.
 * - `klBudget` is in none of these papers: an update that would take the policy further than that from the reference is undone, and
 *   the run ends.
 */
import type { Limits } from '../core/budget.ts';
import { InputError } from '../core/errors.ts';
import type { Method } from '../core/method.ts';
import type { Json, Model } from '../core/model.ts';
import type { Dataset } from '../core/problem.ts';
import { type Random, seeded, shuffle } from '../core/random.ts';
import type { NamedTensors } from '../tensor/optimizer.ts';
import type { Policy } from '../transformer/policy.ts';
import { type AdvantageForm, groupAdvantages } from './advantages.ts';
import type { Batch, BatchShape } from './batch.ts';
import { callLogProbs, callSequence } from './call-sequences.ts';
import type { ClippedSurrogate } from './clipped-surrogate.ts';
import type { Learner } from './learner.ts';
import { packAll } from './pack-all.ts';
import { policyDivergence } from './policy-divergence.ts';
import { problemStream } from './problem-stream.ts';
import { remember } from './remember.ts';
import { countSampled, type Rollout } from './rollout.ts';
import { type SampledGroups, sampleGroups } from './sample-groups.ts';
import { snapshotOf } from './snapshot.ts';
import type { Trainer, TrainStep } from './trainer.ts';

/** What a token weighs: `grpo` a mean over rollouts of means over tokens · `dapo` a mean over tokens · `dr-grpo` a constant. */
export type TokenWeighting = 'grpo' | 'dapo' | 'dr-grpo';

/** A rollout that a limit cut off: its reward is 0 · it has no loss either · replies within `buffer` tokens of the limit are fined up to 1. */
export type Overlong = 'zero' | 'mask' | { readonly buffer: number };

export interface GrpoOptions {
  readonly learner: Learner; // made with the surrogate's objective
  readonly surrogate: ClippedSurrogate; // the clip and β
  readonly reference: NamedTensors; // π_ref: the weights that the whole run began with
  readonly policy: Policy; // given the learner's weights
  readonly dataset: Dataset; // problems from its train split, rewards from its verifier
  readonly method: (policy: Model) => Method; // what a rollout runs
  readonly shape: BatchShape; // of a backward pass
  readonly steps: number; // of the whole run
  readonly learningRate: (step: number) => number; // steps count from 1
  readonly maxTokens: number; // of one reply
  readonly groupSize?: number; // rollouts of one problem, at least 2
  readonly promptsPerStep?: number;
  readonly updatesPerRollout?: number; // passes over the rollouts of a step; from 2 on the clip matters
  readonly minibatches?: number; // updates in each pass
  readonly advantage?: AdvantageForm;
  readonly weighting?: TokenWeighting;
  readonly overlong?: Overlong;
  readonly resampling?: number; // rounds; 0 keeps groups without variance
  readonly klBudget?: number; // nats per rollout, from the reference
  readonly limits?: Limits; // of one rollout
  readonly seed?: number | string;
  readonly from?: Json; // a snapshot's dataCursor
}

interface Sample {
  readonly rollout: Rollout;
  readonly advantage: number;
  readonly masked: boolean; // no loss
}

/** A step samples, learns from what it sampled, and yields once. The learner counts updates, the trainer steps. */
export function grpo(options: GrpoOptions): Trainer {
  checkOptions(options);
  const { learner, surrogate, reference, policy, dataset, shape, steps, maxTokens } = options;
  const { groupSize = 8, promptsPerStep = 32, updatesPerRollout = 1, minibatches = 1 } = options;
  const { advantage = 'grpo', weighting = 'grpo', overlong = 'zero', resampling = 0 } = options;
  const { klBudget = Number.POSITIVE_INFINITY, seed = 0 } = options;
  const { columns } = surrogate.objective;
  const readsReference = columns.includes('referenceLogProb');
  let done = { ...readCursor(options.from), updates: learner.state.step };

  /** The reward that advantages are made of: the verifier's, less the fine for length (DAPO, eq. 13). */
  function reward({ reward, calls }: Rollout): number {
    if (typeof overlong === 'string') return reward;
    const longest = Math.max(0, ...calls.map(({ tokens }) => tokens.ids.length));
    const over = (longest - (maxTokens - overlong.buffer)) / overlong.buffer;
    return reward - Math.max(0, Math.min(1, over));
  }

  function samplesOf(group: readonly Rollout[]): Sample[] {
    const advantages = groupAdvantages(group.map(reward), advantage);
    return group.map((rollout, index) => {
      const masked = overlong === 'mask' && !rollout.complete;
      return { rollout, advantage: advantages[index] as number, masked };
    });
  }

  /** Whether some coefficient of the sample may differ from 0. */
  const teaches = ({ advantage, masked }: Sample): boolean => !masked && (readsReference || advantage !== 0);

  /** What each token of a rollout weighs in the sum over a minibatch. */
  function weigher(part: readonly Sample[]): (rollout: Rollout) => number {
    switch (weighting) {
      case 'grpo':
        return ({ sampledTokens }) => 1 / (part.length * sampledTokens);
      case 'dapo': {
        const tokens = part.reduce(
          (sum, { rollout, masked }) => sum + (masked ? 0 : rollout.sampledTokens),
          0,
        );
        return () => 1 / tokens;
      }
      case 'dr-grpo':
        return () => 1 / (part.length * maxTokens);
      default:
        return weighting satisfies never;
    }
  }

  /** All updates from one step's groups. */
  async function learn({ groups }: SampledGroups, random: Random, learningRate: number) {
    const samples = groups.flatMap(samplesOf);
    const calls = samples.filter(teaches).flatMap(({ rollout }) => rollout.calls);
    const references = readsReference ? await callLogProbs(learner, calls, shape, reference) : undefined;
    const tally = { loss: 0, clipped: 0, seen: 0, norm: 0, updates: 0 };
    for (let pass = 0; pass < updatesPerRollout; pass++)
      for (const part of parts(shuffle(samples, random.fork(`pass ${pass}`)), minibatches)) {
        const weightOf = weigher(part);
        const sequences = part.filter(teaches).flatMap(({ rollout, advantage }) =>
          rollout.calls.map((call) => {
            const referenceLogProb = references?.get(call);
            return callSequence(call, {
              weight: weightOf(rollout),
              advantage,
              oldLogProb: call.tokens.logProbs,
              ...(referenceLogProb && { referenceLogProb }),
            });
          }),
        );
        if (sequences.length === 0) continue;
        for (const { batch } of packAll(sequences, shape, columns)) {
          const { logProbs } = await learner.forwardBackward(batch);
          count(batch, logProbs);
        }
        tally.norm += (await learner.optimStep({ learningRate })).gradientNorm;
        tally.updates++;
      }
    const updates = Math.max(1, tally.updates);
    return {
      loss: tally.loss / updates,
      gradientNorm: tally.norm / updates,
      clipShare: tally.clipped / Math.max(1, tally.seen),
      tokens: calls.reduce((sum, { tokens }) => sum + countSampled(tokens), 0),
    };

    function count({ columns: read }: Batch, logProbs: Float32Array): void {
      for (const [t, logProb] of logProbs.entries()) {
        const at = (name: string): number => read[name]?.data[t] ?? 0;
        const weight = at('weight');
        if (weight === 0) continue;
        const [oldLogProb, referenceLogProb] = [at('oldLogProb'), at('referenceLogProb')];
        const token = { logProb, oldLogProb, referenceLogProb, advantage: at('advantage') };
        tally.loss -= weight * surrogate.value(token);
        tally.seen++;
        if (surrogate.clipped(token)) tally.clipped++;
      }
    }
  }

  /** The updates of a step, undone when they fail or leave the budget: then undefined. */
  async function update(sampled: SampledGroups, random: Random, learningRate: number) {
    const undo = remember(learner);
    const length = mean(sampled.rollouts.map(({ sampledTokens }) => sampledTokens));
    let kept = false;
    try {
      const learned = await learn(sampled, random, learningRate);
      const probe = random.fork('divergence');
      const kl = await policyDivergence(learner, reference, sampled.rollouts, shape, probe);
      kept = kl * length <= klBudget;
      return kept ? { learningRate, ...learned, kl, length } : undefined;
    } finally {
      if (!kept) undo();
      policy.setWeights(learner.state.weights);
    }
  }

  return {
    name: 'grpo',
    get step() {
      return done.step;
    },
    steps: async function* (signal) {
      const problems = problemStream(dataset, { from: done.problems, signal });
      policy.setWeights(learner.state.weights);
      try {
        while (done.step < steps) {
          signal.throwIfAborted();
          const step = done.step + 1;
          const random = seeded(`grpo ${seed}`).fork(`step ${step}`);
          const startedAt = performance.now();
          const sampled = await sampleGroups({
            policy,
            method: options.method,
            verifier: dataset.verifier,
            maxTokens,
            temperature: learner.temperature,
            limits: options.limits ?? {},
            problems,
            groups: promptsPerStep,
            groupSize,
            resampling,
            rewardOf: reward,
            random: random.fork('rollouts'),
            signal,
          });
          const rolloutSeconds = (performance.now() - startedAt) / 1000;
          const updated = await update(sampled, random, options.learningRate(step));
          if (!updated) return; // the KL budget is used up
          done = { step, problems: problems.cursor, updates: learner.state.step };
          yield { step, ...updated, ...reported(sampled), rolloutSeconds };
        }
      } finally {
        await problems.close();
      }
    },
    snapshot: () => {
      const { updates, ...dataCursor } = done;
      return { ...snapshotOf(learner, { random: seed, dataCursor }), step: updates };
    },
    dispose: () => learner.dispose(),
  };
}

/** What the rollouts alone tell. */
function reported({ rollouts, sampledGroups, withoutVariance }: SampledGroups): Partial<TrainStep> {
  const calls = rollouts.flatMap((rollout) => rollout.calls);
  const sum = (value: (call: (typeof calls)[number]) => number): number =>
    calls.reduce((total, call) => total + value(call), 0);
  const logProb = sum(({ tokens }) => tokens.logProbs.reduce((total, one) => total + one, 0));
  return {
    reward: mean(rollouts.map((one) => one.reward)),
    entropy:
      -logProb /
      Math.max(
        1,
        sum(({ tokens }) => countSampled(tokens)),
      ),
    degenerateGroups: withoutVariance / sampledGroups,
    rollouts: rollouts.length,
  };
}

function checkOptions(options: GrpoOptions): void {
  const { groupSize = 8, promptsPerStep = 32, updatesPerRollout = 1, minibatches = 1, maxTokens } = options;
  const whole = { promptsPerStep, updatesPerRollout, minibatches, maxTokens };
  for (const [name, value] of Object.entries({ ...whole, groupSize, resampling: options.resampling ?? 0 })) {
    const least = name === 'groupSize' ? 2 : name === 'resampling' ? 0 : 1;
    if (!(Number.isSafeInteger(value) && value >= least && value <= MOST))
      throw new InputError(`${name} is ${value}; it must be a whole number from ${least} to ${MOST}`);
  }
  const { overlong, klBudget = 1 } = options;
  if (typeof overlong === 'object' && !(overlong.buffer >= 1 && overlong.buffer <= maxTokens))
    throw new InputError(`The buffer is ${overlong.buffer} tokens; it must be 1 to maxTokens, ${maxTokens}`);
  if (!(klBudget > 0)) throw new InputError(`klBudget is ${klBudget}; it must be above 0 nats`);
}

/** Bounds every count of the options. */
const MOST = 1_000_000;

interface Cursor {
  readonly step: number; // steps done
  readonly problems: number; // taken from the train split
}

function readCursor(from: Json | undefined): Cursor {
  if (from === undefined || from === null) return { step: 0, problems: 0 };
  const { step, problems } = from as { readonly step?: Json; readonly problems?: Json };
  if (!Number.isSafeInteger(step) || !Number.isSafeInteger(problems))
    throw new InputError(
      `The checkpoint's cursor ${JSON.stringify(from)} is not one of grpo; resume what it belongs to`,
    );
  return { step: Number(step), problems: Number(problems) };
}

/** Near-equal parts, in order; none is empty. */
function parts<T>(items: readonly T[], count: number): T[][] {
  const size = Math.ceil(items.length / count);
  return Array.from({ length: Math.min(count, items.length) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  ).filter((part) => part.length > 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
