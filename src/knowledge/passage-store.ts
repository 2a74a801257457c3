import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { InputError, MissingPackageError } from '../core/errors.ts';
import type { Embedder, FoundPassage, Passage, Retriever } from '../core/retriever.ts';
import { passageLimit, searchText } from '../core/retriever.ts';
import { transaction } from '../host/sqlite-transaction.ts';
import { terms } from './terms.ts';

/** What an index holds. */
export interface StoreSummary {
  readonly documents: number;
  readonly passages: number;
  readonly embedder?: string; // id of the one that made its vectors
}

/** Passages of documents in one SQLite file, searchable by words (FTS5) and by vectors (sqlite-vec). */
export interface PassageStore {
  readonly path: string;
  summary(): StoreSummary;
  /** Documents with the checksum of the content that was indexed. */
  documents(): ReadonlyMap<string, string>;
  /** Every passage, in the order in which it was added. */
  passages(): Iterable<Passage>;
  /** Replaces a document's passages as a whole: a killed process leaves the old ones or the new ones. */
  replace(
    document: string,
    checksum: string,
    passages: readonly Passage[],
    vectors?: readonly Float32Array[],
  ): void;
  remove(document: string): void;
  /** Ranks by the BM25 of FTS5: k1 = 1.2, b = 0.75, rarity floored. */
  bm25(): Retriever;
  /** Ranks by cosine to the query's vector. Throws InputError when the vectors are of another embedder. */
  nearest(embedder: Embedder): Retriever;
  close(): void;
}

export interface PassageStoreOptions {
  /** Makes the vectors of a new index. An index keeps its embedder for life. */
  readonly embedder?: { readonly id: string; readonly dimensions: number };
  /** Open only what is there. Default false: a missing file is made. */
  readonly mustExist?: boolean;
}

