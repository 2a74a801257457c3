/**
 * A folder that is replaced as a whole. The new one is written beside it as `<folder>.next`, the old one steps aside to
 * `<folder>.previous`, the new one takes its name. If `<folder>` is missing while `.previous` is there, the process died
 * between the two renames, and `.next` is complete.
 */
import { dirname, join, resolve } from 'node:path';
import { InputError } from '../core/errors.ts';
import type { FileOperations } from '../host/file-operations.ts';
import { nodeFiles } from '../host/file-operations.ts';
import { writeNewFile } from '../host/write-file.ts';

/** Where the last complete folder lies now; undefined when there is none. Changes nothing. */
export async function liveFolder(
  folder: string,
  files: FileOperations = nodeFiles,
): Promise<string | undefined> {
  const { live, next, previous } = places(folder);
  if (await files.list(live)) return live;
  if (!(await files.list(previous))) return undefined;
  return (await files.list(next)) ? next : previous;
}

/**
 * Replaces a folder by one with the given files. Whenever this ends, by an error or a killed process, `liveFolder` finds
 * the old folder or the new one, complete. One writer at a time. Throws InputError when the folder, or one of the two
 * beside it, holds a file whose name is not in `known`.
 */
export async function replaceFolder(
  folder: string,
  contents: ReadonlyMap<string, Iterable<Uint8Array>>,
  { known, files = nodeFiles }: { readonly known: readonly string[]; readonly files?: FileOperations },
): Promise<void> {
  const { live, next, previous } = places(folder);
  for (const place of [live, next, previous]) {
    const foreign = (await files.list(place))?.find((name) => !known.includes(name));
    if (foreign !== undefined)
      throw new InputError(
        `${place} holds ${foreign}, which is not part of a checkpoint; choose another folder, or move it away`,
      );
  }
  const complete = await liveFolder(folder, files);
  if (complete !== undefined && complete !== live) await files.rename(complete, live);
  await files.remove(previous);
  await files.remove(next);
  try {
    await files.makeFolder(next);
    for (const [name, chunks] of contents) await writeNewFile(join(next, name), chunks, files);
    await files.syncFolder(next);
  } catch (cause) {
    await files.remove(next).catch(() => {}); // room for others on a full disk; the first failure is the one to tell
    throw cause;
  }
  if (complete !== undefined) await files.rename(live, previous);
  await files.rename(next, live);
  await files.syncFolder(dirname(live));
  await files.remove(previous).catch(() => {}); // the new folder is in place; the next save removes the old one
}

function places(folder: string): { readonly live: string; readonly next: string; readonly previous: string } {
  const live = resolve(folder);
  return { live, next: `${live}.next`, previous: `${live}.previous` };
}
