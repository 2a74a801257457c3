import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { InputError } from '../core/errors.ts';
import type { Passage } from '../core/retriever.ts';
import { hashedEmbedder } from './hashed-embedder.ts';
import { openPassageStore } from './passage-store.ts';
import { embedPassages, nearest } from './vectors.ts';

const folder = temporaryFolder();
const passages: Passage[] = [
  {
    id: 'a#0',
    title: 'Bees',
    text: 'Bees make honey.',
    source: { document: 'a', start: 0, end: 16, headings: ['Insects'] },
  },
  { id: 'a#1', text: 'Wasps make paper.' },
  { id: 'a#2', text: 'Ants make hills.' },
];
const ids = (found: readonly { passage: Passage }[]) => found.map(({ passage }) => passage.id);

test('what was stored is found again after opening anew, with title, headings and place', async () => {
  const path = `${folder.path}/words.sqlite`;
  const store = await openPassageStore(path);
  store.replace('a', 'checksum', passages);
  store.close();
  const again = await openPassageStore(path, { mustExist: true });
  assert.deepEqual(again.summary(), { documents: 1, passages: 3 });
  assert.deepEqual([...again.documents()], [['a', 'checksum']]);
  assert.deepEqual([...again.passages()], passages);
  assert.deepEqual((await again.bm25().retrieve('insects'))[0]?.passage, passages[0]);
  assert.deepEqual(await again.bm25().retrieve('" OR * NEAR('), []);
  again.replace('a', 'other', passages.slice(1, 2));
  assert.deepEqual(await again.bm25().retrieve('honey'), []);
  again.remove('a');
  assert.deepEqual(again.summary(), { documents: 0, passages: 0 });
  again.close();
});

test('vectors rank as the exact scan in memory does', async () => {
  const embedder = hashedEmbedder({ dimensions: 64 });
  const store = await openPassageStore(`${folder.path}/vectors.sqlite`, { embedder });
  store.replace('a', '1', passages, await embedPassages(passages, embedder));
  const memory = await nearest(passages, embedder);
  for (const query of ['honey bee', 'paper wasps', 'hill of ants']) {
    const [disk, exact] = [await store.nearest(embedder).retrieve(query), await memory.retrieve(query)];
    assert.equal(ids(disk)[0], ids(exact)[0]);
    assert.ok(Math.abs((disk[0]?.score ?? 0) - (exact[0]?.score ?? 1)) < 1e-5);
  }
  assert.throws(() => store.nearest(hashedEmbedder()), /do not compare/);
  assert.throws(() => store.replace('b', '1', passages), /needs one/);
  store.close();
  await assert.rejects(
    openPassageStore(store.path, { embedder: hashedEmbedder() }),
    /has vectors of hashed-64/,
  );
});

test('a file that is no index is refused, and left as it was', async () => {
  const text = folder.write('text.sqlite', 'this is no database, whatever its name says '.repeat(40));
  await assert.rejects(openPassageStore(text), InputError);
  const other = `${folder.path}/other.sqlite`;
  const database = new DatabaseSync(other);
  database.exec('CREATE TABLE mine (x)');
  database.close();
  await assert.rejects(openPassageStore(other), /no index/);
  const newer = `${folder.path}/newer.sqlite`;
  (await openPassageStore(newer)).close();
  const later = new DatabaseSync(newer);
  later.exec('PRAGMA user_version = 99');
  later.close();
  await assert.rejects(openPassageStore(newer), /newer Reckon/);
  await assert.rejects(openPassageStore(`${folder.path}/none.sqlite`, { mustExist: true }), /reckon index/);
});
