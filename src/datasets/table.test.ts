import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { collect } from '../../test/collect.ts';
import { arcLines, gsm8kLines, mathSolutionLines, tableLines } from '../../test/fixtures/dataset-samples.ts';
import { hubServer } from '../../test/fixtures/hub-server.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { InputError } from '../core/errors.ts';
import type { TableOptions } from './table.ts';
import { BAD_ROWS_LIMIT, tableDataset } from './table.ts';

const folder = temporaryFolder();
let files = 0;

async function open(rows: readonly unknown[] | string, options: Omit<TableOptions, 'path'> = {}) {
  const content = typeof rows === 'string' ? rows : rows.map((row) => JSON.stringify(row)).join('\n');
  return tableDataset({ path: folder.write(`t${files++}.jsonl`, content), ...options });
}
const references = async (dataset: Awaited<ReturnType<typeof open>>) =>
  (await collect(dataset, 'test')).map(({ reference }) => reference);

async function refused(work: Promise<unknown>, ...patterns: readonly RegExp[]): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof InputError, String(error));
    for (const pattern of patterns) assert.match(error.message, pattern);
    return true;
  });
}

for (const [title, rows, kind, read, key] of [
  [
    'whole numbers',
    [
      { prompt: 'q', target: 5 },
      { prompt: 'r', target: '1,000' },
    ],
    'number',
    'as it is',
    '5',
  ],
  [
    'fractions and money',
    [
      { input: 'q', output: '$3.50' },
      { input: 'r', output: '-1/2' },
    ],
    'number',
    'as it is',
    '$3.50',
  ],
  [
    'LaTeX',
    [
      { problem: 'q', answer: '\\frac{1}{2}' },
      { problem: 'r', answer: '3' },
    ],
    'math',
    'as it is',
    '\\frac{1}{2}',
  ],
  [
    'phrases',
    [
      { question: 'q', reference: 'Paris' },
      { question: 'r', reference: '42' },
    ],
    'text',
    'as it is',
    'Paris',
  ],
  ['marked solutions', gsm8kLines, 'number', 'after ####', '12'],
  ['boxed solutions', mathSolutionLines, 'math', 'in the last box', '32'],
  ['labels', arcLines, 'choice', 'as it is', 'A'],
  ['lower-case labels', [{ question: 'q', options: ['x', 'y'], answer: 'b' }], 'choice', 'as it is', 'B'],
  ['texts of choices', [{ question: 'q', choices: ['x', 'y'], answer: 'y' }], 'choice', 'as it is', 'B'],
  [
    'choices by letter',
    [{ question: 'q', options: { A: 'x', B: 'y' }, answer: 'B' }],
    'choice',
    'as it is',
    'B',
  ],
  [
    'listed choices',
    [
      {
        question: 'q',
        choices: [
          { label: 'i', text: 'x' },
          { label: 'ii', text: 'y' },
        ],
        label: 'ii',
      },
    ],
    'choice',
    'as it is',
    'ii',
  ],
  [
    'places from 0',
    [
      { query: 'q', choices: ['x', 'y'], gold: 0 },
      { query: 'r', choices: ['x', 'y'], gold: 1 },
    ],
    'choice',
    'index from 0',
    'A',
  ],
  [
    'places from 1',
    [
      { query: 'q', choices: ['x', 'y'], gold: 1 },
      { query: 'r', choices: ['x', 'y'], gold: 2 },
    ],
    'choice',
    'index from 1',
    'A',
  ],
  ['places that are texts', [{ query: 'q', choices: ['1', '2'], answer: '2' }], 'choice', 'as it is', 'B'],
] as const)
  test(`guesses ${title}`, async () => {
    const dataset = await open(rows);
    assert.equal(dataset.mapping.kind, kind);
    assert.equal(dataset.mapping.read, read);
    assert.equal((await references(dataset))[0], key);
    assert.match(dataset.source ?? '', new RegExp(kind));
  });

test('the usual names in any case; an id column only where it tells rows apart', async () => {
  const dataset = await open([
    { ID: 'x', Question: 'q', Answer: 'a', answer_note: 'n' },
    { ID: 'y', Question: 'r', Answer: 'b', answer_note: 'n' },
  ]);
  assert.deepEqual(dataset.mapping, {
    question: 'Question',
    answer: 'Answer',
    id: 'ID',
    kind: 'text',
    read: 'as it is',
  });
  assert.deepEqual(
    (await collect(dataset, 'test')).map(({ id }) => id),
    ['x', 'y'].map((id) => `${dataset.name}/${id}`),
  );
  const same = await open([
    { id: 1, question: 'q', answer: 'a' },
    { id: 1, question: 'r', answer: 'b' },
  ]);
  assert.equal(same.mapping.id, undefined);
  assert.equal((await collect(same, 'test'))[1]?.id, `${same.name}/test/1`);
});

test('what is said counts more than what would be guessed', async () => {
  const rows = [{ question: 'q', text: 'better', answer: '5', result: 'five' }];
  const dataset = await open(rows, { columns: { question: 'text', answer: 'result' }, answer: 'math' });
  assert.deepEqual(dataset.mapping, { question: 'text', answer: 'result', kind: 'math', read: 'as it is' });
  assert.equal((await collect(dataset, 'test'))[0]?.messages[0]?.text, 'better');
  assert.equal((await open(rows, { answer: 'text' })).mapping.kind, 'text');
  assert.equal(
    (await open(rows, { columns: { question: 'answer', answer: 'question' } })).mapping.answer,
    'question',
  );
});

