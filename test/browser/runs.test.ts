/** Stored runs on the screen: the list, a report, two runs compared, the tree of an attempt. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDataset } from '../../src/catalog/datasets.ts';
import { openMethods } from '../../src/catalog/methods.ts';
import type { TraceEvent } from '../../src/core/trace.ts';
import { compare } from '../../src/evaluation/compare.ts';
import { claim } from '../../src/evaluation/comparison.ts';
import { memoryStore } from '../../src/evaluation/memory-store.ts';
import { report } from '../../src/evaluation/report.ts';
import type { RunStore } from '../../src/evaluation/run-store.ts';
import { noisySolver } from '../../src/models/noisy-solver.ts';
import { mergeRuns } from '../../src/server/parts/merge-runs.ts';
import { smallRecord } from '../small-record.ts';
import { openBrowser, pictureFile } from './browser.ts';
import { servedPage } from './served-page.ts';
import { watchedPage } from './watched-page.ts';

const { browser, missing } = await openBrowser();
const options = { skip: missing, timeout: 180_000 };

let stored: Promise<RunStore> | undefined;

/** Runs of real methods on generated sums, made once. */
function storedRuns(): Promise<RunStore> {
  stored ??= makeRuns();
  return stored;
}

async function makeRuns(): Promise<RunStore> {
  const store = memoryStore();
  const dataset = await openDataset('arithmetic');
  for (const { run, methods, seed } of [
    { run: 'first', methods: ['direct', 'cot'], seed: 1 },
    { run: 'second', methods: ['direct', 'sc@8', 'tot'], seed: 2 },
  ]) {
    const opened = await openMethods(methods, noisySolver({ errorRate: 0.3 }));
    await compare({
      run,
      dataset,
      methods: opened.list,
      model: 'noisy-solver',
      store,
      seed,
      limit: 30,
      limits: { tokens: 1500 },
      keepTraces: true,
      version: '0.1.0',
    });
    await opened.close();
  }
  return store;
}

test('runs: the list, a report with its filters, the tree of an attempt', options, async (t) => {
  const runs = await storedRuns();
  const site = await servedPage(t, { runs });
  const { page, watch } = await watchedPage(t, browser!, site.url);
  await page.goto(`${site.url}/#/runs`);
  await page.getByRole('link', { name: 'second' }).click();

  const record = runs.read('second');
  const made = report(record);
  await page.getByRole('heading', { level: 1 }).waitFor();
  assert.equal(
    (await page.getByRole('heading', { level: 1 }).innerText()).toLowerCase(),
    made.headline.toLowerCase(),
  );
  const frontier = page.getByRole('img', { name: /^Accuracy against tokens per attempt/ });
  for (const { name, accuracy } of made.methods)
    assert.ok(
      (await frontier.getAttribute('aria-label'))?.includes(`${name} ${(accuracy * 100).toFixed(1)} %`),
    );
  assert.equal(await frontier.locator('.interval').count(), 3);
  await page.screenshot({ path: pictureFile('run') });

  const found = page.locator('.found');
  const ended = (outcome: string) =>
    new Set(record.rows.filter((row) => row.outcome === outcome).map(({ problem }) => problem)).size;
  assert.ok(ended('exhausted') > 0 && ended('wrong') > 0);
  for (const [name, amount] of [
    ['Wrong', ended('wrong')],
    ['Hit a limit', ended('exhausted')],
    ['Failed', ended('error')],
  ] as const) {
    await page.getByRole('radio', { name }).check();
    assert.equal(await found.innerText(), `${amount} of 30 problems`);
    assert.equal(await page.locator('.problem').count(), amount);
  }
  await page.getByRole('radio', { name: 'Wrong' }).check();
  await page.locator('.problem summary').first().click();
  await page.locator('.panel').nth(2).waitFor();
  assert.equal(await page.locator('.panel').count(), 3);
  await page.locator('.panel').nth(2).getByRole('link', { name: 'tree' }).click();
  await page.getByRole('treeitem').first().waitFor();
  assert.match(page.url(), /\/trace\?problem=.*method=tree-of-thought/);
  assert.ok((await page.getByRole('treeitem').count()) > 3);
  await page.screenshot({ path: pictureFile('trace') });
  await watch.check();
});

