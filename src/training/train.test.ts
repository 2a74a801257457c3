import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { diskThatFails } from '../../test/failing-disk.ts';
import { firstWeights, type ToyOptions, toyModel, toyTrainer } from '../../test/fixtures/toy-trainer.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { CheckpointError } from '../core/errors.ts';
import { loadCheckpoint } from '../transformer/checkpoint.ts';
import type { MetricsRow } from './metrics.ts';
import {
  bestCheckpoint,
  DivergedError,
  type Evaluation,
  loadLast,
  type TrainOptions,
  type TrainResult,
  train,
} from './train.ts';
import type { Trainer } from './trainer.ts';

const root = temporaryFolder();
let folders = 0;
const newFolder = () => join(root.path, `run ${folders++}`);

type Rest = Partial<Omit<TrainOptions, 'trainer' | 'folder' | 'model' | 'evaluate'>>;

/** Accuracy falls with the weights, so that it differs from step to step. */
function evaluation(trainer: Trainer, problems = 20): Evaluation {
  const sum = firstWeights(trainer.snapshot()).reduce((total, value) => total + value, 0);
  const accuracy = Math.abs(Math.round(sum * 1000) % problems) / problems;
  const sample = { problem: 'p', question: 'Why?', text: `${sum}`, answer: null, score: 0 };
  return { accuracy, accuracyLow: 0, accuracyHigh: 1, problems, samples: [sample] };
}

async function start(folder: string, toy: ToyOptions, rest: Rest = {}): Promise<TrainResult> {
  const trainer = toyTrainer(toy);
  return train({ trainer, model: toyModel, folder, evaluate: async () => evaluation(trainer), ...rest });
}

async function resume(folder: string, steps: number, rest: Rest = {}): Promise<TrainResult> {
  const { training, parameters } = await loadLast(folder);
  return start(
    folder,
    { steps, from: { ...training, parameters } },
    {
      ...rest,
      metricsCursor: training.metricsCursor,
    },
  );
}

