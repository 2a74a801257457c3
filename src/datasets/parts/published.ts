import { InputError } from '../../core/errors.ts';
import type { Dataset, LoadOptions, Problem, Split } from '../../core/problem.ts';
import type { Verifier } from '../../core/verifier.ts';
import { Cells } from './cells.ts';
import { readRows } from './read-rows.ts';
import type { ReadOptions, Row } from './row.ts';
import { ROWS_LIMIT } from './row.ts';
import type { RowSource } from './row-source.ts';

export interface PublishedOptions<Reference> {
  readonly name: string;
  readonly rows: RowSource;
  readonly verifier: Verifier<Problem<Reference>>;
  /** The problem of a row, but for its id, which is `<name>/<key>`; `key` defaults to `<split>/<row from 0>`. */
  readonly toProblem: (cells: Cells) => Omit<Problem<Reference>, 'id'> & { readonly key?: string };
  /** Reads files that are no tables. */
  readonly readFile?: (path: string, options: ReadOptions) => AsyncIterable<Row>;
  /** Receives the rows that cannot be read or make no problem. Absent: the first one throws. */
  readonly onBadRow?: ReadOptions['onBadRow'];
  readonly note?: string; // added to `source`
}

const KEY_CHARACTERS_LIMIT = 300;

/** A dataset whose rows are read from files, a row at a time. */
export function publishedDataset<Reference>({
  name,
  rows,
  verifier,
  toProblem,
  readFile = readRows,
  onBadRow,
  note = '',
}: PublishedOptions<Reference>): Dataset<Problem<Reference>> {
  let at = rows.at;

  async function* load(
    split: Split,
    { limit, signal }: LoadOptions = {},
  ): AsyncGenerator<Problem<Reference>> {
    checkLimit(limit);
    if (!rows.splits.includes(split))
      throw new InputError(
        `${name} from ${at} has no ${split} split; it has ${rows.splits.join(', ') || 'none'}`,
      );
    const { files, source } = await rows.locate(split, signal);
    at = source;
    if (limit === 0) return;
    const ids = new Set<string>();
    let seen = 0;
    for (const file of files) {
      const options = { ...(signal && { signal }), ...(onBadRow && { onBadRow }) };
      for await (const row of readFile(file, options)) {
        if (seen >= ROWS_LIMIT) throw new InputError(`${file}: more than ${ROWS_LIMIT} rows; set a limit`);
        const made = problemOf(row, file, `${split}/${seen++}`);
        if (!made) continue;
        if (ids.has(made.id))
          throw new InputError(
            `${file}, line ${row.line}: the id ${made.id} was there before; ids must differ`,
          );
        ids.add(made.id);
        yield made;
        if (ids.size === limit) return;
      }
    }
    if (seen === 0) throw new InputError(`${files.join(', ')} holds no rows; ${name} needs at least one`);
  }

  function problemOf(row: Row, file: string, place: string): Problem<Reference> | undefined {
    try {
      const { key = place, ...problem } = toProblem(new Cells(row, file));
      return { id: `${name}/${key.slice(0, KEY_CHARACTERS_LIMIT)}`, ...problem };
    } catch (cause) {
      if (!onBadRow || !(cause instanceof InputError)) throw cause;
      onBadRow({ file, line: row.line, reason: cause.message });
      return undefined;
    }
  }

  return {
    name,
    verifier,
    splits: rows.splits,
    get source() {
      return `${at}${note}`;
    },
    load,
  };
}

/** Throws InputError unless `limit` is absent or a whole number of at least 0. */
export function checkLimit(limit: number | undefined): void {
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 0))
    throw new InputError(`The limit is ${limit}; it must be a whole number of at least 0`);
}
