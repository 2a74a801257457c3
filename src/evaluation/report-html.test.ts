import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { smallRecord } from '../../test/small-record.ts';
import { report } from './report.ts';
import { type ReportData, renderHtml } from './report-html.ts';
import type { RunRecord } from './row.ts';

const block = '<script type="application/json" id="data"></script>';
const template = `<!doctype html><head><title>Reckon</title></head><body>${block}<script>run()</script></body>`;
const page = (record: RunRecord) => renderHtml(report(record), record, template);
const record = smallRecord({ direct: ['rrwwnxerw.'], cot: ['rrrrrrwwrr'] });

function dataOf(text: string): ReportData {
  return JSON.parse(
    /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(text)![1]!,
  ) as ReportData;
}

test('the same record gives the same bytes', () => {
  assert.equal(page(structuredClone(record)), page(record));
});

test('the data block holds the report and every row; the rest of the template stays', () => {
  const text = page(record);
  const data = dataOf(text);
  assert.deepEqual(data.report, report(record));
  assert.equal(data.rows.length, record.rows.length);
  assert.deepEqual(data.problems, record.problems);
  assert.equal(data.cutTo, null);
  assert.match(text, /^<!doctype html><head><title>sums test: direct and cot · Reckon<\/title>/);
  assert.ok(text.endsWith('</script><script>run()</script></body>'));
});

test('hostile text is data and nothing else', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (noise) => {
      const evil = `${noise}</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>$&$'\u2028\ud800"'`;
      const hostile = smallRecord(
        { [`m${evil}`]: ['rwe'], cot: ['rrr'] },
        {
          info: { dataset: evil, model: evil, source: evil, run: evil },
          row: { text: evil, answer: evil, note: evil, error: { name: evil.slice(0, 100), message: evil } },
        },
      );
      const problems = hostile.problems.map((problem) => ({ ...problem, text: evil, reference: evil }));
      const text = page({ ...hostile, problems });
      assert.equal(text.match(/<script/g)?.length, 2);
      assert.equal(text.match(/<\/script/g)?.length, 2);
      assert.ok(!/<img|<!--/.test(text));
      assert.equal(dataOf(text).rows[0]!.text, evil);
      assert.equal(dataOf(text).problems[0]!.text, evil);
      const [title = ''] = /<title>.*<\/title>/.exec(text) ?? [];
      assert.ok(title.length > 20 && !/[\u0000-\u001f\u007f-\u009f]/.test(title));
    }),
    { numRuns: 50 },
  );
});

test('long texts are cut, and the page is told', () => {
  const long = smallRecord({ a: ['r'], b: ['w'] }, { row: { text: 'x'.repeat(25_000) } });
  const data = dataOf(page(long));
  assert.equal(data.rows[0]!.text!.length, 20_001);
  assert.equal(data.cutTo, 20_000);
});

test('settings of the command line stay out of it', () => {
  const { info } = record;
  const data = dataOf(page({ ...record, info: { ...info, options: { model: 'http://secret.local/v1#m' } } }));
  assert.ok(!JSON.stringify(data).includes('secret.local'));
});

test('a template without a place for the data is refused', () => {
  assert.throws(() => renderHtml(report(record), record, '<title>x</title>'), /build it again/);
});