const lines = (folder: string, file: string): MetricsRow[] =>
  readFileSync(join(folder, file), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

/** Everything that must be the same however a run was interrupted. */
async function outcome(folder: string) {
  const { training, parameters } = await loadLast(folder);
  const best = existsSync(bestCheckpoint(folder))
    ? (await loadCheckpoint(bestCheckpoint(folder))).parameters
    : undefined;
  const rows = lines(folder, 'metrics.jsonl').map(({ seconds, ...row }) => row);
  return { training, parameters, best, rows, samples: lines(folder, 'samples.jsonl') };
}

const every: Rest = { evaluateEvery: 6, checkpointEvery: 4 };

test('a run leaves a row a step, evaluations, samples, the last and the best checkpoint', async () => {
  const folder = newFolder();
  const seen: MetricsRow[] = [];
  const result = await start(folder, { steps: 15 }, { ...every, onRow: (row) => seen.push(row) });
  const rows = lines(folder, 'metrics.jsonl');
  assert.deepEqual(rows, seen);
  const evaluated = rows.flatMap((row) => ('accuracy' in row ? [row.step] : []));
  assert.deepEqual(evaluated, [0, 6, 12, 15]);
  const steps = rows.flatMap((row) => ('loss' in row ? [row.step] : []));
  assert.deepEqual(
    steps,
    Array.from({ length: 15 }, (_, index) => index + 1),
  );
  assert.deepEqual(
    lines(folder, 'samples.jsonl').map(({ step }) => step),
    evaluated,
  );
  const accuracies = rows.flatMap((row) => ('accuracy' in row ? [row] : []));
  const highest = Math.max(...accuracies.map(({ accuracy }) => accuracy));
  const best = accuracies.findLast(({ accuracy }) => accuracy === highest);
  assert.deepEqual(result.best, { step: best?.step, accuracy: highest });
  assert.deepEqual(
    [result.ended, result.step, result.accuracy],
    ['finished', 15, accuracies.at(-1)?.accuracy],
  );
  const { training } = await loadLast(folder);
  assert.deepEqual([training.step, training.metricsCursor], [15, rows.length]);
  assert.equal((await loadCheckpoint(bestCheckpoint(folder), { training: true })).training, undefined);
});

test('a run stopped after any step goes on to the same numbers, bit for bit', async () => {
  const whole = newFolder();
  await start(whole, { steps: 13 }, every);
  const expected = await outcome(whole);
  for (let at = 0; at <= 13; at++) {
    const folder = newFolder();
    const stop = new AbortController();
    const result = await start(
      folder,
      { steps: 13 },
      {
        ...every,
        stop: stop.signal,
        onRow: ({ step }) => step >= at && stop.abort(),
      },
    );
    assert.deepEqual([result.ended, result.step], ['stopped', at]);
    await resume(folder, 13, every);
    assert.deepEqual(await outcome(folder), expected, `stopped after step ${at}`);
  }
});

test('a killed process goes on to the same numbers, without doubled rows', { timeout: 300_000 }, async () => {
  const script = fileURLToPath(new URL('../../test/fixtures/toy-training.ts', import.meta.url));
  const steps = 40;
  const runUntil = async (folder: string, hold = 0): Promise<void> => {
    const child = spawn(process.execPath, [script, folder, `${steps}`, `${hold}`]);
    child.stdout.once('data', () => child.kill('SIGKILL'));
    const [, signal] = await once(child, 'exit');
    assert.equal(signal, hold > 0 ? 'SIGKILL' : null);
  };
  const whole = newFolder();
  await runUntil(whole);
  const folder = newFolder();
  for (const hold of [3, 13, 14, 36]) await runUntil(folder, hold);
  await runUntil(folder);
  const { rows, ...rest } = await outcome(folder);
  assert.deepEqual({ rows, ...rest }, await outcome(whole));
  assert.deepEqual(
    rows.map(({ step }) => step),
    Array.from({ length: steps }, (_, index) => index + 1),
  );
});

test('minutes end a run after the step at work', async () => {
  const folder = newFolder();
  let clock = 0;
  const now = () => {
    clock += 1_000; // milliseconds, each time somebody looks
    return clock;
  };
  const result = await start(folder, { steps: 10_000 }, { minutes: 1, now });
  assert.equal(result.ended, 'minutes');
  assert.ok(result.step > 0 && result.step < 60);
  assert.equal((await loadLast(folder)).training.step, result.step);
});

test('a checkpoint is due by minutes as well as by steps', async () => {
  let clock = 0;
  const saves: number[] = [];
  await start(
    newFolder(),
    { steps: 9 },
    {
      checkpointEvery: 100,
      checkpointMinutes: 2,
      now: () => clock,
      onRow: () => {
        clock += 50_000; // milliseconds
      },
      onCheckpoint: (step) => saves.push(step),
    },
  );
  assert.deepEqual(saves, [0, 2, 5, 8, 9]);
});

test('a loss that is no number ends the run with the last good checkpoint in place', async () => {
  const folder = newFolder();
  const diverging = start(folder, { steps: 20, divergesAt: 7 }, every);
  await assert.rejects(diverging, (error: DivergedError) => {
    assert.ok(error instanceof DivergedError);
    assert.equal(error.step, 7);
    assert.match(error.message, /Step 7: the loss is NaN.*checkpoint, of step 4, is in .*last/);
    return true;
  });
  const { training, parameters } = await loadLast(folder);
  assert.equal(training.step, 4);
  for (const values of parameters.values()) assert.ok(values.every(Number.isFinite));
  assert.ok(lines(folder, 'metrics.jsonl').every(({ step }) => step < 7));
});

test('a disk that is full at any operation leaves a checkpoint that goes on to the same numbers', async () => {
  const whole = newFolder();
  await start(whole, { steps: 9 }, every);
  const expected = await outcome(whole);
  let failures = 0;
  for (let at = 0; ; at += 7) {
    const folder = newFolder();
    const { files, failed } = diskThatFails(at, 'crash');
    const error = await start(folder, { steps: 9 }, { ...every, files }).catch((cause: unknown) => cause);
    if (!failed()) break;
    failures++;
    if (!(error instanceof Error)) continue; // what is removed after a save may stay
    assert.ok(error instanceof CheckpointError, String(error));
    assert.match(error.message, /ENOSPC.*still loads/);
    const saved = await loadLast(folder).catch(() => undefined);
    if (saved) await resume(folder, 9, every);
    else await start(folder, { steps: 9 }, every); // nothing had been saved yet
    assert.deepEqual(await outcome(folder), expected);
  }
  assert.ok(failures > 10);
});

test('a resumed run has its own file of events, named after the earlier one', async () => {
  const folder = newFolder();
  await start(folder, { steps: 3 }, every);
  await resume(folder, 5, every);
  const names = readdirSync(folder).filter((name) => name.startsWith('events.out.tfevents.'));
  assert.equal(names.length, 2);
  const [first, second] = names.sort().map((name) => readFileSync(join(folder, name)));
  assert.ok(first?.includes('train/gradientNorm') && first.includes('validation/accuracy'));
  assert.ok(second?.includes('train/loss'));
});
