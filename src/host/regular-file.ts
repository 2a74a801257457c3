import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { InputError } from '../core/errors.ts';

/** A file opened for reading. Whoever opened it closes `handle`. */
export interface RegularFile {
  readonly handle: FileHandle;
  readonly size: number; // bytes
  readonly path: string; // with every link resolved
}

/** Longest path inside a root that is taken from outside, in characters. */
const RELATIVE_PATH_CHARACTERS = 1024;
const SEGMENT_CHARACTERS = 255;

// absent on Windows
const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/**
 * Opens a real file: directories, devices, pipes and sockets are refused with InputError, as is a file that lies outside
 * `root` once its links are resolved.
 */
export async function openRegularFile(path: string, { root }: { root?: string } = {}): Promise<RegularFile> {
  if (path.includes('\0')) throw new InputError(`The path ${JSON.stringify(path)} holds a NUL character`);
  const resolved = await realpath(path).catch((cause) => {
    throw unreadable(path, cause);
  });
  if (root !== undefined) {
    const inside = await realpath(root);
    if (!resolved.startsWith(inside + sep))
      throw new InputError(`${path} leads out of ${root}; delete it and fetch it again`);
  }
  // not following a link closes the gap between resolving and opening; not blocking keeps a pipe from hanging us
  const handle = await open(resolved, constants.O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((cause) => {
    throw unreadable(path, cause);
  });
  try {
    const stats = await handle.stat();
    if (!stats.isFile())
      throw new InputError(
        `${path} is ${stats.isDirectory() ? 'a directory' : 'not a regular file'}; name a file`,
      );
    return { handle, size: stats.size, path: resolved };
  } catch (cause) {
    await handle.close();
    throw cause;
  }
}

/** Whether a relative path that came from outside stays below the folder it is joined to, on every platform. */
export function isSafeRelativePath(path: string): boolean {
  if (path.length === 0 || path.length > RELATIVE_PATH_CHARACTERS) return false;
  if (/[\u0000-\u001f\u007f\\:]/.test(path)) return false;
  return path
    .split('/')
    .every(
      (segment) =>
        segment !== '' && segment !== '.' && segment !== '..' && segment.length <= SEGMENT_CHARACTERS,
    );
}

function unreadable(path: string, cause: NodeJS.ErrnoException): InputError {
  const reason =
    cause.code === 'ENOENT'
      ? 'there is no such file'
      : cause.code === 'EACCES' || cause.code === 'EPERM'
        ? 'no permission'
        : cause.code === 'ELOOP'
          ? 'it is a link that changed while it was opened, or a loop of links'
          : (cause.code ?? 'unknown reason');
  return new InputError(`Cannot read ${path}: ${reason}`, { cause });
}
