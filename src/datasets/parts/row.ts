import { InputError } from '../../core/errors.ts';

/** One row of a table. Cells are a map, so that no column name can mean anything to the language. */
export interface Row {
  readonly line: number; // 1-based: the line it starts on, or the row of a parquet file
  readonly cells: ReadonlyMap<string, unknown>;
}

/** A row that could not be read. */
export interface BadRow {
  readonly file: string;
  readonly line: number; // 1-based
  readonly reason: string;
}

/** What every reader of rows takes. */
export interface ReadOptions {
  readonly signal?: AbortSignal;
  /** Receives the rows that cannot be read, which are then left out. Absent: the first one throws InputError. */
  readonly onBadRow?: (bad: BadRow) => void;
}

/** Bytes of one line, one CSV record or one element of a JSON array. */
export const ROW_BYTES_LIMIT = 8 * 2 ** 20;
/** Rows one split may have: far above the largest published benchmark. */
export const ROWS_LIMIT = 10_000_000;
export const COLUMNS_LIMIT = 1_000;
/** Arrays and objects within each other, in one row. */
export const DEPTH_LIMIT = 64;

const REASON_CHARACTERS = 200;

/** Reports an unreadable row: to `onBadRow` where there is one, else as InputError. */
export function rejectRow(bad: BadRow, { onBadRow }: ReadOptions): void {
  if (!onBadRow)
    throw new InputError(
      `${bad.file}, line ${bad.line}: ${bad.reason}. Correct it, or leave such rows out with skipBadRows`,
    );
  onBadRow(bad);
}

/** One row from the JSON text of one object, or the reason it is none. */
export function parseRow(bytes: Uint8Array, line: number): Row | string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return 'not UTF-8 text'; // the only way a fatal decoder fails
  }
  if (isDeeperThan(text, DEPTH_LIMIT)) return `nested deeper than ${DEPTH_LIMIT} levels`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return `not valid JSON (${cause instanceof Error ? cause.message.slice(0, REASON_CHARACTERS) : cause})`;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not a JSON object';
  const cells = Object.entries(value);
  if (cells.length > COLUMNS_LIMIT) return `more than ${COLUMNS_LIMIT} columns`;
  return { line, cells: new Map(cells) };
}

/** The own property `name` of a value out of a row; undefined where there is none. */
export function ownField(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as { readonly [key: string]: unknown })[name];
}

/** Counts brackets outside strings. The parser itself has no limit, but what reads the value afterwards recurses. */
function isDeeperThan(json: string, limit: number): boolean {
  let depth = 0;
  for (let index = 0; index < json.length; index++) {
    const code = json.charCodeAt(index);
    if (code === 0x22 /* " */) {
      index = endOfString(json, index + 1);
    } else if (code === 0x5b /* [ */ || code === 0x7b /* { */) {
      if (++depth > limit) return true;
    } else if (code === 0x5d /* ] */ || code === 0x7d /* } */) depth--;
  }
  return false;
}

function endOfString(json: string, start: number): number {
  for (let index = start; index < json.length; index++) {
    const code = json.charCodeAt(index);
    if (code === 0x5c /* \ */) index++;
    else if (code === 0x22 /* " */) return index;
  }
  return json.length;
}
