import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bm25Memory } from './bm25-memory.ts';

const passages = [
  { id: '1', text: 'The lighthouse keeper sleeps' },
  { id: '2', text: 'A ship passes' },
];
const ids = (found: readonly { passage: { id: string } }[]) => found.map(({ passage }) => passage.id);

test('words that are nearly right and words that only begin right are found where asked', async () => {
  assert.deepEqual(await bm25Memory(passages).retrieve('lighthous'), []);
  assert.deepEqual(ids(await bm25Memory(passages, { fuzzy: 0.2 }).retrieve('lighthose')), ['1']);
  assert.deepEqual(ids(await bm25Memory(passages, { prefix: true }).retrieve('light')), ['1']);
});

test('passages come and go', async () => {
  const index = bm25Memory(passages);
  index.add({ id: '3', text: 'ship', title: 'Lighthouse' });
  assert.deepEqual(ids(await index.retrieve('lighthouse')), ['3', '1']);
  assert.throws(() => index.add({ id: '3', text: '' }), /there already/);
  index.remove('3');
  assert.deepEqual(ids(await index.retrieve('lighthouse')), ['1']);
});

test('names of the language are ordinary words', async () => {
  const index = bm25Memory([{ id: '__proto__', text: 'constructor __proto__ toString' }]);
  assert.deepEqual(ids(await index.retrieve('constructor')), ['__proto__']);
  assert.deepEqual(await index.retrieve('hasOwnProperty'), []);
});
