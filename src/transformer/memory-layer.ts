/**
 * A key-value memory in place of a layer's attention, written and read at each token. A token writes its value under the key that the
 * token before it left, so that "a b" stores b under a, and reads what is stored under its own query. Writing is the delta rule: the
 * memory W [D, D] changes by gate · (value - W key) keyᵀ, so a key holds what was written under it last. Schlag et al. 2021,
 * arXiv:2102.11174; all tokens at once: Yang et al. 2024, arXiv:2406.06484; keys of the token before: Fu et al. 2022,
 * arXiv:2212.14052. Deviations: the shift is by exactly one token instead of a learned convolution, keys and queries have length one
 * and no other non-linearity, and a memory is never written out: it is the sum of (what each token changed) keyᵀ, from which
 * generation reads with the cache of an attention layer.
 */
import { type JaxModule, tensorFunctions } from '../tensor/functions.ts';
import type { Traced } from '../tensor/trace.ts';
import type { DecoderConfig } from './decoder-config.ts';

/** What tokens bring to the K memories of a layer, and the H heads that read them, H / K in a row from the same one. */
export interface MemoryInputs {
  readonly queries: Traced; // [B, T, H, D], of length one
  readonly keys: Traced; // [B, T, K, D], of length one; for the token that comes next
  readonly values: Traced; // [B, T, K, D]
  readonly gates: Traced; // [B, T, K], in [0, 1]: 0 leaves the memory as it is
}

/** What tokens find, and what is kept of them for those to come. */
export interface Found {
  readonly found: Traced; // [B, T, H, D]
  readonly keys: Traced; // [B, T, K, D]
  readonly values: Traced; // [B, T, K, D]: of a memory, what the token changed
}

/** The functions of a memory layer. They consume their arguments. */
export function memoryLayer(jax: JaxModule, { width, heads, keyValueHeads, normEpsilon }: DecoderConfig) {
  const { numpy: np, nn } = jax;
  const { rmsNorm, unitLowerSolve } = tensorFunctions(jax);
  const headWidth = width / heads; // D
  const readers = heads / keyValueHeads; // R, heads of one memory
  const one = 1 / Math.sqrt(headWidth);

  /** Heads of length one, from projections that are laid side by side: [B, T, H · D] → [B, T, H, D]. */
  function unit(x: Traced): Traced {
    const [batch, length, size] = x.shape as [number, number, number];
    const split = x.reshape([batch, length, size / headWidth, headWidth]);
    return rmsNorm(split, np.full([headWidth], one), normEpsilon);
  }

  /** From the projections of B · T tokens, of which `gates` [B, T, K] may be any numbers. */
  function memoryInputs(projected: { readonly [Name in keyof MemoryInputs]: Traced }): MemoryInputs {
    const { queries, keys, values, gates } = projected;
    return {
      queries: unit(queries),
      keys: unit(keys),
      values: values.reshape([...gates.shape, headWidth]),
      gates: nn.sigmoid(gates),
    };
  }

  /** Whole sequences. `bias` [B or 1, 1, T, T] is 0 where a token may know of another one, itself included. */
  function recall({ queries, keys, values, gates }: MemoryInputs, bias: Traced): Found {
    const [batch, length] = values.shape as [number, number];
    const known = np.broadcastTo(np.equal(bias, 0).astype(np.float32), [batch, 1, length, length]);
    const before = np.tril(known.ref, -1); // of the tokens that are known: without the token itself
    const last = np.triu(before.ref, -1).reshape([batch, length, length]); // the one before it alone
    const under = np.einsum('bts,bskd->btkd', last, keys.ref); // the key of the token before, or 0
    const gated = gates.transpose([0, 2, 1]).reshape([batch, keyValueHeads, length, 1]);
    const overlaps = np.einsum('btkd,bskd->bkts', under.ref, under.ref).mul(gated.ref);
    const targets = values.transpose([0, 2, 1, 3]).mul(gated);
    const count = batch * keyValueHeads;
    const changes = unitLowerSolve(
      overlaps.mul(before).reshape([count, length, length]),
      targets.reshape([count, length, headWidth]),
    ).reshape([batch, keyValueHeads, length, headWidth]);
    const readings = queries.reshape([batch, length, keyValueHeads, readers, headWidth]);
    const scores = np.einsum('btkrd,bskd->bkrts', readings, under).mul(np.expandDims(known, 1));
    const found = np.einsum('bkrts,bksd->btkrd', scores, changes.ref);
    return {
      found: found.reshape([batch, length, heads, headWidth]),
      keys,
      values: changes.transpose([0, 2, 1, 3]),
    };
  }

  /** One token of each row, T = 1, over what was kept of those before it [B, K, S, D]; `bias` [B, 1, 1, S] is 0 where that is something. */
  function recallNext(
    { queries, keys, values, gates }: MemoryInputs,
    kept: { readonly keys: Traced; readonly values: Traced },
    bias: Traced,
  ): Found {
    const [batch, , , places] = bias.shape as [number, number, number, number];
    const known = np.equal(bias, 0).astype(np.float32);
    const none = np.zeros([batch, 1, 1, 1]);
    const following = np.concatenate([known.ref.slice([], [], [], [1, places]), none], 3);
    const last = known.ref.mul(np.subtract(1, following)).reshape([batch, places]);
    const under = np.einsum('bs,bksd->bkd', last, kept.keys.ref); // the key of the token before, or 0
    /** What the memories hold under x [B, K, R, D]: a change lies one place after the key it was made under. */
    const held = (x: Traced): Traced => {
      const scores = np.einsum('bkrd,bksd->bkrs', x, kept.keys.ref).slice([], [], [], [0, places - 1]);
      const moved = np.pad(scores, [
        [0, 0],
        [0, 0],
        [0, 0],
        [1, 0],
      ]);
      return np.einsum('bkrs,bksd->bkrd', moved.mul(known.ref), kept.values.ref);
    };
    const gated = gates.reshape([batch, keyValueHeads, 1, 1]);
    const wanted = values.reshape([batch, keyValueHeads, 1, headWidth]);
    const change = wanted.sub(held(np.expandDims(under.ref, 2))).mul(gated); // [B, K, 1, D]
    const readings = queries.reshape([batch, keyValueHeads, readers, headWidth]);
    const own = np.einsum('bkrd,bkd->bkr', readings.ref, under);
    const found = held(readings).add(np.expandDims(own, 3).mul(change.ref));
    for (const used of [known, kept.keys, kept.values]) used.dispose();
    return {
      found: found.reshape([batch, 1, heads, headWidth]),
      keys,
      values: change.transpose([0, 2, 1, 3]),
    };
  }

  return { memoryInputs, recall, recallNext };
}
