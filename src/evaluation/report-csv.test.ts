import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { smallRecord } from '../../test/small-record.ts';
import { renderCsv } from './report-csv.ts';

/** RFC 4180, strictly. */
function parse(csv: string): string[][] {
  const lines: string[][] = [];
  let cells: string[] = [];
  let rest = csv;
  while (rest !== '') {
    const cell = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/.exec(rest);
    assert.ok(cell, `not CSV at ${rest.slice(0, 40)}`);
    cells.push(cell[1]?.replaceAll('""', '"') ?? cell[2] ?? '');
    if (cell[3] === '\r\n') {
      lines.push(cells);
      cells = [];
    }
    rest = rest.slice(cell[0].length);
  }
  return lines;
}

test('one line per attempt', () => {
  const [head, first, second] = parse(renderCsv(smallRecord({ direct: ['re'] })));
  const named = (line: readonly string[]) =>
    Object.fromEntries(head!.map((name, index) => [name, line[index]]));
  assert.deepEqual(
    { ...named(first!) },
    {
      ...Object.fromEntries(head!.map((name) => [name, ''])),
      ...{ problem: 'p0', method: 'direct', repeat: '0', outcome: 'correct', score: '1', answer: '1' },
      ...{ calls: '1', prompt_tokens: '100', completion_tokens: '10', usd: '0.001', seconds: '1' },
    },
  );
  assert.equal(named(second!).error, 'ModelError: out of order');
});

test('formulas are defused, negative numbers are left alone', () => {
  const answers = ['=1+1', '+cmd', '@SUM(A1)', '-5', '+3.5', '-1,000', '-x'];
  const lines = answers.map(
    (answer) => parse(renderCsv(smallRecord({ a: ['r'] }, { row: { answer } })))[1]![5],
  );
  assert.deepEqual(lines, ["'=1+1", "'+cmd", "'@SUM(A1)", '-5', '+3.5', '-1,000', "'-x"]);
});

test('any answer comes back as it was, but for a defused start', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (answer) => {
      const cell = parse(renderCsv(smallRecord({ a: ['r'] }, { row: { answer } })))[1]![5]!;
      assert.equal(cell.replace(/^'(?=[=+\-@\t\r])/, ''), answer.replaceAll('\0', ''));
    }),
  );
});
