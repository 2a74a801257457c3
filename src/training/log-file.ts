import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { CheckpointError } from '../core/errors.ts';

/** A file that grows by whole pieces and is never longer than LONGEST_LOG. Failures of the disk are CheckpointErrors. */
export interface LogFile {
  /** Parses the lines from the first on and cuts the file off where one is damaged or not wanted. Gives what was kept. */
  keep(wanted: (value: object, line: number) => boolean): Promise<object[]>;
  /** Adds a piece, unless the file would grow too long: then false. A disk that takes only a part leaves none of it. */
  append(bytes: Uint8Array): Promise<boolean>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a file for reading and writing, and creates it where there is none. */
export type OpenFile = (path: string) => Promise<FileHandle>;

/** Bytes. The server reads as much of a log. */
export const LONGEST_LOG = 32 * 2 ** 20;

/** Opens a log, with what it holds. */
export async function logFile(path: string, openFile: OpenFile = openRegular): Promise<LogFile> {
  const orCheckpointError = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      throw new CheckpointError(
        `Cannot write ${path}: ${(cause as Error).message}. The last checkpoint is intact; make room, then resume`,
        { cause },
      );
    }
  };
  const handle = await orCheckpointError(() => openFile(path));
  let size = (await handle.stat()).size;
  return {
    keep: (wanted) =>
      orCheckpointError(async () => {
        const bytes = Buffer.alloc(Math.min(size, LONGEST_LOG));
        const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
        const kept: object[] = [];
        let end = 0;
        for (;;) {
          const next = bytes.subarray(0, bytesRead).indexOf(0x0a, end);
          const value = next < 0 ? undefined : parsed(bytes.toString('utf8', end, next));
          if (!value || !wanted(value, kept.length)) break;
          kept.push(value);
          end = next + 1;
        }
        await handle.truncate(end);
        size = end;
        return kept;
      }),
    append: (bytes) =>
      orCheckpointError(async () => {
        if (size + bytes.length > LONGEST_LOG) return false;
        try {
          for (let written = 0; written < bytes.length; ) {
            const rest = bytes.length - written;
            const { bytesWritten } = await handle.write(bytes, written, rest, size + written);
            if (bytesWritten === 0) throw new Error('the disk takes no more bytes');
            written += bytesWritten;
          }
        } catch (cause) {
          await handle.truncate(size).catch(() => {}); // the write's failure is the one to tell
          throw cause;
        }
        size += bytes.length;
        return true;
      }),
    sync: () => orCheckpointError(() => handle.sync()),
    close: () => handle.close(),
  };
}

/** The object in a line, or undefined for a damaged one. */
function parsed(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined; // half a line, from a disk that lost power
  }
}

/** Never through a link, which could lead out of the folder. */
function openRegular(path: string): Promise<FileHandle> {
  const { O_RDWR, O_CREAT, O_NOFOLLOW = 0 } = constants;
  return open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o644);
}