test('two runs are compared on the problems they share, with a decision', options, async (t) => {
  const runs = await storedRuns();
  const site = await servedPage(t, { runs });
  const { page, watch } = await watchedPage(t, browser!, site.url, { colorScheme: 'dark' });
  await page.goto(`${site.url}/#/runs`);
  await page.getByLabel('Compare first').check();
  await page.getByText('Choose another one to compare with first.').waitFor();
  await page.getByLabel('Compare second').check();
  await page.getByRole('link', { name: 'Compare the two' }).click();
  const { record, pairs } = mergeRuns(runs.read('first'), runs.read('second'));
  const decisive = report(record, pairs).comparisons.find(
    ({ a, b }) => a === 'chain-of-thought' && b === 'self-consistency@8',
  )!; // the best of each
  await page.getByRole('heading', { level: 1, name: claim(decisive) }).waitFor();
  assert.match(await page.locator('.evidence').innerText(), /95.%.CI .*p\s(?:<|=)/);
  assert.deepEqual(await page.locator('.run-card h2').allInnerTexts(), ['first', 'second']);
  const names = await page.locator('.differences tbody th').allInnerTexts();
  assert.ok(names.some((name) => name.includes('direct (first)')));
  assert.ok(await page.getByRole('radio', { name: 'They differ' }).isChecked());
  const between = page.getByRole('combobox', { name: 'Between which methods' });
  assert.equal(
    await between.evaluate((select: HTMLSelectElement) => select.selectedOptions[0]?.text),
    'chain-of-thought and self-consistency@8',
  );
  assert.equal(await page.locator('.problem').count(), decisive.discordant[0] + decisive.discordant[1]);
  await page.screenshot({ path: pictureFile('compare') });
  await watch.check();
});

test('a tree of thousands of nodes is drawn on a canvas and walked by keyboard', options, async (t) => {
  const runs = memoryStore();
  const { info, problems, rows } = smallRecord({ tot: ['r'] });
  runs.create(info, problems);
  runs.addRow(info.run, rows[0]!, largeTrace(3_000));
  const site = await servedPage(t, { runs });
  const { page, watch } = await watchedPage(t, browser!, site.url);
  await page.goto(`${site.url}/#/runs/run-1/trace?problem=p0&method=tot`);
  const tree = page.getByRole('application', { name: /^Tree of 3,001 nodes/ });
  await tree.waitFor();
  assert.equal(await page.locator('[role=treeitem]').count(), 0);
  await tree.focus();
  for (const key of ['Home', 'ArrowRight', 'ArrowDown']) await page.keyboard.press(key);
  await page
    .getByRole('status')
    .getByText(/state 2, finished, score \.50/)
    .waitFor({ state: 'attached' });
  await page.keyboard.press('Enter');
  assert.match(await page.locator('.node-panel .state').innerText(), /^state 2$/);
  const painted = await page.locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    return data.some((value) => value !== 0);
  });
  assert.ok(painted);
  await page.screenshot({ path: pictureFile('trace-large') });
  await watch.check();
});

test('empty lists say what to run, and keyboard and narrow windows work', options, async (t) => {
  const site = await servedPage(t, { runs: memoryStore(), training: '/nowhere' });
  const { page, watch } = await watchedPage(t, browser!, site.url, { width: 360, height: 700 });
  await page.goto(`${site.url}/#/runs`);
  await page.getByText('reckon compare --demo').waitFor();
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Skip to the content');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'main');
  await page.getByRole('link', { name: 'Train' }).click();
  await page.getByText('reckon train grpo --dataset countdown').waitFor();
  const theme = page.getByRole('button', { name: /^Colours/ });
  await theme.click();
  await theme.click();
  await page.waitForFunction(() => getComputedStyle(document.documentElement).colorScheme === 'dark');
  await page.goto(`${site.url}/#/nowhere`);
  await page.getByText('There is no such page').waitFor();
  await page.goto(`${site.url}/#/runs/missing`);
  await page.getByRole('alert').getByText('There is no run missing').waitFor();
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360);
  await watch.check();
});

/** A root with states below it, and states below some of those. */
function largeTrace(states: number): TraceEvent[] {
  const usage = { calls: 0, promptTokens: 0, completionTokens: 0 };
  const events: TraceEvent[] = [{ type: 'node-start', id: 0, parent: null, label: 'tot' }];
  for (let id = 1; id <= states; id++)
    events.push(
      { type: 'node-start', id, parent: id <= 50 ? 0 : id % 50 || 50, label: 'state', state: `state ${id}` },
      { type: 'node-score', id, verifier: 'value', score: 0.5 },
      { type: 'node-end', id, status: 'done', usage },
    );
  return [...events, { type: 'node-end', id: 0, status: 'done', usage }];
}
