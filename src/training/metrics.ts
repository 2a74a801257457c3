/** What a run of training leaves to look at: `metrics.jsonl`, `samples.jsonl` and events for TensorBoard, in one folder. */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type LogFile, logFile, type OpenFile } from './log-file.ts';
import { scalarRecord, startRecord, versionRecord } from './tensorboard.ts';
import type { TrainStep } from './trainer.ts';

/** A step, and how long it took. */
export interface StepRow extends TrainStep {
  readonly seconds: number; // wall clock
}

/** Greedy attempts at problems that are held out. */
export interface EvaluationRow {
  readonly step: number; // 0 = before the first
  readonly accuracy: number; // in [0, 1]
  readonly accuracyLow: number; // 95 % interval
  readonly accuracyHigh: number;
  readonly problems: number;
  readonly errors?: number; // attempts that failed, where there were any; they count as wrong
  readonly parts?: Readonly<Record<string, number>>; // accuracy of each dataset and method, where there are several
  readonly seconds: number; // wall clock
}

/** A line of `metrics.jsonl`. */
export type MetricsRow = StepRow | EvaluationRow;

/** A text that the policy wrote at an evaluation: a line of `samples.jsonl`. */
export interface SampleRow {
  readonly step: number;
  readonly problem: string;
  readonly question: string;
  readonly text: string;
  readonly answer: string | null;
  readonly score: number; // in [0, 1]
}

export function isEvaluation(row: MetricsRow): row is EvaluationRow {
  return 'accuracy' in row;
}

export interface Metrics {
  /** What was kept of earlier rows. */
  readonly earlier: readonly MetricsRow[];
  /** Lines of metrics so far: what a checkpoint notes, to cut off what came after it. */
  readonly cursor: number;
  write(row: MetricsRow): Promise<void>;
  writeSamples(samples: readonly SampleRow[]): Promise<void>;
  /** Waits until the disk has what was written. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface OpenMetricsOptions {
  readonly step?: number; // that the run is at; 0 = a new one
  readonly cursor?: number; // of the checkpoint that the run goes on from
  readonly openFile?: OpenFile;
}

/** All steps up to this one have a row, then every tenth, and past ten times as many every hundredth. */
const ALL_STEPS = 10_000;
const MOST_CHARACTERS = 2_000; // of a sampled text
const EVENTS = 'events.out.tfevents.';

/**
 * Opens the logs of a run; on a resume, drops what was written after the checkpoint. Throws CheckpointError when the disk
 * fails.
 */
export async function openMetrics(
  folder: string,
  { step = 0, cursor: kept = 0, openFile }: OpenMetricsOptions = {},
): Promise<Metrics> {
  await mkdir(folder, { recursive: true });
  const files: LogFile[] = [];
  const opened = async (name: string): Promise<LogFile> => {
    const file = await logFile(join(folder, name), openFile);
    files.push(file);
    return file;
  };
  const close = async (): Promise<void> => {
    for (const file of files) await file.close();
  };
  try {
    const metrics = await opened('metrics.jsonl');
    const rows = (await metrics.keep((_, index) => index < kept)) as MetricsRow[];
    const samples = await opened('samples.jsonl');
    const evaluated = new Set(rows.filter(isEvaluation).map(({ step }) => step));
    await samples.keep((sample) => evaluated.has((sample as SampleRow).step));
    const events = await opened(await nextEventsName(folder));
    await events.append(versionRecord(now()));
    await events.append(startRecord(now(), step === 0 ? 0 : step + 1));

    let cursor = rows.length;
    return {
      earlier: rows,
      get cursor() {
        return cursor;
      },
      write: async (row) => {
        if (!hasRow(row) || !(await metrics.append(line(row)))) return;
        cursor++;
        await events.append(scalarRecord(now(), row.step, scalarsOf(row)));
      },
      writeSamples: async (texts) => {
        for (const sample of texts) {
          const question = sample.question.slice(0, MOST_CHARACTERS);
          await samples.append(line({ ...sample, question, text: sample.text.slice(0, MOST_CHARACTERS) }));
        }
      },
      sync: async () => {
        for (const file of files) await file.sync();
      },
      close,
    };
  } catch (cause) {
    await close();
    throw cause;
  }
}

function line(value: MetricsRow | SampleRow): Uint8Array {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}

function now(): number {
  return Date.now() / 1000;
}

function hasRow(row: MetricsRow): boolean {
  const { step } = row;
  return isEvaluation(row) || step % (step <= ALL_STEPS ? 1 : step <= 10 * ALL_STEPS ? 10 : 100) === 0;
}

function scalarsOf(row: MetricsRow): Record<string, number> {
  const group = isEvaluation(row) ? 'validation' : 'train';
  const { step: _, ...values } = row;
  const named = Object.entries(values).flatMap(([name, value]) =>
    typeof value === 'number' ? [[name, value] as const] : Object.entries(value as Record<string, number>),
  );
  return Object.fromEntries(named.map(([name, value]) => [`${group}/${name}`, value]));
}

/** TensorBoard reads a folder's files in the order of their names: the time in seconds, never before an earlier one. */
async function nextEventsName(folder: string): Promise<string> {
  const times = (await readdir(folder))
    .filter((name) => name.startsWith(EVENTS))
    .map((name) => Number.parseInt(name.slice(EVENTS.length), 10));
  const time = Math.max(Math.floor(now()), ...times.filter(Number.isSafeInteger).map((last) => last + 1));
  return `${EVENTS}${String(time).padStart(10, '0')}.reckon`;
}
