import { existsSync } from 'node:fs';
import type { DatasetEntry } from '../core/catalog-entry.ts';
import { InputError } from '../core/errors.ts';
import type { AnswerKind, Dataset } from '../core/problem.ts';
import { entriesOf, pick } from './entries.ts';
import { defaults, readOptions, readPairs } from './options.ts';

/** What may be said of a file that is no dataset of the catalog. */
export interface TableSettings {
  readonly columns?: Readonly<Record<string, string>>;
  readonly answer?: AnswerKind;
  readonly skipBadRows?: boolean;
}

/** A dataset; of a file it says which rows it left out. */
export type OpenedDataset = Dataset & {
  readonly badRows?: readonly { readonly line: number; readonly reason: string }[];
};

let datasets: Promise<Map<string, DatasetEntry>> | undefined;

/** Every dataset of the catalog by name. */
export function datasetEntries(): Promise<Map<string, DatasetEntry>> {
  datasets ??= entriesOf<DatasetEntry>('datasets');
  return datasets;
}

/**
 * A dataset by spec: a catalog name (`gsm8k`, `arithmetic{digits=3}`), a catalog name with where its rows lie
 * (`gsm8k:./test.jsonl`, `gsm8k:hf:org/mirror`), or a file of one's own. Throws InputError with the names there are.
 */
export async function openDataset(spec: string, table: TableSettings = {}): Promise<OpenedDataset> {
  const all = await datasetEntries();
  const named = /^([a-z0-9][a-z0-9-]*)(?:\{([^{}]*)\})?(?::(.+))?$/.exec(spec);
  const [, name = '', settings, path] = named ?? [];
  const isFile = /\.(jsonl|ndjson|json|csv|tsv|parquet)(\.gz)?$/i.test(spec) || spec.startsWith('hf:');
  if (named && !isFile) {
    const entry = pick(all, name, 'dataset');
    const options = { ...defaults(entry), ...readOptions(entry, readPairs(settings, spec)) };
    return entry.build(options, path === undefined ? {} : { path });
  }
  if (named && path !== undefined && all.has(name)) {
    const entry = pick(all, name, 'dataset');
    return entry.build({ ...defaults(entry), ...readOptions(entry, readPairs(settings, spec)) }, { path });
  }
  if (!spec.startsWith('hf:') && !existsSync(spec))
    throw new InputError(
      `There is no file ${spec}; give a .jsonl, .json, .csv or .parquet file, or a name of reckon data ls`,
    );
  const { tableDataset } = await import('../datasets/table.ts');
  return tableDataset({
    path: spec,
    ...(table.columns && { columns: table.columns }),
    ...(table.answer && { answer: table.answer }),
    ...(table.skipBadRows && { skipBadRows: true }),
  });
}
