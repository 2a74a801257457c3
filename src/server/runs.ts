import { InputError } from '../core/errors.ts';
import { report } from '../evaluation/report.ts';
import type { RunRecord } from '../evaluation/row.ts';
import type { RunStore } from '../evaluation/run-store.ts';
import { ApiError, badField } from './parts/api-error.ts';
import type { Handler } from './parts/exchange.ts';
import { mergeRuns } from './parts/merge-runs.ts';
import { jsonReply } from './parts/reply.ts';

/** GET /api/runs: stored runs, the latest first. */
export function listRuns(store: RunStore): Handler {
  return () => jsonReply({ runs: store.list() });
}

/** GET /api/runs/{run}: the run's report with its problems and rows. */
export function showRun(store: RunStore): Handler {
  return ({ param }) => {
    const record = read(store, param('run'));
    return jsonReply({ report: report(record), ...record });
  };
}

/** GET /api/runs/{run}/trace?problem=&method=&repeat=: the events of one attempt. */
export function showTrace(store: RunStore): Handler {
  return ({ param, request }) => {
    const query = new URL(request.url).searchParams;
    const [problem, method] = [query.get('problem'), query.get('method')];
    const repeat = Number(query.get('repeat') ?? 0);
    if (problem === null) throw badField('problem', 'say which problem');
    if (method === null) throw badField('method', 'say which method');
    if (!Number.isInteger(repeat) || repeat < 0)
      throw badField('repeat', 'a repeat is a whole number from 0');
    const events = store.trace(param('run'), { problem, method, repeat });
    if (!events) throw new ApiError(404, 'No trace of this attempt was kept', { code: 'trace_not_found' });
    return jsonReply({ events });
  };
}

/** GET /api/runs/{run}/with/{other}: both runs as one, their methods compared on the problems they share. */
export function compareRuns(store: RunStore): Handler {
  return ({ param }) => {
    const { record, pairs } = mergeRuns(read(store, param('run')), read(store, param('other')));
    return jsonReply({ report: report(record, pairs), ...record });
  };
}

function read(store: RunStore, run: string): RunRecord {
  try {
    return store.read(run);
  } catch (cause) {
    if (cause instanceof InputError) throw new ApiError(404, cause.message, { code: 'run_not_found', cause });
    throw cause;
  }
}
