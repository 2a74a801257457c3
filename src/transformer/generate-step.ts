/** The two passes of generation over a decoder's building blocks: prompts in, then one token at a time over a cache. */
import type { JaxModule } from '../tensor/functions.ts';
import type { Traced } from '../tensor/trace.ts';
import { type DecoderWeights, decoder, type Rotation } from './decoder.ts';
import { type DecoderConfig, mixerOf } from './decoder-config.ts';
import { type Found, memoryLayer } from './memory-layer.ts';

/** What is kept of the tokens that a layer has seen: K heads of width D at S places for each of N rows, [N, K, S, D]. One entry a layer. */
export type KeysAndValues<Leaf> = {
  readonly keys: readonly Leaf[];
  readonly values: readonly Leaf[];
};

/** One token of each row. */
export type StepInputs<Leaf> = {
  readonly ids: Leaf; // [N, 1]
  readonly positions: Leaf; // [N, 1]
  readonly bias: Leaf; // [N, 1, 1, S]: 0 where the cache holds something of the row, else MASKED
  readonly sharpness: Leaf; // [N, 1, 1]: 1 / temperature
};

export type StepOutputs<Leaf> = {
  readonly probabilities: Leaf; // [N, 1, V], of the next token
  readonly added: Leaf; // [2 · layers · N, K, 1, D]: keys of each layer, then values of each; few outputs, because each one costs time
};

/** Prompts without their last token, padded to one length; what comes after a token never reaches it. */
export type PromptInputs<Leaf> = {
  readonly ids: Leaf; // [N, T]
  readonly positions: Leaf; // [N, T]
  readonly bias: Leaf; // [1, 1, T, T]: 0 up to the token itself, else MASKED
};

/** The passes, to be compiled; they consume their arguments, the weights that they read included. */
export function generationPasses(jax: JaxModule, config: DecoderConfig) {
  const { numpy: np, nn } = jax;
  const { embed, rotation, attentionInputs, memoryInputs, shared, find, finishLayer, logits } = decoder(
    jax,
    config,
  );
  const memory = memoryLayer(jax, config);
  const scale = 1 / Math.sqrt(config.width / config.heads); // of the scores
  const layers = [...Array(config.layers).keys()];
  const headsFirst = (x: Traced): Traced => np.transpose(x, [0, 2, 1, 3]); // and back again

  /** The scores' softmax over the token itself and the cache: scaled queries and new keys and values [N, 1, H, D] → [N, 1, H, D]. */
  function attendToCache(
    queries: Traced,
    fresh: { keys: Traced; values: Traced },
    cached: { keys: Traced; values: Traced }, // [N, S, H, D]
    bias: Traced,
  ): Traced {
    const own = np.einsum('nthd,nuhd->nhtu', queries.ref, fresh.keys);
    const past = np.einsum('nthd,nshd->nhts', queries, cached.keys).add(bias);
    const weights = nn.softmax(np.concatenate([own, past], -1), -1); // the own score first: more cache changes no place
    const [ownWeight, pastWeights] = np.split(weights, [1], -1) as [Traced, Traced];
    return np
      .einsum('nhts,nshd->nthd', pastWeights, cached.values)
      .add(np.einsum('nhtu,nuhd->nthd', ownWeight, fresh.values));
  }

  /** What a layer finds for one token of each row x [N, 1, C], which it leaves, as it does the rotation. */
  function findNext(
    weights: DecoderWeights<Traced>,
    layer: number,
    x: Traced,
    { turn, bias, cache }: { turn: Rotation; bias: Traced; cache: KeysAndValues<Traced> },
  ): Found {
    const past = { keys: cache.keys[layer] as Traced, values: cache.values[layer] as Traced };
    if (mixerOf(config, layer) === 'memory')
      return memory.recallNext(memoryInputs(weights, layer, x), past, bias);
    const { queries, keys, values } = attentionInputs(weights, layer, x, turn, scale);
    const cached = { keys: shared(headsFirst(past.keys)), values: shared(headsFirst(past.values)) };
    const fresh = { keys: shared(keys.ref), values: shared(values.ref) };
    const found = attendToCache(queries, fresh, cached, bias);
    return { found, keys, values };
  }

  /** One token of each row → the probabilities of the next one and what it adds to the cache. */
  function step(
    weights: DecoderWeights<Traced>,
    cache: KeysAndValues<Traced>,
    { ids, positions, bias, sharpness }: StepInputs<Traced>,
  ): StepOutputs<Traced> {
    const turn = rotation(positions);
    let x = embed(weights, ids);
    const added = layers.map((layer) => {
      const { found, keys, values } = findNext(weights, layer, x, { turn, bias: bias.ref, cache });
      x = finishLayer(weights, layer, x, found);
      return { keys: headsFirst(keys), values: headsFirst(values) };
    });
    for (const used of [turn.cosine, turn.sine, bias]) used.dispose();
    const scores = logits(weights, x);
    const below = scores.ref.sub(np.max(scores, -1, { keepdims: true })); // so that no sharpness is too large
    const { keys, values } = byKind(added);
    return {
      probabilities: nn.softmax(below.mul(sharpness), -1),
      added: np.concatenate([...keys, ...values], 0),
    };
  }

  /** What prompts put into the cache, each [N, K, T, D]. */
  function readPrompts(
    weights: DecoderWeights<Traced>,
    { ids, positions, bias }: PromptInputs<Traced>,
  ): KeysAndValues<Traced> {
    const turn = rotation(positions);
    let x = embed(weights, ids);
    const added = layers.map((layer) => {
      const { found, keys, values } = find(weights, layer, x, { turn, bias: bias.ref });
      x = finishLayer(weights, layer, x, found);
      return { keys: headsFirst(keys), values: headsFirst(values) };
    });
    for (const used of [turn.cosine, turn.sine, bias, x]) used.dispose();
    return byKind(added);
  }

  return { step, readPrompts };
}

function byKind(layers: readonly { keys: Traced; values: Traced }[]): {
  keys: Traced[];
  values: Traced[];
} {
  return { keys: layers.map(({ keys }) => keys), values: layers.map(({ values }) => values) };
}
