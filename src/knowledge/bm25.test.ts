import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Passage } from '../core/retriever.ts';
import { bm25 } from './bm25.ts';

const passages: Passage[] = [
  { id: 'a', text: 'cat cat dog' },
  { id: 'b', text: 'dog bird' },
  { id: 'c', text: 'fish', title: 'Cat' },
];

test('scores are the textbook formula', async () => {
  const [first, second, ...rest] = await bm25(passages).retrieve('cat');
  const rarity = Math.log(1 + (3 - 2 + 0.5) / (2 + 0.5));
  const meanLength = 7 / 3;
  const gain = (count: number, length: number) =>
    (count * 2.2) / (count + 1.2 * (0.25 + (0.75 * length) / meanLength));
  assert.equal(rest.length, 0);
  assert.deepEqual([first?.passage.id, second?.passage.id], ['a', 'c']);
  assert.ok(Math.abs((first?.score ?? 0) - rarity * gain(2, 3)) < 1e-12);
  assert.ok(Math.abs((second?.score ?? 0) - rarity * gain(1, 2)) < 1e-12);
});

test('a term counts once however often it is asked for, and equal scores keep their order', async () => {
  const retriever = bm25([
    { id: 'x', text: 'one two' },
    { id: 'y', text: 'one two' },
  ]);
  const once = await retriever.retrieve('one');
  assert.deepEqual(await retriever.retrieve('one one ONE'), once);
  assert.deepEqual(
    once.map(({ passage }) => passage.id),
    ['x', 'y'],
  );
});

test('no passages, no terms and no room give nothing', async () => {
  assert.deepEqual(await bm25([]).retrieve('cat'), []);
  assert.deepEqual(await bm25(passages).retrieve('the of ?'), []);
  assert.deepEqual(await bm25(passages).retrieve('cat', { limit: 0 }), []);
});
