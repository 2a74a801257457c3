import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { InputError } from '../core/errors.ts';
import { isSafeRelativePath, openRegularFile } from './regular-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'reckon-files-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'a.txt');
writeFileSync(file, 'hello');

test('a regular file opens with its size, through links too', async () => {
  symlinkSync(file, join(folder, 'link'));
  for (const path of [file, join(folder, 'link')]) {
    const { handle, size, path: resolved } = await openRegularFile(path);
    assert.equal(size, 5);
    assert.ok(resolved.endsWith('a.txt'));
    await handle.close();
  }
});

test('directories, devices, pipes and what is not there are refused by name', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  for (const [path, reason] of [
    [folder, /directory/],
    ['/dev/zero', /not a regular file/],
    [pipe, /not a regular file/],
    [join(folder, 'absent'), /no such file/],
    [`${file}\0.txt`, /NUL/],
  ] as const)
    await assert.rejects(openRegularFile(path), (error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, reason);
      return true;
    });
});

test('a root holds its files in', async () => {
  const root = join(folder, 'root');
  mkdirSync(root);
  writeFileSync(join(root, 'in.txt'), 'in');
  symlinkSync(file, join(root, 'out'));
  symlinkSync('loop', join(root, 'loop'));
  mkdirSync(join(folder, 'root-beside'));
  writeFileSync(join(folder, 'root-beside', 'x'), 'x');
  await (await openRegularFile(join(root, 'in.txt'), { root })).handle.close();
  for (const path of [
    join(root, 'out'),
    join(root, '..', 'a.txt'),
    join(folder, 'root-beside', 'x'),
    join(root, 'loop'),
  ])
    await assert.rejects(openRegularFile(path, { root }), InputError);
});

test('relative paths from outside stay below their folder', () => {
  for (const path of ['a', 'a/b.txt', 'a b/ü.parquet', '...', 'a/.hidden', '..a', '‥'])
    assert.equal(isSafeRelativePath(path), true, path);
  for (const path of [
    '',
    '.',
    '..',
    '/a',
    'a/',
    'a//b',
    'a/./b',
    'a/../b',
    '..\\a',
    'a\\b',
    'C:/a',
    'c:a',
    'a\0',
    'a\n',
    '\\\\host\\share',
  ])
    assert.equal(isSafeRelativePath(path), false, path);
  assert.equal(isSafeRelativePath('a'.repeat(256)), false);
  assert.equal(isSafeRelativePath(`${'a/'.repeat(600)}a`), false);
});

test('no accepted path leaves its folder once joined', () => {
  const segment = fc.oneof(fc.constantFrom('.', '..', '', 'a', '~', 'C:', '%2e%2e', '․․'), fc.string());
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 6 }), (segments) => {
      const path = segments.join('/');
      if (isSafeRelativePath(path)) assert.ok(join('outer/inner', path).startsWith('outer/inner/'));
    }),
    { numRuns: 2000 },
  );
});
