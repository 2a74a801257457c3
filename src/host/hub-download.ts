import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { InputError } from '../core/errors.ts';
import type { HubClient } from './hub-client.ts';

/** One file of a dataset at a commit, and the folder of the cache it belongs to. */
export interface WantedFile {
  readonly id: string;
  readonly commit: string;
  readonly path: string;
  readonly folder: string; // datasets--ORG--NAME
  readonly bytesLimit: number;
  readonly signal?: AbortSignal;
}

/** Fetches a file into `blobs/` under its hash; it gets that name only when it is whole. */
export async function download(client: HubClient, wanted: WantedFile): Promise<string> {
  const { id, commit, path, folder, bytesLimit, signal } = wanted;
  const address = `/datasets/${id}/resolve/${commit}/${path.split('/').map(encodeURIComponent).join('/')}`;
  const {
    body,
    etag,
    size,
    commit: served,
  } = await client.get(address, {
    id,
    revision: commit,
    ...(signal && { signal }),
  });
  try {
    if (served !== undefined && served !== commit)
      throw new InputError(
        `The hub served ${path} of ${id} at commit ${served} instead of ${commit}; try again`,
      );
    if (size !== undefined && size > bytesLimit) throw tooLarge(wanted, size);
    const name = etag !== undefined && /^[A-Za-z0-9_-]{8,128}$/.test(etag) ? etag : randomUUID();
    const blob = join(folder, 'blobs', name);
    if (await exists(blob)) return blob;
    await mkdir(dirname(blob), { recursive: true });
    const part = `${blob}.${randomUUID()}.incomplete`;
    try {
      await pipeline(body, wholeFile(wanted, { size, etag }), createWriteStream(part, { flags: 'wx' }), {
        signal,
      });
      if (size === undefined && etag !== undefined && GIT_HASH.test(etag))
        await checkGitHash(wanted, part, etag);
      await rename(part, blob);
    } finally {
      await rm(part, { force: true });
    }
    return blob;
  } finally {
    body.destroy();
  }
}

/** Passes bytes through and fails unless they have the size and the hash that the hub announced. */
function wholeFile(
  wanted: WantedFile,
  announced: { size: number | undefined; etag: string | undefined },
): Transform {
  const { size, etag = '' } = announced;
  // large files are named by SHA-256, small ones by the SHA-1 of git, which starts with the size
  const hash = /^[0-9a-f]{64}$/.test(etag)
    ? createHash('sha256')
    : GIT_HASH.test(etag) && size !== undefined
      ? createHash('sha1').update(`blob ${size}\0`)
      : undefined;
  let bytes = 0;
  return new Transform({
    transform(chunk: Uint8Array, _encoding, next) {
      bytes += chunk.length;
      hash?.update(chunk);
      next(bytes > wanted.bytesLimit ? tooLarge(wanted, bytes) : null, chunk);
    },
    flush(next) {
      if (size !== undefined && bytes !== size) next(broken(wanted, `ended after ${bytes} of ${size} bytes`));
      else if (hash && hash.digest('hex') !== etag) next(broken(wanted, WRONG_HASH));
      else next();
    },
  });
}

const GIT_HASH = /^[0-9a-f]{40}$/;
const WRONG_HASH = 'does not have the hash that the hub announced';

/** The check of git's hash for a file whose size was not announced. */
async function checkGitHash(wanted: WantedFile, path: string, etag: string): Promise<void> {
  const { size } = await stat(path);
  const hash = createHash('sha1').update(`blob ${size}\0`);
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  if (hash.digest('hex') !== etag) throw broken(wanted, WRONG_HASH);
}

function broken({ id, path }: WantedFile, what: string): InputError {
  return new InputError(`The download of ${path} of ${id} ${what}; try again`);
}

function tooLarge({ id, path, bytesLimit }: WantedFile, size: number): InputError {
  return new InputError(
    `${path} of ${id} is ${size} bytes; at most ${bytesLimit} are fetched. Fetch it yourself and give its path`,
  );
}

/** Whether there is anything at a path, links followed. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
