import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { InputError } from '../core/errors.ts';
import { transaction } from '../host/sqlite-transaction.ts';
import type { Speaker } from './memory-gate.ts';

/** A fact with where it comes from and the times at which it was said, the earliest first. */
export interface StoredFact {
  readonly id: string;
  readonly text: string;
  readonly speaker: Speaker;
  readonly reference?: string;
  readonly times: readonly number[];
}

/** One thing that happened to a memory. */
export interface AuditEntry {
  readonly action: 'stored' | 'repeated' | 'forgotten';
  readonly fact: string; // id
  readonly at: number; // of the statement; of a forgotten fact when it was forgotten, milliseconds since 1970
}

/** The facts of a memory in one SQLite file. */
export interface MemoryLog {
  facts(): { readonly fact: StoredFact; readonly vector: Float32Array }[];
  add(
    fact: {
      readonly text: string;
      readonly speaker: Speaker;
      readonly at: number;
      readonly reference?: string;
    },
    vector: Float32Array,
  ): StoredFact;
  /** Notes that a fact was said again. */
  repeat(fact: StoredFact, at: number): StoredFact;
  forget(ids: readonly string[]): void;
  purge(): void;
  audit(): AuditEntry[];
  close(): void;
}

const LAYOUT = 1;
/** Times kept of one fact: the earliest, and the latest others. */
const MOST_TIMES = 64;
/** Entries kept of the audit; the oldest go first. */
const MOST_AUDIT = 100_000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS memory (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS facts (
    number INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL, speaker TEXT NOT NULL, reference TEXT,
    times TEXT NOT NULL, vector BLOB NOT NULL
  );
  CREATE TABLE IF NOT EXISTS audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT, action TEXT NOT NULL, fact TEXT NOT NULL, at REAL NOT NULL
  );
`;

/** Opens or makes the file of a memory. What is deleted is overwritten. Throws InputError when it is no memory of this embedder. */
export function openMemoryLog(path: string, embedder: string): MemoryLog {
  const database = open(path, embedder);
  const statements = {
    facts: database.prepare(
      'SELECT number, text, speaker, reference, times, vector FROM facts ORDER BY number',
    ),
    add: database.prepare(
      'INSERT INTO facts (text, speaker, reference, times, vector) VALUES (?, ?, ?, ?, ?)',
    ),
    repeat: database.prepare('UPDATE facts SET times = ? WHERE number = ?'),
    forget: database.prepare('DELETE FROM facts WHERE number = ?'),
    note: database.prepare('INSERT INTO audit (action, fact, at) VALUES (?, ?, ?)'),
    trim: database.prepare('DELETE FROM audit WHERE number <= (SELECT max(number) FROM audit) - ?'),
    audit: database.prepare('SELECT action, fact, at FROM audit ORDER BY number'),
  };
  const note = (action: AuditEntry['action'], fact: string, at: number) =>
    statements.note.run(action, fact, at);
  return {
    facts: () =>
      statements.facts.all().map((row) => {
        const bytes = row.vector as Uint8Array;
        const fact: StoredFact = {
          id: String(row.number),
          text: String(row.text),
          speaker: String(row.speaker) as Speaker,
          times: JSON.parse(String(row.times)) as number[],
          ...(row.reference !== null && { reference: String(row.reference) }),
        };
        return { fact, vector: new Float32Array(bytes.slice().buffer) };
      }),
    add({ text, speaker, at, reference }, vector) {
      const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
      const { lastInsertRowid } = statements.add.run(
        text,
        speaker,
        reference ?? null,
        JSON.stringify([at]),
        bytes,
      );
      const id = String(lastInsertRowid);
      note('stored', id, at);
      return { id, text, speaker, times: [at], ...(reference !== undefined && { reference }) };
    },
    repeat(fact, at) {
      const sorted = [...new Set([...fact.times, at])].sort((a, b) => a - b);
      const times =
        sorted.length <= MOST_TIMES ? sorted : [sorted[0] as number, ...sorted.slice(1 - MOST_TIMES)];
      statements.repeat.run(JSON.stringify(times), Number(fact.id));
      note('repeated', fact.id, at);
      return { ...fact, times };
    },
    forget(ids) {
      transaction(database, () => {
        for (const id of ids) {
          statements.forget.run(Number(id));
          note('forgotten', id, Date.now());
        }
        statements.trim.run(MOST_AUDIT);
      });
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)'); // the log held what is forgotten
    },
    purge() {
      database.exec('BEGIN IMMEDIATE; DELETE FROM facts; DELETE FROM audit; COMMIT; VACUUM');
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    },
    audit: () =>
      statements.audit.all().map((row) => ({
        action: String(row.action) as AuditEntry['action'],
        fact: String(row.fact),
        at: Number(row.at),
      })),
    close: () => database.close(),
  };
}

function open(path: string, embedder: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
    database = new DatabaseSync(path, { timeout: 10_000 });
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON');
    const tables = database.prepare('SELECT name FROM sqlite_schema').all();
    if (tables.length > 0 && !tables.some(({ name }) => name === 'memory'))
      throw new InputError(`${path} is a database, but no memory; name another file`);
    const layout = Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);
    if (layout > LAYOUT)
      throw new InputError(`The memory ${path} was written by a newer Reckon; update Reckon`);
    database.exec(`${SCHEMA}; PRAGMA user_version = ${LAYOUT}`);
    database.prepare("INSERT OR IGNORE INTO memory VALUES ('embedder', ?)").run(embedder);
    const known = String(database.prepare("SELECT value FROM memory WHERE name = 'embedder'").get()?.value);
    if (known !== embedder)
      throw new InputError(
        `The memory ${path} has vectors of ${known}, not of ${embedder}; open it with the same embedder`,
      );
    return database;
  } catch (cause) {
    database?.close();
    if (cause instanceof InputError) throw cause;
    throw new InputError(`Cannot open the memory ${path}: ${(cause as Error).message}`, { cause });
  }
}
