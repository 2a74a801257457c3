/** A question is asked in a real browser, and the tree of its thinking grows on the screen. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { EMBEDDED_MODEL } from '../../src/catalog/models.ts';
import { ModelError } from '../../src/core/errors.ts';
import { noisyAnswer } from '../../src/models/noisy-solver.ts';
import { addKey } from '../../src/server/parts/keys.ts';
import { openServed } from '../../src/server/parts/open-served.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { openBrowser, pictureFile } from './browser.ts';
import { servedPage, Turnstile } from './served-page.ts';
import { watchedPage } from './watched-page.ts';

const folder = temporaryFolder();
const { browser, missing } = await openBrowser();
const options = { skip: missing, timeout: 180_000 };
const right = noisyAnswer({ errorRate: 0 });
const noisy = noisyAnswer({ errorRate: 0.3 });

const nodes = (page: Page) => page.getByRole('treeitem');
const nodesAre = (page: Page, least: number) =>
  page.waitForFunction((count) => document.querySelectorAll('[role=treeitem]').length >= count, least);

test('tree of thought: the tree grows, is pruned, and finishes; a node opens in full', options, async (t) => {
  const turnstile = new Turnstile();
  const site = await servedPage(t, { answer: noisy, turnstile });
  const { page, watch } = await watchedPage(t, browser!, site.url);
  await page.goto(site.url);
  await page.getByLabel('Question', { exact: true }).fill('What is 17 + 25 * 3?');
  await page.getByLabel('Method').selectOption('tree-of-thought');
  assert.equal(await page.locator('.model-id').innerText(), 'noisy-solver+tot');
  await page.locator('summary', { hasText: 'Limits' }).click();
  await page.getByLabel('seed').fill('7');
  await page.getByRole('button', { name: 'Ask', exact: true }).click();

  await nodesAre(page, 2);
  await page.getByRole('button', { name: 'Stop' }).waitFor();
  assert.equal(await nodes(page).count(), 2);
  assert.match((await nodes(page).first().getAttribute('aria-label')) ?? '', /^tree-of-thought.*at work/);

  turnstile.open(1); // the first proposal
  await nodesAre(page, 6);
  assert.equal(await nodes(page).count(), 6);
  const scores = page.locator('.node .score');
  assert.equal(await scores.count(), 0);
  assert.match(await page.locator('.budget').innerText(), /calls\s+1\b/);
  await page.screenshot({ path: pictureFile('ask-growing') });

  turnstile.open(15); // five states, three judgements each
  await page.waitForFunction(() => document.querySelectorAll('.node .score').length === 5);
  turnstile.open();
  await page.locator('.short-answer').waitFor();
  assert.equal(await page.locator('.short-answer').innerText(), '92');
  assert.ok((await nodes(page).count()) > 20);
  assert.ok((await page.locator('.node.pruned').count()) > 5);
  const way = await page.locator('.node.chosen').evaluateAll((all) => all.map((node) => node.ariaLabel));
  assert.ok(way.length >= 3 && way.every((label) => label?.includes('on the way to the answer')));
  await page.getByRole('button', { name: 'Ask', exact: true }).waitFor();
  assert.equal(await page.locator('.pulse').count(), 0);
  await page.screenshot({ path: pictureFile('ask-done') });

  await page.locator('.node.chosen').nth(1).click();
  const panel = page.locator('.node-panel');
  assert.match(await panel.getByRole('heading').first().innerText(), /State at depth 1/);
  await panel.locator('.call summary').first().click();
  assert.match(
    await panel.locator('.said.user').first().innerText(),
    /What is 17 \+ 25 \* 3\?[\s\S]*Reply sure, likely or impossible/,
  );
  assert.match(await panel.locator('.said.completion').first().innerText(), /sure|likely|impossible/);
  await page.screenshot({ path: pictureFile('ask-node') });
  await page.keyboard.press('Escape');
  assert.equal(await panel.count(), 0);

  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-level')), '2');
  await page.keyboard.press('Enter');
  await panel.waitFor();

  await page.getByRole('button', { name: 'Close' }).click();

  await page.getByRole('button', { name: 'Replay' }).click();
  const far = page.getByRole('slider', { name: 'How far' });
  await far.waitFor();
  await far.fill('1');
  await page.waitForFunction(() => document.querySelectorAll('[role=treeitem]').length === 1);
  await far.fill((await far.getAttribute('max')) ?? '');
  await far.waitFor({ state: 'detached' });

  await page.getByLabel('Every call').check();
  await nodesAre(page, 80);
  await watch.check();
});

test('a vote is counted while it is held, against its budget', options, async (t) => {
  const turnstile = new Turnstile();
  const answers = [
    'The answer is 92.',
    'The answer is 126.',
    'So the answer is 92.',
    'The answer is 92',
    '92',
  ];
  let next = 0;
  const site = await servedPage(t, { answer: () => answers[next++ % 5] ?? '', turnstile });
  const { page, watch } = await watchedPage(t, browser!, site.url);
  await page.goto(`${site.url}/#/?question=What is 17 %2B 25 * 3%3F&method=sc@5`);
  await page.locator('summary', { hasText: 'Limits' }).click();
  await page.getByLabel('tokens', { exact: true }).fill('9000');
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await nodesAre(page, 6);
  turnstile.open(3);
  const votes = page.getByRole('list', { name: 'Votes so far' }).getByRole('listitem');
  await votes.first().getByText('67 %').waitFor();
  assert.deepEqual(await votes.allInnerTexts().then((all) => all.map((text) => text.replace(/\s+/g, ' '))), [
    '92 2 67 %',
    '126 1 33 %',
  ]);
  turnstile.open();
  await page.locator('.short-answer').waitFor();
  assert.equal(await page.locator('.short-answer').innerText(), '92');
  assert.match(await page.getByRole('list', { name: 'Votes' }).innerText(), /92\s+4\s+80 %/);
  assert.match(await page.locator('.result').innerText(), /confidence 80\.0 %/);
  assert.match(await page.locator('.budget').innerText(), /of 9\.00k/);
  assert.ok(Number(await page.locator('.budget meter').first().getAttribute('value')) > 0);
  await page.screenshot({ path: pictureFile('ask-votes') });
  await watch.check();
});

test('the stop button ends the calls, and what was thought stays', options, async (t) => {
  const turnstile = new Turnstile();
  let aborted = 0;
  const site = await servedPage(t, {
    answer: (request) => {
      request.signal?.addEventListener('abort', () => aborted++);
      return right(request);
    },
    turnstile,
  });
  const { page, watch } = await watchedPage(t, browser!, site.url);
  await page.goto(site.url);
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await nodesAre(page, 1);
  turnstile.open(1);
  await nodesAre(page, 6);
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByText('Stopped. What was thought until then stays in the tree.').waitFor();
  assert.equal(await nodes(page).count(), 6);
  await page.getByRole('button', { name: 'Ask', exact: true }).waitFor();
  while (aborted === 0) await page.evaluate(() => new Promise(requestAnimationFrame));
  await watch.check();
});

test('what goes wrong is said in plain words', options, async (t) => {
  const site = await servedPage(t, {
    answer: () => {
      throw new ModelError('The model is out of order', { kind: 'server', retryable: false });
    },
  });
  const { page, watch } = await watchedPage(t, browser!, site.url);
  await page.goto(site.url);
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await page.getByRole('alert').getByText('The model is out of order').waitFor();
  await page.getByRole('button', { name: 'Type it instead' }).click();
  await page.getByLabel('Method').fill('tree-of-throught');
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await page
    .getByRole('alert')
    .getByText(/tree-of-thought/)
    .waitFor();
  await watch.check();
  await site.close();
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await page
    .getByRole('alert')
    .getByText('The server does not answer. Is “reckon serve” still running?')
    .waitFor();
});

test('where a key is wanted, the page asks for it', options, async (t) => {
  const keyFile = join(folder.path, 'keys.json');
  const { key } = addKey(keyFile, 'me');
  const access = { open: false, hosts: ['127.0.0.1'], keyFile };
  const site = await servedPage(t, { answer: right, access });
  const { page, watch } = await watchedPage(t, browser!, site.url);
  await page.goto(site.url);
  await page.getByRole('alert').getByText('This server wants a key').waitFor();
  await page.getByLabel('Key').fill(key);
  await page.getByRole('button', { name: 'Use this key' }).click();
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await page.locator('.short-answer').waitFor();
  await watch.check();
});

test('a limit that ends the search is said, with the best so far', options, async (t) => {
  const site = await servedPage(t, { answer: right });
  const { page, watch } = await watchedPage(t, browser!, site.url, {
    colorScheme: 'dark',
    width: 360,
    height: 740,
  });
  await page.goto(site.url);
  await page.locator('summary', { hasText: 'Limits' }).click();
  await page.getByLabel('calls', { exact: true }).fill('30');
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await page.getByText('The limit on calls was reached: this is the best so far.').waitFor();
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 360, `the page is ${width} pixels wide in a window of 360`);
  await page.screenshot({ path: pictureFile('ask-narrow'), fullPage: true });
  await watch.check();
});

test('the model alone streams its text', options, async (t) => {
  const site = await servedPage(t, { answer: () => 'Seventy-five and seventeen are $\\frac{184}{2} = 92$.' });
  const { page, watch } = await watchedPage(t, browser!, site.url);
  await page.goto(`${site.url}/#/?question=Hello&method=`);
  await page.getByLabel('Method').selectOption('');
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await page.locator('.answer-text .katex').waitFor();
  assert.match(await page.locator('.answer-text').innerText(), /^Seventy-five and seventeen are/);
  assert.equal(await nodes(page).count(), 1);
  await watch.check();
});

test(
  'reckon-nano, as it comes with the package, solves a countdown by tree of thought',
  options,
  async (t) => {
    const model = await openServed(EMBEDDED_MODEL, 8);
    const site = await servedPage(t, { model });
    const { page, watch } = await watchedPage(t, browser!, site.url, { colorScheme: 'dark' });
    await page.goto(site.url);
    assert.match(await page.getByLabel('Question', { exact: true }).inputValue(), /^Use the numbers/);
    assert.equal(await page.locator('.model-id').innerText(), 'reckon-nano+tot');
    await page.locator('summary', { hasText: 'Limits' }).click();
    await page.getByLabel('seed').fill('1');
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    await nodesAre(page, 2);
    const early = await nodes(page).count();
    await nodesAre(page, early + 5);
    await page.locator('.short-answer').waitFor();
    assert.ok((await nodes(page).count()) > early + 10, 'the tree has grown');
    assert.ok((await page.locator('.node.pruned').count()) > 0);
    assert.match(await page.locator('.short-answer').innerText(), /\d/);
    assert.match(
      (await page.locator('.node.chosen').last().getAttribute('aria-label')) ?? '',
      /Answer: .* = 47/,
    );
    await page.screenshot({ path: pictureFile('ask-reckon-nano') });
    await watch.check();
  },
);
