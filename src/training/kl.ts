/**
 * How far a policy is from a reference, estimated from tokens that the policy sampled, in nats (Schulman 2020,
 * joschu.net/blog/kl-approx.html). With Δ = log π − log π_ref of a token:
 *   k1 = Δ             unbiased, of either sign
 *   k2 = Δ² / 2        biased, but as a penalty its gradient is that of KL(π ‖ π_ref)
 *   k3 = e^−Δ − 1 + Δ  unbiased, never negative; as a penalty its gradient is that of KL(π_ref ‖ π)
 * Summed over the tokens of a sequence, k1 and k3 estimate the divergence of sequences. k1 is no penalty: its mean gradient is 0.
 */
import type { JaxModule } from '../tensor/functions.ts';
import type { Traced } from '../tensor/trace.ts';

export type KlEstimator = 'k1' | 'k2' | 'k3';

/** The estimators that may stand in a loss. */
export type KlPenalty = 'k2' | 'k3';

/** |Δ| is held to this, so that one token that the reference all but excludes cannot overflow a sum. */
export const LARGEST_LOG_RATIO = 20;

/** The estimate from one token, in nats; `logProb` and `reference` are natural logs. */
export function klEstimate(estimator: KlEstimator, logProb: number, reference: number): number {
  const difference = Math.max(-LARGEST_LOG_RATIO, Math.min(LARGEST_LOG_RATIO, logProb - reference));
  switch (estimator) {
    case 'k1':
      return difference;
    case 'k2':
      return difference ** 2 / 2;
    case 'k3':
      return Math.expm1(-difference) + difference;
    default:
      return estimator satisfies never;
  }
}

/** What a penalty adds to the coefficient of each token: minus its derivative by log π. Consumes its arguments. */
export function klCoefficient(
  { numpy: np }: JaxModule,
  penalty: KlPenalty,
  logProbs: Traced,
  reference: Traced,
): Traced {
  const back = np.clip(reference.sub(logProbs), -LARGEST_LOG_RATIO, LARGEST_LOG_RATIO); // −Δ
  return penalty === 'k2' ? back : np.exp(back).sub(1); // π_ref / π − 1
}
