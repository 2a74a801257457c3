/** A model in a folder that other programs load too, with what exact resume needs beside it. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { CheckpointError, InputError } from '../core/errors.ts';
import type { FileOperations } from '../host/file-operations.ts';
import { liveFolder, replaceFolder } from './checkpoint-folder.ts';
import type { DecoderConfig } from './decoder-config.ts';
import { checkDecoderConfig, parameterShapes } from './decoder-config.ts';
import type { GenerationDefaults, WeightType } from './llama-config.ts';
import {
  checkGenerationDefaults,
  generationConfig,
  llamaConfig,
  parseGenerationConfig,
  parseLlamaConfig,
} from './llama-config.ts';
import { orCheckpointError, readText } from './read-text.ts';
import type { StoredTensor } from './safetensors.ts';
import { readSafetensors, safetensorsChunks } from './safetensors.ts';
import { elementCount } from './safetensors-header.ts';
import type { JsonObject } from './strict-json.ts';
import { isJsonObject, own, parseStrictJson } from './strict-json.ts';
import type { Tokenizer } from './tokenizer.ts';
import {
  parseTokenizerFiles,
  TOKENIZER_CONFIG_FILE,
  TOKENIZER_FILE,
  tokenizerFiles,
} from './tokenizer-files.ts';
import type { TrainingState } from './training-state.ts';
import {
  checkTrainingState,
  jsonChecksum,
  MOST_MOMENTS,
  momentTensors,
  parseTrainingJson,
  readMoments,
  TRAINING_BYTES,
  trainingJson,
} from './training-state.ts';

/** All that a checkpoint holds. `parameters` have the names and lengths of `parameterShapes(config)`. */
export interface Checkpoint {
  readonly config: DecoderConfig;
  readonly parameters: ReadonlyMap<string, Float32Array>;
  readonly tokenizer: Tokenizer;
  readonly generation?: GenerationDefaults;
  readonly weights?: WeightType; // how parameters are stored; float32 unless given, and always with `training`
  readonly training?: TrainingState;
}

export interface LoadCheckpointOptions {
  readonly training?: boolean; // whether to read the training state, if there is one
  readonly parametersLimit?: number; // numbers in all tensors of the model
  /** 'ignored' reads what another program wrote or changed, checked by structure alone and without training state. */
  readonly checksums?: 'required' | 'ignored';
}

const MODEL = 'model.safetensors';
const CONFIG = 'config.json';
const GENERATION = 'generation_config.json';
const MOMENTS = 'training.safetensors';
const TRAINING = 'training.json';
const FILES = [MODEL, CONFIG, GENERATION, MOMENTS, TRAINING, TOKENIZER_FILE, TOKENIZER_CONFIG_FILE];

const LAYOUT = 1;
const MOST_PARAMETERS = 2 ** 28;
const HEADER_BYTES = 2 ** 20; // the most layers need less
const TOKENIZER_BYTES = 64 * 2 ** 20;
const JSON_BYTES = 2 ** 20;
const STORED_TYPES = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' } as const;

/**
 * Saves a checkpoint in a folder, in place of the one that is there. However this ends, `loadCheckpoint` finds the old
 * one or the new one. Parameters and moments must not change before it resolves. Throws InputError for a checkpoint that
 * contradicts itself or a folder that holds other files, CheckpointError when the disk fails.
 */
