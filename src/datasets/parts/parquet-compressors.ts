import * as zlib from 'node:zlib';
import type { Compressors } from 'hyparquet';
import { compressors as javascript } from 'hyparquet-compressors';

/**
 * Decompressors that stop at the size a page claims, which has been checked by then. SNAPPY is left to hyparquet, which
 * writes into a buffer of that size.
 */
export const parquetCompressors: Compressors = {
  GZIP: (input, length) => zlib.gunzipSync(input, { maxOutputLength: room(length) }),
  BROTLI: (input, length) => zlib.brotliDecompressSync(input, { maxOutputLength: room(length) }),
  ZSTD: (input, length) => {
    // the JavaScript decoder believes the size in the data, so it is no substitute
    if (!('zstdDecompressSync' in zlib)) throw new Error('its ZSTD compression needs Node 22.15 or newer');
    return zlib.zstdDecompressSync(input, { maxOutputLength: room(length) });
  },
  LZ4: (input, length) => decompressLz4('LZ4', input, length),
  LZ4_RAW: (input, length) => decompressLz4('LZ4_RAW', input, length),
};

function decompressLz4(codec: 'LZ4' | 'LZ4_RAW', input: Uint8Array, length: number): Uint8Array {
  const decompress = javascript[codec];
  if (!decompress) throw new Error(`no decompressor for ${codec}`);
  return decompress(input, length);
}

/** zlib takes no limit below 1. */
function room(length: number): number {
  return Math.max(1, length);
}
