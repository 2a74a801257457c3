import { ApiFailure, getJson } from '../api/server.ts';
import type { TrainingLines, TrainingList } from '../api/types.ts';
import { type MetricRow, MetricTable } from './series.ts';

/** A text that the policy wrote at an evaluation. */
export interface Sample {
  readonly step: number;
  readonly problem?: string;
  readonly question?: string;
  readonly text?: string;
  readonly answer?: string | null;
  readonly score?: number; // in [0, 1]
}

/** What the page has read of one run. */
export interface FollowedRun {
  readonly name: string;
  metrics: MetricTable;
  samples: Sample[];
  read: { metrics: number; samples: number }; // bytes
  version: number;
}

type File = 'metrics' | 'samples';

/** Time between two looks at the files, milliseconds. */
const PERIOD = 1_000;
/** Samples of one run that are kept; the oldest go. */
const MOST_SAMPLES = 5_000;

/** Follows the runs of training in the server's folder: the list of them, and every new line of those that are chosen. */
export class TrainingFeed {
  list: TrainingList['runs'] | undefined;
  failure: ApiFailure | undefined;
  readonly runs = new Map<string, FollowedRun>();
  #chosen: readonly string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #over = false;
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Looks now, and again and again until `stop`. */
  start(): void {
    void this.#look();
  }

  stop(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }

  /** Which runs to read. */
  choose(names: readonly string[]): void {
    this.#chosen = names;
    for (const name of names) this.#follow(name).catch((cause: unknown) => this.#fail(cause));
  }

  async #look(): Promise<void> {
    if (!document.hidden) {
      try {
        const { runs } = await getJson<TrainingList>('/api/training');
        this.list = runs;
        this.failure = undefined;
        this.#forgetRewritten();
        await Promise.all(this.#chosen.map((name) => this.#follow(name)));
      } catch (cause) {
        this.#fail(cause);
      }
      if (this.#over) return;
      this.#onChange();
    }
    this.#timer = setTimeout(() => void this.#look(), PERIOD);
  }

  #fail(cause: unknown): void {
    this.failure = cause instanceof ApiFailure ? cause : new ApiFailure(0, String(cause));
    if (!this.#over) this.#onChange();
  }

  /** A run that went on from an earlier checkpoint has a shorter file than was read: it is read anew. */
  #forgetRewritten(): void {
    for (const { name, bytes } of this.list ?? []) {
      const run = this.runs.get(name);
      if (run && bytes < run.read.metrics) this.runs.delete(name);
    }
  }

  async #follow(name: string): Promise<void> {
    let run = this.runs.get(name);
    if (!run) {
      const read = { metrics: 0, samples: 0 };
      run = { name, metrics: new MetricTable(), samples: [], read, version: 0 };
      this.runs.set(name, run);
    }
    for (const row of await this.#lines<MetricRow>(run, 'metrics')) run.metrics.add(row);
    const samples = await this.#lines<Sample>(run, 'samples').catch((cause: unknown) => {
      if (cause instanceof ApiFailure && cause.status === 404) return []; // nothing has been evaluated yet
      throw cause;
    });
    if (samples.length > 0) run.samples = [...run.samples, ...samples].slice(-MOST_SAMPLES);
    this.#onChange();
  }

  /** The lines that have come since the last time. */
  async #lines<Row>(run: FollowedRun, file: File): Promise<Row[]> {
    const all: Row[] = [];
    for (;;) {
      const from = run.read[file];
      const { rows, next } = await getJson<TrainingLines<Row>>(
        `/api/training/${encodeURIComponent(run.name)}?${new URLSearchParams({ file, from: String(from) })}`,
      );
      if (next <= from || run.read[file] !== from) return all; // nothing new, or another look has read it
      run.read[file] = next;
      run.version++;
      all.push(...rows);
    }
  }
}
