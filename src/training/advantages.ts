/**
 * What a rollout's reward says beside those of its group, the other rollouts of the same problem. With mean m and n rewards:
 *   grpo     (r − m) / (s + 10⁻⁶), s the sample deviation (divisor n − 1). DeepSeekMath, Shao et al. 2024, arXiv:2402.03300
 *   dr-grpo  r − m: no easy or hard problem weighs more. Liu et al. 2025, arXiv:2503.20783
 *   rloo     r − the mean of the others = (r − m) n / (n − 1). Ahmadian et al. 2024, arXiv:2402.14740
 * DeepSeekMath does not say which deviation it means; the sample deviation is the choice of verl and TRL.
 */
import { InputError } from '../core/errors.ts';

export type AdvantageForm = 'grpo' | 'dr-grpo' | 'rloo';

export const ADVANTAGE_FORMS: readonly AdvantageForm[] = ['grpo', 'dr-grpo', 'rloo'];

/** Keeps the advantages of nearly equal rewards finite. */
const DEVIATION_FLOOR = 1e-6;

/** Whether all rewards of a group are the same, so that it teaches nothing. */
export function withoutVariance(rewards: readonly number[]): boolean {
  return rewards.every((reward) => reward === rewards[0]);
}

/** One advantage per reward; all exactly 0 in a group without variance. Throws InputError for fewer than two rewards. */
export function groupAdvantages(rewards: readonly number[], form: AdvantageForm = 'grpo'): readonly number[] {
  const count = rewards.length;
  if (count < 2)
    throw new InputError(`A group of ${count} has nothing to compare a reward with; sample at least 2`);
  if (withoutVariance(rewards)) return rewards.map(() => 0);
  const mean = rewards.reduce((sum, reward) => sum + reward, 0) / count;
  const centred = rewards.map((reward) => reward - mean);
  switch (form) {
    case 'grpo': {
      const squares = centred.reduce((sum, value) => sum + value ** 2, 0);
      const deviation = Math.sqrt(squares / (count - 1));
      return centred.map((value) => value / (deviation + DEVIATION_FLOOR));
    }
    case 'dr-grpo':
      return centred;
    case 'rloo':
      return centred.map((value) => (value * count) / (count - 1));
    default:
      return form satisfies never;
  }
}
