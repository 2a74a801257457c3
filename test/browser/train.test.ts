/** A training run is watched while it is written. */
import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import type { MetricsRow, SampleRow } from '../../src/training/metrics.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { openBrowser, pictureFile } from './browser.ts';
import { servedPage } from './served-page.ts';
import { watchedPage } from './watched-page.ts';

const { browser, missing } = await openBrowser();
const options = { skip: missing, timeout: 180_000 };
const { path: folder, write } = temporaryFolder();

function row(step: number): MetricsRow {
  const reward = 1 - Math.exp(-step / 40);
  return {
    step,
    loss: 0.01 * Math.sin(step),
    reward,
    kl: 0.001 * step,
    entropy: Math.exp(-step / 60),
    length: 60 + (step % 7),
    learningRate: 1e-4,
    gradientNorm: 0.5,
    tokens: 4000,
    seconds: 1,
  };
}

function evaluation(step: number): MetricsRow {
  const accuracy = 0.8 * (1 - Math.exp(-step / 40));
  return {
    step,
    accuracy,
    accuracyLow: accuracy - 0.05,
    accuracyHigh: accuracy + 0.05,
    problems: 100,
    seconds: 2,
  };
}

function sample(step: number): SampleRow {
  return {
    step,
    problem: 'countdown/1',
    question: 'Use the numbers 3 5 7 to make 22.',
    text: `3 * 5 = 15 (left: 7 15)\n15 + 7 = 22\nwritten at step ${step}`,
    answer: '3 * 5 + 7',
    score: step > 20 ? 1 : 0,
  };
}

const lines = (rows: readonly object[]) => rows.map((each) => `${JSON.stringify(each)}\n`).join('');
const steps = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => row(from + index));

/** What a chart shows now, as a person would see it change. */
async function seen(page: Page, metric: string): Promise<{ now: string; picture: string }> {
  const chart = page.getByRole('region', { name: metric, exact: true });
  const picture = await chart.locator('canvas').evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  return { now: (await chart.locator('.now').innerText()).replace(/\s+/g, ' '), picture };
}

/** Until a chart is drawn anew, which may be a frame after its words have changed, and on another canvas. */
async function drawnAnew(page: Page, metric: string, old: { readonly picture: string }): Promise<void> {
  await page.waitForFunction(
    ([name, picture]) => {
      const canvas = document.querySelector<HTMLCanvasElement>(`.metric[aria-label="${name}"] canvas`);
      return canvas !== null && canvas.toDataURL() !== picture;
    },
    [metric, old.picture] as const,
  );
}

test('curves move while the run is written; runs lie over each other; samples follow', options, async (t) => {
  write('grpo-one/metrics.jsonl', lines([evaluation(0), ...steps(1, 20), evaluation(20)]));
  write('grpo-one/samples.jsonl', lines([sample(0), sample(20)]));
  write('sft-two/metrics.jsonl', lines(steps(1, 30)));
  const metrics = join(folder, 'grpo-one', 'metrics.jsonl');
  const site = await servedPage(t, { training: folder });
  const { page, watch } = await watchedPage(t, browser!, site.url);
  await page.goto(`${site.url}/#/train?runs=grpo-one`);
  await page.locator('.u-wrap').first().waitFor();
  assert.deepEqual(
    await page
      .locator('.metric h2')
      .allInnerTexts()
      .then((all) => all.slice(0, 6)),
    ['Accuracy', 'Reward', 'Loss', 'KL', 'Entropy', 'Length'],
  );
  const before = await seen(page, 'Reward');
  assert.equal(before.now, 'step 20 0.393');

  appendFileSync(metrics, `${lines([...steps(21, 60), evaluation(60)])}{"step":61,"rew`); // a line half written
  appendFileSync(join(folder, 'grpo-one', 'samples.jsonl'), lines([sample(60)]));
  await page.getByRole('region', { name: 'Reward' }).getByText('step 60').waitFor();
  await drawnAnew(page, 'Reward', before);
  const after = await seen(page, 'Reward');
  assert.equal(after.now, 'step 60 0.777');
  await page.getByText('written at step 60').waitFor();
  await page.getByLabel('Evaluation').fill('0');
  await page.getByText('written at step 0').waitFor();

  await page.getByRole('checkbox', { name: 'sft-two' }).check();
  await page.getByRole('region', { name: 'Reward' }).locator('.now b').nth(1).waitFor();
  await drawnAnew(page, 'Reward', after);
  assert.match(page.url(), /runs=grpo-one%2Csft-two|runs=grpo-one,sft-two/);

  const straight = await seen(page, 'KL');
  await page.getByLabel('logarithmic').check();
  await drawnAnew(page, 'KL', straight);
  await page.getByLabel('Smoothing').fill('0.9');
  await page.getByRole('region', { name: 'Reward' }).getByText('0.777').waitFor({ state: 'detached' });
  await page.screenshot({ path: pictureFile('train'), fullPage: true });

  writeFileSync(metrics, lines(steps(1, 5))); // it went on from an earlier checkpoint
  await page.getByRole('checkbox', { name: 'sft-two' }).uncheck();
  await page.getByRole('region', { name: 'KL' }).getByText('step 5').waitFor();
  await watch.check();
});
