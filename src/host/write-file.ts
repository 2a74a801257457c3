import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import type { FileOperations } from './file-operations.ts';
import { nodeFiles } from './file-operations.ts';

/** Writes a file that must not exist yet and waits until the disk has it. A part of it is left when that fails. */
export async function writeNewFile(
  path: string,
  chunks: Iterable<Uint8Array>,
  files: FileOperations = nodeFiles,
): Promise<void> {
  const file = await files.create(path);
  try {
    for (const chunk of chunks)
      for (let written = 0; written < chunk.length; ) {
        const taken = await file.write(chunk.subarray(written));
        if (taken === 0) throw new Error('the disk takes no more bytes');
        written += taken;
      }
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Writes a file, or replaces it as a whole: at every moment there is the old one or the new one, however this ends. */
export async function replaceFile(
  path: string,
  chunks: Iterable<Uint8Array>,
  files: FileOperations = nodeFiles,
): Promise<void> {
  const part = `${path}.${randomUUID()}.part`;
  try {
    await writeNewFile(part, chunks, files);
    await files.rename(part, path);
  } catch (cause) {
    await files.remove(part).catch(() => {}); // the first failure is the one to tell
    throw cause;
  }
  await files.syncFolder(dirname(path));
}
