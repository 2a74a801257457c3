/** Hostile text in every place of the page, in a real browser, under the policy that the server sends: it stays text. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import type { TraceEvent } from '../../src/core/trace.ts';
import { memoryStore } from '../../src/evaluation/memory-store.ts';
import { report } from '../../src/evaluation/report.ts';
import { renderHtml } from '../../src/evaluation/report-html.ts';
import type { Row, RunRecord } from '../../src/evaluation/row.ts';
import { pageFolder } from '../../src/host/page-folder.ts';
import { HOSTILE_TEXTS } from '../fixtures/hostile-text.ts';
import { smallRecord } from '../small-record.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { openBrowser, pictureFile } from './browser.ts';
import { servedPage } from './served-page.ts';
import { watchedPage } from './watched-page.ts';

const { browser, missing } = await openBrowser();
const options = { skip: missing, timeout: 180_000 };
const { path: folder, write } = temporaryFolder();
const usage = { calls: 1, promptTokens: 1, completionTokens: 1 };
const [evil = ''] = HOSTILE_TEXTS;
/** JSON cannot carry half a character to the page. */
const texts = HOSTILE_TEXTS.map((text) => text.toWellFormed());

/** A record with a payload in every field of every row: as problem, key, answer, text, note, error, vote, and in the names. */
function hostileRecord(run: string): RunRecord {
  const plain = smallRecord({ [`a ${evil}`]: ['w'.repeat(texts.length)], b: ['e'.repeat(texts.length)] });
  const rows = plain.rows.map((row): Row => {
    const text = texts[Number(row.problem.slice(1))] ?? '';
    return {
      ...row,
      problem: text,
      answer: text,
      text,
      note: text,
      votes: [{ answer: text, count: 1, weight: 1 }],
      ...(row.error && { error: { name: 'ModelError', message: text } }),
    };
  });
  return {
    info: {
      ...plain.info,
      run,
      dataset: evil,
      split: evil,
      model: evil,
      source: evil,
      version: evil,
      startedAt: evil,
    },
    problems: texts.map((text) => ({ id: text, text, reference: text })),
    rows,
  };
}

/** Each payload as the label, state, prompt, words, score, tool and error of a node. */
function hostileTrace(): TraceEvent[] {
  const events: TraceEvent[] = [{ type: 'node-start', id: 0, parent: null, label: evil }];
  texts.forEach((text, index) => {
    const [state, call] = [2 * index + 1, 2 * index + 2];
    events.push(
      { type: 'node-start', id: state, parent: 0, label: 'state', state: text },
      { type: 'node-start', id: call, parent: state, label: text, prompt: [{ role: 'user', text }] },
      { type: 'reasoning-delta', id: call, text },
      { type: 'text-delta', id: call, text },
      { type: 'node-end', id: call, status: 'failed', usage, error: text },
      { type: 'node-score', id: state, verifier: text, score: 0.5, note: text },
      { type: 'tool-call', id: state, tool: text, input: text, output: text, failed: true },
      { type: 'node-end', id: state, status: 'done', usage },
    );
  });
  return [...events, { type: 'node-end', id: 0, status: 'done', usage }];
}

/** Elements that no page of ours has in its body, and attributes that none of its elements has. */
function strangers(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const tags =
      'body script:not([id=data],[type=module]), iframe, object, embed, img, image, video, audio, base, meta:not(head meta), link:not(head link), style:not(head style), form[action], marquee, frame, portal, applet, template';
    const found = [...document.querySelectorAll(tags)].map((element) => element.outerHTML.slice(0, 100));
    for (const element of document.querySelectorAll('*'))
      for (const { name, value } of element.attributes)
        if (
          /^on/i.test(name) ||
          (/^(?:xlink:)?href$/.test(name) && !/^(?:#\/|\.?\/|http:\/\/127)/.test(value))
        )
          found.push(`${element.tagName} ${name}=${value}`);
    return found;
  });
}

