/** `config.json` and `generation_config.json` of a decoder in the Llama layout, or in that with memories. */
import { InputError } from '../core/errors.ts';
import type { DecoderConfig } from './decoder-config.ts';
import { checkDecoderConfig } from './decoder-config.ts';
import type { JsonObject } from './strict-json.ts';
import { isJsonObject, own } from './strict-json.ts';
import type { Tokenizer } from './tokenizer.ts';

/** How weights are stored. */
export type WeightType = 'float32' | 'float16' | 'bfloat16';

/** What sampling uses where a request says nothing. */
export interface GenerationDefaults {
  readonly temperature?: number; // 0 = greedy
  readonly topP?: number; // in (0, 1]
  readonly maxTokens?: number;
}

const ARCHITECTURE = 'LlamaForCausalLM';
/** With memories in place of some attention; a name that no other program takes for a Llama. */
const MEMORY_ARCHITECTURE = 'ReckonMemoryForCausalLM';
const MEMORY_TYPE = 'reckon_memory';
const WEIGHT_TYPES: readonly string[] = ['float32', 'float16', 'bfloat16'] satisfies WeightType[];

/** Settings that change what the layers compute; another value, or one more of them, is another architecture. */
const FIXED = {
  model_type: 'llama',
  hidden_act: 'silu',
  attention_bias: false,
  mlp_bias: false,
  rope_scaling: null,
} as const;

/** The object of `config.json`. */
export function llamaConfig(config: DecoderConfig, tokenizer: Tokenizer, weights: WeightType): JsonObject {
  const { memoryLayers } = config;
  return {
    architectures: [memoryLayers ? MEMORY_ARCHITECTURE : ARCHITECTURE],
    ...FIXED,
    ...(memoryLayers && { model_type: MEMORY_TYPE, memory_layers: [...memoryLayers] }),
    vocab_size: config.vocabularySize,
    hidden_size: config.width,
    intermediate_size: config.hidden,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.keyValueHeads,
    head_dim: config.width / config.heads,
    max_position_embeddings: config.context,
    rms_norm_eps: config.normEpsilon,
    rope_theta: config.ropeTheta,
    tie_word_embeddings: config.tiedEmbeddings,
    torch_dtype: weights,
    ...tokenIds(tokenizer),
  };
}

/** Reads the object of `config.json`. Throws SyntaxError or InputError for another architecture or an impossible size. */
export function parseLlamaConfig(
  json: JsonObject,
  tokenizer: Tokenizer,
): { readonly config: DecoderConfig; readonly weights: WeightType } {
  const architectures = own(json, 'architectures');
  const [architecture] = Array.isArray(architectures) && architectures.length === 1 ? architectures : [];
  if (architecture !== ARCHITECTURE && architecture !== MEMORY_ARCHITECTURE)
    throw new SyntaxError(
      `the architecture is ${shown(architectures)}; only ${ARCHITECTURE} and ${MEMORY_ARCHITECTURE} are read`,
    );
  const memoryLayers = architecture === MEMORY_ARCHITECTURE ? numbers(json, 'memory_layers') : undefined;
  const fixed = memoryLayers ? { ...FIXED, model_type: MEMORY_TYPE } : FIXED;
  for (const [name, value] of Object.entries(fixed)) {
    const found = own(json, name) ?? (name === 'model_type' ? undefined : value);
    if (found !== value) throw new SyntaxError(`${name} is ${shown(found)}; only ${shown(value)} is read`);
  }
  const number = (name: string): number => {
    const value = own(json, name);
    if (typeof value !== 'number') throw new SyntaxError(`${name} is ${shown(value)} instead of a number`);
    return value;
  };
  const tiedEmbeddings = own(json, 'tie_word_embeddings');
  if (typeof tiedEmbeddings !== 'boolean')
    throw new SyntaxError(`tie_word_embeddings is ${shown(tiedEmbeddings)} instead of true or false`);
  const config: DecoderConfig = {
    vocabularySize: number('vocab_size'),
    width: number('hidden_size'),
    hidden: number('intermediate_size'),
    layers: number('num_hidden_layers'),
    heads: number('num_attention_heads'),
    keyValueHeads: number('num_key_value_heads'),
    context: number('max_position_embeddings'),
    normEpsilon: number('rms_norm_eps'),
    ropeTheta: ropeTheta(json),
    tiedEmbeddings,
    ...(memoryLayers && { memoryLayers }),
  };
  checkDecoderConfig(config);
  if ((own(json, 'head_dim') ?? config.width / config.heads) !== config.width / config.heads)
    throw new SyntaxError(
      `head_dim is ${shown(own(json, 'head_dim'))}; only hidden_size / num_attention_heads is read`,
    );
  if (config.vocabularySize !== tokenizer.vocabularySize)
    throw new SyntaxError(
      `vocab_size is ${config.vocabularySize} and the tokenizer has ${tokenizer.vocabularySize} tokens`,
    );
  for (const [name, id] of Object.entries(tokenIds(tokenizer)))
    if (own(json, name) !== id)
      throw new SyntaxError(`${name} is ${shown(own(json, name))}; the tokenizer has ${id}`);
  const weights = own(json, 'torch_dtype') ?? own(json, 'dtype'); // transformers 5 writes the second
  if (typeof weights !== 'string' || !WEIGHT_TYPES.includes(weights))
    throw new SyntaxError(`torch_dtype is ${shown(weights)}; ${WEIGHT_TYPES.join(', ')} are read`);
  return { config, weights: weights as WeightType };
}

