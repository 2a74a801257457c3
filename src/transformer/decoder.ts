/** The forward pass of a decoder in the Llama layout (Touvron et al. 2023, arXiv:2302.13971), as functions to compile. */
import { type JaxModule, type TensorFunctions, tensorFunctions } from '../tensor/functions.ts';
import { normal, type UniformStream } from '../tensor/random.ts';
import { type Tensor, tensor } from '../tensor/tensor.ts';
import type { Traced } from '../tensor/trace.ts';
import { checkDecoderConfig, type DecoderConfig, mixerOf, parameterShapes } from './decoder-config.ts';
import { type Found, type MemoryInputs, memoryLayer } from './memory-layer.ts';

/** Parameters under their Hugging Face names. */
export type DecoderWeights<Leaf> = { readonly [name: string]: Leaf };

/** Cosines and sines of the angles by which queries and keys are turned. */
export interface Rotation {
  readonly cosine: Traced; // [B, T, 1, D / 2]
  readonly sine: Traced; // [B, T, 1, D / 2]
}

/** Whole sequences: ids and positions [B, T], and what to add to the scores [B or 1, 1, T, T]. */
export interface SequenceInputs {
  readonly ids: Traced;
  readonly positions: Traced;
  readonly bias: Traced;
}

/** The functions of tensors that a decoder is made of. */
export type DecoderFunctions = Pick<TensorFunctions, 'attention' | 'logProbabilities' | 'rmsNorm' | 'silu'>;

export type Decoder = ReturnType<typeof decoder>;

/** Added to the score of a position that must not be attended to. */
export const MASKED = -1e9;

