import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import type { EchoRequest } from '../../test/fixtures/echo-worker.ts';
import { ToolError } from '../core/errors.ts';
import { siblingScript } from './sibling-script.ts';
import type { WorkerPoolOptions } from './worker-pool.ts';
import { OUT_OF_MEMORY, workerPool } from './worker-pool.ts';

const script = new URL('../../test/fixtures/echo-worker.ts', import.meta.url);
const pool = (options: Partial<WorkerPoolOptions> = {}) =>
  workerPool<EchoRequest, string>({ script, size: 1, ...options });
const generous = { milliseconds: 30_000 };

test('a worker answers, keeps its state between requests and sees its data but no environment', async () => {
  const workers = pool({ workerData: { seed: 7 } });
  assert.deepEqual(await workers.run({ echo: 'hello' }, generous), { status: 'ok', value: 'hello' });
  assert.deepEqual(await workers.run({ do: 'count' }, generous), { status: 'ok', value: '2' });
  assert.deepEqual(await workers.run({ do: 'data' }, generous), { status: 'ok', value: '{"seed":7}' });
  assert.deepEqual(await workers.run({ do: 'environment' }, generous), { status: 'ok', value: '' });
  await workers.close();
});

test('a worker at its deadline is killed and replaced by a fresh one', async () => {
  const workers = pool();
  const [hung, next] = await Promise.all([
    workers.run({ do: 'loop' }, { milliseconds: 50 }),
    workers.run({ do: 'count' }, generous),
  ]);
  assert.deepEqual(hung, { status: 'timeout' });
  assert.deepEqual(next, { status: 'ok', value: '1' });
  await workers.close();
});

test('the deadline counts from the start on a worker, not from queueing', async () => {
  const workers = pool();
  const [hung, waited] = await Promise.all([
    workers.run({ do: 'loop' }, { milliseconds: 400 }),
    workers.run({ echo: 'waited' }, { milliseconds: 300 }), // queued for longer than that
  ]);
  assert.equal(hung.status, 'timeout');
  assert.deepEqual(waited, { status: 'ok', value: 'waited' });
  await workers.close();
});

test('a throw is one line and leaves the worker alive; an exit does not', async () => {
  const workers = pool();
  assert.deepEqual(await workers.run({ do: 'throw' }, generous), { status: 'crashed', error: 'first line' });
  assert.deepEqual(await workers.run({ do: 'count' }, generous), { status: 'ok', value: '2' });
  assert.deepEqual(await workers.run({ do: 'exit' }, generous), {
    status: 'crashed',
    error: 'the worker ended with code 3',
  });
  assert.deepEqual(await workers.run({ do: 'count' }, generous), { status: 'ok', value: '1' });
  await workers.close();
});

test('a worker that needs more than its memory ends as such', async () => {
  const workers = pool({ memoryMiB: 32 });
  assert.deepEqual(await workers.run({ do: 'allocate' }, generous), {
    status: 'crashed',
    error: OUT_OF_MEMORY,
  });
  assert.deepEqual(await workers.run({ echo: 'next' }, generous), { status: 'ok', value: 'next' });
  await workers.close();
});

test('an abort rejects with its reason, running or queued, and the pool serves on', async () => {
  const workers = pool();
  await workers.warm();
  const controller = new AbortController();
  const running = workers.run({ do: 'loop' }, { ...generous, signal: controller.signal });
  const queued = workers.run({ echo: 'never' }, { ...generous, signal: controller.signal });
  const after = workers.run({ do: 'count' }, generous);
  controller.abort(new Error('enough'));
  await assert.rejects(running, /enough/);
  await assert.rejects(queued, /enough/);
  assert.deepEqual(await after, { status: 'ok', value: '1' });
  await assert.rejects(
    workers.run({ echo: 'x' }, { ...generous, signal: AbortSignal.abort(new Error('before')) }),
    /before/,
  );
  await workers.close();
});

test('a full queue is refused by name', async () => {
  const workers = pool({ queueLimit: 1 });
  const first = workers.run({ echo: 'a' }, generous);
  await assert.rejects(workers.run({ echo: 'b' }, generous), (error) => {
    assert.ok(error instanceof ToolError);
    assert.match(error.message, /queueLimit/);
    return true;
  });
  assert.equal((await first).status, 'ok');
  await workers.close();
});

test('a script that cannot start fails every request and none hangs', async () => {
  const workers = pool({ script: new URL('./no-such-script.ts', import.meta.url), size: 2 });
  const outcomes = await Promise.all([1, 2, 3].map(() => workers.run({ echo: 'x' }, generous)));
  for (const outcome of outcomes) assert.equal(outcome.status, 'crashed');
  await workers.close();
});

test('closing ends what is open; later requests are refused', async () => {
  const workers = pool();
  await workers.warm();
  const open = [workers.run({ do: 'loop' }, generous), workers.run({ echo: 'queued' }, generous)];
  await workers.close();
  for (const outcome of await Promise.all(open)) assert.equal(outcome.status, 'crashed');
  await assert.rejects(workers.run({ echo: 'x' }, generous), ToolError);
});

test('many requests over few workers all get their own answer', async () => {
  const workers = pool({ size: 2 });
  const outcomes = await Promise.all(
    Array.from({ length: 200 }, (_, index) => workers.run({ echo: String(index) }, generous)),
  );
  assert.deepEqual(
    outcomes.map((outcome) => outcome.status === 'ok' && outcome.value),
    Array.from({ length: 200 }, (_, index) => String(index)),
  );
  await workers.close();
});

test('an idle pool that nobody closed keeps no process alive', () => {
  const program = `
    import { workerPool } from ${JSON.stringify(new URL('./worker-pool.ts', import.meta.url).href)};
    const workers = workerPool({ script: new URL(${JSON.stringify(script.href)}), size: 2 });
    console.log((await workers.run({ echo: 'served' }, { milliseconds: 30000 })).value);
  `;
  const stdout = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
    timeout: 60_000, // a process that lives on fails here
  });
  assert.equal(stdout, 'served\n');
});

test('a sibling script has the extension of the module that asks', () => {
  assert.equal(siblingScript('file:///a/src/pool.ts', 'jail-worker').href, 'file:///a/src/jail-worker.ts');
  assert.equal(siblingScript('file:///a/dist/pool.js', 'jail-worker').href, 'file:///a/dist/jail-worker.js');
});
