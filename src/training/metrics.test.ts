import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, symlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { CheckpointError } from '../core/errors.ts';
import type { OpenFile } from './log-file.ts';
import { type EvaluationRow, openMetrics, type SampleRow, type StepRow } from './metrics.ts';

const root = temporaryFolder();
let folders = 0;
const newFolder = () => join(root.path, `run ${folders++}`);
const stepRow = (step: number): StepRow => ({
  step,
  loss: 1 / step,
  learningRate: 0.1,
  gradientNorm: 1,
  tokens: 10,
  seconds: 1,
});
const evaluationRow = (step: number): EvaluationRow => ({
  step,
  accuracy: 0.5,
  accuracyLow: 0.4,
  accuracyHigh: 0.6,
  problems: 10,
  seconds: 1,
});
const sampleRow = (step: number): SampleRow => ({
  step,
  problem: 'p',
  question: 'What?',
  text: 'x'.repeat(5_000),
  answer: null,
  score: 0,
});
const read = (folder: string, file: string): string => readFileSync(join(folder, file), 'utf8');
const steps = (folder: string, file = 'metrics.jsonl'): number[] =>
  read(folder, file)
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line).step);

test('what came after a checkpoint is gone on a resume, samples included', async () => {
  const folder = newFolder();
  const metrics = await openMetrics(folder);
  await metrics.write(evaluationRow(0));
  await metrics.writeSamples([sampleRow(0)]);
  await metrics.write(stepRow(1));
  const { cursor } = metrics;
  await metrics.write(evaluationRow(1));
  await metrics.writeSamples([sampleRow(1)]);
  await metrics.write(stepRow(2));
  await metrics.close();
  appendFileSync(join(folder, 'metrics.jsonl'), '{"step":3,"lo');

  const resumed = await openMetrics(folder, { step: 1, cursor });
  assert.deepEqual(resumed.earlier, [evaluationRow(0), stepRow(1)]);
  await resumed.write(stepRow(2));
  assert.equal(resumed.cursor, 3);
  await resumed.close();
  assert.deepEqual(steps(folder), [0, 1, 2]);
  assert.deepEqual(steps(folder, 'samples.jsonl'), [0]);
});

test('a new run begins with empty files', async () => {
  const folder = newFolder();
  for (const step of [1, 2]) {
    const metrics = await openMetrics(folder);
    await metrics.write(stepRow(step));
    await metrics.close();
  }
  assert.deepEqual(steps(folder), [2]);
});

test('long runs keep a bounded number of rows, and every evaluation', async () => {
  const folder = newFolder();
  const metrics = await openMetrics(folder);
  for (const step of [9_999, 10_000, 10_001, 10_010, 100_000, 100_010, 100_100])
    await metrics.write(stepRow(step));
  await metrics.write(evaluationRow(100_001));
  await metrics.close();
  assert.deepEqual(steps(folder), [9_999, 10_000, 10_010, 100_000, 100_100, 100_001]);
});

test('sampled texts are cut', async () => {
  const folder = newFolder();
  const metrics = await openMetrics(folder);
  await metrics.writeSamples([sampleRow(0)]);
  await metrics.close();
  assert.ok(read(folder, 'samples.jsonl').length < 2_200);
});

test('a full disk is an error that says what to do, and leaves whole lines', async () => {
  const folder = newFolder();
  let writesLeft = Number.POSITIVE_INFINITY;
  const openFile: OpenFile = async (path) => {
    const handle = await open(path, 'a+').then(async (file) => {
      await file.close();
      return open(path, 'r+');
    });
    const write = handle.write.bind(handle) as (
      ...arguments_: unknown[]
    ) => Promise<{ bytesWritten: number }>;
    const failing = async (bytes: Uint8Array, offset: number, length: number, position: number) => {
      if (writesLeft === 0)
        throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      writesLeft--;
      return write(bytes, offset, writesLeft === 0 ? 7 : length, position);
    };
    return Object.assign(handle, { write: failing as typeof handle.write });
  };
  const metrics = await openMetrics(folder, { openFile });
  await metrics.write(stepRow(1));
  writesLeft = 1;
  await assert.rejects(metrics.write(stepRow(2)), (error: Error) => {
    assert.ok(error instanceof CheckpointError);
    assert.match(error.message, /Cannot write .*metrics\.jsonl: ENOSPC.*make room, then resume/);
    return true;
  });
  assert.equal(metrics.cursor, 1);
  await metrics.close();
  assert.deepEqual(steps(folder), [1]);
});

test('never written through a link', async () => {
  const outside = root.write('outside.txt', 'mine');
  const linked = root.write('linked/config.json', '{}').replace('/config.json', '');
  symlinkSync(outside, join(linked, 'metrics.jsonl'));
  await assert.rejects(openMetrics(linked), CheckpointError);
  assert.equal(readFileSync(outside, 'utf8'), 'mine');
});
