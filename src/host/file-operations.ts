import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { InputError } from '../core/errors.ts';

/** What saving files needs of a disk. Tests put a disk that fails in its place. */
export interface FileOperations {
  /** Names in a folder; undefined when there is nothing at the path. Throws InputError for a link or a file. */
  list(folder: string): Promise<readonly string[] | undefined>;
  /** Makes a folder and those above it. */
  makeFolder(folder: string): Promise<void>;
  /** Creates a file that must not exist. */
  create(path: string): Promise<NewFile>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file, or a folder with all that is in it. Nothing there is no error. */
  remove(path: string): Promise<void>;
  /** Makes creations and renames inside a folder survive a power failure. */
  syncFolder(folder: string): Promise<void>;
}

/** A file being written. */
export interface NewFile {
  /** Appends bytes and says how many were taken: a disk that is nearly full may take fewer. */
  write(bytes: Uint8Array): Promise<number>;
  /** Makes what was written survive a power failure. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The disk of this machine. */
export const nodeFiles: FileOperations = {
  async list(folder) {
    const stats = await lstat(folder).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return undefined;
      throw cause;
    });
    if (!stats) return undefined;
    if (!stats.isDirectory())
      throw new InputError(
        `${folder} is ${stats.isSymbolicLink() ? 'a link; name the folder it leads to' : 'not a folder; name another'}`,
      );
    return readdir(folder);
  },
  async makeFolder(folder) {
    await mkdir(folder, { recursive: true });
  },
  async create(path) {
    const handle = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL);
    return {
      write: async (bytes) => (await handle.write(bytes)).bytesWritten,
      sync: () => handle.sync(),
      close: () => handle.close(),
    };
  },
  rename: (from, to) => rename(from, to),
  remove: (path) => rm(path, { recursive: true, force: true }),
  async syncFolder(folder) {
    if (process.platform === 'win32') return; // folders cannot be opened there
    const handle = await open(folder, constants.O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};
