import type { PageHeader, RowGroup } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';

/** Bytes of one page, and of all pages of a row group's columns, once decompressed. */
const PAGE_BYTES_LIMIT = 64 * 2 ** 20;
export const PAGE_GROUP_BYTES_LIMIT = 192 * 2 ** 20;
/** Values of one column in one row group, list elements counted one by one. */
const COLUMN_VALUES_LIMIT = 4_000_000;

/**
 * What a page may be encoded with. Left out: DELTA_BYTE_ARRAY, where each value repeats a part of the one before, so
 * that a file grows with the square of its size.
 */
const ENCODINGS: ReadonlySet<string> = new Set([
  'PLAIN',
  'PLAIN_DICTIONARY',
  'RLE_DICTIONARY',
  'RLE',
  'DELTA_BINARY_PACKED',
  'DELTA_LENGTH_BYTE_ARRAY',
  'BYTE_STREAM_SPLIT',
]);

/**
 * Reads the header of every page of the named columns of a row group, without decompressing any, and throws when one
 * claims more than the limits or than its place in the file can hold.
 */
export function checkPages(
  group: RowGroup,
  names: readonly string[],
  fileBytes: number,
  readRange: (start: number, end: number) => ArrayBuffer,
): void {
  let groupBytes = 0;
  for (const { meta_data: column } of group.columns) {
    if (!column) throw new Error('a column has no description');
    if (!names.includes(column.path_in_schema[0] as string)) continue;
    const start = Number(column.dictionary_page_offset || column.data_page_offset);
    const end = start + Number(column.total_compressed_size);
    if (!(start >= 0 && end >= start && end <= fileBytes))
      throw new Error(`a column claims bytes ${start} to ${end} of ${fileBytes}`);
    const view = new DataView(readRange(start, end));
    const reader = { view, offset: 0 };
    let values = 0;
    while (reader.offset < view.byteLength - 1) {
      const header = parquetHeader(reader);
      const room = view.byteLength - reader.offset;
      groupBytes += checkedBytes(header, room);
      values += checkedValues(header);
      if (groupBytes > PAGE_GROUP_BYTES_LIMIT)
        throw new Error(`the pages of a row group hold more than ${PAGE_GROUP_BYTES_LIMIT} bytes`);
      if (values > COLUMN_VALUES_LIMIT)
        throw new Error(`a column of a row group holds more than ${COLUMN_VALUES_LIMIT} values`);
      reader.offset += header.compressed_page_size;
    }
  }
}

function checkedBytes(header: PageHeader, room: number): number {
  const { compressed_page_size: packed, uncompressed_page_size: unpacked } = header;
  if (!(Number.isInteger(packed) && packed >= 0 && packed <= room))
    throw new Error(`a page claims ${packed} of the ${room} bytes that are left`);
  if (!(Number.isInteger(unpacked) && unpacked >= 0 && unpacked <= PAGE_BYTES_LIMIT))
    throw new Error(`a page claims ${unpacked} bytes; at most ${PAGE_BYTES_LIMIT} are read`);
  return unpacked;
}

function checkedValues(header: PageHeader): number {
  const { data_page_header: first, data_page_header_v2: second, dictionary_page_header: dictionary } = header;
  if (header.type === 'INDEX_PAGE') return 0;
  const page =
    header.type === 'DICTIONARY_PAGE' ? dictionary : header.type === 'DATA_PAGE_V2' ? second : first;
  if (!page) throw new Error('a page has no header');
  const { num_values: values } = page;
  if (!(Number.isInteger(values) && values >= 0 && values <= COLUMN_VALUES_LIMIT))
    throw new Error(`a page claims ${values} values; at most ${COLUMN_VALUES_LIMIT} are read`);
  if (header.type !== 'DICTIONARY_PAGE' && !ENCODINGS.has(page.encoding))
    throw new Error(`the encoding ${page.encoding ?? 'unknown'} is not read`);
  if (page === second) {
    const levels = second.definition_levels_byte_length + second.repetition_levels_byte_length;
    if (!(second.definition_levels_byte_length >= 0 && second.repetition_levels_byte_length >= 0))
      throw new Error('a page claims levels of negative length');
    if (levels > header.compressed_page_size || levels > header.uncompressed_page_size)
      throw new Error(`a page claims levels of ${levels} bytes`);
    if (!(second.num_nulls >= 0 && second.num_nulls <= values))
      throw new Error('a page claims more nulls than values');
    if (!(second.num_rows >= 0 && second.num_rows <= values))
      throw new Error('a page claims more rows than values');
  }
  return values;
}
