/** The process behind `parquetRows`: checks every size a file claims before hyparquet acts on it, then decodes. */
import { constants, openSync, readSync } from 'node:fs';
import type { FileMetaData, RowGroup } from 'hyparquet';
import { parquetMetadataAsync, parquetRead, parquetSchema } from 'hyparquet';
import { serveWorker } from '../../host/worker-pool.ts';
import { parquetCompressors } from './parquet-compressors.ts';
import { checkPages, PAGE_GROUP_BYTES_LIMIT } from './parquet-pages.ts';
import { COLUMNS_LIMIT, DEPTH_LIMIT, ROWS_LIMIT } from './row.ts';

/** One file per process. */
export interface ParquetRequest {
  readonly path: string; // without links
  readonly bytes: number; // size of the file
  readonly columns?: readonly string[]; // absent: all
  readonly from: number; // row
}
export interface ParquetReply {
  readonly names: readonly string[];
  readonly rows: readonly (readonly unknown[])[]; // [row][column]
  readonly next?: number; // row; absent at the end
}

const FOOTER_BYTES_LIMIT = 8 * 2 ** 20;
const ROW_GROUPS_LIMIT = 20_000;
const CELLS_LIMIT = 50_000_000; // rows × columns
/** A row of a benchmark holds a question: this many in one byte of a file cannot be real. Small files are let off. */
const ROWS_PER_BYTE_LIMIT = 4;
const ROWS_PER_BYTE_FREE = 100_000;
/** Rows decoded at once, when a row group has more. */
const DECODE_ROWS = 65_536;
/** Rows, and characters of text, in one reply. */
const REPLY_ROWS = 1_000;
const REPLY_CHARACTERS = 4 * 2 ** 20;
const CELL_CHARACTERS_LIMIT = 8 * 2 ** 20;
/** One long text may stand for many cells: beyond TEXT_FREE_CHARACTERS, a file gives this many for each of its bytes. */
const TEXT_PER_BYTE_LIMIT = 200;
const TEXT_FREE_CHARACTERS = 256 * 2 ** 20;

interface Opened {
  readonly bytes: number;
  readonly readRange: (start: number, end: number) => ArrayBuffer;
  readonly metadata: FileMetaData;
  readonly names: readonly string[];
  readonly groupStarts: readonly number[]; // row of each group, then the number of rows
}
interface Decoded {
  readonly start: number; // row
  readonly rows: readonly (readonly unknown[])[];
}
let opened: Promise<Opened> | undefined;
let decoded: Decoded = { start: 0, rows: [] };
let characters = 0; // given so far

serveWorker<ParquetRequest, ParquetReply>(async (request) => {
  opened ??= open(request);
  const file = await opened;
  const { names } = file;
  const total = file.groupStarts.at(-1) as number;
  const rows: unknown[][] = [];
  const size = { characters: 0 };
  let next = request.from;
  while (next < total && rows.length < REPLY_ROWS && size.characters < REPLY_CHARACTERS) {
    if (next < decoded.start || next >= decoded.start + decoded.rows.length)
      decoded = await decode(file, next);
    rows.push(decoded.rows[next - decoded.start]!.map((cell) => plainValue(cell, size)));
    next++;
  }
  characters += size.characters;
  if (characters > TEXT_FREE_CHARACTERS && characters > file.bytes * TEXT_PER_BYTE_LIMIT)
    throw new Error(
      `it holds more than ${TEXT_PER_BYTE_LIMIT} characters for each of its ${file.bytes} bytes`,
    );
  return { names, rows, ...(next < total && { next }) };
});

