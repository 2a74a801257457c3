import type { OptionSpec } from '../../../src/core/catalog-entry.ts';
import type { FinishReason, ToolCall } from '../../../src/core/model.ts';
import type { Solution } from '../../../src/core/solution.ts';
import type { TraceEvent } from '../../../src/core/trace.ts';
import type { Report } from '../../../src/evaluation/report.ts';
import type { RunRecord } from '../../../src/evaluation/row.ts';
import type { RunSummary } from '../../../src/evaluation/run-store.ts';

/** A method as GET /api/catalog lists it. */
export interface MethodInfo {
  readonly name: string;
  readonly summary: string;
  readonly paper: string;
  readonly aliases: readonly string[];
  readonly calls: string;
  readonly wraps: boolean;
  readonly count?: string;
  readonly options: { readonly [name: string]: OptionSpec };
}

/** GET /api/catalog. */
export interface Catalog {
  readonly version: string;
  readonly models: readonly string[];
  readonly listed: readonly string[];
  readonly methods: readonly MethodInfo[];
}

/** The last event of POST /api/ask. */
export interface AskAnswer {
  readonly text: string;
  readonly finish: FinishReason;
  readonly toolCalls?: readonly ToolCall[];
  readonly solution?: Solution;
  readonly exhausted?: string;
  readonly seed?: number;
  readonly cut: boolean; // whether the trace was longer than what is sent
}

/** GET /api/runs. */
export interface RunList {
  readonly runs: readonly RunSummary[];
}

/** GET /api/runs/{run}, and of two runs. */
export interface ReportedRun extends RunRecord {
  readonly report: Report;
}

/** GET /api/runs/{run}/trace. */
export interface StoredTrace {
  readonly events: readonly TraceEvent[];
}

/** GET /api/training. */
export interface TrainingList {
  readonly runs: readonly { readonly name: string; readonly updatedAt: string; readonly bytes: number }[];
}

/** GET /api/training/{name}. */
export interface TrainingLines<Row> {
  readonly rows: readonly Row[];
  readonly next: number; // byte at which the following lines begin
}
