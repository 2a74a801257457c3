/**
 * Functions whose derivative is written down rather than traced: fewer and larger operations than automatic differentiation
 * finds, and stable ones. All of them consume their arguments, as jax-js functions do.
 */
import type * as Jax from '@jax-js/jax';
import type { Traced } from './trace.ts';

/** What this file needs of jax-js; pass what `loadJax` gives. */
export type JaxModule = typeof Jax;

export type TensorFunctions = ReturnType<typeof tensorFunctions>;

/** The functions over one loaded jax-js. */
export function tensorFunctions({ numpy: np, nn, lax }: JaxModule) {
  /** A number for the forward pass, a constant for the backward pass. */
  const fixed = (x: Traced): Traced => lax.stopGradient(x);

  /** Zero with derivative one: a place to attach a derivative to. The compiler knows that it is zero. */
  const change = (x: Traced): Traced => x.ref.sub(fixed(x));

  /** `x * sigmoid(x)`. Ramachandran et al. 2017, arXiv:1710.05941. */
  function silu(x: Traced): Traced {
    const gate = fixed(nn.sigmoid(x.ref));
    const value = fixed(x.ref.mul(gate.ref));
    const slope = gate.mul(np.subtract(1, value.ref)).add(value.ref);
    return value.add(change(x).mul(fixed(slope)));
  }

  /** `x / sqrt(mean(x²) + epsilon) * weight` over the last axis. Zhang & Sennrich 2019, arXiv:1910.07467. */
  function rmsNorm(x: Traced, weight: Traced, epsilon = 1e-5): Traced {
    const last = { keepdims: true };
    const square = np.mean(x.ref.mul(x.ref), -1, last);
    const inverse = fixed(np.reciprocal(np.sqrt(square.add(epsilon)))); // [..., 1]
    const normal = fixed(x.ref.mul(inverse.ref));
    const value = fixed(normal.ref.mul(weight.ref));
    const dx = change(x).mul(inverse);
    const along = np.mean(normal.ref.mul(dx.ref), -1, last);
    const dNormal = dx.sub(normal.ref.mul(along));
    return value.add(dNormal.mul(fixed(weight.ref))).add(normal.mul(change(weight)));
  }

  /** Softmax over the last axis. */
  function softmax(x: Traced): Traced {
    const value = fixed(nn.softmax(x.ref, -1));
    const weighted = value.ref.mul(change(x));
    const total = np.sum(weighted.ref, -1, { keepdims: true });
    return value.ref.add(weighted.sub(value.mul(total)));
  }

  /**
   * Scaled dot-product attention: queries [B, T, H, D], keys and values [B, S, H, D], `bias` added to the scores [B, H, T, S]
   * (0 or a large negative number; no derivative). Gives [B, T, H, D]. The backward pass takes the row sums of the output
   * instead of those of the weights. Dao et al. 2022, arXiv:2205.14135, appendix B.4.
   */
  function attention(queries: Traced, keys: Traced, values: Traced, bias: Traced): Traced {
    const scale = 1 / Math.sqrt(queries.shape.at(-1) as number);
    const scores = np.einsum('bthd,bshd->bhts', queries.mul(scale), keys);
    const weights = fixed(nn.softmax(fixed(scores.ref).add(bias), -1));
    const output = fixed(np.einsum('bhts,bshd->bhtd', weights.ref, fixed(values.ref)));
    const changed = weights.ref.mul(change(scores));
    const total = np.sum(changed.ref, -1, { keepdims: true });
    const dOutput = np
      .einsum('bhts,bshd->bhtd', weights, change(values.ref))
      .add(np.einsum('bhts,bshd->bhtd', changed, fixed(values)))
      .sub(output.ref.mul(total));
    return output.add(dOutput).transpose([0, 2, 1, 3]);
  }

  /** The inverse of I + A for A [N, T, T] below the diagonal, T a power of two: by halves, because powers of A may overflow. */
  function unitLowerInverse(below: Traced): Traced {
    const [count, size] = below.shape as [number, number];
    if (size <= 2) return np.eye(size).sub(below);
    const quarters = np.split(below, 2, 1).flatMap((rows) => np.split(rows, 2, 2)) as Quarters;
    const [upperLeft, upperRight, lowerLeft, lowerRight] = quarters;
    upperRight.dispose();
    const halves = unitLowerInverse(np.concatenate([upperLeft, lowerRight], 0));
    const [first, second] = np.split(halves, 2, 0) as [Traced, Traced];
    const corner = np.matmul(np.matmul(second.ref, lowerLeft), first.ref).neg();
    const top = np.concatenate([first, np.zeros([count, size / 2, size / 2])], 2);
    return np.concatenate([top, np.concatenate([corner, second], 2)], 1);
  }

  /** X [N, T, D] with (I + A) X = Y, for A [N, T, T] that is 0 on and above its diagonal and Y [N, T, D]. */
  function unitLowerSolve(below: Traced, right: Traced): Traced {
    const size = below.shape[1] as number;
    const padding = 2 ** Math.ceil(Math.log2(size)) - size;
    const padded = np.pad(fixed(below.ref), [
      [0, 0],
      [0, padding],
      [0, padding],
    ]);
    const inverse = fixed(unitLowerInverse(padded).slice([], [0, size], [0, size]));
    const solution = fixed(np.matmul(inverse.ref, fixed(right.ref)));
    const moved = change(right).sub(np.matmul(change(below), solution.ref));
    return solution.add(np.matmul(inverse, moved));
  }

  /** Natural-log probabilities of `targets` [...] under `logits` [..., V]. */
  function logProbabilities(logits: Traced, targets: Traced): Traced {
    const vocabulary = logits.shape.at(-1) as number;
    const chosen = np.equal(np.expandDims(targets, -1), np.arange(vocabulary));
    const probabilities = fixed(nn.softmax(logits.ref, -1));
    const total = nn.logsumexp(fixed(logits.ref), -1);
    const picked = (x: Traced): Traced => np.sum(np.where(chosen.ref, x, 0), -1);
    const dLogits = change(logits.ref);
    const result = picked(fixed(logits))
      .sub(total)
      .add(picked(dLogits.ref))
      .sub(np.sum(probabilities.mul(dLogits), -1));
    chosen.dispose();
    return result;
  }

  return { silu, rmsNorm, softmax, attention, unitLowerSolve, logProbabilities };
}

type Quarters = [Traced, Traced, Traced, Traced];
