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

  /**
   * Natural-log probabilities [B, T] of `targets` [B, T], where the logits are the products of x [B, T, D] with the rows of `table`
   * [V, D]. No less than log(10⁻³⁷). With p = softmax(logits) the derivative is that of x · (table[target] − p table): products of
   * matrices in place of passes over [B, T, V].
   */
  function logProbabilities(x: Traced, table: Traced, targets: Traced): Traced {
    const [batch, length] = targets.shape as [number, number];
    const vocabulary = table.shape[0] as number;
    const logits = np.einsum('btd,vd->btv', fixed(x.ref), fixed(table.ref));
    const chances = fixed(nn.softmax(logits, -1));
    const places = np.arange(batch * length);
    const flat = chances.ref.reshape([batch * length, vocabulary]);
    const chosen = flat.slice(places, targets.ref.reshape([batch * length]));
    const value = np.log(np.maximum(chosen, SMALLEST)).reshape([batch, length]);
    const expected = (rows: Traced): Traced => np.einsum('btv,vd->btd', chances.ref, rows);
    const own = (rows: Traced): Traced => rows.slice(targets.ref);
    const pull = own(fixed(table.ref)).sub(expected(fixed(table.ref)));
    const moved = own(change(table.ref)).sub(expected(change(table)));
    for (const used of [chances, targets]) used.dispose();
    return fixed(value)
      .add(np.sum(fixed(pull).mul(change(x.ref)), -1))
      .add(np.sum(fixed(x).mul(moved), -1));
  }

  return { silu, rmsNorm, softmax, attention, unitLowerSolve, logProbabilities };
}

/** What probabilities below it are told as, so that their logarithm is a number. */
const SMALLEST = 1e-37;

type Quarters = [Traced, Traced, Traced, Traced];
