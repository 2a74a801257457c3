import { InputError } from '../core/errors.ts';
import type { Completion } from '../core/model.ts';
import type { TraceEvent } from '../core/trace.ts';
import { inOrder } from './in-order.ts';
import type { Row, RunRecord } from './row.ts';
import type { RowKey, RunStore } from './run-store.ts';

/** A store that lives as long as the process: for comparisons from code that keep nothing. */
export function memoryStore(): RunStore {
  const runs = new Map<
    string,
    { record: RunRecord; rows: Map<string, Row>; traces: Map<string, readonly TraceEvent[]> }
  >();
  const samples = new Map<string, Completion>();
  const keyOf = ({ problem, method, repeat }: RowKey) => JSON.stringify([problem, method, repeat]);
  const find = (run: string) => {
    const found = runs.get(run);
    if (!found) throw new InputError(`There is no run ${run}`);
    return found;
  };
  return {
    create(info, problems) {
      if (runs.has(info.run)) throw new InputError(`There is a run ${info.run} already; choose another name`);
      runs.set(info.run, { record: { info, problems, rows: [] }, rows: new Map(), traces: new Map() });
    },
    read(run) {
      const { record, rows } = find(run);
      return { ...record, rows: inOrder([...rows.values()], record.info, record.problems) };
    },
    list: () =>
      [...runs.values()].reverse().map(({ record: { info, problems }, rows }) => ({
        run: info.run,
        dataset: info.dataset,
        model: info.model,
        methods: info.methods,
        startedAt: info.startedAt ?? '',
        rows: rows.size,
        planned: problems.length * info.methods.length * info.repeats,
      })),
    addRow(run, row, trace) {
      const { rows, traces } = find(run);
      if (rows.has(keyOf(row))) return;
      rows.set(keyOf(row), row);
      if (trace) traces.set(keyOf(row), trace);
    },
    removeRows(run, outcome) {
      const { rows } = find(run);
      const gone = [...rows].filter(([, row]) => row.outcome === outcome);
      for (const [key] of gone) rows.delete(key);
      return gone.length;
    },
    trace: (run, key) => find(run).traces.get(keyOf(key)),
    getSample: (key) => samples.get(key),
    setSample: (key, completion) => void samples.set(key, completion),
    delete: (run) => void runs.delete(run),
    close: () => {},
  };
}
