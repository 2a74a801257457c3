/** Runs of several things by turns on a machine that others use too, and which of the runs nobody disturbed. */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

const SETTLE_MILLISECONDS = 60; // both runtimes' threads spin for a while after their work
const DISTURBED = 0.1; // cores in use by other processes
const ENOUGH = 3; // undisturbed runs on either side of a ratio
const IDLE_SAMPLE_MILLISECONDS = 200;

/** One kind of run: how long it takes, and in how many rounds it takes part. */
export interface Contestant {
  readonly name: string;
  readonly rounds: number;
  readonly process?: number; // where it runs, if not here
  run(): Promise<number>; // milliseconds
  dispose(): Promise<void>;
}

/** How often one time fits into another. */
export interface Ratio {
  readonly ratio: number;
  readonly runs: number;
  readonly undisturbed: boolean;
}

/** The times of one contestant, in milliseconds: of the undisturbed runs where there are any. */
export interface Times {
  readonly name: string;
  readonly runs: number;
  readonly undisturbed: number; // of the runs
  readonly milliseconds: number; // median
  readonly quartiles: readonly [number, number];
  readonly othersCores: number; // in use by other processes, median
}

export interface Contest {
  readonly rows: readonly Times[];
  /** time(slow) / time(fast): of the undisturbed medians where both have enough, else the median over shared rounds. */
  ratio(slow: string, fast: string): Ratio;
}

/** Runs each contestant once to warm up, then all by turns; waits up to `patience` milliseconds for an idle machine before each. */
export async function contest(
  contestants: readonly Contestant[],
  { rounds, patience }: { readonly rounds: number; readonly patience: number },
): Promise<Contest> {
  const runs = new Map(contestants.map(({ name }) => [name, [] as { value: number; cores: number }[]]));
  for (const contestant of contestants) await contestant.run(); // compiles, packs, faults pages in
  for (let round = 0; round < rounds; round++)
    for (const { name, rounds: own, process: elsewhere, run } of contestants) {
      if (round >= own) continue;
      await waitUntilIdle(patience);
      runs.get(name)?.push(await disturbance(run, elsewhere));
    }
  for (const { dispose } of contestants) await dispose();
  const rows = [...runs].map(([name, all]): Times => {
    const calm = all.filter(({ cores }) => cores < DISTURBED);
    const times = (calm.length > 0 ? calm : all).map(({ value }) => value);
    const others = all.map(({ cores }) => cores);
    return {
      name,
      runs: all.length,
      undisturbed: calm.length,
      milliseconds: quantile(times, 0.5),
      quartiles: [quantile(times, 0.25), quantile(times, 0.75)],
      othersCores: quantile(others, 0.5),
    };
  });
  const ratio = (slow: string, fast: string): Ratio => {
    const [a, b] = [runs.get(slow) ?? [], runs.get(fast) ?? []];
    const calm = [a, b].map((all) => all.filter(({ cores }) => cores < DISTURBED).map(({ value }) => value));
    const [calmSlow, calmFast] = calm as [number[], number[]];
    const fewest = Math.min(calmSlow.length, calmFast.length);
    if (fewest >= ENOUGH)
      return { ratio: quantile(calmSlow, 0.5) / quantile(calmFast, 0.5), runs: fewest, undisturbed: true };
    const ratios = a.flatMap(({ value }, round) => (b[round] ? [value / b[round].value] : []));
    return { ratio: quantile(ratios, 0.5), runs: ratios.length, undisturbed: false };
  };
  return { rows, ratio };
}

/** The value below which a share `at` of the values lies. */
export function quantile(values: readonly number[], at: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(at * (sorted.length - 1))] as number;
}

/** Seconds of processor time that the machine has spent, and those of this process and one other. */
function processorSeconds(other?: number): { machine: number; own: number } {
  const machine =
    cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1e3;
  const { user, system } = process.cpuUsage();
  if (other === undefined) return { machine, own: (user + system) / 1e6 };
  const fields = readFileSync(`/proc/${other}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return { machine, own: (user + system) / 1e6 + (Number(fields[11]) + Number(fields[12])) / 100 };
}

/** Milliseconds that `work` gives, and how many cores other processes used meanwhile. */
async function disturbance<T>(work: () => Promise<T>, other?: number): Promise<{ value: T; cores: number }> {
  const [before, start] = [processorSeconds(other), performance.now()];
  const value = await work();
  const [after, seconds] = [processorSeconds(other), (performance.now() - start) / 1e3];
  return { value, cores: Math.max(0, after.machine - before.machine - (after.own - before.own)) / seconds };
}

async function waitUntilIdle(patience: number): Promise<void> {
  const end = performance.now() + patience;
  await pause(SETTLE_MILLISECONDS);
  while (performance.now() < end)
    if ((await disturbance(() => pause(IDLE_SAMPLE_MILLISECONDS))).cores < DISTURBED) return;
}
