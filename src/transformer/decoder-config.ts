import { InputError } from '../core/errors.ts';
import { MOST_SYMBOLS } from './byte-pair-encoding.ts';

/** The shape of a decoder in the Llama layout: RMSNorm, rotary positions, SwiGLU, no biases. */
export interface DecoderConfig {
  readonly vocabularySize: number;
  readonly width: number; // D
  readonly hidden: number; // inner width of the feed-forward part
  readonly layers: number;
  readonly heads: number; // of queries; each is width / heads wide, an even number
  readonly keyValueHeads: number; // divides heads; fewer share keys and values
  readonly context: number; // longest sequence, in tokens
  readonly normEpsilon: number;
  readonly ropeTheta: number;
  readonly tiedEmbeddings: boolean; // the output projection is the embedding
  readonly memoryLayers?: readonly number[]; // layers with a memory in place of attention, ascending from 0; see memory-layer.ts
}

/** Largest value of each size; a config beyond them is refused before memory is taken for it. */
export const DECODER_LIMITS = {
  vocabularySize: MOST_SYMBOLS,
  width: 16_384,
  hidden: 65_536,
  layers: 256,
  heads: 256,
  keyValueHeads: 256,
  context: 1_048_576,
} as const;

/** Throws InputError, naming the value, for a decoder that cannot be. */
export function checkDecoderConfig(config: DecoderConfig): void {
  for (const [name, most] of Object.entries(DECODER_LIMITS)) {
    const value = config[name as keyof typeof DECODER_LIMITS];
    if (!Number.isInteger(value) || value < 1 || value > most)
      throw new InputError(`${name} is ${value}; it must be a whole number from 1 to ${most}`);
  }
  const { width, heads, keyValueHeads, normEpsilon, ropeTheta, memoryLayers } = config;
  if (width % (2 * heads) !== 0)
    throw new InputError(
      `width ${width} does not give ${heads} heads of an even width; choose a multiple of both`,
    );
  if (heads % keyValueHeads !== 0)
    throw new InputError(`keyValueHeads ${keyValueHeads} does not divide heads ${heads}; choose a divisor`);
  if (!(normEpsilon > 0 && normEpsilon < 1))
    throw new InputError(`normEpsilon is ${normEpsilon}; it must be between 0 and 1`);
  if (!(ropeTheta > 1 && Number.isFinite(ropeTheta)))
    throw new InputError(`ropeTheta is ${ropeTheta}; it must be above 1`);
  if (memoryLayers?.length === 0)
    throw new InputError('memoryLayers is empty; leave it out, or name a layer');
  let lowest = 0;
  for (const layer of memoryLayers ?? []) {
    if (!(Number.isInteger(layer) && layer >= lowest && layer < config.layers))
      throw new InputError(
        `memoryLayers has ${layer} where a whole number from ${lowest} to ${config.layers - 1} must be; name each layer once, in order`,
      );
    lowest = layer + 1;
  }
}

/** What a layer mixes tokens with, as it is called in the names of its parameters. */
export function mixerOf({ memoryLayers = [] }: DecoderConfig, layer: number): 'self_attn' | 'memory' {
  return memoryLayers.includes(layer) ? 'memory' : 'self_attn';
}

/** Name and shape of every parameter, as Hugging Face names them. Matrices are [out, in]. */
export function parameterShapes(config: DecoderConfig): ReadonlyMap<string, readonly number[]> {
  const { vocabularySize, width, hidden, layers, heads, keyValueHeads, tiedEmbeddings } = config;
  const keyValueWidth = (width / heads) * keyValueHeads;
  const shapes = new Map<string, readonly number[]>([['model.embed_tokens.weight', [vocabularySize, width]]]);
  for (let layer = 0; layer < layers; layer++) {
    const at = `model.layers.${layer}`;
    const mixer = mixerOf(config, layer);
    shapes.set(`${at}.input_layernorm.weight`, [width]);
    shapes.set(`${at}.${mixer}.q_proj.weight`, [width, width]);
    shapes.set(`${at}.${mixer}.k_proj.weight`, [keyValueWidth, width]);
    shapes.set(`${at}.${mixer}.v_proj.weight`, [keyValueWidth, width]);
    shapes.set(`${at}.${mixer}.o_proj.weight`, [width, width]);
    if (mixer === 'memory') shapes.set(`${at}.memory.beta_proj.weight`, [keyValueHeads, width]);
    shapes.set(`${at}.post_attention_layernorm.weight`, [width]);
    shapes.set(`${at}.mlp.gate_proj.weight`, [hidden, width]);
    shapes.set(`${at}.mlp.up_proj.weight`, [hidden, width]);
    shapes.set(`${at}.mlp.down_proj.weight`, [width, hidden]);
  }
  shapes.set('model.norm.weight', [width]);
  if (!tiedEmbeddings) shapes.set('lm_head.weight', [vocabularySize, width]);
  return shapes;
}