/** A file of a newer layout is refused. Raise it when `terms` changes: words are removed by naming them again. */
const LAYOUT = 1;
/** Terms of one query that are looked up. */
const MOST_QUERY_TERMS = 256;
const MOST_DIMENSIONS = 8_192;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS documents (document TEXT PRIMARY KEY, checksum TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS passages (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, document TEXT NOT NULL, passage TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS passages_of ON passages (document);
  CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(terms, content = '', tokenize = 'ascii');
`;

/**
 * Opens an index (`:memory:` for none on disk). Throws InputError when the file is no index, of a newer layout, or made with
 * another embedder; MissingPackageError when it has vectors and sqlite-vec is not installed.
 */
export async function openPassageStore(
  path: string,
  options: PassageStoreOptions = {},
): Promise<PassageStore> {
  if (options.mustExist && path !== ':memory:' && !existsSync(path))
    throw new InputError(`There is no index ${path}; make one: reckon index <folder> --to ${path}`);
  const database = open(path);
  try {
    const vectors = await prepareVectors(database, path, options.embedder);
    return storeOf(path, database, vectors);
  } catch (cause) {
    database.close();
    throw cause;
  }
}

interface Vectors {
  readonly id: string;
  readonly dimensions: number;
}

function storeOf(path: string, database: DatabaseSync, vectors: Vectors | undefined): PassageStore {
  const statements = {
    documents: database.prepare('SELECT document, checksum FROM documents ORDER BY document'),
    setDocument: database.prepare('INSERT OR REPLACE INTO documents VALUES (?, ?)'),
    dropDocument: database.prepare('DELETE FROM documents WHERE document = ?'),
    passagesOf: database.prepare('SELECT number, passage FROM passages WHERE document = ?'),
    addPassage: database.prepare('INSERT INTO passages (id, document, passage) VALUES (?, ?, ?)'),
    dropPassages: database.prepare('DELETE FROM passages WHERE document = ?'),
    passages: database.prepare('SELECT passage FROM passages ORDER BY number'),
    passage: database.prepare('SELECT passage FROM passages WHERE number = ?'),
    addWords: database.prepare('INSERT INTO words (rowid, terms) VALUES (?, ?)'),
    // contentless_delete would be simpler, but leaves what was deleted in the counts that BM25 uses
    dropWords: database.prepare("INSERT INTO words (words, rowid, terms) VALUES ('delete', ?, ?)"),
    search: database.prepare(
      'SELECT rowid AS number, -bm25(words) AS score FROM words WHERE words MATCH ? ORDER BY score DESC, rowid LIMIT ?',
    ),
    counts: database.prepare(
      'SELECT (SELECT count(*) FROM documents) AS documents, (SELECT count(*) FROM passages) AS passages',
    ),
  };
  const vectorStatements = vectors && {
    add: database.prepare('INSERT INTO vectors (number, embedding) VALUES (?, ?)'),
    drop: database.prepare('DELETE FROM vectors WHERE number = ?'),
    search: database.prepare(
      'SELECT number, distance FROM vectors WHERE embedding MATCH ? AND k = ? ORDER BY distance',
    ),
  };

  const drop = (document: string) => {
    for (const { number, passage } of statements.passagesOf.all(document)) {
      statements.dropWords.run(number as number, indexed(JSON.parse(String(passage)) as Passage));
      vectorStatements?.drop.run(BigInt(number as number));
    }
    statements.dropPassages.run(document);
    statements.dropDocument.run(document);
  };
  const found = (rows: readonly Record<string, unknown>[], score: (row: Record<string, unknown>) => number) =>
    rows.flatMap((row): FoundPassage[] => {
      const stored = statements.passage.get(row.number as number);
      return stored ? [{ passage: JSON.parse(String(stored.passage)) as Passage, score: score(row) }] : [];
    });

  return {
    path,
    summary() {
      const counts = statements.counts.get();
      return {
        documents: Number(counts?.documents),
        passages: Number(counts?.passages),
        ...(vectors && { embedder: vectors.id }),
      };
    },
    documents: () =>
      new Map(statements.documents.all().map((row) => [String(row.document), String(row.checksum)])),
    *passages() {
      for (const row of statements.passages.iterate()) yield JSON.parse(String(row.passage)) as Passage;
    },
    replace(document, checksum, passages, embeddings) {
      if (vectors && embeddings?.length !== passages.length)
        throw new InputError(`The index ${path} has vectors, so each passage of ${document} needs one`);
      transaction(database, () => {
        drop(document);
        statements.setDocument.run(document, checksum);
        passages.forEach((passage, index) => {
          const { lastInsertRowid } = statements.addPassage.run(
            passage.id,
            document,
            JSON.stringify(passage),
          );
          statements.addWords.run(lastInsertRowid, indexed(passage));
          const vector = embeddings?.[index];
          if (vectors && vector) vectorStatements?.add.run(BigInt(lastInsertRowid), blob(vector, vectors));
        });
      });
    },
    remove: (document) => transaction(database, () => drop(document)),
    bm25: () => ({
      name: 'bm25',
      async retrieve(query, options) {
        const asked = [...new Set(terms(query))].slice(0, MOST_QUERY_TERMS);
        const limit = passageLimit(options);
        if (asked.length === 0 || limit === 0) return [];
        // terms hold letters and digits only, so quoting them is all the escaping there is
        const match = asked.map((term) => `"${term}"`).join(' OR ');
        return found(statements.search.all(match, limit), (row) => Number(row.score));
      },
    }),
    nearest(embedder) {
      if (!vectors || !vectorStatements)
        throw new InputError(`The index ${path} has no vectors; make it again with --embeddings`);
      if (embedder.id !== vectors.id)
        throw new InputError(
          `The index ${path} has vectors of ${vectors.id}, which those of ${embedder.id} do not compare with`,
        );
      return {
        name: 'nearest',
        async retrieve(query, options = {}) {
          const limit = passageLimit(options);
          if (limit === 0 || query.trim() === '') return [];
          const [vector] = await embedder.embed([query], options.signal ? { signal: options.signal } : {});
          if (!vector) return [];
          return found(
            vectorStatements.search.all(blob(vector, vectors), limit),
            (row) => 1 - Number(row.distance),
          );
        },
      };
    },
    close: () => database.close(),
  };
}

/** What the full-text index sees of a passage. Its tokenizer splits at spaces and keeps every letter that is not ASCII. */
function indexed(passage: Passage): string {
  return terms(searchText(passage)).join(' ');
}

function open(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
    database = new DatabaseSync(path, { timeout: 10_000, allowExtension: true });
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA trusted_schema = OFF');
    const layout = Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);
    const isOurs =
      database.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'facts'").get()?.n === 1;
    const isEmpty = database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n === 0;
    if (!isOurs && !isEmpty) throw new InputError(`${path} is a database, but no index; name another file`);
    if (layout > LAYOUT)
      throw new InputError(
        `The index ${path} was written by a newer Reckon (layout ${layout}, this one reads ${LAYOUT}); update Reckon or index again`,
      );
    database.exec(`${SCHEMA}; PRAGMA user_version = ${LAYOUT}`);
    return database;
  } catch (cause) {
    database?.close();
    if (cause instanceof InputError) throw cause;
    throw new InputError(`Cannot open the index ${path}: ${(cause as Error).message}`, { cause });
  }
}

/** Loads sqlite-vec where the index has vectors or is to have them, and makes their table once. */
async function prepareVectors(
  database: DatabaseSync,
  path: string,
  wanted: PassageStoreOptions['embedder'],
): Promise<Vectors | undefined> {
  const stored = database.prepare("SELECT value FROM facts WHERE name = 'embedder'").get();
  const known = stored ? (JSON.parse(String(stored.value)) as Vectors) : undefined;
  if (known && wanted && known.id !== wanted.id)
    throw new InputError(
      `The index ${path} has vectors of ${known.id}, not of ${wanted.id}; choose the same embeddings or another file`,
    );
  const vectors = known ?? wanted;
  if (vectors) {
    if (
      !Number.isInteger(vectors.dimensions) ||
      vectors.dimensions < 1 ||
      vectors.dimensions > MOST_DIMENSIONS
    )
      throw new InputError(
        `Vectors of ${vectors.dimensions} numbers cannot be stored; 1 to ${MOST_DIMENSIONS} can`,
      );
    const { load } = await import('sqlite-vec').catch((cause: unknown) => {
      throw new MissingPackageError('sqlite-vec', 'An index with embeddings', cause);
    });
    load(database);
    database.exec(
      `CREATE VIRTUAL TABLE IF NOT EXISTS vectors USING vec0(number INTEGER PRIMARY KEY, embedding float[${vectors.dimensions}] distance_metric=cosine)`,
    );
  }
  database.enableLoadExtension(false);
  if (!known && vectors) {
    if (Number(database.prepare('SELECT count(*) AS n FROM passages').get()?.n) > 0)
      throw new InputError(
        `The index ${path} was made without vectors; index into another file to have them`,
      );
    database
      .prepare("INSERT INTO facts VALUES ('embedder', ?)")
      .run(JSON.stringify({ id: vectors.id, dimensions: vectors.dimensions }));
  }
  return vectors;
}

function blob(vector: Float32Array, { id, dimensions }: Vectors): Uint8Array {
  if (vector.length !== dimensions)
    throw new InputError(`${id} gave a vector of ${vector.length} numbers where the index has ${dimensions}`);
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}
