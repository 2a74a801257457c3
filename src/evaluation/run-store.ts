import type { Completion } from '../core/model.ts';
import type { TraceEvent } from '../core/trace.ts';
import type { ReportedProblem, Row, RunInfo, RunRecord } from './row.ts';

/** A stored run in a list. */
export interface RunSummary {
  readonly run: string;
  readonly dataset: string;
  readonly model: string;
  readonly methods: readonly string[];
  readonly startedAt: string; // ISO 8601
  readonly rows: number; // finished attempts
  readonly planned: number; // attempts the run is made of
}

/** Which attempt of a run. */
export type RowKey = Pick<Row, 'problem' | 'method' | 'repeat'>;

/** Runs, their rows, traces and samples. What a call has returned for is on disk. */
export interface RunStore {
  /** Begins a run. Throws InputError when the id is taken. */
  create(info: RunInfo, problems: readonly ReportedProblem[]): void;
  /** Throws InputError, naming near ids, when there is no such run. */
  read(run: string): RunRecord;
  list(): RunSummary[];
  /** Adds a finished attempt. A row that is already there stays as it is. */
  addRow(run: string, row: Row, trace?: readonly TraceEvent[]): void;
  /** Forgets rows, so that their attempts are made again. */
  removeRows(run: string, outcome: Row['outcome']): number;
  trace(run: string, key: RowKey): readonly TraceEvent[] | undefined;
  getSample(key: string): Completion | undefined;
  setSample(key: string, completion: Completion): void;
  delete(run: string): void;
  close(): void;
}
