import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { InputError } from '../core/errors.ts';
import { type HubClient, hubClient } from './hub-client.ts';
import { download, exists } from './hub-download.ts';
import { type Environment, readHubSettings } from './hub-settings.ts';
import { isSafeRelativePath, openRegularFile } from './regular-file.ts';

/** The files of a dataset at one commit. */
export interface HubSnapshot {
  readonly commit: string; // 40 hexadecimal digits
  readonly files: readonly string[]; // paths inside the repository, sorted
}

/** Datasets of the Hugging Face hub, through the cache that its other clients share. */
export interface Hub {
  /** The files of `id` at `revision`. Without a network: those that the cache holds. */
  snapshot(id: string, options?: { revision?: string; signal?: AbortSignal }): Promise<HubSnapshot>;
  /** Local path of one file of a snapshot, fetched once. */
  file(id: string, commit: string, path: string, options?: { signal?: AbortSignal }): Promise<string>;
}

export interface HubOptions {
  readonly environment?: Environment; // default process.env
  readonly downloadBytesLimit?: number; // of one file; default 4 GiB
}

/** The branch where the hub keeps every dataset as parquet: `<config>/<split>/0000.parquet`. */
export const PARQUET_REVISION = 'refs/convert/parquet';

const DOWNLOAD_BYTES_LIMIT = 4 * 2 ** 30;
const LISTING_BYTES_LIMIT = 32 * 2 ** 20;
const FILES_LIMIT = 100_000;
const COMMIT = /^[0-9a-f]{40}$/;
const NAME = /^(?!\.)(?!.*(?:--|\.\.))[A-Za-z0-9._-]{1,96}$/;

/**
 * Reads datasets from the hub that HF_ENDPOINT names (default huggingface.co). Honours HF_HOME, HF_HUB_CACHE,
 * XDG_CACHE_HOME, HF_TOKEN, HF_TOKEN_PATH, HF_HUB_OFFLINE and the proxy variables. Every failure is an InputError that
 * names the dataset, what was looked for, and what to do.
 */
export function hub({
  environment = process.env,
  downloadBytesLimit = DOWNLOAD_BYTES_LIMIT,
}: HubOptions = {}): Hub {
  const settings = readHubSettings(environment);
  const client = hubClient(settings);

  return {
    async snapshot(id, { revision = 'main', signal } = {}) {
      const folder = repositoryFolder(settings.cache, id);
      if (!isSafeRelativePath(revision))
        throw new InputError(`"${revision}" is no revision; give a branch or a commit`);
      const cached = () => cachedSnapshot(folder, revision);
      if (settings.offline)
        return (
          (await cached()) ?? missing(id, revision, `HF_HUB_OFFLINE is set and ${folder} does not hold it`)
        );
      let listing: Uint8Array;
      try {
        const path = `/api/datasets/${id}/revision/${encodeURIComponent(revision)}`;
        listing = await readAll(client, path, { id, revision, ...(signal && { signal }) });
      } catch (cause) {
        signal?.throwIfAborted();
        if (cause instanceof InputError) throw cause;
        return (
          (await cached()) ??
          missing(id, revision, `${settings.endpoint} cannot be reached (${reasonOf(cause)})`, cause)
        );
      }
      const snapshot = parseListing(listing, id);
      await writeAtomically(join(folder, 'refs', ...revision.split('/')), snapshot.commit);
      return snapshot;
    },

    async file(id, commit, path, { signal } = {}) {
      const folder = repositoryFolder(settings.cache, id);
      if (!COMMIT.test(commit))
        throw new InputError(`"${commit}" is no commit of ${id}; take it from a snapshot`);
      if (!isSafeRelativePath(path)) throw new InputError(`"${path}" is no path inside ${id}`);
      const local = join(folder, 'snapshots', commit, ...path.split('/'));
      if (await exists(local)) {
        const { handle } = await openRegularFile(local, { root: folder }); // a link out of the cache stops here
        await handle.close();
        return local;
      }
      const wanted = `${path} at ${commit}`;
      if (settings.offline) missing(id, wanted, `HF_HUB_OFFLINE is set and ${folder} does not hold it`);
      try {
        const blob = await download(client, {
          id,
          commit,
          path,
          folder,
          bytesLimit: downloadBytesLimit,
          ...(signal && { signal }),
        });
        await link(blob, local);
      } catch (cause) {
        signal?.throwIfAborted();
        if (cause instanceof InputError) throw cause;
        missing(id, wanted, `fetching it from ${settings.endpoint} failed (${reasonOf(cause)})`, cause);
      }
      return local;
    },
  };
}

function missing(id: string, wanted: string, reason: string, cause?: unknown): never {
  throw new InputError(
    `Dataset ${id} (${wanted}) is not at hand: ${reason}. Give the path of a local copy, or set HF_ENDPOINT to a mirror`,
    { cause },
  );
}

function repositoryFolder(cache: string, id: string): string {
  const parts = id.split('/');
  if (parts.length > 2 || !parts.every((part) => NAME.test(part)))
    throw new InputError(`"${id}" is no dataset of the hub; write organisation/name`);
  return join(cache, ['datasets', ...parts].join('--'));
}

async function cachedSnapshot(folder: string, revision: string): Promise<HubSnapshot | undefined> {
  const named = await readFile(join(folder, 'refs', ...revision.split('/')), 'utf8').catch(() => ''); // not cached
  const commit = COMMIT.test(revision) ? revision : named.trim();
  if (!COMMIT.test(commit)) return undefined;
  const root = join(folder, 'snapshots', commit);
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []); // not cached
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
  return files.length === 0 ? undefined : { commit, files: files.sort() };
}

function parseListing(bytes: Uint8Array, id: string): HubSnapshot {
  let listing: { sha?: unknown; siblings?: unknown };
  try {
    listing = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new InputError(`The hub's answer about ${id} is not JSON; check HF_ENDPOINT`, { cause });
  }
  const { sha, siblings } = listing ?? {};
  if (
    typeof sha !== 'string' ||
    !COMMIT.test(sha) ||
    !Array.isArray(siblings) ||
    siblings.length > FILES_LIMIT
  )
    throw new InputError(`The hub's answer about ${id} names no commit and files; check HF_ENDPOINT`);
  const files = siblings
    .map((sibling: { rfilename?: unknown } | null) => sibling?.rfilename)
    // a name that could leave the cache is as good as absent
    .filter((name): name is string => typeof name === 'string' && isSafeRelativePath(name));
  return { commit: sha, files: files.sort() };
}

async function readAll(
  client: HubClient,
  path: string,
  about: { id: string; revision: string; signal?: AbortSignal },
): Promise<Uint8Array> {
  const { body } = await client.get(path, about);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > LISTING_BYTES_LIMIT) throw new InputError(`The hub lists too many files in ${about.id}`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Makes `local` stand for `blob`: a relative link as other clients write it, a copy where links are not allowed. */
async function link(blob: string, local: string): Promise<void> {
  await mkdir(dirname(local), { recursive: true });
  try {
    await symlink(relative(dirname(local), blob), local);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      if (await exists(local)) return; // another process was first
      await rm(local); // the blob behind it was deleted
      return link(blob, local);
    }
    if (code !== 'EPERM' && code !== 'ENOSYS') throw cause;
    await copyFile(blob, local);
  }
}

async function writeAtomically(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.${randomUUID()}.incomplete`;
  await writeFile(part, text, { flag: 'wx' });
  await rename(part, path);
}

function reasonOf(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  return code ?? message ?? String(cause);
}
