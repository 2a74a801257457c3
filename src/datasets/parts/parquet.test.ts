import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { ColumnSource } from 'hyparquet-writer';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { parquetBombs, plant } from '../../../test/fixtures/file-bombs.ts';
import { temporaryFolder } from '../../../test/temporary-folder.ts';
import { InputError } from '../../core/errors.ts';
import { parquetRows } from './parquet.ts';
import type { Row } from './row.ts';

const folder = temporaryFolder();

async function read(path: string, options: Parameters<typeof parquetRows>[1] = {}): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of parquetRows(path, options)) rows.push(row);
  return rows;
}

function write(name: string, columnData: ColumnSource[], options: object = {}): string {
  return folder.write(name, Buffer.from(parquetWriteBuffer({ columnData, ...options })));
}

const texts = (count: number) => Array.from({ length: count }, (_, index) => `question ${index}`);

for (const [codec, compressor] of [
  ['UNCOMPRESSED', undefined],
  ['SNAPPY', undefined],
  ['GZIP', gzipSync],
  ['ZSTD', zstdCompressSync],
] as const)
  test(`rows come back in order, ${codec}, over several row groups`, async () => {
    const path = write(
      `${codec}.parquet`,
      [
        { name: 'question', data: texts(3500) },
        { name: 'level', data: Array.from({ length: 3500 }, (_, index) => BigInt(index)), type: 'INT64' },
      ],
      {
        codec,
        rowGroupSize: 1000,
        ...(compressor && {
          compressors: { [codec]: (input: Uint8Array) => new Uint8Array(compressor(input)) },
        }),
      },
    );
    const rows = await read(path);
    assert.equal(rows.length, 3500);
    for (const [index, { line, cells }] of rows.entries()) {
      assert.equal(line, index + 1);
      assert.deepEqual(
        [...cells],
        [
          ['question', `question ${index}`],
          ['level', index],
        ],
      );
    }
  });

test('lists, structs, nulls, dates and large whole numbers come as JSON would have them', async () => {
  const choices = [
    { text: ['one', 'two'], label: ['A', 'B'] },
    { text: ['three'], label: ['A'] },
  ];
  const path = folder.write(
    'nested.parquet',
    Buffer.from(
      parquetWriteBuffer({
        columnData: [
          { name: 'choices', data: choices },
          { name: 'big', data: [2n ** 60n, -1n] },
          { name: 'when', data: [new Date(0), null] },
        ],
        schema: [
          { name: 'root', num_children: 3 },
          { name: 'choices', num_children: 2, repetition_type: 'REQUIRED' },
          ...['text', 'label'].flatMap((name) => [
            { name, num_children: 1, repetition_type: 'REQUIRED', converted_type: 'LIST' } as const,
            { name: 'list', num_children: 1, repetition_type: 'REPEATED' } as const,
            {
              name: 'element',
              type: 'BYTE_ARRAY',
              converted_type: 'UTF8',
              repetition_type: 'REQUIRED',
            } as const,
          ]),
          { name: 'big', type: 'INT64', repetition_type: 'REQUIRED' },
          { name: 'when', type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', repetition_type: 'OPTIONAL' },
        ],
      }),
    ),
  );
  assert.deepEqual(
    (await read(path)).map((row) => Object.fromEntries(row.cells)),
    [
      { choices: choices[0], big: String(2n ** 60n), when: '1970-01-01T00:00:00.000Z' },
      { choices: choices[1], big: -1, when: null },
    ],
  );
});

test('a row group larger than one reading keeps its order', async () => {
  const rows = await read(
    write('large.parquet', [{ name: 'question', data: texts(70_000) }], { rowGroupSize: 70_000 }),
  );
  assert.equal(rows.length, 70_000);
  assert.ok(rows.every(({ cells }, index) => cells.get('question') === `question ${index}`));
});

test('columns can be chosen, and names mean nothing to the language', async () => {
  const names = ['question', '__proto__', 'constructor', 'toString'];
  const path = write(
    'names.parquet',
    names.map((name) => ({ name, data: [`${name}!`] })),
  );
  assert.deepEqual(
    (await read(path)).map((row) => [...row.cells]),
    [names.map((name) => [name, `${name}!`])],
  );
  assert.deepEqual(
    [...(await read(path, { columns: ['toString', 'absent'] }))[0]!.cells],
    [['toString', 'toString!']],
  );
  assert.equal(({} as { question?: unknown }).question, undefined);
});

test('a reader can stop early and be aborted', async () => {
  const path = write('stop.parquet', [{ name: 'question', data: texts(5000) }]);
  for await (const { line } of parquetRows(path)) if (line === 3) break;
  const signal = AbortSignal.abort(new Error('enough'));
  await assert.rejects(read(path, { signal }), /enough/);
});

test('what is no parquet file is refused', async () => {
  for (const [name, content] of [
    ['empty.parquet', ''],
    ['text.parquet', 'question,answer\n1,2\n'.repeat(10)],
    ['short.parquet', 'PAR1PAR1'],
  ] as const)
    await assert.rejects(read(folder.write(name, content)), InputError);
});

test('a damaged file is read or refused, never more', async () => {
  const whole = Buffer.from(
    parquetWriteBuffer({ columnData: [{ name: 'question', data: texts(50) }], statistics: false }),
  );
  for (let place = 0; place < 12; place++) {
    const damaged = Buffer.from(whole);
    const at = Math.floor((place / 12) * whole.length);
    damaged[at] = (damaged[at] as number) ^ 0xff;
    const path = folder.write('damaged.parquet', damaged);
    await read(path).then(
      (rows) => assert.ok(rows.length <= 50),
      (error) => assert.ok(error instanceof InputError, String(error)),
    );
  }
});

// what needs seconds or hundreds of MiB is measured by bench/datasets.ts
const HEAVY = /thousand row groups|63 MB with|3 million list|long text/;

for (const bomb of parquetBombs.filter(({ name }) => !HEAVY.test(name)))
  test(`bomb: ${bomb.name}`, async () => {
    await assert.rejects(read(plant(bomb, folder.path)), (error) => {
      assert.ok(error instanceof InputError, String(error));
      assert.match(error.message, /cannot be read as parquet/);
      return true;
    });
  });
