/** The header of a safetensors file: a JSON object that says where each tensor lies in the data behind it. */
import { isJsonObject, own, parseStrictJson } from './strict-json.ts';

/** Kinds of numbers that are read and written, with the bytes of one. */
export const ELEMENT_BYTES = { F32: 4, I32: 4, F16: 2, BF16: 2 } as const;
export type ElementType = keyof typeof ELEMENT_BYTES;

/** Where a tensor lies. `begin` and `end` are bytes from the start of the data. */
export interface TensorEntry {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly elements: number;
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly entries: readonly TensorEntry[]; // in the order of the data
  readonly metadata: ReadonlyMap<string, string>;
}

/** The one key of a header that is no tensor. */
export const METADATA = '__metadata__';
const MOST_DIMENSIONS = 8;
const NAME_CHARACTERS = 512;
const MOST_METADATA = 1024;

/** Whether a tensor may have a name. */
export function isTensorName(name: string): boolean {
  return name.length <= NAME_CHARACTERS && name !== METADATA;
}

/** Number of elements of a shape. Throws SyntaxError for a shape that no array can have. */
export function elementCount(shape: readonly unknown[]): number {
  if (shape.length > MOST_DIMENSIONS)
    throw new SyntaxError(`a shape has ${shape.length} dimensions; at most ${MOST_DIMENSIONS} are read`);
  let count = 1;
  for (const length of shape) {
    if (typeof length !== 'number' || !Number.isSafeInteger(length) || length < 0)
      throw new SyntaxError(`a shape holds ${JSON.stringify(length)} instead of a length`);
    count *= length;
    if (count > Number.MAX_SAFE_INTEGER)
      throw new SyntaxError('a shape has more elements than can be counted');
  }
  return count;
}

/**
 * Parses a header and checks it against the data: known types, lengths that fit the shapes, no name twice, and tensors
 * that cover `dataBytes` without overlap or hole. Throws SyntaxError in words that continue "the file …: ".
 */
export function parseHeader(
  text: string,
  { dataBytes, tensorsLimit }: { readonly dataBytes: number; readonly tensorsLimit: number },
): SafetensorsHeader {
  if (!text.startsWith('{')) throw new SyntaxError('its header does not start with {');
  const json = Object.entries(parseStrictJson(text));
  const count = json.filter(([name]) => name !== METADATA).length;
  if (count > tensorsLimit)
    throw new SyntaxError(`it has ${count} tensors; at most ${tensorsLimit} are read (tensorsLimit)`);
  const entries: TensorEntry[] = [];
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, value] of json)
    if (name === METADATA) metadata = parseMetadata(value);
    else entries.push(parseEntry(name, value));
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of entries) {
    if (begin < covered) throw new SyntaxError(`tensor ${shown(name)} overlaps the one before it`);
    if (begin > covered)
      throw new SyntaxError(`there is a hole of ${begin - covered} bytes before tensor ${shown(name)}`);
    covered = end;
  }
  if (covered !== dataBytes)
    throw new SyntaxError(
      covered > dataBytes
        ? `its tensors need ${covered} bytes and ${dataBytes} are there; it was cut short`
        : `${dataBytes - covered} bytes at its end belong to no tensor`,
    );
  return { entries, metadata };
}

function parseEntry(name: string, value: unknown): TensorEntry {
  if (!isTensorName(name))
    throw new SyntaxError(`a name has ${name.length} characters; at most ${NAME_CHARACTERS} are read`);
  if (!isJsonObject(value) || Object.keys(value).length !== 3)
    throw new SyntaxError(`tensor ${shown(name)} is not {dtype, shape, data_offsets}`);
  const type = own(value, 'dtype');
  if (typeof type !== 'string' || !Object.hasOwn(ELEMENT_BYTES, type))
    throw new SyntaxError(
      `tensor ${shown(name)} has the type ${shown(type)}; ${Object.keys(ELEMENT_BYTES).join(', ')} are read`,
    );
  const shape = own(value, 'shape');
  const offsets = own(value, 'data_offsets');
  if (!Array.isArray(shape)) throw new SyntaxError(`tensor ${shown(name)} has no shape`);
  const elements = elementCount(shape);
  const [begin, end]: unknown[] = Array.isArray(offsets) && offsets.length === 2 ? offsets : [];
  if (!isOffset(begin) || !isOffset(end) || begin > end)
    throw new SyntaxError(`tensor ${shown(name)} has the offsets ${shown(offsets)}`);
  const wanted = elements * ELEMENT_BYTES[type as ElementType];
  if (end - begin !== wanted)
    throw new SyntaxError(
      `tensor ${shown(name)} has ${end - begin} bytes; its shape ${shown(shape)} of ${type} needs ${wanted}`,
    );
  return { name, type: type as ElementType, shape: shape as number[], elements, begin, end };
}

function parseMetadata(value: unknown): ReadonlyMap<string, string> {
  const entries = isJsonObject(value) ? Object.entries(value) : undefined;
  if (!entries || entries.length > MOST_METADATA || entries.some(([, text]) => typeof text !== 'string'))
    throw new SyntaxError(`its ${METADATA} is not an object of at most ${MOST_METADATA} strings`);
  return new Map(entries as [string, string][]);
}

function isOffset(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'missing').slice(0, 100);
}
