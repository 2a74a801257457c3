/**
 * Weights on disk in the safetensors format: eight bytes with the length of the header, the header, the numbers. Nothing
 * in the file is trusted: all is checked against the size of the file before memory is taken for it.
 */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { endianness } from 'node:os';
import { CheckpointError, InputError } from '../core/errors.ts';
import type { FileOperations } from '../host/file-operations.ts';
import { openRegularFile } from '../host/regular-file.ts';
import { replaceFile } from '../host/write-file.ts';
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from './half-floats.ts';
import { isFileProblem } from './read-text.ts';
import type { TensorEntry } from './safetensors-header.ts';
import { ELEMENT_BYTES, elementCount, isTensorName, METADATA, parseHeader } from './safetensors-header.ts';

/** A tensor as it is stored: numbers in row order, floats always as 32-bit floats in memory. */
export type StoredTensor =
  | {
      readonly type: 'F32' | 'F16' | 'BF16';
      readonly shape: readonly number[];
      readonly values: Float32Array;
    }
  | { readonly type: 'I32'; readonly shape: readonly number[]; readonly values: Int32Array };

export interface Safetensors {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

export interface ReadSafetensorsOptions {
  readonly headerBytesLimit?: number; // at most the format's own 100 MB
  readonly tensorsLimit?: number;
  readonly memoryLimit?: number; // bytes of all arrays together
  /** SHA-256 of the whole file in hexadecimal digits; another file is refused. */
  readonly sha256?: string;
}

/** Longest header that the format allows. */
export const FORMAT_HEADER_BYTES = 100_000_000;
const HEADER_BYTES = 4 * 2 ** 20; // some 30,000 tensors
const MOST_TENSORS = 65_536;
const MEMORY_BYTES = 4 * 2 ** 30;
/** Bytes converted, hashed or written at a time. */
const CHUNK_BYTES = 2 ** 20;
const LENGTH_BYTES = 8;

/**
 * Reads a file of tensors. Throws CheckpointError, naming the file and what to do, for one that is damaged, cut short,
 * over a limit, of another SHA-256 or of a type that is not read.
 */
export async function readSafetensors(
  path: string,
  {
    headerBytesLimit = HEADER_BYTES,
    tensorsLimit = MOST_TENSORS,
    memoryLimit = MEMORY_BYTES,
    sha256,
  }: ReadSafetensorsOptions = {},
): Promise<Safetensors> {
  checkMachine();
  try {
    const { handle, size } = await openRegularFile(path);
    try {
      const hash = createHash('sha256');
      const take = async (bytes: Uint8Array, position: number): Promise<void> => {
        await readFully(handle, bytes, position);
        hash.update(bytes);
      };
      if (size < LENGTH_BYTES) throw new SyntaxError(`it has ${size} bytes, too few for a header`);
      const length = new DataView(new ArrayBuffer(LENGTH_BYTES));
      await take(new Uint8Array(length.buffer), 0);
      const headerBytes = length.getBigUint64(0, true);
      const most = Math.min(headerBytesLimit, FORMAT_HEADER_BYTES);
      if (headerBytes > BigInt(most))
        throw new SyntaxError(
          `its header has ${headerBytes} bytes; at most ${most} are read (headerBytesLimit)`,
        );
      const start = LENGTH_BYTES + Number(headerBytes);
      if (start > size)
        throw new SyntaxError(`its header ends at byte ${start} of ${size}; it was cut short`);
      const header = new Uint8Array(Number(headerBytes));
      await take(header, LENGTH_BYTES);
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header);
      const { entries, metadata } = parseHeader(text, { dataBytes: size - start, tensorsLimit });
      const memory = entries.reduce((sum, entry) => sum + 4 * entry.elements, 0);
      if (memory > memoryLimit)
        throw new SyntaxError(
          `its tensors take ${memory} bytes of memory; at most ${memoryLimit} are read (memoryLimit)`,
        );
      const tensors = new Map<string, StoredTensor>();
      for (const entry of entries) tensors.set(entry.name, await readTensor(entry, start, take));
      if (sha256 !== undefined && hash.digest('hex') !== sha256)
        throw new SyntaxError('it does not have the checksum that was kept for it');
      return { tensors, metadata };
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof InputError) throw new CheckpointError(cause.message, { cause });
    if (!isFileProblem(cause)) throw cause;
    throw new CheckpointError(
      `Cannot read the tensors of ${path}: ${cause.message}. Take an undamaged copy of the file`,
      { cause },
    );
  }
}

