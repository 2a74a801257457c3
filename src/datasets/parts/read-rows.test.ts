import assert from 'node:assert/strict';
import { truncateSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { plant, textBombs } from '../../../test/fixtures/file-bombs.ts';
import { temporaryFolder } from '../../../test/temporary-folder.ts';
import { InputError } from '../../core/errors.ts';
import { readRows, rowFileEnding } from './read-rows.ts';
import type { BadRow, ReadOptions, Row } from './row.ts';
import { ownField, ROW_BYTES_LIMIT } from './row.ts';

const folder = temporaryFolder();

async function read(path: string, options: ReadOptions = {}): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of readRows(path, options)) rows.push(row);
  return rows;
}
const objects = (rows: readonly Row[]) => rows.map((row) => Object.fromEntries(row.cells));

async function refused(path: string, ...patterns: readonly RegExp[]): Promise<void> {
  const readToEnd = async () => {
    for await (const _row of readRows(path));
  };
  await assert.rejects(readToEnd, (error) => {
    assert.ok(error instanceof InputError, String(error));
    for (const pattern of [/\S/, ...patterns]) assert.match(error.message, pattern);
    return true;
  });
}

test('JSONL with Windows line ends, blank lines and a byte order mark reads with its line numbers', async () => {
  const path = folder.write('a.jsonl', '\ufeff{"a":1}\r\n\r\n  \n{"a":"ü"}\n{"a":null}');
  assert.deepEqual(
    (await read(path)).map(({ line, cells }) => [line, cells.get('a')]),
    [
      [1, 1],
      [4, 'ü'],
      [5, null],
    ],
  );
});

test('a bad line is named with its file and number, or collected', async () => {
  const path = folder.write('bad.jsonl', '{"a":1}\nnot json\n[1]\n{"a":2}\n"text"\n{"a":');
  await refused(path, /bad\.jsonl, line 2/, /not valid JSON/, /skipBadRows/);
  const bad: BadRow[] = [];
  const rows = await read(path, { onBadRow: (one) => bad.push(one) });
  assert.deepEqual(objects(rows), [{ a: 1 }, { a: 2 }]);
  assert.deepEqual(
    bad.map(({ line, file }) => [line, file]),
    [2, 3, 5, 6].map((line) => [line, path]),
  );
});

test('bytes that are no UTF-8 spoil their own line only', async () => {
  const bytes = Buffer.concat([
    Buffer.from('{"a":1}\n{"a":"'),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('"}\n{"a":3}'),
  ]);
  const path = folder.write('latin.jsonl', bytes);
  await refused(path, /line 2/, /UTF-8/);
  assert.deepEqual(objects(await read(path, { onBadRow: () => {} })), [{ a: 1 }, { a: 3 }]);
  await refused(folder.write('wide.jsonl', Buffer.from('\ufeff{"a":1}', 'utf16le')), /UTF-16/);
});

const json = fc.jsonValue({ maxDepth: 4 });
const table = fc.array(fc.dictionary(fc.string(), json, { maxKeys: 5 }), { minLength: 1, maxLength: 30 });
const entries = (rows: readonly Row[]) => rows.map((row) => [...row.cells]);

test('any rows survive JSONL, gzip and both spellings of a JSON array', async () => {
  await fc.assert(
    fc.asyncProperty(table, async (rows) => {
      const expected = rows.map((row) => Object.entries(JSON.parse(JSON.stringify(row))));
      const lines = rows.map((row) => JSON.stringify(row)).join('\n');
      for (const [name, content] of [
        ['p.jsonl', lines],
        ['p.jsonl.gz', gzipSync(lines)],
        ['lines.json', lines],
        ['p.json', JSON.stringify(rows)],
        ['pretty.json', JSON.stringify(rows, null, 2)],
        ['p.json.gz', gzipSync(`\n ${JSON.stringify(rows, null, '\t')}\n`)],
      ] as const)
        assert.deepEqual(entries(await read(folder.write(name, content))), expected, name);
    }),
    { numRuns: 60 },
  );
});

test('rows that cross the edges of chunks survive', async () => {
  const rows = Array.from({ length: 40 }, (_, index) => ({ id: index, text: 'é"\\\n,'.repeat(index * 300) }));
  const expected = rows.map((row) => Object.entries(row));
  const quoted = (value: unknown) => `"${String(value).replaceAll('"', '""')}"`;
  const csv = ['id,text', ...rows.map(({ id, text }) => `${id},${quoted(text)}`)].join('\r\n');
  assert.deepEqual(
    entries(await read(folder.write('l.jsonl', rows.map((row) => JSON.stringify(row)).join('\n')))),
    expected,
  );
  assert.deepEqual(entries(await read(folder.write('l.json', JSON.stringify(rows, null, 1)))), expected);
  assert.deepEqual(
    entries(await read(folder.write('l.csv', csv))),
    rows.map(({ id, text }) => [
      ['id', String(id)],
      ['text', text],
    ]),
  );
});