/** The parts of the forward pass. Like all functions of jax-js they consume their arguments, the weights that they read included. */
export function decoder(
  jax: JaxModule,
  config: DecoderConfig,
  functions: DecoderFunctions = tensorFunctions(jax),
) {
  checkDecoderConfig(config);
  const { numpy: np } = jax;
  const { attention, logProbabilities, rmsNorm, silu } = functions;
  const memory = memoryLayer(jax, config);
  const { width, heads, keyValueHeads, layers, normEpsilon, tiedEmbeddings } = config;
  const headWidth = width / heads; // D
  const project = (x: Traced, weight: Traced): Traced => np.einsum('btc,oc->bto', x, weight);
  const read = (weights: DecoderWeights<Traced>, name: string): Traced => weights[name] as Traced;
  const ofLayer = (weights: DecoderWeights<Traced>, layer: number, name: string): Traced =>
    read(weights, `model.layers.${layer}.${name}.weight`);
  const constantOf = ({ data, shape }: Tensor): Traced =>
    np.array(data as Float32Array<ArrayBuffer>, { shape: [...shape] });

  /** Token ids [B, T] → [B, T, C]. */
  function embed(weights: DecoderWeights<Traced>, ids: Traced): Traced {
    const embedding = read(weights, EMBEDDING);
    return (tiedEmbeddings ? embedding.ref : embedding).slice(ids);
  }

  /** The rotation at positions [B, T], each from 0 to the context. Su et al. 2021, arXiv:2104.09864, halves paired as in Llama. */
  function rotation(positions: Traced): Rotation {
    const at = (table: Traced, index: Traced): Traced => np.expandDims(table.slice(index), 2);
    const [cosine, sine] = rotaryTables(config).map(constantOf) as [Traced, Traced];
    return { cosine: at(cosine, positions.ref), sine: at(sine, positions) };
  }

  /** x [B, T, H, D] turned; leaves the rotation for others. */
  function rotate(x: Traced, { cosine, sine }: Rotation): Traced {
    const [a, b] = np.split(x, 2, -1) as [Traced, Traced];
    const first = a.ref.mul(cosine.ref).sub(b.ref.mul(sine.ref));
    return np.concatenate([first, b.mul(cosine.ref).add(a.mul(sine.ref))], -1);
  }

  /** What a layer attends with, from x [B, T, C], which it leaves: queries [B, T, H, D] times `scale`, keys and values [B, T, K, D]. */
  function attentionInputs(
    weights: DecoderWeights<Traced>,
    layer: number,
    x: Traced,
    turn: Rotation,
    scale = 1,
  ): { queries: Traced; keys: Traced; values: Traced } {
    const [batch, length] = x.shape as [number, number];
    const split = (y: Traced, count: number): Traced => y.reshape([batch, length, count, headWidth]);
    const input = rmsNorm(x.ref, ofLayer(weights, layer, 'input_layernorm'), normEpsilon);
    const queries = project(input.ref, ofLayer(weights, layer, 'self_attn.q_proj').mul(scale));
    const keys = project(input.ref, ofLayer(weights, layer, 'self_attn.k_proj'));
    const values = project(input, ofLayer(weights, layer, 'self_attn.v_proj'));
    return {
      queries: rotate(split(queries, heads), turn),
      keys: rotate(split(keys, keyValueHeads), turn),
      values: split(values, keyValueHeads),
    };
  }

  /** What a layer with a memory writes and reads, from x [B, T, C], which it leaves. */
  function memoryInputs(weights: DecoderWeights<Traced>, layer: number, x: Traced): MemoryInputs {
    const input = rmsNorm(x.ref, ofLayer(weights, layer, 'input_layernorm'), normEpsilon);
    const projected = (name: string): Traced => project(input.ref, ofLayer(weights, layer, `memory.${name}`));
    const result = memory.memoryInputs({
      queries: projected('q_proj'),
      keys: projected('k_proj'),
      values: projected('v_proj'),
      gates: projected('beta_proj'),
    });
    input.dispose();
    return result;
  }

  /** What a layer finds in whole sequences, from x [B, T, C], which it leaves, as it does the rotation. */
  function find(
    weights: DecoderWeights<Traced>,
    layer: number,
    x: Traced,
    { turn, bias }: { turn: Rotation; bias: Traced },
  ): Found {
    if (mixerOf(config, layer) === 'memory') return memory.recall(memoryInputs(weights, layer, x), bias);
    const { queries, keys, values } = attentionInputs(weights, layer, x, turn);
    const found = attention(queries, shared(keys.ref), shared(values.ref), bias);
    return { found, keys, values };
  }

  /** Keys or values [B, S, K, D] once for each query head: [B, S, H, D]. Ainslie et al. 2023, arXiv:2305.13245. */
  function shared(x: Traced): Traced {
    if (keyValueHeads === heads) return x;
    const [batch, length] = x.shape as [number, number];
    const copies = heads / keyValueHeads;
    const spread = np.broadcastTo(np.expandDims(x, 3), [batch, length, keyValueHeads, copies, headWidth]);
    return spread.reshape([batch, length, heads, headWidth]);
  }

  /** The rest of a layer: x [B, T, C] and what its heads found [B, T, H, D] → [B, T, C]. */
  function finishLayer(weights: DecoderWeights<Traced>, layer: number, x: Traced, found: Traced): Traced {
    const merged = found.reshape([...x.shape]);
    const output = ofLayer(weights, layer, `${mixerOf(config, layer)}.o_proj`);
    const middle = x.add(project(merged, output));
    const input = rmsNorm(middle.ref, ofLayer(weights, layer, 'post_attention_layernorm'), normEpsilon);
    const gate = silu(project(input.ref, ofLayer(weights, layer, 'mlp.gate_proj')));
    const gated = gate.mul(project(input, ofLayer(weights, layer, 'mlp.up_proj')));
    return middle.add(project(gated, ofLayer(weights, layer, 'mlp.down_proj')));
  }

  /** What logits are products of: x [B, T, C], normed, and the table of the output projection [V, C]. */
  function readout(weights: DecoderWeights<Traced>, x: Traced): { states: Traced; table: Traced } {
    const states = rmsNorm(x, read(weights, 'model.norm.weight'), normEpsilon);
    return { states, table: read(weights, tiedEmbeddings ? EMBEDDING : 'lm_head.weight') };
  }

  /** x [B, T, C] → logits [B, T, V]. */
  function logits(weights: DecoderWeights<Traced>, x: Traced): Traced {
    const { states, table } = readout(weights, x);
    return project(states, table);
  }

  /** Whole sequences → x [B, T, C] after the last layer. */
  function layered(weights: DecoderWeights<Traced>, { ids, positions, bias }: SequenceInputs): Traced {
    const turn = rotation(positions);
    let x = embed(weights, ids);
    for (let layer = 0; layer < layers; layer++) {
      const { found, keys, values } = find(weights, layer, x, { turn, bias: bias.ref });
      x = finishLayer(weights, layer, x, found);
      for (const unused of [keys, values]) unused.dispose();
    }
    for (const used of [turn.cosine, turn.sine, bias]) used.dispose();
    return x;
  }

  /** Whole sequences → logits [B, T, V]. */
  function forward(weights: DecoderWeights<Traced>, inputs: SequenceInputs): Traced {
    return logits(weights, layered(weights, inputs));
  }

  /** Whole sequences → the natural-log probabilities [B, T] of the tokens that come next, at a temperature above 0. */
  function likelihood(
    weights: DecoderWeights<Traced>,
    inputs: SequenceInputs,
    targets: Traced,
    temperature = 1,
  ): Traced {
    const { states, table } = readout(weights, layered(weights, inputs));
    return logProbabilities(temperature === 1 ? states : states.mul(1 / temperature), table, targets);
  }

  return {
    embed,
    rotation,
    attentionInputs,
    memoryInputs,
    shared,
    find,
    finishLayer,
    logits,
    forward,
    likelihood,
  };
}

/**
 * Fresh weights: normal with deviation 0.02, the two projections back into the stream narrower by √(2·layers)
 * (Radford et al. 2019), norms of one.
 */
export function initialWeights(
  config: DecoderConfig,
  random: UniformStream,
): DecoderWeights<Tensor<Float32Array>> {
  const weights: Record<string, Tensor<Float32Array>> = {};
  for (const [name, shape] of parameterShapes(config)) {
    const intoStream = name.endsWith('o_proj.weight') || name.endsWith('down_proj.weight');
    const deviation = intoStream ? DEVIATION / Math.sqrt(2 * config.layers) : DEVIATION;
    weights[name] =
      shape.length === 1
        ? tensor(new Float32Array(shape[0] as number).fill(1), shape)
        : normal(random, shape, deviation);
  }
  return weights;
}

/** Cosines and sines [context, D / 2] of position · theta^(-2d/D), by which the pair at (d, d + D/2) is turned. */
function rotaryTables({ context, width, heads, ropeTheta }: DecoderConfig): [Tensor, Tensor] {
  const half = width / heads / 2;
  const angles = Float64Array.from({ length: context * half }, (_, index) => {
    const position = Math.floor(index / half);
    return position * ropeTheta ** (-(index % half) / half);
  });
  const shape = [context, half];
  return [
    tensor(Float32Array.from(angles, Math.cos), shape),
    tensor(Float32Array.from(angles, Math.sin), shape),
  ];
}

const EMBEDDING = 'model.embed_tokens.weight';
const DEVIATION = 0.02;
