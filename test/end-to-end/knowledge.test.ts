/** `reckon index` and `reckon ask --knowledge` as a new user meets them: a folder, a two-hop question, an answer with its sources. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { scriptedServer } from '../../src/models/scripted-server.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const folder = temporaryFolder();

function reckon(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, RECKON_API_KEY: '' };
    execFile(process.execPath, ['--disable-proto=throw', main, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

test('a folder is indexed, asked over two hops, and the answer names its sources', {
  timeout: 60_000,
}, async () => {
  folder.write('docs/film.md', '# Harbour\n\nHarbour is a 1949 film directed by Marta Olsen.\n');
  const person = folder.write(
    'docs/people/olsen.html',
    '<h1>Marta Olsen</h1><p>Marta Olsen was raised in Bergen.</p>',
  );
  folder.write('docs/broken.txt', new Uint8Array([0xff, 0xfe, 0x00]));
  const docs = `${folder.path}/docs`;
  const index = `${folder.path}/k.sqlite`;

  const preview = await reckon('index', docs, '--to', index, '--dry-run');
  assert.match(
    preview.stderr,
    /2 documents, 2 new or changed, 0 gone, 1 left out; 2 passages to index; no model is asked/,
  );
  const made = await reckon('index', docs, '--to', index);
  assert.equal(made.code, 0);
  assert.match(made.stdout, /2 documents, 2 passages/);
  assert.match(made.stderr, /left out: broken\.txt: /);

  const server = await scriptedServer({
    answer: ({ messages }) => {
      const text = messages.at(-1)?.text ?? '';
      const place = /\[(\d+)\] Marta Olsen/.exec(text)?.[1];
      if (text.includes('Nothing is written yet')) return 'The director of Harbour is Marta Olsen.';
      return place ? `She was raised in Bergen [${place}]. The answer is Bergen` : 'The answer is unknown';
    },
  });
  try {
    const ask = (...more: string[]) =>
      reckon(
        'ask',
        'Where did the director of Harbour grow up?',
        '--model',
        `${server.url}/v1#m`,
        '--knowledge',
        index,
        ...more,
      );
    const read = await ask();
    assert.equal(read.code, 0, read.stderr);
    assert.match(read.stdout, /raised in Bergen \[\d\]/);
    assert.match(read.stderr, /cited:\n\[\d\] people\/olsen\.html, \d+–\d+ {2}Marta Olsen/);
    const hops = JSON.parse((await ask('-m', 'ircot@1', '--json')).stdout);
    assert.equal(hops.solution.answer, 'Bergen');
    assert.equal((await ask('--search', 'nearest')).code, 2);
  } finally {
    await server.close();
  }

  rmSync(person);
  assert.match((await reckon('index', docs, '--to', index)).stderr, /1 gone/);
  assert.equal((await reckon('index', `${folder.path}/nothing`)).code, 2);
  assert.equal((await reckon('ask', 'x', '--knowledge', `${folder.path}/none.sqlite`)).code, 2);
});
