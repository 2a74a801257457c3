import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { InputError } from '../../core/errors.ts';
import type { Message, Usage } from '../../core/model.ts';
import { MOST_LOGGED_REQUESTS, MOST_STORED_CHARACTERS, MOST_STORED_RESPONSES } from './limits.ts';

/** One line of the log: what a request was and what it cost. It holds no words of anybody. */
export interface LoggedRequest {
  readonly id: string;
  readonly at: string; // ISO 8601
  readonly key: string; // id; '' for nobody in particular
  readonly route: string;
  readonly model: string;
  readonly method: string; // '' for none
  readonly status: number;
  readonly stream: boolean;
  readonly milliseconds: number;
  readonly overheadMilliseconds: number;
  readonly usage: Usage;
  readonly error?: string; // code or message
}

/** A response of /v1/responses with the conversation it continues. */
export interface StoredResponse {
  readonly id: string;
  readonly key: string; // whose it is
  readonly body: unknown;
  readonly messages: readonly Message[]; // the turns before it and its own
}

/** A newer layout is refused. */
const LAYOUT = 1;
/** Log lines are written together, this often. */
const FLUSH_MILLISECONDS = 200;
/** Lines kept for later while the disk does not take them; the oldest go first. */
const MOST_WAITING_LINES = 10_000;
/** Lines kept where there is no file. */
const MOST_LINES_IN_MEMORY = 10_000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS requests (number INTEGER PRIMARY KEY, id TEXT NOT NULL, at TEXT NOT NULL, line TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS spending (key TEXT PRIMARY KEY, usd REAL NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS responses (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, key TEXT NOT NULL, body TEXT NOT NULL, messages TEXT NOT NULL
  );
`;

/** The server's own memory in one SQLite file: its log, what keys have spent, stored responses. */
export interface ServerState {
  log(line: LoggedRequest): void;
  /** The latest lines, newest first. */
  requests(limit: number): readonly LoggedRequest[];
  spent(): ReadonlyMap<string, number>; // USD by key id
  addResponse(response: StoredResponse): void;
  /** A response of this key. */
  response(id: string, key: string): StoredResponse | undefined;
  removeResponse(id: string, key: string): boolean;
  close(): void;
}

export interface ServerStateOptions {
  /** Receives why something could not be written, once until it can be again: answers do not wait for a full disk. */
  readonly onError?: (error: unknown) => void;
}

/**
 * Opens the state (`:memory:` for none). A file belongs to one server at a time, and is free again however that one ended.
 * Throws InputError when another has it, or a newer Reckon wrote it.
 */
export function openServerState(path: string, { onError = () => {} }: ServerStateOptions = {}): ServerState {
  const database = open(path);
  const mostLines = path === ':memory:' ? MOST_LINES_IN_MEMORY : MOST_LOGGED_REQUESTS;
  const addLine = database.prepare('INSERT INTO requests (id, at, line) VALUES (?, ?, ?)');
  const addSpending = database.prepare(
    'INSERT INTO spending VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET usd = usd + excluded.usd',
  );
  const latest = database.prepare('SELECT line FROM requests ORDER BY number DESC LIMIT ?');
  const trim = database.prepare(
    `DELETE FROM requests WHERE number <= (SELECT max(number) FROM requests) - ${mostLines}`,
  );
  const addResponse = database.prepare(
    'INSERT OR REPLACE INTO responses (id, key, body, messages) VALUES (?, ?, ?, ?)',
  );
  const trimResponses = database.prepare(
    `DELETE FROM responses WHERE number <= (SELECT max(number) FROM responses) - ${MOST_STORED_RESPONSES}`,
  );
  const response = database.prepare('SELECT body, messages FROM responses WHERE id = ? AND key = ?');
  const removeResponse = database.prepare('DELETE FROM responses WHERE id = ? AND key = ?');
  let waiting: LoggedRequest[] = [];
  let timer: NodeJS.Timeout | undefined;
  let failing = false;
  const attempt = (write: () => void): boolean => {
    try {
      database.exec('BEGIN');
      write();
      database.exec('COMMIT');
      failing = false;
      return true;
    } catch (cause) {
      if (database.isTransaction) database.exec('ROLLBACK');
      if (!failing) onError(cause);
      failing = true;
      return false;
    }
  };
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const lines = waiting;
    waiting = [];
    if (lines.length === 0) return;
    const written = attempt(() => {
      for (const line of lines) {
        addLine.run(line.id, line.at, JSON.stringify(line));
        if (line.key !== '' && line.usage.usd) addSpending.run(line.key, line.usage.usd);
      }
      trim.run();
    });
    if (!written) waiting = lines.slice(-MOST_WAITING_LINES);
  };
  return {
    log(line) {
      waiting.push(line);
      if (timer) return;
      timer = setTimeout(flush, FLUSH_MILLISECONDS);
      timer.unref();
    },
    requests(limit) {
      flush();
      return latest.all(limit).map((row) => JSON.parse(String(row.line)) as LoggedRequest);
    },
    spent() {
      const rows = database.prepare('SELECT key, usd FROM spending').all();
      return new Map(rows.map(({ key, usd }) => [String(key), Number(usd)]));
    },
    addResponse({ id, key, body, messages }) {
      const texts = [JSON.stringify(body), JSON.stringify(messages)] as const;
      if (texts[0].length + texts[1].length > MOST_STORED_CHARACTERS) return; // like one that has been removed
      attempt(() => {
        addResponse.run(id, key, ...texts);
        trimResponses.run();
      });
    },
    response(id, key) {
      const found = response.get(id, key);
      if (!found) return undefined;
      return { id, key, body: JSON.parse(String(found.body)), messages: JSON.parse(String(found.messages)) };
    },
    removeResponse: (id, key) => removeResponse.run(id, key).changes > 0,
    close() {
      flush();
      database.close();
    },
  };
}

function open(path: string): DatabaseSync {
  try {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
    const database = new DatabaseSync(path, { timeout: 0 });
    // held until the process ends, whichever way it does: that is what keeps a second server out
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    database.exec('BEGIN IMMEDIATE');
    const layout = Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);
    if (layout > LAYOUT)
      throw new InputError(
        `The server's state ${path} was written by a newer Reckon (layout ${layout}, this one reads ${LAYOUT}); update Reckon or choose another --state folder`,
      );
    database.exec(`${SCHEMA}; PRAGMA user_version = ${LAYOUT}; COMMIT`);
    return database;
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    const { message } = cause as Error;
    throw new InputError(
      /locked|busy/i.test(message)
        ? `Another server uses the state ${path}; stop it, or choose another --state folder`
        : `Cannot open the server's state ${path}: ${message}`,
      { cause },
    );
  }
}