test('an unknown column is answered with those there are', async () => {
  const rows = [{ frage: 'q', antwort: 'a' }];
  await refused(open(rows), /which column/i, /question/, /frage, antwort/);
  await refused(open(rows, { columns: { question: 'frage' } }), /answer/, /frage, antwort/);
  await refused(open(rows, { columns: { question: 'fragen' } }), /no column "fragen"/, /frage, antwort/);
  await refused(
    open(rows, { columns: { frage: 'frage' } as object }),
    /"frage" is no part/,
    /question, answer/,
  );
  await refused(open(rows, { columns: { constructor: 'frage' } as object }), /"constructor" is no part/);
  await refused(open([{ question: 'q', answer: 'a' }], { answer: 'choice' }), /choices/);
  await refused(open([{ question: 'q', answer: 'a' }], { answer: 'expression' }), /game-of-24/);
});

test('an empty table is refused', async () => {
  for (const content of ['', '\n\n']) await refused(open(content), /no rows/);
  await refused(tableDataset({ path: folder.write('empty.json', '[]') }), /no rows/);
  await refused(tableDataset({ path: folder.write('empty.csv', 'question,answer\n') }), /no rows/);
  await refused(tableDataset({ path: join(folder.path, 'absent.jsonl') }), /no such file/);
});

test('bad rows stop the load, or are left out and listed once', async () => {
  const content = `${tableLines}not json\n{"question":"","answer":"x"}\n{"question":"q"}\n{"id":"r9","question":"q?","answer":"a"}\n`;
  await refused(open(content), /line 3/);
  const dataset = await open(content, { skipBadRows: true });
  for (let time = 0; time < 2; time++)
    assert.deepEqual(
      (await collect(dataset, 'test')).map(({ reference }) => reference),
      ['Paris', 'the Rhine', 'a'],
    );
  assert.deepEqual(
    dataset.badRows.map(({ line }) => line),
    [3, 4, 5],
  );
  await refused(
    open(tableLines + 'bad\n'.repeat(BAD_ROWS_LIMIT + 1), { skipBadRows: true }),
    /more than 1000 bad rows/,
  );
});

test('conversations and several right answers', async () => {
  const turns = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Capital of France?' },
  ];
  const dataset = await open([{ prompt: turns, answer: ['Paris', 'City of Paris'] }]);
  const [problem] = await collect(dataset, 'test');
  assert.deepEqual(problem?.messages, [
    { role: 'system', text: 'Be brief.' },
    { role: 'user', text: 'Capital of France?' },
  ]);
  assert.deepEqual(problem?.reference, ['Paris', 'City of Paris']);
  for (const prompt of [[{ role: 'assistant', content: 'x' }], [{ role: 'tool', content: 'x' }], [], [1]])
    await refused(collect(await open([{ prompt, answer: 'a' }]), 'test'), /line 1/);
});

test('every format, folders, and names that tell the split', async () => {
  const rows = tableLines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { question: string; answer: string });
  const columnData = (['question', 'answer'] as const).map((name) => ({
    name,
    data: rows.map((row) => row[name]),
  }));
  const contents: Readonly<Record<string, string | Buffer>> = {
    'dev.jsonl': tableLines,
    'dev.json': JSON.stringify(rows),
    'dev.csv': `question,answer\n${rows.map((row) => `"${row.question}","${row.answer}"`).join('\n')}\n`,
    'dev.tsv': `question\tanswer\n${rows.map((row) => `${row.question}\t${row.answer}`).join('\n')}\n`,
    'dev.parquet': Buffer.from(parquetWriteBuffer({ columnData })),
  };
  for (const [name, content] of Object.entries(contents)) {
    const dataset = await tableDataset({ path: folder.write(name, content) });
    assert.deepEqual(dataset.splits, ['validation']);
    assert.deepEqual(
      (await collect(dataset, 'validation')).map(({ reference }) => reference),
      ['Paris', 'the Rhine'],
      name,
    );
    assert.equal(dataset.name, 'dev');
  }
  folder.write('own/train.jsonl', gsm8kLines);
  folder.write('own/test.jsonl', gsm8kLines);
  assert.deepEqual((await tableDataset({ path: join(folder.path, 'own') })).splits, ['train', 'test']);
  folder.write('two/a/test.jsonl', gsm8kLines);
  folder.write('two/b/test.jsonl', gsm8kLines);
  await refused(tableDataset({ path: join(folder.path, 'two') }), /Several folders.*a\/, b\//);
  folder.write('none/notes.md', 'x');
  await refused(tableDataset({ path: join(folder.path, 'none') }), /no file of a split/);
});

test('a dataset of the hub, with the splits that it has', async () => {
  const commit = 'd'.repeat(40);
  const server = await hubServer({
    'org/own': { commit, files: { 'data/train.jsonl': gsm8kLines, 'data/test.jsonl': gsm8kLines } },
    'org/text': {
      commit,
      files: { 'README.md': 'nothing else' },
      revisions: ['main', 'refs/convert/parquet'],
    },
  });
  Object.assign(process.env, { HF_ENDPOINT: server.endpoint, HF_HOME: join(folder.path, 'hf') });
  try {
    const dataset = await tableDataset({ path: 'hf:org/own' });
    assert.deepEqual(dataset.splits, ['train', 'test']);
    assert.deepEqual(await references(dataset), ['12', '2,400', '-2']);
    assert.match(dataset.source ?? '', new RegExp(`^hf:org/own@${commit} `));
    await refused(tableDataset({ path: 'hf:org/text' }), /org\/text has no split/);
    await refused(tableDataset({ path: 'hf:org/absent' }), /org\/absent/, /404/);
    await refused(tableDataset({ path: 'hf:org' }), /organisation\/name/);
  } finally {
    await server.close();
  }
});