test('any CSV cells survive quoting', async () => {
  const cell = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r\n', ' ', 'ü', '\t', '\\') });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 20 }), async (rows) => {
      const write = (value: string) => `"${value.replaceAll('"', '""')}"`;
      for (const [name, delimiter] of [
        ['q.csv', ','],
        ['q.tsv', '\t'],
      ] as const) {
        const lines = rows.map((row) => row.map(write).join(delimiter));
        const path = folder.write(name, `x${delimiter}y\n${lines.join('\n')}`);
        assert.deepEqual(
          (await read(path)).map((row) => [...row.cells.values()]),
          rows,
        );
      }
    }),
    { numRuns: 150 },
  );
});

test('plain CSV: empty fields, blank lines, a quoted line feed and the line each record starts on', async () => {
  const path = folder.write('c.csv', 'a,b\r\n1,\r\n\r\n"x\ny","say ""hi"""\n,2\n');
  assert.deepEqual(
    (await read(path)).map(({ line, cells }) => [line, ...cells.values()]),
    [
      [2, '1', ''],
      [4, 'x\ny', 'say "hi"'],
      [6, '', '2'],
    ],
  );
});

test('CSV faults are named by line', async () => {
  await refused(folder.write('f.csv', 'a,b\n1,2,3\n'), /line 2/, /3 fields/);
  await refused(folder.write('f.csv', 'a,b\n1,"2\n'), /line 2/, /never closed/);
  await refused(folder.write('f.csv', 'a,b\n1,"2" x\n'), /line 2/, /closing quotation mark/);
  await refused(folder.write('f.csv', 'a,a\n1,2\n'), /same name/);
  await refused(folder.write('f.csv', Buffer.from([0x61, 0x0a, 0xff, 0x0a])), /UTF-8/);
  assert.deepEqual(objects(await read(folder.write('f.csv', 'a,b\n1\n3,4'), { onBadRow: () => {} })), [
    { a: '3', b: '4' },
  ]);
});

test('JSON array faults are named', async () => {
  await refused(folder.write('f.json', '[{"a":1},'), /ends inside/);
  await refused(folder.write('f.json', '[{"a":1},]'), /element is missing/);
  await refused(folder.write('f.json', '[{"a":1}] x'), /more text/);
  await refused(folder.write('f.json', '[\n{"a":1},\n5]'), /line 3/, /not a JSON object/);
  assert.deepEqual(await read(folder.write('f.json', ' [ \n ] ')), []);
});

test('gzip that is cut short or is none at all is refused', async () => {
  const packed = gzipSync('{"a":1}\n'.repeat(1000));
  await refused(folder.write('cut.jsonl.gz', packed.subarray(0, packed.length - 20)), /gzip/);
  await refused(folder.write('none.jsonl.gz', '{"a":1}\n'), /gzip/);
});

test('column names mean nothing to the language', async () => {
  const names = ['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString', 'valueOf'];
  const value = '{"polluted":true}';
  const object = `{${names.map((name) => `"${name}":${value}`).join(',')}}`;
  const nested = `{"choices":{"__proto__":{"text":["a"]}},"constructor":{"prototype":${value}}}`;
  for (const path of [
    folder.write('n.jsonl', `${object}\n${nested}`),
    folder.write('n.json', `[${object},${nested}]`),
    folder.write('n.csv', `${names.join(',')}\n${names.map(() => 'x').join(',')}\n`),
  ]) {
    const [row, second] = await read(path);
    assert.deepEqual([...(row?.cells.keys() ?? [])], names);
    assert.equal(ownField(second?.cells.get('choices'), 'text'), undefined);
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
    assert.equal(Object.getPrototypeOf({}), Object.prototype);
  }
  assert.equal(ownField({}, 'constructor'), undefined);
  assert.equal(ownField('text', 'length'), undefined);
});

// a million rows take seconds under the test runner: bench/datasets.ts measures that one
for (const bomb of textBombs.filter(({ name }) => !name.includes('MB of rows')))
  test(`bomb: ${bomb.name}`, async () => {
    const path = plant(bomb, folder.path);
    if (bomb.mayBeRead) assert.equal((await read(path)).length, 1);
    else await refused(path);
    truncateSync(path, 0);
  });

test('a line just within the limit is read', async () => {
  const text = 'a'.repeat(ROW_BYTES_LIMIT - 10);
  const [row] = await read(folder.write('long.jsonl', `{"a":"${text}"}\n`));
  assert.equal(row?.cells.get('a'), text);
});

test('a reader can stop early and be aborted', async () => {
  const path = folder.write('many.jsonl', '{"a":1}\n'.repeat(100_000));
  for await (const row of readRows(path)) {
    assert.equal(row.line, 1);
    break;
  }
  const controller = new AbortController();
  await assert.rejects(async () => {
    for await (const row of readRows(path, { signal: controller.signal }))
      if (row.line === 10) controller.abort(new Error('enough'));
  }, /enough/);
});

test('a file is known by its ending', async () => {
  assert.equal(rowFileEnding('a/B.JSONL.GZ'), '.jsonl');
  assert.equal(rowFileEnding('a.parquet'), '.parquet');
  assert.equal(rowFileEnding('a.parquet.gz'), undefined);
  await refused(folder.write('a.xlsx', 'x'), /not a table/, /\.parquet, \.jsonl/);
  await refused(`${folder.path}/absent.jsonl`, /no such file/);
});
