import { InputError } from '../../core/errors.ts';
import { fileBytes } from './file-bytes.ts';
import type { ReadOptions, Row } from './row.ts';
import { parseRow, ROW_BYTES_LIMIT, rejectRow } from './row.ts';

const [NEWLINE, QUOTE, COMMA, OPEN, BACKSLASH, CLOSE, OPEN_BRACE, CLOSE_BRACE] = [
  0x0a, 0x22, 0x2c, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d,
];

/**
 * Rows of a JSON file that holds one array of objects. Elements are cut out one by one, so that memory depends on the
 * largest element and not on the file.
 */
export async function* jsonArray(path: string, options: ReadOptions = {}): AsyncGenerator<Row> {
  let line = 1;
  let place: 'before' | 'inside' | 'after' = 'before';
  let depth = 0; // within the current element
  let inString = false;
  let escaped = false;
  let begun: Uint8Array[] = [];
  let begunBytes = 0;
  let begunLine = 1;
  let blank = true; // nothing but spaces in the current element so far
  let elements = 0;

  const row = (rest: Uint8Array): Row | string => parseRow(Buffer.concat([...begun, rest]), begunLine);

  for await (const chunk of fileBytes(path, options)) {
    let start = 0;
    for (let index = 0; index < chunk.length; index++) {
      const byte = chunk[index];
      if (byte === NEWLINE) line++;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
        continue;
      }
      if (byte === 0x20 || byte === NEWLINE || byte === 0x0d || byte === 0x09) continue;
      if (place === 'before') {
        if (byte !== OPEN)
          throw new InputError(`${path} does not hold a JSON array of objects; is it JSONL?`);
        place = 'inside';
        start = index + 1;
        continue;
      }
      if (place === 'after') throw new InputError(`${path}, line ${line}: more text after the JSON array`);
      const ends = depth === 0 && (byte === COMMA || byte === CLOSE);
      if (ends) {
        if (!blank || byte === COMMA || elements > 0) {
          const read = blank ? 'an element is missing' : row(chunk.subarray(start, index));
          elements++;
          if (typeof read === 'string') rejectRow({ file: path, line: begunLine, reason: read }, options);
          else yield read;
        }
        begun = [];
        begunBytes = 0;
        blank = true;
        start = index + 1;
        if (byte === CLOSE) place = 'after';
        continue;
      }
      if (blank) begunLine = line;
      blank = false;
      if (byte === QUOTE) inString = true;
      else if (byte === OPEN || byte === OPEN_BRACE) depth++;
      else if (byte === CLOSE || byte === CLOSE_BRACE) depth--;
    }
    if (place !== 'inside') continue;
    begun.push(chunk.subarray(start));
    begunBytes += chunk.length - start;
    if (begunBytes > ROW_BYTES_LIMIT)
      throw new InputError(`${path}, line ${begunLine}: an element is longer than ${ROW_BYTES_LIMIT} bytes`);
  }
  if (place !== 'after') throw new InputError(`${path} ends inside its JSON array; fetch it again`);
}
