import { InputError } from '../../core/errors.ts';
import { processPool } from '../../host/process-pool.ts';
import { openRegularFile } from '../../host/regular-file.ts';
import { siblingScript } from '../../host/sibling-script.ts';
import { OUT_OF_MEMORY } from '../../host/worker-pool.ts';
import type { ParquetReply, ParquetRequest } from './parquet-worker.ts';
import type { Row } from './row.ts';

/** Resident memory of the process that decodes a parquet file; an idle one takes about 60 MiB. */
const DECODER_MEMORY_MIB = 384;
/** One batch of at most a row group. A group near its size limits takes about a second. */
const BATCH_MILLISECONDS = 10_000;

/**
 * Rows of a parquet file, decoded in a process of its own that is killed when it takes too much: nothing in such a file
 * bounds what it grows to, neither its size nor its footer. What goes past a limit throws InputError. `columns` leaves
 * out the others.
 */
export async function* parquetRows(
  path: string,
  { columns, signal }: { readonly columns?: readonly string[]; readonly signal?: AbortSignal } = {},
): AsyncGenerator<Row> {
  const { handle, size, path: resolved } = await openRegularFile(path);
  await handle.close();
  const decoder = processPool<ParquetRequest, ParquetReply>({
    script: siblingScript(import.meta.url, 'parquet-worker'),
    size: 1,
    memoryMiB: () => DECODER_MEMORY_MIB,
  });
  try {
    for (let next: number | undefined = 0; next !== undefined; ) {
      const outcome = await decoder.run(
        { path: resolved, bytes: size, from: next, ...(columns && { columns }) },
        { milliseconds: BATCH_MILLISECONDS, ...(signal && { signal }) },
      );
      if (outcome.status !== 'ok') {
        const reason =
          outcome.status === 'timeout'
            ? `decoding took longer than ${BATCH_MILLISECONDS / 1000} seconds`
            : outcome.error === OUT_OF_MEMORY
              ? `decoding needs more than ${DECODER_MEMORY_MIB} MiB`
              : outcome.error;
        throw new InputError(
          `${path} cannot be read as parquet: ${reason}. If you trust it, save it again with row groups of 10,000 rows`,
        );
      }
      const { names, rows } = outcome.value;
      for (const [index, values] of rows.entries())
        yield { line: next + index + 1, cells: new Map(names.map((name, column) => [name, values[column]])) };
      next = outcome.value.next;
    }
  } finally {
    await decoder.close();
  }
}
