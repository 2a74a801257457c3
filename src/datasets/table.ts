/**
 * A table of your own as a dataset: `.jsonl`, `.json`, `.csv`, `.tsv` (each also `.gz`), `.parquet`, a folder with a
 * file per split, or `hf:organisation/name`. Columns and the kind of answer are guessed unless given.
 */
import { basename } from 'node:path';
import type { DatasetEntry, DatasetSource } from '../core/catalog-entry.ts';
import { InputError } from '../core/errors.ts';
import type { AnswerKind, Dataset, Problem } from '../core/problem.ts';
import type { Verifier } from '../core/verifier.ts';
import { exactMatch } from '../verifiers/exact-match.ts';
import { mathEquivalence } from '../verifiers/math-equivalence.ts';
import { multipleChoice } from '../verifiers/multiple-choice.ts';
import type { Sample, TableColumns, TableMapping } from './parts/guess-mapping.ts';
import { guessMapping } from './parts/guess-mapping.ts';
import { publishedDataset } from './parts/published.ts';
import { ROW_FILE_ENDINGS, readRows } from './parts/read-rows.ts';
import type { BadRow, Row } from './parts/row.ts';
import type { RowSource } from './parts/row-source.ts';
import { hubSplits, readHubPath, rowSource } from './parts/row-source.ts';
import { tableProblem } from './parts/table-problem.ts';

export type { TableColumns, TableMapping } from './parts/guess-mapping.ts';
export type { BadRow } from './parts/row.ts';

export interface TableOptions extends DatasetSource {
  readonly path: string;
  readonly columns?: TableColumns; // those not given are guessed
  readonly answer?: AnswerKind; // default guessed
  /** Leave out rows that cannot be read or lack a question or an answer, and list them in `badRows`. */
  readonly skipBadRows?: boolean;
}

type TableProblem = Problem<string | readonly string[]>;

/** A dataset that says how it reads its table. */
export interface TableDataset extends Dataset<TableProblem> {
  readonly mapping: TableMapping;
  /** The rows left out so far, with `skipBadRows`; a row is listed once however often it is read. */
  readonly badRows: readonly BadRow[];
}

/** Rows looked at to guess columns and answers. */
const SAMPLE_ROWS = 200;
/** More bad rows than this are a wrong file or wrong columns, not a few blemishes. */
export const BAD_ROWS_LIMIT = 1_000;

/** Opens a table. Throws InputError for an empty one, and for a column that is not there with those that are. */
export async function tableDataset({
  path,
  revision,
  columns = {},
  answer,
  skipBadRows = false,
}: TableOptions): Promise<TableDataset> {
  const badRows = new Map<string, BadRow>();
  const onBadRow = (bad: BadRow) => {
    badRows.set(`${bad.file}:${bad.line}`, bad);
    if (badRows.size > BAD_ROWS_LIMIT)
      throw new InputError(
        `${bad.file} has more than ${BAD_ROWS_LIMIT} bad rows; line ${bad.line}: ${bad.reason}`,
      );
  };
  const skipping = skipBadRows ? { onBadRow } : {};
  const rows = await openRows({ path, ...(revision !== undefined && { revision }) });
  const mapping = guessMapping(await firstRows(rows, skipping), columns, answer);
  const dataset = publishedDataset<string | readonly string[]>({
    name: tableName(path),
    rows,
    verifier: verifierOf(mapping.kind),
    toProblem: (cells) => tableProblem(cells, mapping),
    note: ` (question: ${mapping.question}, answer: ${mapping.answer} ${mapping.read}, ${mapping.kind})`,
    ...skipping,
  });
  return {
    ...dataset,
    mapping,
    get source() {
      return dataset.source ?? path;
    },
    get badRows() {
      return [...badRows.values()];
    },
  };
}

async function openRows(source: DatasetSource & { readonly path: string }): Promise<RowSource> {
  const { path, revision } = source;
  const config = 'default';
  if (!path.startsWith('hf:')) return rowSource(source, { id: '', config, splits: [] });
  const place = readHubPath(path, config);
  const splits = await hubSplits({ ...place, revision, endings: ROW_FILE_ENDINGS });
  if (splits.length === 0)
    throw new InputError(
      `Dataset ${place.id} has no split we can read on the hub; give the path of a local file`,
    );
  return rowSource(source, { ...place, splits });
}

async function firstRows(
  rows: RowSource,
  options: { readonly onBadRow?: (bad: BadRow) => void },
): Promise<Sample> {
  const split = rows.splits.at(-1) ?? 'test'; // the smallest, where there are several
  const { files } = await rows.locate(split);
  const sample: Row[] = [];
  const [file = rows.at] = files;
  for await (const row of readRows(file, options)) {
    sample.push(row);
    if (sample.length >= SAMPLE_ROWS) break;
  }
  if (sample.length === 0) throw new InputError(`${file} holds no rows; a dataset needs at least one`);
  return { file, rows: sample };
}

function verifierOf(kind: TableMapping['kind']): Verifier<TableProblem> {
  switch (kind) {
    case 'number':
    case 'math':
      return withOneReference(mathEquivalence());
    case 'choice':
      return withOneReference(multipleChoice());
    case 'text':
      return exactMatch();
    default:
      return kind satisfies never;
  }
}

/** Only answers of kind text may have several references. */
function withOneReference({ name, verify }: Verifier<Problem<string>>): Verifier<TableProblem> {
  return {
    name,
    verify: (problem, solution, run) =>
      verify({ ...problem, reference: String(problem.reference) }, solution, run),
  };
}

/** The file's name without its ending: what ids start with. */
function tableName(path: string): string {
  const name = basename(path)
    .replace(/(?:\.[A-Za-z]{1,8}){1,2}$/, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-');
  return name.slice(0, 100) || 'table';
}

export const entry: DatasetEntry = {
  name: 'table',
  summary: 'a file of your own: .jsonl, .json, .csv, .tsv, .parquet, or hf:organisation/name',
  aliases: [],
  columns: ['question', 'answer', 'choices', 'id'],
  options: {
    skipBadRows: { summary: 'leave out rows that cannot be read', type: 'boolean', default: false },
  },
  build(options, { path, ...source }) {
    if (path === undefined)
      throw new InputError('The dataset table needs a path; write table:./questions.jsonl');
    return tableDataset({ ...source, path, skipBadRows: options.skipBadRows === true });
  },
};
