import { type Random, shuffle } from '../core/random.ts';
import type { NamedTensors } from '../tensor/optimizer.ts';
import type { BatchShape } from './batch.ts';
import { callLogProbs } from './call-sequences.ts';
import { klEstimate } from './kl.ts';
import type { Learner } from './learner.ts';
import type { Rollout } from './rollout.ts';

/** Share of a batch's places that the calls looked at may fill, so that they pack into one. */
const FILLED = 0.85;

/**
 * KL(π ‖ π_ref) of the learner's present policy in nats per token: the mean of k3 over a random batch of calls that an earlier
 * policy sampled, each token weighed by how much likelier it has become. Two forward passes over one batch.
 */
export async function policyDivergence(
  learner: Learner,
  reference: NamedTensors,
  rollouts: readonly Rollout[],
  shape: BatchShape,
  random: Random,
): Promise<number> {
  let room = FILLED * shape.rows * shape.length;
  const calls = shuffle(
    rollouts.flatMap((rollout) => rollout.calls),
    random,
  ).filter(({ promptIds, tokens }, index) => {
    room -= promptIds.length + tokens.ids.length;
    return room >= 0 || index === 0;
  });
  const present = await callLogProbs(learner, calls, shape);
  const past = await callLogProbs(learner, calls, shape, reference);
  let sum = 0;
  let total = 0;
  for (const call of calls) {
    const { sampled, logProbs } = call.tokens;
    for (const [t, flag] of sampled.entries()) {
      if (!flag) continue;
      const logProb = present.get(call)?.[t] ?? 0;
      const weight = Math.exp(logProb - (logProbs[t] as number));
      sum += weight * klEstimate('k3', logProb, past.get(call)?.[t] ?? 0);
      total += weight;
    }
  }
  return total === 0 ? 0 : sum / total;
}
