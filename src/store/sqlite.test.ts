import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { InputError } from '../core/errors.ts';
import type { Row, RunInfo } from '../evaluation/row.ts';
import { sqliteStore } from './sqlite.ts';

const folder = mkdtempSync(join(tmpdir(), 'reckon-store-'));
after(() => rmSync(folder, { recursive: true }));

const info: RunInfo = {
  run: 'r1',
  dataset: 'sums',
  split: 'test',
  model: 'm',
  methods: ['a', 'b'],
  repeats: 2,
  seed: 0,
  limits: {},
  version: '0',
  startedAt: '2026-01-01T00:00:00.000Z',
};
const problems = ['p2', 'p1'].map((id) => ({ id, text: `question ${id}`, reference: '1' }));
const row = (problem: string, method: string, repeat: number, outcome: Row['outcome'] = 'correct'): Row => ({
  problem,
  method,
  repeat,
  outcome,
  score: outcome === 'correct' ? 1 : 0,
  usage: { calls: 1, promptTokens: 2, completionTokens: 3 },
});

test('rows come back in the order of problems, methods and repeats, whatever order they finished in', () => {
  const store = sqliteStore(':memory:');
  store.create(info, problems);
  const rows = [
    row('p1', 'b', 1),
    row('p2', 'b', 0),
    row('p2', 'a', 1),
    row('p1', 'a', 0),
    row('p2', 'a', 0),
  ];
  for (const one of rows) store.addRow('r1', one);
  const read = store.read('r1');
  assert.deepEqual(
    read.rows.map(({ problem, method, repeat }) => `${problem}${method}${repeat}`),
    ['p2a0', 'p2a1', 'p2b0', 'p1a0', 'p1b1'],
  );
  assert.deepEqual([read.info, read.problems], [info, problems]);
  assert.deepEqual(store.list(), [
    {
      run: 'r1',
      dataset: 'sums',
      model: 'm',
      methods: ['a', 'b'],
      startedAt: info.startedAt,
      rows: 5,
      planned: 8,
    },
  ]);
  store.close();
});

test('a row is kept once: the first that was acknowledged', () => {
  const store = sqliteStore(':memory:');
  store.create(info, problems);
  store.addRow('r1', row('p1', 'a', 0, 'wrong'));
  store.addRow('r1', row('p1', 'a', 0, 'correct'));
  assert.deepEqual(
    store.read('r1').rows.map(({ outcome }) => outcome),
    ['wrong'],
  );
  assert.equal(store.removeRows('r1', 'wrong'), 1);
  assert.equal(store.read('r1').rows.length, 0);
  store.close();
});

test('a damaged row or sample is left out instead of read wrongly', () => {
  const path = join(folder, 'damaged.sqlite');
  const store = sqliteStore(path);
  store.create(info, problems);
  store.addRow('r1', row('p1', 'a', 0));
  store.addRow('r1', row('p2', 'a', 0));
  store.setSample('k', {
    text: 'hello',
    finish: 'stop',
    usage: { calls: 1, promptTokens: 1, completionTokens: 1 },
  });
  const other = new DatabaseSync(path);
  other.exec(`UPDATE rows SET row = replace(row, '"correct"', '"wrong"') WHERE problem = 'p1'`);
  other.exec(`UPDATE samples SET completion = replace(completion, 'hello', 'hellp')`);
  other.close();
  assert.deepEqual(
    store.read('r1').rows.map(({ problem }) => problem),
    ['p2'],
  );
  assert.equal(store.getSample('k'), undefined);
  store.close();
});

test('samples and traces come back as they went in', () => {
  const store = sqliteStore(':memory:');
  store.create(info, problems);
  const completion = {
    text: 'ü🙂',
    finish: 'stop',
    usage: { calls: 1, promptTokens: 1, completionTokens: 1 },
  } as const;
  store.setSample('k', completion);
  assert.deepEqual(store.getSample('k'), completion);
  const events = [{ type: 'node-start', id: 0, parent: null, label: 'direct' }] as const;
  store.addRow('r1', row('p1', 'a', 0), events);
  assert.deepEqual(store.trace('r1', { problem: 'p1', method: 'a', repeat: 0 }), events);
  assert.equal(store.trace('r1', { problem: 'p1', method: 'a', repeat: 1 }), undefined);
  store.close();
});

test('an unknown run names the latest ones, a taken id says how to go on', () => {
  const store = sqliteStore(':memory:');
  assert.throws(() => store.read('nope'), /no run nope; nothing has been run/);
  store.create(info, problems);
  assert.throws(() => store.read('nope'), /the latest are r1/);
  assert.throws(() => store.create(info, problems), /--resume/);
  store.delete('r1');
  assert.equal(store.list().length, 0);
  store.close();
});

test('a file that is no store, or of a newer layout, is refused in one sentence', () => {
  const noStore = join(folder, 'text.sqlite');
  writeFileSync(noStore, 'this is no database, it is a text of some length'.repeat(50));
  assert.throws(
    () => sqliteStore(noStore),
    (error: unknown) => error instanceof InputError && error.message.includes(noStore),
  );
  const newer = join(folder, 'newer.sqlite');
  const database = new DatabaseSync(newer);
  database.exec('PRAGMA user_version = 99');
  database.close();
  assert.throws(() => sqliteStore(newer), /newer Reckon \(layout 99/);
});