export async function saveCheckpoint(
  folder: string,
  checkpoint: Checkpoint,
  { files }: { readonly files?: FileOperations } = {},
): Promise<void> {
  const { config, parameters, tokenizer, generation = {}, weights = 'float32', training } = checkpoint;
  checkDecoderConfig(config);
  checkGenerationDefaults(generation);
  const shapes = parameterShapes(config);
  checkParameters(parameters, shapes);
  if (config.vocabularySize !== tokenizer.vocabularySize)
    throw new InputError(
      `vocabularySize is ${config.vocabularySize} and the tokenizer has ${tokenizer.vocabularySize} tokens; make them equal`,
    );
  if (training) {
    if (weights !== 'float32')
      throw new InputError(
        `Weights in ${weights} cannot be trained on exactly; save float32 or leave out training`,
      );
    checkTrainingState(training, parameters);
  }
  const type = STORED_TYPES[weights];
  const model = new Map<string, StoredTensor>();
  for (const [name, shape] of shapes)
    model.set(name, { type, shape, values: parameters.get(name) as Float32Array });
  const texts = tokenizerFiles(tokenizer, config.context);

  // each file's checksum is known once it is written, so the files that hold checksums come after those they name
  const sums = new Map<string, string>();
  const sum = (name: string) => sums.get(name) as string;
  const contents = new Map<string, Iterable<Uint8Array>>([
    [MODEL, safetensorsChunks(model, new Map([['format', 'pt']]))],
    [TOKENIZER_FILE, [utf8.encode(texts.tokenizer)]],
    [TOKENIZER_CONFIG_FILE, [utf8.encode(texts.config)]],
    [GENERATION, [utf8.encode(JSON.stringify(generationConfig(generation, tokenizer), undefined, 2))]],
  ]);
  if (training) {
    contents.set(MOMENTS, safetensorsChunks(momentTensors(training.moments, shapes)));
    contents.set(
      TRAINING,
      later(() => trainingJson(training, { model: sum(MODEL), moments: sum(MOMENTS) })),
    );
  }
  for (const [name, chunks] of contents)
    contents.set(
      name,
      summed(chunks, (digest) => sums.set(name, digest)),
    );
  contents.set(
    CONFIG,
    later(() => {
      const json = {
        ...llamaConfig(config, tokenizer, weights),
        reckon: { layout: LAYOUT, files: Object.fromEntries(sums) },
      };
      const reckon = { ...json.reckon, config: jsonChecksum(json) };
      return JSON.stringify({ ...json, reckon }, undefined, 2);
    }),
  );
  try {
    await replaceFolder(folder, contents, { known: FILES, ...(files && { files }) });
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new CheckpointError(
      `Cannot save the checkpoint ${folder}: ${(cause as Error).message}. The last one still loads; make room or choose another folder`,
      { cause },
    );
  }
}

/**
 * Loads the last checkpoint that was saved as a whole. Config, tensors, tokenizer and training state are checked against
 * each other and against their checksums. Throws CheckpointError naming the file, what is wrong and what to do.
 */
export async function loadCheckpoint(
  folder: string,
  { training = false, parametersLimit = MOST_PARAMETERS, checksums = 'required' }: LoadCheckpointOptions = {},
): Promise<Checkpoint> {
  const live = await liveFolder(folder);
  if (live === undefined)
    throw new CheckpointError(`There is no checkpoint in ${folder}; train one first or name another folder`);
  const reading = <T>(file: string, read: () => T): T => orCheckpointError(join(live, file), read);

  const configText = await readText(join(live, CONFIG), JSON_BYTES);
  const json = reading(CONFIG, () => parseStrictJson(configText.text));
  const sums = checksums === 'required' ? reading(CONFIG, () => checksumsIn(json)) : undefined;
  const text = async (file: string, bytes: number): Promise<string> => {
    const { text: content, sha256 } = await readText(join(live, file), bytes);
    reading(file, () => {
      if (sums && sums.get(file) !== sha256)
        throw new SyntaxError('it does not have the checksum in config.json');
    });
    return content;
  };
  const tokenizerTexts = {
    tokenizer: await text(TOKENIZER_FILE, TOKENIZER_BYTES),
    config: await text(TOKENIZER_CONFIG_FILE, JSON_BYTES),
  };
  const generationText = await text(GENERATION, JSON_BYTES);
  const trained = training && sums?.has(TRAINING) === true;
  const trainingText = trained ? await text(TRAINING, TRAINING_BYTES) : undefined;

  const tokenizer = parseTokenizerFiles(tokenizerTexts, live);
  const generation = reading(GENERATION, () => parseGenerationConfig(parseStrictJson(generationText)));
  const { config, weights } = reading(CONFIG, () => parseLlamaConfig(json, tokenizer));
  const shapes = parameterShapes(config);
  const count = [...shapes.values()].reduce((total, shape) => total + elementCount(shape), 0);
  reading(CONFIG, () => {
    if (count > parametersLimit)
      throw new SyntaxError(
        `the model has ${count} parameters; at most ${parametersLimit} are read (parametersLimit)`,
      );
  });
  const tensorsOf = async (file: string, copies: number) =>
    (
      await readSafetensors(join(live, file), {
        headerBytesLimit: HEADER_BYTES,
        memoryLimit: copies * parametersLimit * Float32Array.BYTES_PER_ELEMENT,
        ...(sums && { sha256: sums.get(file) ?? '' }),
      })
    ).tensors;
  const model = await tensorsOf(MODEL, 1);
  const parameters = reading(MODEL, () => parametersOf(model, shapes, weights));
  const read = { config, parameters, tokenizer, generation, weights };
  if (trainingText === undefined) return read;
  const state = reading(TRAINING, () =>
    parseTrainingJson(trainingText, { model: sums?.get(MODEL) ?? '', moments: sums?.get(MOMENTS) ?? '' }),
  );
  const moments = await tensorsOf(MOMENTS, MOST_MOMENTS);
  return { ...read, training: { ...state, moments: reading(MOMENTS, () => readMoments(moments, shapes)) } };
}

