import { InputError } from '../../core/errors.ts';
import { csvRows } from './csv.ts';
import { fileBytes } from './file-bytes.ts';
import { jsonArray } from './json-array.ts';
import { jsonLines } from './json-lines.ts';
import { parquetRows } from './parquet.ts';
import type { ReadOptions, Row } from './row.ts';

/** Endings of the files that `readRows` takes. */
export const ROW_FILE_ENDINGS = ['.parquet', '.jsonl', '.ndjson', '.json', '.csv', '.tsv'] as const;

const OPEN_BRACKET = 0x5b;

/**
 * The rows of a table file by its ending: `.jsonl`, `.json` (one array, or an object a line), `.csv`, `.tsv`, each also
 * as `.gz`, and `.parquet`. `columns` spares parquet the decoding of the others. Throws InputError for a file that
 * cannot be read, or goes past a limit; a single bad row is the caller's choice (`onBadRow`).
 */
export async function* readRows(
  path: string,
  options: ReadOptions & { readonly columns?: readonly string[] } = {},
): AsyncGenerator<Row> {
  const ending = rowFileEnding(path);
  switch (ending) {
    case '.parquet':
      return yield* parquetRows(path, options);
    case '.jsonl':
    case '.ndjson':
      return yield* jsonLines(path, options);
    case '.json':
      return yield* (await firstByte(path)) === OPEN_BRACKET
        ? jsonArray(path, options)
        : jsonLines(path, options);
    case '.csv':
      return yield* csvRows(path, options);
    case '.tsv':
      return yield* csvRows(path, { ...options, delimiter: '\t' });
    case undefined:
      throw new InputError(
        `${path} is not a table we can read; give a file that ends in ${ROW_FILE_ENDINGS.join(', ')}`,
      );
    default:
      ending satisfies never;
  }
}

/** The ending of a table file without `.gz`; undefined for other files. */
export function rowFileEnding(path: string): (typeof ROW_FILE_ENDINGS)[number] | undefined {
  const name = path.toLowerCase();
  const bare = name.endsWith('.gz') ? name.slice(0, -3) : name;
  const ending = ROW_FILE_ENDINGS.find((one) => bare.endsWith(one));
  return ending === '.parquet' && bare !== name ? undefined : ending; // needs random access
}

async function firstByte(path: string): Promise<number | undefined> {
  for await (const chunk of fileBytes(path))
    for (const byte of chunk)
      if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d && byte !== 0x0a) return byte;
  return undefined;
}
