import { constants } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiError, badField } from './parts/api-error.ts';
import type { Handler } from './parts/exchange.ts';
import { MOST_METRIC_BYTES, MOST_METRIC_LINES, MOST_TRAINING_RUNS } from './parts/limits.ts';
import { jsonReply } from './parts/reply.ts';

/** What a run of training may write beside its checkpoints, a JSON object a line. */
const FILES = ['metrics', 'samples'] as const;

/** GET /api/training: the runs in the folder, the one written to last first. */
export function listTraining(folder: string): Handler {
  return async () => {
    const names = await readdir(folder).catch(() => []); // nothing has been trained yet
    const runs = [];
    for (const name of names.slice(0, MOST_TRAINING_RUNS)) {
      if (!isName(name)) continue;
      const found = await stat(join(folder, name, 'metrics.jsonl')).catch(() => undefined); // not a run
      if (found?.isFile()) runs.push({ name, updatedAt: found.mtime.toISOString(), bytes: found.size });
    }
    return jsonReply({ runs: runs.sort((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1)) });
  };
}

/**
 * GET /api/training/{name}?file=metrics&from=0: the lines from a byte on, and where the next ones will begin. A line that is
 * still being written is left for the next time.
 */
export function showTraining(folder: string): Handler {
  return async ({ param, request }) => {
    const query = new URL(request.url).searchParams;
    const name = param('name');
    const file = FILES.find((known) => known === (query.get('file') ?? 'metrics'));
    const from = Number(query.get('from') ?? 0);
    if (!isName(name)) throw unknown(name);
    if (!file) throw badField('file', `the files are ${FILES.join(' and ')}`);
    if (!Number.isSafeInteger(from) || from < 0) throw badField('from', 'from is a whole number of bytes');
    const text = await readFrom(join(folder, name, `${file}.jsonl`), from, name);
    const lines = text.split('\n').slice(0, -1).slice(0, MOST_METRIC_LINES);
    const next = from + lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
    return jsonReply({ name, file, rows: lines.flatMap(parsed), next });
  };
}

async function readFrom(path: string, from: number, name: string): Promise<string> {
  // never through a link, which could lead out of the folder
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => {
    throw unknown(name);
  });
  try {
    const { size } = await handle.stat();
    const length = Math.max(0, Math.min(size - from, MOST_METRIC_BYTES));
    const bytes = Buffer.alloc(length);
    const { bytesRead } = await handle.read(bytes, 0, length, from);
    return bytes.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** The object in a line; a damaged line holds none. */
function parsed(line: string): unknown[] {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? [value] : [];
  } catch {
    return []; // a line that a killed run left half written
  }
}

function isName(name: string): boolean {
  return /^[\w][\w.-]{0,99}$/.test(name) && !name.includes('..');
}

function unknown(name: string): ApiError {
  return new ApiError(404, `There is no training run ${JSON.stringify(name)}`, {
    code: 'training_not_found',
  });
}
