import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { deflateSync, inflateSync } from 'node:zlib';
import { InputError } from '../core/errors.ts';
import type { Completion } from '../core/model.ts';
import type { TraceEvent } from '../core/trace.ts';
import { inOrder } from '../evaluation/in-order.ts';
import type { ReportedProblem, Row, RunInfo, RunRecord } from '../evaluation/row.ts';
import type { RunStore, RunSummary } from '../evaluation/run-store.ts';
import { transaction } from '../host/sqlite-transaction.ts';

/** A store of a newer layout is refused, an older one is brought up to date. */
const LAYOUT = 1;
/** Samples kept for reuse; the oldest go first. */
const MOST_SAMPLES = 1_000_000;
/** A longer trace is not stored: its row still is. Bytes before compression. */
const LARGEST_TRACE = 4 * 1024 * 1024;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS runs (run TEXT PRIMARY KEY, info TEXT NOT NULL, planned INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS problems (
    run TEXT NOT NULL, ordinal INTEGER NOT NULL, problem TEXT NOT NULL, PRIMARY KEY (run, ordinal)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS rows (
    run TEXT NOT NULL, problem TEXT NOT NULL, method TEXT NOT NULL, repeat INTEGER NOT NULL,
    outcome TEXT NOT NULL, row TEXT NOT NULL, checksum TEXT NOT NULL, PRIMARY KEY (run, problem, method, repeat)
  );
  CREATE TABLE IF NOT EXISTS traces (
    run TEXT NOT NULL, problem TEXT NOT NULL, method TEXT NOT NULL, repeat INTEGER NOT NULL,
    events BLOB NOT NULL, PRIMARY KEY (run, problem, method, repeat)
  );
  CREATE TABLE IF NOT EXISTS samples (key TEXT PRIMARY KEY, completion TEXT NOT NULL, checksum TEXT NOT NULL);
`;

/**
 * Opens the store in one SQLite file (`:memory:` for none). Write-ahead logging with `synchronous = NORMAL`: a row that
 * `addRow` returned for survives a killed process. Throws InputError when the file is no store or of a newer layout.
 */
export function sqliteStore(path: string): RunStore {
  const database = open(path);
  const statements = {
    addRun: database.prepare('INSERT OR IGNORE INTO runs VALUES (?, ?, ?)'),
    addProblem: database.prepare('INSERT INTO problems VALUES (?, ?, ?)'),
    run: database.prepare('SELECT info FROM runs WHERE run = ?'),
    runs: database.prepare(
      'SELECT runs.run, info, planned, count(rows.run) AS finished FROM runs LEFT JOIN rows USING (run) GROUP BY runs.run ORDER BY runs.rowid DESC',
    ),
    problems: database.prepare('SELECT problem FROM problems WHERE run = ? ORDER BY ordinal'),
    addRow: database.prepare('INSERT OR IGNORE INTO rows VALUES (?, ?, ?, ?, ?, ?, ?)'),
    rows: database.prepare('SELECT row, checksum FROM rows WHERE run = ?'),
    removeRows: database.prepare('DELETE FROM rows WHERE run = ? AND outcome = ?'),
    addTrace: database.prepare('INSERT OR IGNORE INTO traces VALUES (?, ?, ?, ?, ?)'),
    trace: database.prepare(
      'SELECT events FROM traces WHERE run = ? AND problem = ? AND method = ? AND repeat = ?',
    ),
    sample: database.prepare('SELECT completion, checksum FROM samples WHERE key = ?'),
    addSample: database.prepare('INSERT OR REPLACE INTO samples VALUES (?, ?, ?)'),
  };

  return {
    create(info, problems) {
      transaction(database, () => {
        const planned = problems.length * info.methods.length * info.repeats;
        if (statements.addRun.run(info.run, JSON.stringify(info), planned).changes === 0)
          throw new InputError(
            `There is a run ${info.run} already; continue it with --resume or choose another name`,
          );
        problems.forEach((problem, ordinal) => {
          statements.addProblem.run(info.run, ordinal, JSON.stringify(problem));
        });
      });
    },

    read(run): RunRecord {
      const found = statements.run.get(run);
      if (!found) throw unknownRun(run, this.list());
      const info = JSON.parse(String(found.info)) as RunInfo;
      const problems = statements.problems
        .all(run)
        .map((row) => JSON.parse(String(row.problem)) as ReportedProblem);
      const rows: Row[] = [];
      for (const stored of statements.rows.iterate(run)) {
        const text = String(stored.row);
        // a damaged row is left out, so that its attempt is made again
        if (checksum(text) === stored.checksum) rows.push(JSON.parse(text) as Row);
      }
      return { info, problems, rows: inOrder(rows, info, problems) };
    },

    list: () =>
      statements.runs.all().map((row): RunSummary => {
        const info = JSON.parse(String(row.info)) as RunInfo;
        const { run, dataset, model, methods, startedAt = '' } = info;
        return {
          run,
          dataset,
          model,
          methods,
          startedAt,
          rows: Number(row.finished),
          planned: Number(row.planned),
        };
      }),

    addRow(run, row, trace) {
      const text = JSON.stringify(row);
      transaction(database, () => {
        const { problem, method, repeat, outcome } = row;
        statements.addRow.run(run, problem, method, repeat, outcome, text, checksum(text));
        if (!trace) return;
        const events = JSON.stringify(trace);
        if (events.length <= LARGEST_TRACE)
          statements.addTrace.run(run, problem, method, repeat, deflateSync(events, { level: 1 }));
      });
    },

    removeRows: (run, outcome) => Number(statements.removeRows.run(run, outcome).changes),

    trace(run, { problem, method, repeat }) {
      const found = statements.trace.get(run, problem, method, repeat);
      if (!found) return undefined;
      const bytes = inflateSync(found.events as Uint8Array, { maxOutputLength: LARGEST_TRACE });
      return JSON.parse(bytes.toString('utf8')) as TraceEvent[];
    },

    getSample(key) {
      const found = statements.sample.get(key);
      const text = String(found?.completion);
      return found && checksum(text) === found.checksum ? (JSON.parse(text) as Completion) : undefined;
    },

    setSample(key, completion) {
      const { tokens: _tokens, ...rest } = completion; // token ids belong to one policy's weights
      const text = JSON.stringify(rest);
      statements.addSample.run(key, text, checksum(text));
    },

    delete(run) {
      transaction(database, () => {
        for (const table of ['runs', 'problems', 'rows', 'traces'])
          database.prepare(`DELETE FROM ${table} WHERE run = ?`).run(run);
      });
    },

    close: () => database.close(),
  };
}

function open(path: string): DatabaseSync {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(path, { timeout: 10_000 });
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    const layout = Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);
    if (layout > LAYOUT)
      throw new InputError(
        `The store ${path} was written by a newer Reckon (layout ${layout}, this one reads ${LAYOUT}); update Reckon or choose another --state folder`,
      );
    database.exec(`${SCHEMA}; PRAGMA user_version = ${LAYOUT}`);
    database.exec(`DELETE FROM samples WHERE rowid <= (SELECT max(rowid) FROM samples) - ${MOST_SAMPLES}`);
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError(`Cannot open the store ${path}: ${(cause as Error).message}`, { cause });
  }
  return database;
}

function checksum(text: string): string {
  return createHash('sha1').update(text).digest('base64url').slice(0, 16);
}

function unknownRun(run: string, known: readonly RunSummary[]): InputError {
  const names = known.slice(0, 5).map((summary) => summary.run);
  return new InputError(
    `There is no run ${run}${names.length > 0 ? `; the latest are ${names.join(', ')}` : '; nothing has been run yet'}`,
  );
}
