import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EvaluationRow, StepRow } from '../training/metrics.ts';
import { trainProgress } from './train-progress.ts';

const stepRow = (step: number, rest: Partial<StepRow> = {}): StepRow => ({
  step,
  loss: 4 / step,
  learningRate: 0.001,
  gradientNorm: 0.5,
  tokens: 1_000,
  seconds: 0.5,
  ...rest,
});
const evaluationRow = (step: number, accuracy: number): EvaluationRow => ({
  step,
  accuracy,
  accuracyLow: accuracy - 0.05,
  accuracyHigh: accuracy + 0.05,
  problems: 200,
  seconds: 1,
});

function screen(isTTY: boolean) {
  let text = '';
  let clock = 0;
  const stream = {
    isTTY,
    columns: 100,
    write: (part: string) => (text += part),
  } as unknown as NodeJS.WriteStream;
  return { stream, now: () => clock, wait: (seconds: number) => (clock += seconds * 1000), text: () => text };
}

/** What a terminal shows after the escape sequences that the block uses. */
function shown(text: string): string[] {
  const lines: string[] = [''];
  for (const part of text.split(/(\x1b\[\d+F\x1b\[0J|\n)/)) {
    const up = /\[(\d+)F/.exec(part);
    if (up) lines.splice(lines.length - 1 - Number(up[1]), Number(up[1]) + 1, '');
    else if (part === '\n') lines.push('');
    else lines[lines.length - 1] += part;
  }
  return lines.slice(0, -1);
}

test('on a terminal one block is redrawn, and what is said stays above it', () => {
  const { stream, now, wait, text } = screen(true);
  const progress = trainProgress({ title: 'grpo countdown', step: 0, steps: 10, stream, now });
  progress.row(evaluationRow(0, 0.3));
  for (let step = 1; step <= 4; step++) {
    wait(30);
    progress.row(stepRow(step, { reward: step / 8, kl: 0.0123, clipShare: 0.25 }));
  }
  progress.say('Saved.');
  progress.row(evaluationRow(4, 0.25));
  wait(30);
  progress.row(stepRow(5, { reward: 5 / 8, kl: 0.02, clipShare: 0.25 }));
  progress.end();
  assert.deepEqual(shown(text()), [
    'validation after step 0: 30.0 % [25.0 %, 35.0 %], n = 200',
    'Saved.',
    'grpo countdown  step 5/10  2 min 30 s, 2 min 30 s left',
    'loss 0.8 █▄▂▁▁  reward 0.625 ▁▃▅▆█',
    '2,000 tokens/s  learning rate 0.001  gradient 0.5',
    'KL 0.02  clipped 25.0 %',
    'validation after step 4: 25.0 % [20.0 %, 30.0 %], n = 200; best 30.0 % after step 0',
  ]);
});

test('elsewhere a plain line every ten seconds and at the last step', () => {
  const { stream, now, wait, text } = screen(false);
  const progress = trainProgress({ title: 'sft', step: 0, steps: 30, stream, now });
  for (let step = 1; step <= 30; step++) {
    wait(1);
    progress.row(stepRow(step));
  }
  progress.row(evaluationRow(30, 0.9));
  progress.end();
  const lines = text().split('\n');
  assert.deepEqual(
    lines.map((line) => line.split('  ')[0]),
    [
      'step 1/30',
      'step 11/30',
      'step 21/30',
      'step 30/30',
      'validation after step 30: 90.0 % [85.0 %, 95.0 %], n = 200',
      '',
    ],
  );
  assert.equal(lines[1], 'step 11/30  loss 0.364  2,000 tokens/s  11 s, 19 s left');
  assert.ok(!text().includes('\x1b'));
});

test('minutes shorten what is left', () => {
  const { stream, now, wait, text } = screen(false);
  const progress = trainProgress({ title: 'sft', step: 0, steps: 1000, minutes: 1, stream, now });
  wait(20);
  progress.row(stepRow(1));
  assert.match(text(), /20 s, 40 s left/);
});
