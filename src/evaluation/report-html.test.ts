import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { smallRecord } from '../../test/small-record.ts';
import { report } from './report.ts';
import { renderHtml } from './report-html.ts';
import type { PageData } from './report-page.ts';
import { reportPage } from './report-page.ts';
import type { RunRecord } from './row.ts';

const page = (record: RunRecord) => renderHtml(report(record), record);
const record = smallRecord({ direct: ['rrwwnxerw.'], cot: ['rrrrrrwwrr'] });

/** The page without its two data blocks, its script and its style: what an HTML parser reads as markup. */
function outsideBlocks(text: string): string {
  return text.replace(/<script[^>]*>[\s\S]*?<\/script>|<style>[\s\S]*?<\/style>/g, '');
}

function dataOf(text: string): PageData {
  return JSON.parse(
    /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(text)![1]!,
  ) as PageData;
}

test('the same record gives the same bytes', () => {
  assert.equal(page(structuredClone(record)), page(record));
});

test('nothing is fetched, and the policy admits exactly the script and the style of the page', () => {
  const text = page(record);
  const outside = outsideBlocks(text);
  assert.ok(!/\b(?:src|href|srcset|action)=|url\(|@import|https?:/i.test(outside));
  assert.ok(!/url\(|@import|https?:/i.test(/<style>([\s\S]*?)<\/style>/.exec(text)![1]!));
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/
    .exec(text)![1]!
    .replaceAll('&#39;', "'");
  const digest = (block: string) => `'sha256-${createHash('sha256').update(block).digest('base64')}'`;
  const script = /<script>([\s\S]*?)<\/script>/.exec(text)![1]!;
  const style = /<style>([\s\S]*?)<\/style>/.exec(text)![1]!;
  assert.equal(
    policy,
    `default-src 'none'; script-src ${digest(script)}; style-src ${digest(style)}; base-uri 'none'; form-action 'none'`,
  );
  assert.ok(!/ (?:style|on[a-z]+)=/.test(outside), 'an inline style or handler would be blocked');
});

test('the script is whole, ends where it should and puts no text in as markup', () => {
  const script = reportPage.toString();
  assert.doesNotThrow(() => new Function(`return ${script}`));
  assert.ok(!/<\/script|<!--/i.test(script));
  assert.ok(!/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b/.test(script));
});

test('the figures of the report are on the page', () => {
  const text = outsideBlocks(page(record));
  assert.match(text, /<h1>No difference shown between direct and cot<\/h1>/);
  assert.match(text, /33\.3 %<\/td><td class="number quiet">\[12\.1, 64\.6\]/); // direct: 3 of 9
  assert.match(text, /80\.0 %<\/td><td class="number quiet">\[49\.0, 94\.3\]/); // cot: 8 of 10
  assert.match(text, /\+44\.4<\/td>/); // 4 of the 9 problems that both have
  assert.match(
    text,
    /aria-label="Accuracy against tokens per attempt: direct 33\.3 % at 110; cot 80\.0 % at 220"/,
  );
});

test('every answer is in the data block, by method and repeat', () => {
  const data = dataOf(page(smallRecord({ a: ['rw', 'we'], b: ['x.', 'r.'] })));
  assert.deepEqual(
    data.methods.map(({ name }) => name),
    ['a', 'b'],
  );
  assert.deepEqual(
    data.problems.map(({ rows }) => rows.map((own) => own.map(({ outcome }) => outcome))),
    [
      [
        ['correct', 'wrong'],
        ['exhausted', 'correct'],
      ],
      [['wrong', 'error'], []],
    ],
  );
  assert.equal(data.problems[0]!.rows[1]![0]!.note, 'the limit on tokens was reached');
});

test('hostile text is data and nothing else', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (noise) => {
      const evil = `${noise}</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>\u2028\ud800"'`;
      const hostile = smallRecord(
        { [`m${evil}`]: ['rwe'], cot: ['rrr'] },
        {
          info: { dataset: evil, model: evil, source: evil, run: evil },
          row: { text: evil, answer: evil, note: evil, error: { name: evil, message: evil } },
        },
      );
      const problems = hostile.problems.map((problem) => ({ ...problem, text: evil, reference: evil }));
      const text = page({ ...hostile, problems });
      assert.equal(text.match(/<script/g)?.length, 3);
      assert.equal(text.match(/<\/script/g)?.length, 3);
      assert.ok(!/<img|<!--/.test(text));
      assert.equal(dataOf(text).problems[0]!.rows[0]![0]!.text, evil);
      const outside = outsideBlocks(text);
      assert.ok(!/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/.test(outside));
    }),
    { numRuns: 50 },
  );
});

test('long texts are cut, and the page says so', () => {
  const long = smallRecord({ a: ['r'], b: ['w'] }, { row: { text: 'x'.repeat(25_000) } });
  const text = page(long);
  assert.equal(dataOf(text).problems[0]!.rows[0]![0]!.text!.length, 20_001);
  assert.match(text, /Texts are cut to 20,000 characters/);
  assert.ok(!page(record).includes('Texts are cut'));
});

test('dollars are offered where every price is known', () => {
  assert.match(page(record), /id="unit-usd"/);
  const rows = record.rows.map((row) => ({
    ...row,
    usage: { calls: 1, promptTokens: 5, completionTokens: 5 },
  }));
  assert.ok(!page({ ...record, rows }).includes('id="unit-usd"'));
});

test('one method, no rows, or seven methods make a page too', () => {
  assert.match(page(smallRecord({ a: ['rw'] })), /<h1>a got 50\.0 % of 2 problems right/);
  assert.match(page(smallRecord({ a: ['..'] })), /<h1>Nothing was measured/);
  const seven = Object.fromEntries(
    ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map((name) => [name, ['rw']]),
  );
  assert.ok(!/NaN|undefined|Infinity/.test(outsideBlocks(page(smallRecord(seven)))));
  assert.ok(!/NaN|undefined|Infinity/.test(outsideBlocks(page(smallRecord({ a: ['..'] })))));
});
