import assert from 'node:assert/strict';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { type HubServer, hubServer } from '../../test/fixtures/hub-server.ts';
import { InputError } from '../core/errors.ts';
import { hub, PARQUET_REVISION } from './hub.ts';

const COMMIT = 'a'.repeat(40);
const OTHER = 'b'.repeat(40);
let server: HubServer;
let home: string;

before(async () => {
  server = await hubServer({
    'org/set': { commit: COMMIT, files: { 'data/test.jsonl': '{"question":"q"}\n', 'README.md': 'about' } },
    'org/large': { commit: COMMIT, files: { 'train.parquet': Buffer.alloc(300_000, 7) }, stored: true },
    'org/gated': { commit: COMMIT, files: { 'test.jsonl': 'x' }, token: 'hf_secret' },
    'org/converted': {
      commit: OTHER,
      files: { 'default/test/0000.parquet': 'p' },
      revisions: [PARQUET_REVISION],
    },
    'org/hostile': {
      commit: COMMIT,
      files: { 'ok.txt': 'x' },
      alsoListed: ['../../escape.txt', '/etc/passwd', 'a/../../b', 'C:\\windows', 'nul\0byte', 'a//b', './c'],
    },
  });
});
after(() => server.close());
beforeEach(() => {
  if (home) rmSync(home, { recursive: true, force: true });
  home = mkdtempSync(join(tmpdir(), 'reckon-hub-'));
  server.fault = undefined;
  server.requests.length = 0;
});
after(() => rmSync(home, { recursive: true, force: true }));

const open = (more: Record<string, string> = {}, options: { downloadBytesLimit?: number } = {}) =>
  hub({ environment: { HF_HOME: home, HF_ENDPOINT: server.endpoint, ...more }, ...options });

async function rejects(work: Promise<unknown>, ...patterns: readonly RegExp[]): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof InputError, String(error));
    for (const pattern of patterns) assert.match(error.message, pattern);
    return true;
  });
}

test('a snapshot lists the files at a commit and a file lands in the tree that other clients use', async () => {
  const remote = open();
  assert.deepEqual(await remote.snapshot('org/set'), {
    commit: COMMIT,
    files: ['README.md', 'data/test.jsonl'],
  });
  const path = await remote.file('org/set', COMMIT, 'data/test.jsonl');
  const folder = join(home, 'hub', 'datasets--org--set');
  assert.equal(path, join(folder, 'snapshots', COMMIT, 'data', 'test.jsonl'));
  assert.equal(readFileSync(path, 'utf8'), '{"question":"q"}\n');
  assert.equal(readFileSync(join(folder, 'refs', 'main'), 'utf8'), COMMIT);
  assert.ok(lstatSync(path).isSymbolicLink());
  assert.match(readlinkSync(path), /^\.\.\/\.\.\/\.\.\/blobs\/[0-9a-f]{40}$/);
  assert.equal(readdirSync(join(folder, 'blobs')).length, 1);
});

test('a file that is there is not fetched again', async () => {
  const remote = open();
  await remote.file('org/set', COMMIT, 'README.md');
  const before = server.requests.length;
  await remote.file('org/set', COMMIT, 'README.md');
  assert.equal(server.requests.length, before);
});

test('large files come from the storage server, under their SHA-256, and the token stays at home', async () => {
  const path = await open({ HF_TOKEN: 'hf_secret' }).file('org/large', COMMIT, 'train.parquet');
  assert.equal(readFileSync(path).length, 300_000);
  assert.match(readlinkSync(path), /blobs\/[0-9a-f]{64}$/);
  assert.deepEqual(
    server.requests.map((request) => request.authorization),
    ['Bearer hf_secret', undefined],
  );
});

test('a branch with slashes has its own reference', async () => {
  const snapshot = await open().snapshot('org/converted', { revision: PARQUET_REVISION });
  assert.deepEqual(snapshot, { commit: OTHER, files: ['default/test/0000.parquet'] });
  const reference = join(home, 'hub', 'datasets--org--converted', 'refs', 'refs', 'convert', 'parquet');
  assert.equal(readFileSync(reference, 'utf8'), OTHER);
});

test('offline, the cache answers and nothing is requested', async () => {
  const remote = open();
  await remote.snapshot('org/set');
  const path = await remote.file('org/set', COMMIT, 'data/test.jsonl');
  server.requests.length = 0;
  const offline = open({ HF_HUB_OFFLINE: '1' });
  assert.deepEqual(await offline.snapshot('org/set'), { commit: COMMIT, files: ['data/test.jsonl'] });
  assert.equal(await offline.file('org/set', COMMIT, 'data/test.jsonl'), path);
  await rejects(
    offline.file('org/set', COMMIT, 'README.md'),
    /org\/set/,
    /README\.md/,
    /HF_HUB_OFFLINE/,
    /local copy/,
  );
  await rejects(offline.snapshot('org/other'), /org\/other/, /main/, /HF_HUB_OFFLINE/, /HF_ENDPOINT/);
  assert.equal(server.requests.length, 0);
});

test('without a network the cache answers, and a miss says what to do', async () => {
  await open().snapshot('org/set');
  await open().file('org/set', COMMIT, 'README.md');
  const unreachable = open({ HF_ENDPOINT: 'http://127.0.0.1:1' });
  assert.equal((await unreachable.snapshot('org/set')).commit, COMMIT);
  await rejects(unreachable.snapshot('org/large'), /org\/large/, /ECONNREFUSED/, /local copy/);
  await rejects(unreachable.file('org/large', COMMIT, 'train.parquet'), /train\.parquet/, /ECONNREFUSED/);
});

