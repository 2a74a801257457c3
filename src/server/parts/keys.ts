import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from '@hono/zod-openapi';
import { InputError } from '../../core/errors.ts';
import { MOST_KEYS, MOST_NAME_CHARACTERS } from './limits.ts';

const keyRecord = z.strictObject({
  id: z.uuid(),
  name: z.string().min(1).max(MOST_NAME_CHARACTERS),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: z.string(),
  requestsPerMinute: z.number().positive().optional(),
  tokensPerMinute: z.number().positive().optional(),
  usd: z.number().min(0).optional(),
});
const keyFile = z.strictObject({ version: z.literal(1), keys: z.array(keyRecord).max(MOST_KEYS) });

/** A bearer key as it is stored: never itself, only its hash. `usd` is what it may spend in all. */
export type KeyRecord = z.infer<typeof keyRecord>;

/** The limits a key may have. */
export type KeyLimits = Pick<KeyRecord, 'requestsPerMinute' | 'tokensPerMinute' | 'usd'>;

/** Reads a file of keys; none is a file without keys. Throws InputError for one that is damaged or of a newer version. */
export function readKeys(path: string): readonly KeyRecord[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new InputError(`Cannot read the keys in ${path}: ${(cause as Error).message}`, { cause });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InputError(`The file of keys ${path} is not JSON; restore it, or delete it and make new keys`, {
      cause,
    });
  }
  const version = (value as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version > 1)
    throw new InputError(
      `The keys in ${path} were written by a newer Reckon (version ${version}, this one reads 1); update Reckon or choose another --state folder`,
    );
  const read = keyFile.safeParse(value);
  if (!read.success)
    throw new InputError(`The file of keys ${path} is damaged; restore it, or delete it and make new keys`);
  return read.data.keys;
}

/** Makes a key and stores its hash. The key itself is returned here and nowhere else. */
export function addKey(
  path: string,
  name: string,
  limits: KeyLimits = {},
): { readonly key: string; readonly record: KeyRecord } {
  const keys = readKeys(path);
  if (keys.length >= MOST_KEYS)
    throw new InputError(`There are ${MOST_KEYS} keys already; remove some with reckon keys rm`);
  const key = `rk-${randomBytes(24).toString('base64url')}`;
  const record: KeyRecord = {
    id: randomUUID(),
    name,
    sha256: digest(key).toString('hex'),
    createdAt: new Date().toISOString(),
    ...limits,
  };
  writeKeys(path, [...keys, record]);
  return { key, record };
}

/** Removes keys by name or id; returns how many there were. */
export function removeKeys(path: string, name: string): number {
  const keys = readKeys(path);
  const left = keys.filter((record) => record.name !== name && record.id !== name);
  if (left.length < keys.length) writeKeys(path, left);
  return keys.length - left.length;
}

function writeKeys(path: string, keys: readonly KeyRecord[]): void {
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}.tmp`;
  writeFileSync(unfinished, `${JSON.stringify({ version: 1, keys }, null, 2)}\n`, { mode: 0o600 });
  renameSync(unfinished, path);
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** Milliseconds between two looks at whether the file has changed. */
const LOOK_MILLISECONDS = 1_000;

/** The keys of a file, followed as it changes. */
export class KeyRing {
  readonly #path: string | undefined;
  #keys: readonly { readonly record: KeyRecord; readonly hash: Buffer }[];
  #changedAt = 0;
  #lookedAt = performance.now();

  constructor(path: string | undefined, records: readonly KeyRecord[] = []) {
    this.#path = path;
    this.#keys = [];
    this.#set(path === undefined ? records : readKeys(path));
    this.#changedAt = this.#fileTime();
  }

  get empty(): boolean {
    return this.#keys.length === 0;
  }

  /** The record of a key, found without telling by time how near a wrong one came. */
  find(key: string): KeyRecord | undefined {
    this.#look();
    const hash = digest(key);
    let found: KeyRecord | undefined;
    for (const entry of this.#keys) if (timingSafeEqual(entry.hash, hash)) found = entry.record;
    return found;
  }

  #look(): void {
    const now = performance.now();
    if (this.#path === undefined || now - this.#lookedAt < LOOK_MILLISECONDS) return;
    this.#lookedAt = now;
    const changedAt = this.#fileTime();
    if (changedAt === this.#changedAt) return;
    this.#changedAt = changedAt;
    this.#set(readKeys(this.#path));
  }

  #fileTime(): number {
    return this.#path === undefined ? 0 : (statSync(this.#path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  }

  #set(records: readonly KeyRecord[]): void {
    this.#keys = records.map((record) => ({ record, hash: Buffer.from(record.sha256, 'hex') }));
  }
}