/** Payloads of which the page does not show the words. */
async function unseen(page: Page, where: string): Promise<string[]> {
  const shown = await page
    .locator(where)
    .evaluateAll((all) => all.map((element) => element.textContent ?? ''));
  const all = new Set(shown);
  return texts.filter((text) => !all.has(text) && !shown.some((words) => words.includes(text)));
}

test('there are enough payloads, each different', () => {
  assert.ok(HOSTILE_TEXTS.length >= 150, String(HOSTILE_TEXTS.length));
  assert.equal(new Set(HOSTILE_TEXTS).size, HOSTILE_TEXTS.length);
});

test('the watch sees what runs, what is blocked, and what is fetched', options, async (t) => {
  const site = await servedPage(t);
  const attempts: readonly [wrong: RegExp, attempt: () => void][] = [
    [/a script from outside ran/, () => (window as unknown as Record<string, () => void>).__ran?.()],
    [
      /the policy was broken/,
      () => document.body.append(Object.assign(document.createElement('iframe'), { src: '/' })),
    ],
    [
      /the policy was broken/,
      () => {
        try {
          document.body.innerHTML = '<p>x</p>';
        } catch {
          // trusted types are asked for
        }
      },
    ],
    [/dialog: hello/, () => alert('hello')],
    [/another window/, () => void open('https://evil.invalid/')],
    [/request: https:\/\/evil\.invalid/, () => location.assign('https://evil.invalid/')],
  ];
  for (const [wrong, attempt] of attempts) {
    const { page, watch } = await watchedPage(t, browser!, site.url);
    await page.goto(site.url);
    await page.evaluate(attempt);
    await assert.rejects(async () => {
      for (let turn = 0; turn < 20; turn++) {
        await page.evaluate(() => new Promise(requestAnimationFrame)).catch(() => {}); // it has gone elsewhere
        await watch.check();
      }
    }, wrong);
  }
});

test('runs, comparisons and traces full of hostile text', options, async (t) => {
  const runs = memoryStore();
  for (const run of ['one', evil]) {
    const { info, problems, rows } = hostileRecord(run);
    runs.create(info, problems);
    for (const [index, row] of rows.entries())
      runs.addRow(run, row, index === 0 ? hostileTrace() : undefined);
  }
  const site = await servedPage(t, { runs });
  const { page, watch } = await watchedPage(t, browser!, site.url);

  await page.goto(`${site.url}/#/runs`);
  await page.getByRole('link', { name: evil }).waitFor();
  assert.deepEqual(await strangers(page), []);

  await page.getByRole('link', { name: evil }).click();
  await page.locator('.problem').first().waitFor();
  for (let before = 0, now = 1; now > before; ) {
    before = now;
    await page.keyboard.press('End');
    now = await page.locator('.problem').count();
  }
  await page.waitForFunction(
    ([count]) => {
      scrollTo(0, document.body.scrollHeight);
      return document.querySelectorAll('.problem').length === count;
    },
    [texts.length],
  );
  await page.evaluate(() => {
    for (const details of document.querySelectorAll<HTMLDetailsElement>('.problem')) details.open = true;
  });
  await page.waitForFunction(
    (count) => document.querySelectorAll('.panel').length === 2 * count,
    texts.length,
  );
  await page.locator('.katex').first().waitFor({ state: 'attached' });
  assert.deepEqual(await strangers(page), []);
  assert.deepEqual(await unseen(page, '.reference b'), []);
  assert.deepEqual(await unseen(page, '.answer b'), []);
  assert.deepEqual(await unseen(page, '.note'), []);
  await page.screenshot({ path: pictureFile('hostile-run') });

  await page.goto(`${site.url}/#/runs/one/with/${encodeURIComponent(evil)}`);
  await page.locator('.run-card').first().waitFor();
  assert.deepEqual(await strangers(page), []);

  const [first] = hostileRecord('one').rows;
  const query = new URLSearchParams({ problem: first!.problem, method: first!.method });
  await page.goto(`${site.url}/#/runs/one/trace?${query}`);
  const nodes = page.getByRole('treeitem');
  await nodes.first().waitFor();
  assert.equal(await nodes.count(), texts.length + 1);
  for (const number of [1, 40, 90, 130, texts.length]) {
    await nodes
      .nth(number)
      .evaluate((node) => node.dispatchEvent(new MouseEvent('click', { bubbles: true })));
    const panel = page.locator('.node-panel');
    await panel.waitFor();
    await panel
      .locator('.call summary')
      .first()
      .evaluate((summary: HTMLElement) => summary.click());
    assert.ok((await panel.textContent())?.includes(texts[number - 1] ?? '?'), texts[number - 1]);
  }
  assert.deepEqual(await strangers(page), []);
  await watch.check();
});

