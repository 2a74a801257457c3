import { createGunzip } from 'node:zlib';
import { InputError } from '../../core/errors.ts';
import { openRegularFile } from '../../host/regular-file.ts';

/** Bytes read from one text file, after decompression. */
export const FILE_BYTES_LIMIT = 8 * 2 ** 30;
/** Beyond RATIO_FREE_BYTES a gzip file may grow by this factor at most. Text stays below 30, a bomb nears 1,000. */
export const GZIP_RATIO_LIMIT = 200;
const RATIO_FREE_BYTES = 16 * 2 ** 20;
const CHUNK_BYTES = 64 * 2 ** 10;

/** The bytes of a file in order, decompressed when its name ends in `.gz`, without a UTF-8 byte order mark. */
export async function* fileBytes(
  path: string,
  { signal }: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<Uint8Array> {
  let total = 0;
  let first = true;
  for await (const chunk of path.toLowerCase().endsWith('.gz') ? gunzipped(path) : plain(path)) {
    signal?.throwIfAborted();
    total += chunk.length;
    if (total > FILE_BYTES_LIMIT)
      throw new InputError(`${path} holds more than ${FILE_BYTES_LIMIT} bytes; split it into smaller files`);
    yield first ? withoutByteOrderMark(chunk, path) : chunk;
    first = false;
  }
}

async function* plain(path: string): AsyncGenerator<Uint8Array> {
  const { handle } = await openRegularFile(path);
  try {
    for (;;) {
      const { bytesRead, buffer } = await handle.read({ buffer: Buffer.allocUnsafeSlow(CHUNK_BYTES) });
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

async function* gunzipped(path: string): AsyncGenerator<Uint8Array> {
  const { handle } = await openRegularFile(path);
  const packed = handle.createReadStream({ autoClose: false, highWaterMark: CHUNK_BYTES });
  const unpacked = createGunzip({ chunkSize: CHUNK_BYTES });
  packed.on('error', (cause) => unpacked.destroy(cause));
  let written = 0;
  try {
    for await (const chunk of packed.pipe(unpacked)) {
      written += chunk.length;
      if (written > RATIO_FREE_BYTES && written > GZIP_RATIO_LIMIT * unpacked.bytesWritten)
        throw new InputError(
          `${path} grows more than ${GZIP_RATIO_LIMIT}-fold when decompressed; decompress it yourself if you trust it`,
        );
      yield chunk;
    }
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(`${path} is not a whole gzip file (${reason}); fetch it again`, { cause });
  } finally {
    packed.destroy();
    unpacked.destroy();
    await handle.close();
  }
}

function withoutByteOrderMark(chunk: Uint8Array, path: string): Uint8Array {
  const [a, b, c] = chunk;
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff))
    throw new InputError(`${path} is UTF-16 text; save it as UTF-8`);
  return a === 0xef && b === 0xbb && c === 0xbf ? chunk.subarray(3) : chunk;
}
