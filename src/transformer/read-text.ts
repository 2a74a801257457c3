import { createHash } from 'node:crypto';
import { CheckpointError, InputError } from '../core/errors.ts';
import { openRegularFile } from '../host/regular-file.ts';

/** The text of a file of a checkpoint, with the SHA-256 of its bytes. Throws CheckpointError. */
export async function readText(
  path: string,
  bytesLimit: number,
): Promise<{ readonly text: string; readonly sha256: string }> {
  const { handle, size } = await openRegularFile(path).catch((cause: Error) => {
    throw new CheckpointError(`${cause.message}. Save the checkpoint again, or take an undamaged copy`, {
      cause,
    });
  });
  try {
    return await orCheckpointError(path, async () => {
      if (size > bytesLimit) throw new SyntaxError(`it has ${size} bytes; at most ${bytesLimit} are read`);
      const bytes = new Uint8Array(size);
      const { bytesRead } = await handle.read(bytes, 0, size, 0);
      if (bytesRead < size) throw new SyntaxError('it became shorter while it was read');
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
      return { text, sha256: createHash('sha256').update(bytes).digest('hex') };
    });
  } finally {
    await handle.close();
  }
}

/** Turns what is wrong with a file into an error that names it. A mistake in this program stays what it is. */
export function orCheckpointError<T>(path: string, read: () => T): T {
  const fail = (cause: unknown): never => {
    if (!isFileProblem(cause)) throw cause;
    throw new CheckpointError(
      `Cannot read ${path}: ${cause.message}. Save it again, or take an undamaged copy`,
      { cause },
    );
  };
  try {
    const result = read();
    return result instanceof Promise ? (result.catch(fail) as T) : result;
  } catch (cause) {
    return fail(cause);
  }
}

/** What reading a bad file throws: our own refusals, the parsers', the system's (they have a code), no memory. */
export function isFileProblem(cause: unknown): cause is Error {
  return (
    cause instanceof SyntaxError ||
    cause instanceof RangeError ||
    cause instanceof InputError ||
    (cause instanceof Error && 'code' in cause)
  );
}
