/** `reckon serve` as a new user meets it: started, asked, refused a second time, stopped. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import OpenAI from 'openai';
import { temporaryFolder } from '../temporary-folder.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const { path: state } = temporaryFolder();
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
});

function reckon(...args: string[]) {
  const child = spawn(process.execPath, ['--disable-proto=throw', main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const out = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    out.stderr += text;
  });
  return { child, out, ended: once(child, 'close').then(([code]) => ({ code, ...out })) };
}

test('serves its own model and every method, and stops when asked', { timeout: 60_000 }, async () => {
  const server = reckon('serve', '--port', '0', '--state', state, '--any-model', '--model', 'noisy-solver');
  await once(server.child.stdout, 'data');
  const baseURL = server.out.stdout.trim();
  assert.match(baseURL, /^http:\/\/127\.0\.0\.1:\d+\/v1$/);

  const client = new OpenAI({ baseURL, apiKey: 'whatever it was' });
  const messages = [{ role: 'user' as const, content: 'What is 17 + 25 * 3?' }];
  for (const model of ['noisy-solver', 'noisy-solver+sc@8', 'noisy-solver+tot', 'gpt-of-an-old-script']) {
    const { choices, usage } = await client.chat.completions.create({ model, messages });
    assert.match(choices[0]?.message.content ?? '', /\d/);
    assert.ok((usage?.total_tokens ?? 0) > 0);
  }
  assert.ok((await client.models.list()).data.length > 5);

  const second = await reckon('serve', '--port', '0', '--state', state).ended;
  assert.equal(second.code, 2);
  assert.match(second.stderr, /Another server uses the state .*; stop it, or choose another --state folder/);
  const port = new URL(baseURL).port;
  const taken = await reckon('serve', '--port', port, '--state', `${state}/other`).ended;
  assert.equal(taken.code, 2);
  assert.match(taken.stderr, new RegExp(`Port ${port} of 127.0.0.1 is taken`));
  const open = await reckon('serve', '--host', '0.0.0.0', '--port', '0', '--state', `${state}/other`).ended;
  assert.equal(open.code, 2);
  assert.match(open.stderr, /there are no keys; make one with reckon keys add/);

  server.child.kill('SIGINT');
  assert.equal((await server.ended).code, 0);
});

test('keys are made, shown once, listed and removed', { timeout: 30_000 }, async () => {
  const made = await reckon('keys', 'add', 'me', '--usd', '1', '--state', state).ended;
  assert.match(made.stdout.trim(), /^rk-[\w-]{32}$/);
  const listed = await reckon('keys', 'ls', '--json', '--state', state).ended;
  assert.ok(!listed.stdout.includes(made.stdout.trim()));
  assert.equal((JSON.parse(listed.stdout) as { name: string }[])[0]?.name, 'me');
  assert.equal((await reckon('keys', 'rm', 'me', '--state', state).ended).code, 0);
  assert.equal((await reckon('keys', 'rm', 'me', '--state', state).ended).code, 2);
});

/** A state folder whose file was written by a Reckon to come. */
function newer(name: string): string {
  const folder = `${state}/newer-${name}`;
  mkdirSync(folder);
  const database = new DatabaseSync(`${folder}/${name}`);
  database.exec('PRAGMA user_version = 99');
  database.close();
  return folder;
}

test('what cannot begin says so in one sentence, with exit code 2', { timeout: 120_000 }, async () => {
  const cases: readonly (readonly [args: readonly string[], says: RegExp])[] = [
    [
      ['--model', 'http://127.0.0.1:9/v1#m'],
      /^reckon: Cannot reach 127\.0\.0\.1:9 .*; check that the server runs/,
    ],
    [['--model', 'nothing'], /^reckon: Cannot tell which model "nothing" is; the forms are/],
    [['--model', 'openai/gpt-x'], /^reckon: Model openai\/gpt-x needs a key; set OPENAI_API_KEY/],
    [['--methods', 'cott'], /^reckon: .*cott.*cot/],
    [
      ['--state', newer('server.sqlite')],
      /^reckon: .*server\.sqlite was written by a newer Reckon \(layout 99/,
    ],
    [['--state', newer('reckon.sqlite')], /^reckon: .*reckon\.sqlite.*newer/],
    [['--port', 'many'], /--port/],
  ];
  for (const [args, says] of cases) {
    const given = args.includes('--state') ? args : ['--state', `${state}/refused`, ...args];
    const { code, stderr, stdout } = await reckon('serve', '--port', '0', ...given).ended;
    assert.equal(code, 2, stderr);
    assert.match(stderr, says);
    assert.equal(stdout, '');
    if (!says.source.includes('port')) assert.equal(stderr.trim().split('\n').length, 1, stderr);
  }
});
