import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { DatasetSource, HubLocation } from '../../core/catalog-entry.ts';
import { InputError } from '../../core/errors.ts';
import type { Split } from '../../core/problem.ts';
import { hub, PARQUET_REVISION } from '../../host/hub.ts';
import { ROW_FILE_ENDINGS } from './read-rows.ts';
import { SPLITS, splitFiles, splitOf } from './split-files.ts';

/** Where the rows of a dataset lie. */
export interface RowSource {
  readonly splits: readonly Split[];
  readonly at: string; // path or hf:id, before the exact commit is known
  locate(split: Split, signal?: AbortSignal): Promise<LocatedRows>;
}

export interface LocatedRows {
  readonly files: readonly string[]; // local paths in reading order
  readonly source: string; // with the commit, on the hub
}

const FOLDER_FILES_LIMIT = 10_000;

/**
 * The files behind a dataset: a local file, a folder with a file per split, or the hub. `endings` are those of the files
 * that may hold rows, best first. Throws InputError at once for a path that is not there.
 */
export function rowSource(
  { path, revision }: DatasetSource,
  location: HubLocation,
  endings: readonly string[] = ROW_FILE_ENDINGS,
): RowSource {
  if (path === undefined) return hubSource({ ...location, revision, endings });
  if (path.startsWith('hf:'))
    return hubSource({ ...location, ...readHubPath(path, location.config), revision, endings });
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) throw new InputError(`Cannot read ${path}: there is no such file or folder`);
  if (stats.isDirectory()) return folderSource(path, location.config, endings);
  return {
    splits: [splitOf(path) ?? 'test'],
    at: path,
    locate: async () => ({ files: [path], source: path }),
  };
}

/** The parts of `hf:organisation/name` or `hf:organisation/name/config`. */
export function readHubPath(path: string, defaultConfig: string): { id: string; config: string } {
  const [, id, config = defaultConfig] = /^hf:([^/]+\/[^/]+)(?:\/([^/]+))?$/.exec(path) ?? [];
  if (id === undefined)
    throw new InputError(
      `"${path}" is no dataset of the hub; write hf:organisation/name or hf:organisation/name/config`,
    );
  return { id, config };
}

interface HubQuery {
  readonly id: string;
  readonly config: string;
  readonly revision: string | undefined;
  readonly endings: readonly string[];
}

/** The splits that a dataset of the hub has, as far as its file names tell. */
export async function hubSplits(query: HubQuery): Promise<readonly Split[]> {
  const splits: Split[] = [];
  for (const split of SPLITS) if ((await findOnHub({ ...query, split })).names.length > 0) splits.push(split);
  return splits;
}

function hubSource({ splits, ...query }: HubQuery & { readonly splits: readonly Split[] }): RowSource {
  const { id } = query;
  return {
    splits,
    at: `hf:${id}`,
    async locate(split, signal) {
      const { commit, names, refusal } = await findOnHub({ ...query, split, signal });
      if (names.length === 0)
        throw new InputError(
          `Dataset ${id} has no ${split} split we can read on the hub; give the path of a local copy${
            refusal ? `. ${refusal.message}` : ''
          }`,
        );
      const files: string[] = [];
      for (const name of names) files.push(await hub().file(id, commit, name, signal ? { signal } : {}));
      return { files, source: `hf:${id}@${commit}` };
    },
  };
}

interface FoundOnHub {
  readonly commit: string;
  readonly names: readonly string[]; // none: the dataset has no such split
  readonly refusal?: InputError; // why the hub's conversion could not be looked at
}

async function findOnHub(
  query: HubQuery & { readonly split: Split; readonly signal?: AbortSignal | undefined },
): Promise<FoundOnHub> {
  const { id, revision = 'main', signal } = query;
  const look = async (at: string): Promise<FoundOnHub> => {
    const { commit, files } = await hub().snapshot(id, { revision: at, ...(signal && { signal }) });
    return { commit, names: splitFiles(files, query) };
  };
  const uploaded = await look(revision);
  if (uploaded.names.length > 0 || query.revision !== undefined) return uploaded;
  try {
    return await look(PARQUET_REVISION); // the hub's own conversion
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    return { ...uploaded, refusal: cause };
  }
}

function folderSource(path: string, config: string, endings: readonly string[]): RowSource {
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  if (entries.length > FOLDER_FILES_LIMIT)
    throw new InputError(`${path} holds more than ${FOLDER_FILES_LIMIT} files; give the path of one`);
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(path, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
  const forSplit = (split: Split) => splitFiles(files, { split, config, endings });
  const splits = SPLITS.filter(
    (split) => files.some((file) => splitOf(file) === split) && forSplit(split).length > 0,
  );
  if (splits.length === 0)
    throw new InputError(
      `${path} has no file of a split, such as test.jsonl or train.parquet; give the path of a file`,
    );
  return {
    splits,
    at: path,
    locate: async (split) => ({ files: forSplit(split).map((file) => join(path, file)), source: path }),
  };
}
