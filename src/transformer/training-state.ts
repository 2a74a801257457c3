/** What exact resume needs beside the weights: `training.json` and the tensors of `training.safetensors`. */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { InputError } from '../core/errors.ts';
import type { Json } from '../core/model.ts';
import type { StoredTensor } from './safetensors.ts';
import type { JsonObject } from './strict-json.ts';
import { own, parseStrictJson } from './strict-json.ts';

export interface TrainingState {
  readonly step: number; // steps done
  readonly random: Json; // what the trainer's chance continues from
  readonly dataCursor: Json; // what the trainer's data continues from
  readonly metricsCursor: number; // rows of metrics written up to this step; later ones are dropped on resume
  /** The optimiser's arrays: for each kind ('first', 'second') one per parameter, of the parameter's length. */
  readonly moments: ReadonlyMap<string, ReadonlyMap<string, Float32Array>>;
}

/** Largest `training.json`: what is drawn ahead of training can be millions of tokens. */
export const TRAINING_BYTES = 64 * 2 ** 20;
/** Kinds of moments that are kept: AdamW has two. */
export const MOST_MOMENTS = 4;
const LAYOUT = 1;
const KIND = /^[a-z][a-z0-9]{0,31}$/;

/** SHA-256 of a JSON value as `JSON.stringify` writes it, so that spaces in a file do not matter. */
export function jsonChecksum(json: JsonObject): string {
  return createHash('sha256').update(JSON.stringify(json)).digest('hex');
}

/** The text of `training.json`. `model` and `moments` are the SHA-256 of the two files of tensors that belong to it. */
export function trainingJson(
  state: TrainingState,
  files: { readonly model: string; readonly moments: string },
): string {
  const { step, random, dataCursor, metricsCursor } = state;
  const json = { layout: LAYOUT, step, random, dataCursor, metricsCursor, ...files };
  return JSON.stringify({ ...json, checksum: jsonChecksum(json) }, undefined, 2);
}

/** Reads `training.json`. Throws SyntaxError when it is damaged or belongs to other files. */
export function parseTrainingJson(
  text: string,
  files: { readonly model: string; readonly moments: string },
): Omit<TrainingState, 'moments'> {
  const { checksum, ...json } = parseStrictJson(text);
  if (checksum !== jsonChecksum(json)) throw new SyntaxError('it does not have the checksum that it holds');
  if (json.layout !== LAYOUT)
    throw new SyntaxError(`its layout is ${json.layout}; this version reads ${LAYOUT}`);
  for (const name of ['model', 'moments'] as const)
    if (own(json, name) !== files[name]) throw new SyntaxError(`it belongs to other ${name}`);
  const state = json as unknown as Omit<TrainingState, 'moments'>;
  if (!isCount(state.step) || !isCount(state.metricsCursor))
    throw new SyntaxError('step and metricsCursor are not whole numbers');
  const { step, random, dataCursor, metricsCursor } = state;
  return { step, random, dataCursor, metricsCursor };
}

/** Throws InputError for a state that would not come back as it is. */
export function checkTrainingState(
  state: TrainingState,
  parameters: ReadonlyMap<string, Float32Array>,
): void {
  const { step, random, dataCursor, metricsCursor, moments } = state;
  if (!isCount(step) || !isCount(metricsCursor))
    throw new InputError(`step ${step} and metricsCursor ${metricsCursor} must be whole numbers from 0`);
  for (const [name, value] of Object.entries({ random, dataCursor }))
    if (!isDeepStrictEqual(JSON.parse(JSON.stringify({ value })), { value }))
      throw new InputError(`${name} is not plain JSON and would come back changed; keep numbers finite`);
  const { length } = Buffer.from(JSON.stringify({ random, dataCursor }, undefined, 2));
  if (length > TRAINING_BYTES / 2)
    throw new InputError(
      `random and dataCursor take ${length} bytes; at most ${TRAINING_BYTES / 2} are kept. Draw less ahead`,
    );
  if (moments.size > MOST_MOMENTS)
    throw new InputError(`${moments.size} kinds of moments; at most ${MOST_MOMENTS} are kept`);
  for (const [kind, arrays] of moments) {
    if (!KIND.test(kind)) throw new InputError(`A kind of moments cannot be named ${JSON.stringify(kind)}`);
    for (const [name, values] of arrays)
      if (parameters.get(name)?.length !== values.length)
        throw new InputError(
          `The ${kind} moments of ${name} have ${values.length} values, its parameter has not`,
        );
  }
}

/** The tensors of `training.safetensors`, named `<kind>.<parameter>`. */
export function momentTensors(
  moments: TrainingState['moments'],
  shapes: ReadonlyMap<string, readonly number[]>,
): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  for (const [kind, arrays] of moments)
    for (const [name, values] of arrays)
      tensors.set(`${kind}.${name}`, { type: 'F32', shape: shapes.get(name) ?? [values.length], values });
  return tensors;
}

/** The moments in the tensors of `training.safetensors`. Throws SyntaxError for a tensor that fits no parameter. */
export function readMoments(
  tensors: ReadonlyMap<string, StoredTensor>,
  shapes: ReadonlyMap<string, readonly number[]>,
): TrainingState['moments'] {
  const moments = new Map<string, Map<string, Float32Array>>();
  for (const [fullName, tensor] of tensors) {
    const dot = fullName.indexOf('.');
    const [kind, name] = [fullName.slice(0, dot), fullName.slice(dot + 1)];
    if (!KIND.test(kind) || tensor.type !== 'F32' || !isDeepStrictEqual(shapes.get(name), tensor.shape))
      throw new SyntaxError(`its tensor ${JSON.stringify(fullName.slice(0, 100))} fits no parameter`);
    const arrays = moments.get(kind) ?? new Map<string, Float32Array>();
    moments.set(kind, arrays.set(name, tensor.values));
  }
  return moments;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
