import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { InputError } from '../core/errors.ts';
import { readDocuments } from './documents.ts';
import { hashedEmbedder } from './hashed-embedder.ts';
import { indexDocuments, previewIndex } from './index-documents.ts';
import { openPassageStore } from './passage-store.ts';

const folder = temporaryFolder();

async function read(path: string) {
  const documents: string[] = [];
  const reasons = new Map<string, string>();
  for await (const found of readDocuments(path)) {
    if ('reason' in found) reasons.set(found.document, found.reason);
    else documents.push(found.document);
  }
  return { documents, reasons };
}

test('an index follows its folder, and reads what has not changed only once', async () => {
  const bees = folder.write('follow/bees.md', '# Bees\nBees make honey.\n');
  folder.write('follow/deep/wasps.html', '<title>Wasps</title><p>Wasps make paper.');
  folder.write(
    'follow/rows.jsonl',
    '{"title":"Ants","text":"Ants make hills."}\nnot json\n{"text":7}\n\n{"contents":"Crickets sing."}\n',
  );
  folder.write('follow/picture.png', 'not read');
  folder.write('follow/.hidden/secret.md', 'secret');
  const path = `${folder.path}/follow`;
  const store = await openPassageStore(':memory:');
  const preview = await previewIndex(path, store);
  assert.deepEqual([preview.documents, preview.passages, store.summary().passages], [3, 4, 0]);
  assert.ok(preview.tokens > 10);

  const first = await indexDocuments(path, store);
  assert.deepEqual(
    first.skipped.map(({ document }) => document),
    ['rows.jsonl:2', 'rows.jsonl:3'],
  );
  assert.deepEqual(store.summary(), { documents: 3, passages: 4 });
  const [honey] = await store.bm25().retrieve('honey');
  assert.deepEqual(honey?.passage.source, { document: 'bees.md', start: 7, end: 23, headings: ['Bees'] });
  assert.equal((await store.bm25().retrieve('hills'))[0]?.passage.source?.document, 'rows.jsonl:1');

  folder.write('follow/bees.md', '# Bees\nBees also dance.\n');
  const second = await indexDocuments(path, store);
  assert.deepEqual([second.unchanged, second.passages, second.removed], [2, 1, 0]);
  assert.deepEqual(await store.bm25().retrieve('honey'), []);
  rmSync(bees);
  assert.equal((await indexDocuments(path, store)).removed, 1);
  assert.deepEqual([...store.documents().keys()], ['deep/wasps.html', 'rows.jsonl']);
  store.close();
});

test('indexing that was interrupted goes on where it stopped', async () => {
  for (let number = 0; number < 10; number++)
    folder.write(`resume/${number}.txt`, `Document ${number} about subject${number}`);
  const store = await openPassageStore(`${folder.path}/resume.sqlite`, { embedder: hashedEmbedder() });
  const embedder = hashedEmbedder();
  let calls = 0;
  const failing = {
    ...embedder,
    embed: async (texts: readonly string[]) => {
      if (++calls > 4) throw new Error('the endpoint is down');
      return embedder.embed(texts);
    },
  };
  await assert.rejects(indexDocuments(`${folder.path}/resume`, store, { embedder: failing }), /is down/);
  assert.equal(store.summary().documents, 4);
  const report = await indexDocuments(`${folder.path}/resume`, store, { embedder });
  assert.deepEqual([report.unchanged, report.passages, store.summary().passages], [4, 6, 10]);
  store.close();
});

test('a document that cannot be read any more stays as it was indexed', async () => {
  folder.write('keep/a.md', 'Readable text');
  const store = await openPassageStore(':memory:');
  await indexDocuments(`${folder.path}/keep`, store);
  folder.write('keep/a.md', new Uint8Array([0xff, 0xfe, 0x41]));
  const report = await indexDocuments(`${folder.path}/keep`, store);
  assert.match(report.skipped[0]?.reason ?? '', /UTF-8/);
  assert.equal((await store.bm25().retrieve('readable')).length, 1);
  store.close();
});

test('links, binary, foreign encodings, huge and deep files are told and left out', async () => {
  const secret = folder.write('outside/secret.md', 'the secret');
  const path = `${folder.path}/hostile`;
  folder.write('hostile/good.md', 'good');
  symlinkSync(secret, `${path}/link.md`);
  symlinkSync('..', `${path}/loop`);
  symlinkSync('/dev/zero', `${path}/zero.txt`);
  folder.write('hostile/binary.txt', 'MZ\u0000\u0001');
  folder.write('hostile/latin.txt', new Uint8Array([0x63, 0x61, 0x66, 0xe9]));
  truncateSync(folder.write('hostile/sparse.jsonl', ''), 5 * 2 ** 30);
  mkdirSync(`${path}/${'d/'.repeat(40)}`, { recursive: true });
  folder.write(`hostile/${'d/'.repeat(40)}deep.md`, 'too deep');
  folder.write('hostile/new\nline.md', 'a file name that forges a line');
  folder.write(
    'hostile/__proto__.jsonl',
    '{"__proto__": {"text": "x"}}\n{"text": "fine", "title": {"a": 1}}\n',
  );
  folder.write('hostile/nested.jsonl', `${'['.repeat(900_000)}\n${'{"a":'.repeat(100_000)}\n`);
  const { documents, reasons } = await read(path);
  assert.deepEqual(documents, ['__proto__.jsonl', 'good.md', 'nested.jsonl']);
  for (const name of [
    'link.md',
    'loop',
    'zero.txt',
    'binary.txt',
    'latin.txt',
    'sparse.jsonl',
    'new\nline.md',
  ])
    assert.ok(reasons.has(name), name);
  assert.ok([...reasons.values()].some((reason) => reason.includes('folders deep')));
  assert.ok([...reasons.values()].every((reason) => !reason.includes('secret')));
});

test('a single file, a missing path and a kind that is not read', async () => {
  const file = folder.write('one/notes.md', 'Note');
  assert.deepEqual((await read(file)).documents, ['notes.md']);
  await assert.rejects(read(`${folder.path}/nothing`), InputError);
  await assert.rejects(read(folder.write('one/picture.png', 'x')), /kind that is read/);
});
