/**
 * The clipped surrogate of PPO and GRPO, token by token: with ρ = π / π_old of a sampled token and its advantage A,
 *   J = min(ρ A, clip(ρ, 1 − low, 1 + high) A) − β · KL estimate
 * Schulman et al. 2017, arXiv:1707.06347, eq. 7; the upper bound of its own is "clip-higher" of DAPO, Yu et al. 2025,
 * arXiv:2503.14476, section 3.1; the penalty inside the loss is eq. 3 of Shao et al. 2024, arXiv:2402.03300.
 */
import { InputError } from '../core/errors.ts';
import { type KlPenalty, klCoefficient, klEstimate, LARGEST_LOG_RATIO } from './kl.ts';
import type { Objective } from './learner.ts';

export interface ClippedSurrogateOptions {
  readonly clipLow?: number; // in (0, 1]; a token's gradient ends once ρ < 1 − clipLow and A < 0
  readonly clipHigh?: number; // above 0; … once ρ > 1 + clipHigh and A > 0
  readonly klWeight?: number; // β, at least 0; 0 = no reference is read
  readonly klPenalty?: KlPenalty;
}

/** One sampled token; logs are natural. */
export interface SurrogateToken {
  readonly logProb: number; // under the present policy
  readonly oldLogProb: number; // under the policy that sampled it
  readonly referenceLogProb: number; // read where klWeight > 0
  readonly advantage: number;
}

/** The surrogate as an objective, and as plain numbers for reports. */
export interface ClippedSurrogate {
  /** Columns: weight (of the token in the sum, 0 where it was not sampled), advantage, oldLogProb, with klWeight also referenceLogProb. */
  readonly objective: Objective;
  /** J of one token. */
  value(token: SurrogateToken): number;
  /** Whether its ratio has left the range on the side where the advantage pushed it, so that it has no gradient from its reward. */
  clipped(token: Pick<SurrogateToken, 'logProb' | 'oldLogProb' | 'advantage'>): boolean;
}

/** Throws InputError for bounds or a weight out of range. */
export function clippedSurrogate({
  clipLow = 0.2,
  clipHigh = 0.28,
  klWeight = 0,
  klPenalty = 'k3',
}: ClippedSurrogateOptions = {}): ClippedSurrogate {
  if (!(clipLow > 0 && clipLow <= 1 && clipHigh > 0))
    throw new InputError(
      `The ratio is held to 1 − ${clipLow} and 1 + ${clipHigh}; clipLow must lie in (0, 1] and clipHigh above 0`,
    );
  if (!(klWeight >= 0 && Number.isFinite(klWeight)))
    throw new InputError(`klWeight is ${klWeight}; it must be a number of at least 0`);
  const [least, most] = [1 - clipLow, 1 + clipHigh];
  const columns = ['weight', 'advantage', 'oldLogProb', ...(klWeight > 0 ? ['referenceLogProb'] : [])];

  return {
    objective: {
      name: 'clipped-surrogate',
      columns,
      coefficient: (jax, logProbs, { weight, advantage, oldLogProb, referenceLogProb }) => {
        const { numpy: np } = jax;
        if (!weight || !advantage || !oldLogProb) throw new InputError(`The columns ${columns} are needed`);
        const change = np.clip(logProbs.ref.sub(oldLogProb), -LARGEST_LOG_RATIO, LARGEST_LOG_RATIO);
        const ratio = np.exp(change);
        const rising = np.where(np.greater(ratio.ref, most), 0, ratio.ref); // where A > 0
        const falling = np.where(np.less(ratio.ref, least), 0, ratio); // where A ≤ 0
        const slope = np.where(np.greater(advantage.ref, 0), rising, falling).mul(advantage);
        if (!referenceLogProb) {
          logProbs.dispose();
          return weight.mul(slope);
        }
        const penalty = klCoefficient(jax, klPenalty, logProbs, referenceLogProb);
        return weight.mul(slope.add(penalty.mul(klWeight)));
      },
    },
    value: (token) => {
      const { logProb, referenceLogProb, advantage } = token;
      const ratio = ratioOf(token);
      const held = Math.max(least, Math.min(most, ratio));
      const penalty = klWeight > 0 ? klWeight * klEstimate(klPenalty, logProb, referenceLogProb) : 0;
      return Math.min(ratio * advantage, held * advantage) - penalty;
    },
    clipped: (token) => {
      const ratio = ratioOf(token);
      return token.advantage > 0 ? ratio > most : token.advantage < 0 && ratio < least;
    },
  };
}

function ratioOf({ logProb, oldLogProb }: Pick<SurrogateToken, 'logProb' | 'oldLogProb'>): number {
  return Math.exp(Math.max(-LARGEST_LOG_RATIO, Math.min(LARGEST_LOG_RATIO, logProb - oldLogProb)));
}
