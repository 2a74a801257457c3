/** The two fast indexes against the reference, on random corpora, where the formulas agree. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FoundPassage, Passage } from '../core/retriever.ts';
import { bm25 } from './bm25.ts';
import { bm25Memory } from './bm25-memory.ts';
import { openPassageStore } from './passage-store.ts';

const word = fc
  .integer({ min: 0, max: 30 })
  .map((number) => `wort${'abcdefghijklmnopqrstuvwxyzßøþðæ'[number]}x`);
const text = fc.array(word, { minLength: 1, maxLength: 12 }).map((words) => words.join(' '));
const corpus = fc.array(text, { minLength: 2, maxLength: 40 });
const query = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join(' '));

function passagesOf(texts: readonly string[]): Passage[] {
  return texts.map((content, index) => ({ id: `p${index}`, text: content }));
}

/** Equal scores up to rounding, so that ties may stand in any order. */
function assertSameRanking(actual: readonly FoundPassage[], wanted: readonly FoundPassage[]): void {
  assert.equal(actual.length, wanted.length);
  const scores = new Map(wanted.map(({ passage, score }) => [passage.id, score]));
  actual.forEach(({ passage, score }, rank) => {
    assert.ok(Math.abs(score - (scores.get(passage.id) ?? Number.NaN)) < 1e-9, passage.id);
    assert.ok(Math.abs(score - (wanted[rank]?.score ?? Number.NaN)) < 1e-9, `rank ${rank}`);
  });
}

test('in memory: the same scores where length does not count', async () => {
  await fc.assert(
    fc.asyncProperty(corpus, query, async (texts, asked) => {
      const passages = passagesOf(texts);
      const options = { b: 0, delta: 0.5 };
      assertSameRanking(
        await bm25Memory(passages, options).retrieve(asked, { limit: 50 }),
        await bm25(passages, options).retrieve(asked, { limit: 50 }),
      );
    }),
    { numRuns: 200 },
  );
});

test('in memory: the same scores where no passage repeats a word, also after passages were removed', async () => {
  const different = fc.uniqueArray(word, { minLength: 1, maxLength: 12 }).map((words) => words.join(' '));
  await fc.assert(
    fc.asyncProperty(fc.array(different, { minLength: 2, maxLength: 30 }), query, async (texts, asked) => {
      const passages = passagesOf(texts);
      const index = bm25Memory(passages, { delta: 0 });
      index.remove('p0');
      index.remove('nobody');
      const kept = passages.slice(1);
      assertSameRanking(
        await index.retrieve(asked, { limit: 50 }),
        await bm25(kept).retrieve(asked, { limit: 50 }),
      );
    }),
    { numRuns: 200 },
  );
});

test('on disk: the same scores with the rarity of SQLite, also after documents were replaced and removed', async () => {
  await fc.assert(
    fc.asyncProperty(corpus, query, async (texts, asked) => {
      const store = await openPassageStore(':memory:');
      const passages = passagesOf(texts);
      store.replace('old', '1', [{ id: 'gone', text: 'wortax wortbx' }]);
      store.replace('p0', '0', [{ id: 'p0', text: 'worty something else' }]);
      for (const passage of passages) store.replace(passage.id, '1', [passage]);
      store.remove('old');
      const found = await store.bm25().retrieve(asked, { limit: 50 });
      store.close();
      assertSameRanking(found, await bm25(passages, { rarity: 'floored' }).retrieve(asked, { limit: 50 }));
    }),
    { numRuns: 100 },
  );
});