test('answers, votes, errors and questions of hostile text', options, async (t) => {
  let next = 0;
  const site = await servedPage(t, {
    answer: () => `The answer is ${texts[next++ % texts.length]}`,
  });
  const { page, watch } = await watchedPage(t, browser!, site.url);
  for (let asked = 0; asked < texts.length; asked += 60) {
    const query = new URLSearchParams({ question: texts[asked] ?? '', method: 'sc@60' });
    await page.goto(`${site.url}/#/?${query}`);
    await page.reload();
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    await page.locator('.votes').waitFor();
    await page.getByRole('button', { name: 'Ask', exact: true }).waitFor();
    assert.equal(await page.getByRole('treeitem').count(), 61);
    assert.deepEqual(await strangers(page), []);
  }
  await page.getByRole('button', { name: 'Type it instead' }).click();
  await page.getByLabel('Method').fill(evil);
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await page.getByRole('alert').getByText(evil).waitFor();
  assert.deepEqual(await strangers(page), []);
  await watch.check();
});

test('training logs of hostile text', options, async (t) => {
  const lines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const named = Object.fromEntries(texts.slice(0, 60).map((text, index) => [text, index]));
  write(
    'evil/metrics.jsonl',
    lines([
      { step: 1, loss: 1, ...named },
      { step: 2, loss: 2, ...named, parts: named },
    ]),
  );
  write(
    'evil/samples.jsonl',
    lines(texts.map((text, step) => ({ step, problem: text, question: text, text, answer: text, score: 1 }))),
  );
  const site = await servedPage(t, { training: folder });
  const { page, watch } = await watchedPage(t, browser!, site.url);
  await page.goto(`${site.url}/#/train?runs=evil`);
  await page.getByRole('region', { name: 'Loss' }).waitFor();
  await page.locator('.further summary').click();
  await page.locator('.sample').first().waitFor();
  const far = page.getByRole('slider', { name: 'Evaluation' });
  for (let step = 0; step < texts.length; step += 8) {
    await far.fill(String(step));
    await page.getByText(`step ${step}`, { exact: true }).first().waitFor();
    assert.ok((await page.locator('.sample').textContent())?.includes(texts[step] ?? '?'));
  }
  assert.deepEqual(await strangers(page), []);
  await watch.check();
});

test('a report of hostile text, opened from disk, under its own policy', options, async (t) => {
  const record = hostileRecord(evil);
  const template = readFileSync(join(pageFolder(), 'report.html'), 'utf8');
  const file = join(folder, 'report.html');
  writeFileSync(file, renderHtml(report(record), record, template));
  const address = pathToFileURL(file).href;
  const { page, watch } = await watchedPage(t, browser!, address);
  await page.goto(address);
  await page.locator('.problem').first().waitFor();
  await page.waitForFunction(
    ([count]) => {
      scrollTo(0, document.body.scrollHeight);
      return document.querySelectorAll('.problem').length === count;
    },
    [texts.length],
  );
  await page.evaluate(() => {
    for (const details of document.querySelectorAll<HTMLDetailsElement>('.problem')) details.open = true;
  });
  await page.waitForFunction(
    (count) => document.querySelectorAll('.panel').length === 2 * count,
    texts.length,
  );
  await page.locator('.formula math').first().waitFor({ state: 'attached' });
  assert.deepEqual(await strangers(page), []);
  assert.deepEqual(await unseen(page, '.answer b'), []);
  assert.deepEqual(
    await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name)),
    [],
    'nothing is fetched',
  );
  await page.screenshot({ path: pictureFile('hostile-report') });
  await watch.check();
});
