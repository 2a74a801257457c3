import type { Problem } from '../core/problem.ts';
import type { Random } from '../core/random.ts';
import { withoutVariance } from './advantages.ts';
import type { ProblemStream } from './problem-stream.ts';
import { type Rollout, type RolloutOptions, rollout } from './rollout.ts';

export interface SampleGroupsOptions<P extends Problem> extends Omit<RolloutOptions<P>, 'problem' | 'seed'> {
  readonly problems: ProblemStream<P>;
  readonly groups: number; // wanted
  readonly groupSize: number;
  /** Extra rounds in which groups without variance are replaced; 0 keeps them. */
  readonly resampling: number;
  readonly rewardOf: (rollout: Rollout) => number; // whose variance counts
  readonly random: Random;
}

export interface SampledGroups {
  readonly groups: readonly (readonly Rollout[])[]; // to learn from; with resampling possibly fewer than wanted
  readonly rollouts: readonly Rollout[]; // all that were sampled
  readonly sampledGroups: number;
  readonly withoutVariance: number; // of the sampled groups
}

/**
 * Samples groups of rollouts, all of a round at a time, and replaces those without variance from further problems (DAPO, Yu et al. 2025,
 * arXiv:2503.14476, section 3.2). Rejects with the first error when every rollout failed.
 */
export async function sampleGroups<P extends Problem>({
  problems,
  groups: wanted,
  groupSize,
  resampling,
  rewardOf,
  random,
  ...options
}: SampleGroupsOptions<P>): Promise<SampledGroups> {
  const groups: (readonly Rollout[])[] = [];
  const rollouts: Rollout[] = [];
  let flat = 0;
  for (let round = 0; groups.length < wanted && round <= resampling; round++) {
    const chosen = await problems.take(wanted - groups.length);
    const attempts = chosen.map((problem, index) =>
      Array.from({ length: groupSize }, (_, member) => {
        const chance = random.fork(`round ${round} problem ${index} rollout ${member}`);
        return rollout({ ...options, problem, seed: `${chance.integer(2 ** 31)}` });
      }),
    );
    for (const group of await Promise.all(attempts.map((group) => Promise.all(group)))) {
      rollouts.push(...group);
      const same = withoutVariance(group.map(rewardOf));
      if (same) flat++;
      if (!same || resampling === 0) groups.push(group);
    }
  }
  const [first] = rollouts;
  if (first && rollouts.every(({ error }) => error !== undefined)) throw first.error;
  return {
    groups,
    rollouts,
    sampledGroups: rollouts.length / groupSize,
    withoutVariance: flat,
  };
}
