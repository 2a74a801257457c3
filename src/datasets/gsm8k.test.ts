import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { collect } from '../../test/collect.ts';
import { gsm8kLines } from '../../test/fixtures/dataset-samples.ts';
import type { HubServer } from '../../test/fixtures/hub-server.ts';
import { hubServer } from '../../test/fixtures/hub-server.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { InputError } from '../core/errors.ts';
import { PARQUET_REVISION } from '../host/hub.ts';
import { gsm8k } from './gsm8k.ts';
import { logiqa } from './logiqa.ts';

const folder = temporaryFolder();
const COMMIT = 'c'.repeat(40);
const rows = gsm8kLines
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { question: string; answer: string });
const parquet = Buffer.from(
  parquetWriteBuffer({
    columnData: [
      { name: 'question', data: rows.map((row) => row.question) },
      { name: 'answer', data: rows.map((row) => row.answer) },
    ],
  }),
);
let server: HubServer;

before(async () => {
  server = await hubServer({
    'openai/gsm8k': {
      commit: COMMIT,
      files: {
        'README.md': 'about',
        'main/train-00000-of-00002.parquet': parquet,
        'main/train-00001-of-00002.parquet': parquet,
        'main/test-00000-of-00001.parquet': parquet,
        'socratic/test-00000-of-00001.parquet': 'not read',
      },
      stored: true,
    },
    'lucasmccabe/logiqa': {
      commit: COMMIT,
      files: { 'logiqa.py': 'a script' },
      revisions: ['main', PARQUET_REVISION],
    },
  });
  Object.assign(process.env, { HF_ENDPOINT: server.endpoint, HF_HOME: join(folder.path, 'hf') });
  delete process.env.HF_HUB_CACHE;
  delete process.env.HF_HUB_OFFLINE;
});
after(() => server.close());

test('the key is the number after ####, without its commas', async () => {
  const problems = await collect(gsm8k({ path: folder.write('test.jsonl', gsm8kLines) }), 'test');
  assert.deepEqual(
    problems.map(({ id, reference, answerKind }) => [id, reference, answerKind]),
    [
      ['gsm8k/test/0', '12', 'number'],
      ['gsm8k/test/1', '2400', 'number'],
      ['gsm8k/test/2', '-2', 'number'],
    ],
  );
  assert.deepEqual(problems[0]?.messages, [
    { role: 'user', text: 'Ada has 3 boxes of 4 pens. How many pens?' },
  ]);
});

test('a folder gives a split for each of its files', async () => {
  for (const name of ['train.jsonl', 'test.jsonl', 'example_model_solutions.jsonl'])
    folder.write(`gsm8k/${name}`, gsm8kLines);
  const dataset = gsm8k({ path: join(folder.path, 'gsm8k') });
  assert.deepEqual(dataset.splits, ['train', 'test']);
  assert.equal((await collect(dataset, 'train')).length, 3);
});

test('rows without the columns or the marker are named by file and line', async () => {
  const unmarked = folder.write('test/a.jsonl', '{"question":"q","answer":"12"}\n');
  await assert.rejects(collect(gsm8k({ path: unmarked }), 'test'), /a\.jsonl, line 1: .*####/);
  const other = folder.write('test/b.jsonl', '\n{"problem":"q","answer":"#### 1"}\n');
  await assert.rejects(
    collect(gsm8k({ path: other }), 'test'),
    /b\.jsonl, line 2: no column question; there are problem, answer/,
  );
  await assert.rejects(collect(gsm8k({ path: folder.write('test/c.jsonl', '\n') }), 'test'), /no rows/);
  assert.throws(() => gsm8k({ path: join(folder.path, 'absent') }), InputError);
  assert.throws(() => gsm8k({ path: 'hf:nothing' }), /organisation\/name/);
});

test('without a path the rows come from the hub, shards in order, and the source names the commit', async () => {
  const dataset = gsm8k();
  assert.equal(dataset.source, 'hf:openai/gsm8k');
  const test = await collect(dataset, 'test');
  assert.deepEqual(
    test.map(({ reference }) => reference),
    ['12', '2400', '-2'],
  );
  assert.equal(dataset.source, `hf:openai/gsm8k@${COMMIT}`);
  const train = await collect(dataset, 'train');
  assert.deepEqual(
    train.map(({ id }) => id),
    [0, 1, 2, 3, 4, 5].map((index) => `gsm8k/train/${index}`),
  );
  assert.equal((await collect(gsm8k({ revision: COMMIT }), 'test', { limit: 1 })).length, 1);
});

test('offline the cached rows are read, and what is missing is said', async () => {
  process.env.HF_HUB_OFFLINE = '1';
  try {
    assert.equal((await collect(gsm8k(), 'test')).length, 3);
    rmSync(join(folder.path, 'hf'), { recursive: true });
    await assert.rejects(collect(gsm8k(), 'test'), (error) => {
      assert.ok(error instanceof InputError);
      for (const part of [/openai\/gsm8k/, /HF_HUB_OFFLINE/, /local copy/, /HF_ENDPOINT/])
        assert.match(error.message, part);
      return true;
    });
  } finally {
    delete process.env.HF_HUB_OFFLINE;
  }
});

test('a repository without the split, converted or not, is refused by name', async () => {
  await assert.rejects(collect(logiqa(), 'test'), /lucasmccabe\/logiqa has no test split/);
});