async function open({ path, bytes, columns }: ParquetRequest): Promise<Opened> {
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)); // closed by the process's end
  const readRange = (start: number, end: number) => readBytes(descriptor, bytes, start, end);
  if (bytes < 12) throw new Error('it is too short');
  const footerBytes = new DataView(readRange(bytes - 8, bytes)).getUint32(0, true);
  if (footerBytes > FOOTER_BYTES_LIMIT) throw new Error(`it claims a footer of ${footerBytes} bytes`);
  const metadata = await parquetMetadataAsync(
    { byteLength: bytes, slice: async (start, end = bytes) => readRange(start, end) },
    { geoparquet: false, initialFetchSize: 65_536 },
  );
  const groups = metadata.row_groups;
  if (groups.length > ROW_GROUPS_LIMIT) throw new Error(`it has more than ${ROW_GROUPS_LIMIT} row groups`);
  if (metadata.schema.length > COLUMNS_LIMIT) throw new Error(`it has more than ${COLUMNS_LIMIT} columns`);
  const tree = parquetSchema(metadata);
  if (deepest(metadata) > DEPTH_LIMIT) throw new Error(`its columns nest deeper than ${DEPTH_LIMIT} levels`);
  const all = tree.children.map((child) => child.element.name);
  if (new Set(all).size < all.length) throw new Error('two of its columns have the same name');
  const names = columns ? all.filter((name) => columns.includes(name)) : all;

  const groupStarts = [0];
  for (const group of groups) {
    const rows = Number(group.num_rows);
    if (!Number.isSafeInteger(rows) || rows < 0) throw new Error(`a row group claims ${group.num_rows} rows`);
    groupStarts.push((groupStarts.at(-1) as number) + rows);
  }
  const rows = groupStarts.at(-1) as number;
  if (Number(metadata.num_rows) !== rows)
    throw new Error(`its footer claims ${metadata.num_rows} rows, its row groups ${rows}`);
  if (rows > ROWS_LIMIT) throw new Error(`it has ${rows} rows; at most ${ROWS_LIMIT} are read`);
  if (rows * all.length > CELLS_LIMIT)
    throw new Error(`it has ${rows * all.length} cells; at most ${CELLS_LIMIT} are read`);
  if (rows > ROWS_PER_BYTE_FREE && rows > bytes * ROWS_PER_BYTE_LIMIT)
    throw new Error(`it claims ${rows} rows in ${bytes} bytes`);
  return { bytes, readRange, metadata, names, groupStarts };
}

/** Decodes the rows from `from` to the end of its row group, or fewer of a large group. */
async function decode(
  { bytes, readRange, metadata, names, groupStarts }: Opened,
  from: number,
): Promise<Decoded> {
  const index = groupStarts.findLastIndex((start) => start <= from);
  const group = metadata.row_groups[index] as RowGroup;
  const start = groupStarts[index] as number;
  const rowStart = from - start;
  const rowEnd = Math.min((groupStarts[index + 1] as number) - start, rowStart + DECODE_ROWS);
  checkPages(group, names, bytes, readRange);
  decoded = { start: 0, rows: [] }; // the old rows must not wait in memory for the new ones
  const rows = await new Promise<readonly (readonly unknown[])[]>((resolve, reject) => {
    parquetRead({
      file: { byteLength: bytes, slice: async (first, end = bytes) => readRange(first, end) },
      metadata: { ...metadata, row_groups: [group] },
      columns: [...names],
      rowStart,
      rowEnd,
      compressors: parquetCompressors,
      onComplete: resolve, // rows as arrays: a column may have any name
    }).catch(reject);
  });
  if (rows.length !== rowEnd - rowStart)
    throw new Error('a row group claims rows that its pages do not hold');
  return { start: from, rows };
}

function readBytes(descriptor: number, bytes: number, start: number, end: number): ArrayBuffer {
  if (
    !(Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end && end <= bytes)
  )
    throw new Error(`it points at bytes ${start} to ${end} of ${bytes}`);
  if (end - start > PAGE_GROUP_BYTES_LIMIT) throw new Error(`one part of it is ${end - start} bytes long`);
  const buffer = new ArrayBuffer(end - start);
  let done = 0;
  while (done < buffer.byteLength) {
    const count = readSync(descriptor, new Uint8Array(buffer), done, buffer.byteLength - done, start + done);
    if (count === 0) throw new Error('it became shorter while it was read');
    done += count;
  }
  return buffer;
}

/** A cell as JSON could hold it, counting its characters. Whole numbers past 2^53 become text. */
function plainValue(value: unknown, size: { characters: number }): unknown {
  size.characters += 8;
  if (typeof value === 'string') {
    if (value.length > CELL_CHARACTERS_LIMIT)
      throw new Error(`a cell is longer than ${CELL_CHARACTERS_LIMIT} characters`);
    size.characters += value.length;
    return value;
  }
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (value === undefined || value === null) return null;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value)) return null; // raw bytes: no dataset of ours has use for them
  if (Array.isArray(value)) return value.map((element) => plainValue(element, size));
  if (typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plainValue(part, size)]));
  return value;
}

function deepest(metadata: FileMetaData): number {
  // children follow their parent, so one pass with a stack of open parents finds the depth
  const open: number[] = [];
  let depth = 0;
  for (const { num_children } of metadata.schema) {
    while (open.length > 0 && open.at(-1) === 0) open.pop();
    if (open.length > 0) open.push((open.pop() as number) - 1);
    if (num_children) open.push(num_children);
    depth = Math.max(depth, open.length);
  }
  return depth;
}
