import assert from 'node:assert/strict';
import { test } from 'node:test';
import { smallRecord } from '../../test/small-record.ts';
import { report } from './report.ts';
import { renderTerminal } from './report-terminal.ts';

const record = smallRecord({
  direct: ['rrwwnxerwwwwrwrw'],
  'self-consistency@16(chain-of-thought)': ['rrrrrrrrrrrrwwrr'],
  'tree-of-thought': ['rrrrrrrrwwwwwwrr'],
});

/** Width as a terminal counts it, for text without wide characters. */
function width(line: string): number {
  return [...line.replace(/\u001b\[\d+m/g, '')].length;
}

test('every line fits the terminal', () => {
  for (const columns of [80, 100, 120])
    for (const colour of [false, true])
      for (const line of renderTerminal(report(record), { columns, colour }).split('\n'))
        assert.ok(width(line) <= columns, `${columns}: ${line}`);
});

test('the figures and the decision are there, the decision last', () => {
  const text = renderTerminal(report(record), { columns: 120 });
  assert.match(text, /● direct +31\.3 % +\[14\.2, 55\.6\] +110 +1 /);
  assert.match(text, /against direct\n {2}self-consistency@16\(chain-of-th… +\+56\.3 +\[/);
  const last = text.trimEnd().split('\n\n').at(-1)!;
  assert.equal(last.replaceAll('\n', ' '), `${report(record).decision}.`);
});

test('columns line up', () => {
  const lines = renderTerminal(report(record), { columns: 100 }).split('\n');
  const ends = lines.filter((line) => line.includes(' %  [')).map((line) => line.indexOf(' %  ['));
  assert.equal(ends.length, 3);
  assert.equal(new Set(ends).size, 1);
});

test('without colour there is no escape sequence, with colour there is', () => {
  assert.ok(!renderTerminal(report(record)).includes('\u001b'));
  assert.ok(renderTerminal(report(record), { colour: true }).includes('\u001b['));
});

test('control characters of models and files do not reach the terminal', () => {
  const evil = '\u001b]0;title\u0007\u001b[31m\u202ered\u0000\r';
  const rows = record.rows.map((row) =>
    row.outcome === 'error' ? { ...row, error: { name: 'Error', message: evil } } : row,
  );
  const info = { ...record.info, dataset: evil, model: evil };
  const text = renderTerminal(report({ ...record, info, rows }));
  assert.ok(text.includes('red'));
  assert.ok(!/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/.test(text));
});

test('repeats show any-of-k and vote-of-k', () => {
  const text = renderTerminal(report(smallRecord({ a: ['rrw', 'wrw'], b: ['rrr', 'rrw'] })));
  assert.match(text, /of k attempts +any of 2 +vote of 2/);
  assert.match(text, / {2}a +66\.7 % +50\.0 %/);
});