const utf8 = new TextEncoder();

/** The checksums of the other files, out of a config that has its own. */
function checksumsIn(json: JsonObject): ReadonlyMap<string, string> {
  const { reckon, ...rest } = json;
  if (reckon === undefined)
    throw new SyntaxError(
      "it holds no checksums, so damage would not show; pass checksums: 'ignored' to read it",
    );
  if (!isJsonObject(reckon)) throw new SyntaxError('reckon is no object');
  const { config, ...block } = reckon;
  if (config !== jsonChecksum({ ...rest, reckon: block }))
    throw new SyntaxError(
      "it does not have the checksum that it holds; if another program saved it, pass checksums: 'ignored'",
    );
  if (block.layout !== LAYOUT)
    throw new SyntaxError(`its layout is ${block.layout}; this version reads ${LAYOUT}`);
  const files = own(block, 'files');
  if (!isJsonObject(files)) throw new SyntaxError('reckon.files is no object');
  return new Map(Object.entries(files).map(([name, sum]) => [name, String(sum)]));
}

function checkParameters(
  parameters: ReadonlyMap<string, Float32Array>,
  shapes: ReadonlyMap<string, readonly number[]>,
): void {
  for (const [name, shape] of shapes) {
    const length = parameters.get(name)?.length;
    if (length !== elementCount(shape))
      throw new InputError(
        `Parameter ${name} has ${length ?? 'no'} values; its shape [${shape.join(', ')}] needs ${elementCount(shape)}`,
      );
  }
  const unknown = [...parameters.keys()].find((name) => !shapes.has(name));
  if (unknown !== undefined) throw new InputError(`The decoder has no parameter ${unknown}; leave it out`);
}

function parametersOf(
  tensors: ReadonlyMap<string, StoredTensor>,
  shapes: ReadonlyMap<string, readonly number[]>,
  weights: WeightType,
): Map<string, Float32Array> {
  const parameters = new Map<string, Float32Array>();
  for (const [name, shape] of shapes) {
    const tensor = tensors.get(name);
    if (!tensor) throw new SyntaxError(`the tensor ${name} is missing`);
    if (!isDeepStrictEqual(tensor.shape, shape))
      throw new SyntaxError(`tensor ${name} has the shape [${tensor.shape}]; config.json needs [${shape}]`);
    if (tensor.type === 'I32' || tensor.type !== STORED_TYPES[weights])
      throw new SyntaxError(`tensor ${name} is ${tensor.type}; config.json says ${weights}`);
    parameters.set(name, tensor.values);
  }
  for (const name of tensors.keys())
    if (!shapes.has(name))
      throw new SyntaxError(`tensor ${JSON.stringify(name.slice(0, 100))} is no parameter`);
  return parameters;
}

/** Bytes that are made when their turn to be written comes. */
function* later(text: () => string): Generator<Uint8Array> {
  yield utf8.encode(text());
}

/** The same pieces; tells their SHA-256 after the last one. */
function* summed(chunks: Iterable<Uint8Array>, tell: (digest: string) => void): Generator<Uint8Array> {
  const hash = createHash('sha256');
  for (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  tell(hash.digest('hex'));
}