/**
 * Writes tensors to a file, or replaces it as a whole. Floats are rounded to the nearest value of their type, to even.
 * Throws InputError for a tensor whose values do not fit its shape, CheckpointError when the disk fails.
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  {
    metadata,
    files,
  }: { readonly metadata?: ReadonlyMap<string, string>; readonly files?: FileOperations } = {},
): Promise<void> {
  const chunks = safetensorsChunks(tensors, metadata);
  try {
    await replaceFile(path, chunks, files);
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new CheckpointError(
      `Cannot write ${path}: ${(cause as Error).message}. What was there before is unchanged; make room or choose another folder`,
      { cause },
    );
  }
}

/** The bytes of a file of tensors, piece by piece. A piece is only good until the next one is asked for. */
export function* safetensorsChunks(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata?: ReadonlyMap<string, string>,
): Generator<Uint8Array> {
  checkMachine();
  for (const [name, { shape, values }] of tensors) {
    if (!isTensorName(name))
      throw new InputError(`A tensor cannot be named ${JSON.stringify(name.slice(0, 100))}; rename it`);
    if (elementCount(shape) !== values.length)
      throw new InputError(
        `Tensor ${name} has ${values.length} values; its shape [${shape.join(', ')}] needs ${elementCount(shape)}`,
      );
  }
  // wide numbers first, so that each tensor starts at a multiple of the size of its numbers
  const ordered = [...tensors].sort(
    ([nameA, a], [nameB, b]) => ELEMENT_BYTES[b.type] - ELEMENT_BYTES[a.type] || (nameA < nameB ? -1 : 1),
  );
  let end = 0;
  const entries = ordered.map(([name, { type, shape, values }]) => {
    const begin = end;
    end += values.length * ELEMENT_BYTES[type];
    return [name, { dtype: type, shape, data_offsets: [begin, end] }] as const;
  });
  const json = JSON.stringify(
    Object.fromEntries<unknown>([
      ...(metadata ? [[METADATA, Object.fromEntries(metadata)] as const] : []),
      ...entries,
    ]),
  );
  const header = new TextEncoder().encode(json);
  const padded = Math.ceil(header.length / 8) * 8;
  const front = new Uint8Array(LENGTH_BYTES + padded).fill(0x20);
  new DataView(front.buffer).setBigUint64(0, BigInt(padded), true);
  front.set(header, LENGTH_BYTES);
  yield front;
  for (const [, tensor] of ordered) yield* tensorChunks(tensor);
}

function* tensorChunks({ type, values }: StoredTensor): Generator<Uint8Array> {
  if (type === 'F32' || type === 'I32') {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
    return;
  }
  const round = type === 'F16' ? toFloat16 : toBfloat16;
  const halves = new Uint16Array(Math.min(CHUNK_BYTES / 2, values.length));
  for (let at = 0; at < values.length; at += halves.length) {
    const count = Math.min(halves.length, values.length - at);
    for (let index = 0; index < count; index++) halves[index] = round(values[at + index] as number);
    yield new Uint8Array(halves.buffer, 0, 2 * count);
  }
}

async function readTensor(
  { type, shape, elements, begin }: TensorEntry,
  start: number,
  take: (bytes: Uint8Array, position: number) => Promise<void>,
): Promise<StoredTensor> {
  if (type === 'F32' || type === 'I32') {
    const values = type === 'F32' ? new Float32Array(elements) : new Int32Array(elements);
    for (let at = 0; at < values.byteLength; at += CHUNK_BYTES)
      await take(
        new Uint8Array(values.buffer, at, Math.min(CHUNK_BYTES, values.byteLength - at)),
        start + begin + at,
      );
    return { type, shape, values } as StoredTensor;
  }
  const widen = type === 'F16' ? fromFloat16 : fromBfloat16;
  const values = new Float32Array(elements);
  const halves = new Uint16Array(Math.min(CHUNK_BYTES / 2, elements));
  for (let at = 0; at < elements; at += halves.length) {
    const count = Math.min(halves.length, elements - at);
    await take(new Uint8Array(halves.buffer, 0, 2 * count), start + begin + 2 * at);
    for (let index = 0; index < count; index++) values[at + index] = widen(halves[index] as number);
  }
  return { type, shape, values };
}

async function readFully(handle: FileHandle, into: Uint8Array, position: number): Promise<void> {
  for (let filled = 0; filled < into.length; ) {
    const { bytesRead } = await handle.read(into, filled, into.length - filled, position + filled);
    if (bytesRead === 0) throw new SyntaxError('it became shorter while it was read');
    filled += bytesRead;
  }
}

/** Arrays are read and written as they lie in memory, and the format is little-endian. */
function checkMachine(): void {
  if (endianness() !== 'LE')
    throw new InputError('Weights are read on little-endian machines only; use another machine');
}