function numbers(json: JsonObject, name: string): number[] {
  const list = own(json, name);
  if (!Array.isArray(list) || !list.every((value): value is number => typeof value === 'number'))
    throw new SyntaxError(`${name} is ${shown(list)} instead of a list of numbers`);
  return list;
}

/** In `rope_theta`, or where transformers 5 writes it: in `rope_parameters`, beside a type that must be the plain one. */
function ropeTheta(json: JsonObject): number {
  const parameters = own(json, 'rope_parameters') ?? {};
  const type = isJsonObject(parameters) ? (own(parameters, 'rope_type') ?? 'default') : parameters;
  if (!isJsonObject(parameters) || type !== 'default')
    throw new SyntaxError(`rope_parameters is ${shown(parameters)}; only the type "default" is read`);
  const theta = own(json, 'rope_theta') ?? own(parameters, 'rope_theta');
  if (typeof theta !== 'number') throw new SyntaxError(`rope_theta is ${shown(theta)} instead of a number`);
  return theta;
}

/** The object of `generation_config.json`. */
export function generationConfig(
  { temperature = 1, topP, maxTokens }: GenerationDefaults,
  tokenizer: Tokenizer,
): JsonObject {
  return {
    ...tokenIds(tokenizer),
    do_sample: temperature > 0,
    ...(temperature > 0 && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(maxTokens !== undefined && { max_new_tokens: maxTokens }),
  };
}

/** Reads the object of `generation_config.json`. Throws SyntaxError or InputError for a value that is none. */
export function parseGenerationConfig(json: JsonObject): GenerationDefaults {
  const read = (key: string): number | undefined => {
    const value = own(json, key);
    if (value !== undefined && typeof value !== 'number')
      throw new SyntaxError(`${key} is ${shown(value)} instead of a number`);
    return value;
  };
  const temperature = own(json, 'do_sample') === false ? 0 : read('temperature');
  const topP = read('top_p');
  const maxTokens = read('max_new_tokens');
  const defaults: GenerationDefaults = {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(maxTokens !== undefined && { maxTokens }),
  };
  checkGenerationDefaults(defaults);
  return defaults;
}

/** Throws InputError for a temperature, topP or maxTokens out of range. */
export function checkGenerationDefaults({
  temperature = 1,
  topP = 1,
  maxTokens = 1,
}: GenerationDefaults): void {
  if (!(temperature >= 0 && temperature <= 100))
    throw new InputError(`temperature is ${temperature}; it must be from 0 to 100`);
  if (!(topP > 0 && topP <= 1)) throw new InputError(`topP is ${topP}; it must be above 0 and at most 1`);
  if (!(Number.isSafeInteger(maxTokens) && maxTokens > 0))
    throw new InputError(`maxTokens is ${maxTokens}; it must be a whole number above 0`);
}

function tokenIds({ special }: Tokenizer): Readonly<Record<string, number>> {
  return { bos_token_id: special.bos, eos_token_id: special.eos, pad_token_id: special.pad };
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'missing').slice(0, 100);
}
