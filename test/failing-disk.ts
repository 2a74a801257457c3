import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { FileOperations, NewFile } from '../src/host/file-operations.ts';
import { nodeFiles } from '../src/host/file-operations.ts';

/**
 * How the disk fails at one operation. `error`: it says that it is full, then works again. `crash`: the process dies
 * before the operation, a write or a removal half done; `crash after`: right after it. Nothing works after a crash.
 */
export type DiskFailure = 'error' | 'crash' | 'crash after';

/** The disk, failing at the operation with the given number (0 = the first). */
export function diskThatFails(
  at: number,
  mode: DiskFailure,
): { readonly files: FileOperations; failed(): boolean } {
  let operations = 0;
  const full = () => Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });

  async function step<T>(work: () => Promise<T>, half: () => Promise<unknown> | undefined): Promise<T> {
    const now = operations++;
    if (now < at || (mode === 'error' && now > at)) return work();
    if (now === at && mode === 'crash after') await work();
    if (now === at && mode === 'crash') await half();
    throw full();
  }
  const nothing = () => undefined;

  const files: FileOperations = {
    list: (folder) => step(() => nodeFiles.list(folder), nothing),
    makeFolder: (folder) => step(() => nodeFiles.makeFolder(folder), nothing),
    rename: (from, to) => step(() => nodeFiles.rename(from, to), nothing),
    syncFolder: (folder) => step(() => nodeFiles.syncFolder(folder), nothing),
    remove: (path) =>
      step(
        () => nodeFiles.remove(path),
        () => {
          removeHalf(path);
          return undefined;
        },
      ),
    async create(path) {
      let made: NewFile | undefined;
      const file = await step(async () => {
        made = await nodeFiles.create(path);
        return made;
      }, nothing).catch((error) => (made ? closeAnyway(made, error) : Promise.reject(error)));
      return {
        write: (bytes) =>
          step(
            () => file.write(bytes),
            () => file.write(bytes.subarray(0, bytes.length / 2)),
          ),
        sync: () => step(() => file.sync(), nothing),
        // the system closes what a dead process leaves open
        close: () =>
          step(
            () => file.close(),
            () => file.close(),
          ).catch((error) => closeAnyway(file, error)),
      };
    },
  };
  return { files, failed: () => operations > at };
}

async function closeAnyway(file: NewFile, error: unknown): Promise<never> {
  await file.close().catch(() => {}); // closed already
  throw error;
}

function removeHalf(folder: string): void {
  let names: string[];
  try {
    names = readdirSync(folder).sort();
  } catch {
    return; // nothing there, or a single file
  }
  for (const name of names.slice(0, names.length / 2)) rmSync(join(folder, name), { recursive: true });
}
