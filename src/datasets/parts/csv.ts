import { InputError } from '../../core/errors.ts';
import { fileBytes } from './file-bytes.ts';
import type { ReadOptions, Row } from './row.ts';
import { COLUMNS_LIMIT, ROW_BYTES_LIMIT, rejectRow } from './row.ts';

/** Rows of a CSV file (RFC 4180) whose first record names the columns. Cells are text; blank lines are left out. */
export async function* csvRows(
  path: string,
  options: ReadOptions & { readonly delimiter?: string } = {},
): AsyncGenerator<Row> {
  let header: readonly string[] | undefined;
  for await (const { fields, line } of records(path, options)) {
    if (fields.length === 1 && fields[0]?.trim() === '') continue;
    if (!header) {
      header = fields;
      if (new Set(header).size < header.length)
        throw new InputError(`${path}: two columns have the same name; rename one of ${header.join(', ')}`);
    } else if (fields.length !== header.length) {
      const reason = `${fields.length} fields, but the header names ${header.length}`;
      rejectRow({ file: path, line, reason }, options);
    } else {
      yield { line, cells: new Map(header.map((name, index) => [name, fields[index]])) };
    }
  }
}

/** Where in a field the reader is; `quote`: behind a quotation mark inside a quoted field. */
type State = 'start' | 'plain' | 'quoted' | 'quote';

interface Record {
  readonly fields: readonly string[];
  readonly line: number;
}

async function* records(
  path: string,
  { delimiter = ',', ...options }: ReadOptions & { readonly delimiter?: string },
): AsyncGenerator<Record> {
  let line = 1;
  let recordLine = 1;
  let fields: string[] = [];
  let field = '';
  let characters = 0; // of the fields before this one
  let state = 'start' as State;

  const endField = () => {
    fields.push(field);
    characters += field.length;
    field = '';
    state = 'start';
    if (fields.length > COLUMNS_LIMIT)
      throw new InputError(
        `${path}, line ${recordLine}: more than ${COLUMNS_LIMIT} columns; is this a CSV file?`,
      );
  };
  const endRecord = (): Record => {
    const record = { fields, line: recordLine };
    fields = [];
    characters = 0;
    return record;
  };

  for await (const text of fileText(path, options, () => line)) {
    let start = 0; // of the part of the field that is not yet in `field`
    for (let index = 0; index < text.length; index++) {
      const character = text[index] as string;
      if (character === '\n') line++;
      if (state === 'quoted') {
        if (character === '"') {
          field += text.slice(start, index);
          state = 'quote';
        }
        continue;
      }
      if (state === 'start' && character === '"') {
        state = 'quoted';
        start = index + 1;
        continue;
      }
      if (state === 'quote' && character === '"') {
        state = 'quoted';
        start = index; // keep one of the two
        continue;
      }
      if (character === delimiter || character === '\n') {
        if (state === 'plain') field += text.slice(start, index);
        if (character === '\n' && state === 'plain' && field.endsWith('\r')) field = field.slice(0, -1);
        endField();
        if (character === '\n') {
          yield endRecord();
          recordLine = line;
        }
        continue;
      }
      if (state === 'start') {
        state = 'plain';
        start = index;
      } else if (state === 'quote' && character !== '\r') {
        throw new InputError(
          `${path}, line ${line}: text after a closing quotation mark; write " inside as ""`,
        );
      }
    }
    if (state === 'plain' || state === 'quoted') field += text.slice(start);
    if (characters + field.length > ROW_BYTES_LIMIT)
      throw new InputError(
        `${path}, line ${recordLine}: a record is longer than ${ROW_BYTES_LIMIT} characters; is a quotation mark missing?`,
      );
  }
  if (state === 'quoted')
    throw new InputError(`${path}, line ${recordLine}: a quotation mark is opened and never closed`);
  if (fields.length > 0 || state !== 'start') {
    endField();
    yield endRecord();
  }
}

async function* fileText(path: string, options: ReadOptions, line: () => number): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const decode = (bytes?: Uint8Array): string => {
    try {
      return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
    } catch (cause) {
      throw new InputError(`${path} is not UTF-8 text after line ${line()}; save it as UTF-8`, { cause });
    }
  };
  for await (const chunk of fileBytes(path, options)) yield decode(chunk);
  yield decode();
}