test('the cache lies where the environment says', async () => {
  const cache = join(home, 'elsewhere');
  const path = await open({ HF_HUB_CACHE: cache }).file('org/set', COMMIT, 'README.md');
  assert.ok(path.startsWith(join(cache, 'datasets--org--set')));
  const xdg = hub({ environment: { XDG_CACHE_HOME: join(home, 'xdg'), HF_ENDPOINT: `${server.endpoint}/` } });
  assert.ok(
    (await xdg.file('org/set', COMMIT, 'README.md')).startsWith(join(home, 'xdg', 'huggingface', 'hub')),
  );
});

test('a gated dataset asks for a token, from the variable or from its file', async () => {
  await rejects(open().snapshot('org/gated'), /org\/gated/, /401/, /HF_TOKEN/);
  await rejects(open({ HF_TOKEN: 'hf_wrong' }).snapshot('org/gated'), /401/, /may read it/);
  assert.equal((await open({ HF_TOKEN: 'hf_secret' }).snapshot('org/gated')).commit, COMMIT);
  writeFileSync(join(home, 'token'), 'hf_secret\n');
  assert.equal((await open().snapshot('org/gated')).commit, COMMIT);
  const tokenPath = join(home, 'my-token');
  writeFileSync(tokenPath, 'hf_secret');
  assert.equal((await open({ HF_TOKEN_PATH: tokenPath }).snapshot('org/gated')).commit, COMMIT);
  await assert.rejects(async () => open({ HF_TOKEN: 'two\nlines' }), InputError);
});

test('what is not on the hub is said by name', async () => {
  await rejects(open().snapshot('org/nothing'), /org\/nothing/, /404/);
  await rejects(open().snapshot('org/set', { revision: 'v9' }), /v9/, /404/);
  await rejects(open().file('org/set', COMMIT, 'absent.jsonl'), /404/);
  server.fault = 'fails';
  await rejects(open().snapshot('org/set'), /503/);
  server.fault = 'not-json';
  await rejects(open().snapshot('org/set'), /not JSON/);
});

for (const [fault, pattern] of [
  ['cut-short', /failed|ended after/],
  ['wrong-size', /hash|ended after/],
  ['wrong-bytes', /hash/],
] as const)
  test(`a broken download (${fault}) leaves nothing behind and can be tried again`, async () => {
    for (const [id, file] of [
      ['org/set', 'README.md'],
      ['org/large', 'train.parquet'],
    ] as const) {
      server.fault = fault;
      await rejects(open().file(id, COMMIT, file), pattern);
      const left = readdirSync(join(home, 'hub'), { recursive: true, withFileTypes: true });
      assert.deepEqual(
        left.filter((entry) => !entry.isDirectory()).map((entry) => entry.name),
        [],
      );
      server.fault = undefined;
      await open().file(id, COMMIT, file);
      rmSync(join(home, 'hub'), { recursive: true });
    }
  });

test('redirects end, and lead to no other scheme', async () => {
  server.fault = 'redirect-loop';
  await rejects(open().file('org/set', COMMIT, 'README.md'), /redirects .* times/);
  server.fault = 'redirect-to-file';
  await rejects(open().file('org/set', COMMIT, 'README.md'), /not followed/);
});

test('a file above the limit is not fetched', async () => {
  await rejects(
    open({}, { downloadBytesLimit: 1000 }).file('org/large', COMMIT, 'train.parquet'),
    /300000 bytes/,
    /1000/,
  );
});

test('names that would leave the cache are left out or refused', async () => {
  assert.deepEqual((await open().snapshot('org/hostile')).files, ['ok.txt']);
  for (const id of ['../x', 'a/b/c', 'org/..', 'org/a--b', '', 'org/', '.hidden/x', 'org/a\0b', 'org/a\\b'])
    await rejects(open().snapshot(id), /no dataset/);
  for (const revision of ['../main', '/main', 'a/../b', '', 'a\\b', 'x'.repeat(2000)])
    await rejects(open().snapshot('org/set', { revision }), /no revision/);
  for (const path of ['../x', '/etc/passwd', 'a/../../x', '', 'a\\b', 'C:x', 'a\0b', './a', 'a//b'])
    await rejects(open().file('org/set', COMMIT, path), /no path/);
  for (const commit of ['main', '../..', 'A'.repeat(40), 'a'.repeat(41)])
    await rejects(open().file('org/set', commit, 'README.md'), /no commit/);
});

test('a link in the cache that leads out of it is refused', async () => {
  const secret = join(home, 'secret.txt');
  writeFileSync(secret, 'secret');
  const snapshot = join(home, 'hub', 'datasets--org--set', 'snapshots', COMMIT);
  mkdirSync(snapshot, { recursive: true });
  symlinkSync(secret, join(snapshot, 'README.md'));
  await rejects(open().file('org/set', COMMIT, 'README.md'), /leads out/);
});

test('a link whose blob was deleted is mended', async () => {
  const path = await open().file('org/set', COMMIT, 'README.md');
  rmSync(join(home, 'hub', 'datasets--org--set', 'blobs'), { recursive: true });
  assert.equal(await open().file('org/set', COMMIT, 'README.md'), path);
  assert.equal(readFileSync(path, 'utf8'), 'about');
});

test('many callers of one file get it whole', async () => {
  const paths = await Promise.all(
    Array.from({ length: 8 }, () => open().file('org/large', COMMIT, 'train.parquet')),
  );
  assert.equal(new Set(paths).size, 1);
  assert.equal(readFileSync(paths[0] as string).length, 300_000);
  assert.deepEqual(readdirSync(join(home, 'hub', 'datasets--org--large', 'blobs')).length, 1);
});

test('an abort ends the wait with its reason', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  await assert.rejects(open().snapshot('org/set', { signal }), /enough/);
  await assert.rejects(open().file('org/set', COMMIT, 'README.md', { signal }), /enough/);
});
