import { InputError } from '../../core/errors.ts';
import { fileBytes } from './file-bytes.ts';
import type { ReadOptions, Row } from './row.ts';
import { parseRow, ROW_BYTES_LIMIT, rejectRow } from './row.ts';

const NEWLINE = 0x0a;

/** Rows of a JSONL file, one object a line; blank lines and Windows line ends are fine. */
export async function* jsonLines(path: string, options: ReadOptions = {}): AsyncGenerator<Row> {
  for await (const { bytes, line } of fileLines(path, options)) {
    if (isBlank(bytes)) continue;
    const row = parseRow(bytes, line);
    if (typeof row === 'string') rejectRow({ file: path, line, reason: row }, options);
    else yield row;
  }
}

/** The lines of a file that hold anything, without their line feeds. A line above ROW_BYTES_LIMIT throws InputError. */
export async function* fileLines(
  path: string,
  options: Pick<ReadOptions, 'signal'> = {},
): AsyncGenerator<{ readonly bytes: Uint8Array; readonly line: number }> {
  let line = 1;
  let begun: Uint8Array[] = []; // the part of the current line that earlier chunks held
  let begunBytes = 0;
  for await (const chunk of fileBytes(path, options)) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const rest = chunk.subarray(start, end);
      if (begunBytes + rest.length > ROW_BYTES_LIMIT) throw tooLong(path, line);
      if (begunBytes + rest.length > 0)
        yield { bytes: begunBytes === 0 ? rest : Buffer.concat([...begun, rest]), line };
      begun = [];
      begunBytes = 0;
      line++;
      start = end + 1;
    }
    if (start === chunk.length) continue;
    begun.push(chunk.subarray(start));
    begunBytes += chunk.length - start;
    if (begunBytes > ROW_BYTES_LIMIT) throw tooLong(path, line);
  }
  if (begunBytes > 0) yield { bytes: Buffer.concat(begun), line };
}

function tooLong(path: string, line: number): InputError {
  return new InputError(
    `${path}, line ${line} is longer than ${ROW_BYTES_LIMIT} bytes; is this a JSONL file?`,
  );
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}
