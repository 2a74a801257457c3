import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import type { EchoRequest } from '../../test/fixtures/echo-worker.ts';
import { ToolError } from '../core/errors.ts';
import type { WorkerPool } from './guest-pool.ts';
import { processPool } from './process-pool.ts';
import { siblingScript } from './sibling-script.ts';
import { OUT_OF_MEMORY, workerPool } from './worker-pool.ts';

const script = new URL('../../test/fixtures/echo-worker.ts', import.meta.url);
const generous = { milliseconds: 30_000 };

interface Options {
  readonly script?: URL;
  readonly size?: number;
  readonly queueLimit?: number;
}

/** Threads and processes keep the same promises. */
const kinds: Record<string, (options?: Options) => WorkerPool<EchoRequest, string>> = {
  thread: (options) => workerPool({ script, size: 1, ...options }),
  process: (options) => processPool({ script, size: 1, ...options }),
};

for (const [kind, open] of Object.entries(kinds)) {
  test(`a ${kind} answers, keeps its state between requests and sees no environment`, async () => {
    const workers = open();
    assert.deepEqual(await workers.run({ echo: 'hello' }, generous), { status: 'ok', value: 'hello' });
    assert.deepEqual(await workers.run({ do: 'count' }, generous), { status: 'ok', value: '2' });
    assert.deepEqual(await workers.run({ do: 'environment' }, generous), { status: 'ok', value: '' });
    await workers.close();
  });

  test(`a ${kind} at its deadline is killed and replaced by a fresh one`, async () => {
    const workers = open();
    const [hung, next] = await Promise.all([
      workers.run({ do: 'loop' }, { milliseconds: 50 }),
      workers.run({ do: 'count' }, generous),
    ]);
    assert.deepEqual(hung, { status: 'timeout' });
    assert.deepEqual(next, { status: 'ok', value: '1' });
    await workers.close();
  });

  test(`a ${kind} that throws answers in one line and lives on; one that exits does not`, async () => {
    const workers = open();
    assert.deepEqual(await workers.run({ do: 'throw' }, generous), {
      status: 'crashed',
      error: 'first line',
    });
    assert.deepEqual(await workers.run({ do: 'count' }, generous), { status: 'ok', value: '2' });
    const exited = await workers.run({ do: 'exit' }, generous);
    assert.ok(exited.status === 'crashed');
    assert.match(exited.error, /ended with code 3/);
    assert.deepEqual(await workers.run({ do: 'count' }, generous), { status: 'ok', value: '1' });
    await workers.close();
  });

  test(`an abort of a ${kind} rejects with its reason, running or queued, and the pool serves on`, async () => {
    const workers = open();
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

  test(`a script that cannot start as a ${kind} fails every request and none hangs`, async () => {
    const workers = open({ script: new URL('./no-such-script.ts', import.meta.url), size: 2 });
    const outcomes = await Promise.all([1, 2, 3].map(() => workers.run({ echo: 'x' }, generous)));
    for (const outcome of outcomes) {
      assert.ok(outcome.status === 'crashed');
      assert.match(outcome.error, /no-such-script/);
    }
    await workers.close();
  });

  test(`many requests over few of a ${kind} all get their own answer`, async () => {
    const workers = open({ size: 2 });
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, index) => workers.run({ echo: String(index) }, generous)),
    );
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status === 'ok' && outcome.value),
      Array.from({ length: 200 }, (_, index) => String(index)),
    );
    await workers.close();
  });

  test(`an idle pool of a ${kind} that nobody closed keeps no process alive`, () => {
    const program = `
      import { ${kind === 'thread' ? 'workerPool' : 'processPool'} as pool }
        from ${JSON.stringify(new URL(`./${kind === 'thread' ? 'worker' : 'process'}-pool.ts`, import.meta.url).href)};
      const workers = pool({ script: new URL(${JSON.stringify(script.href)}), size: 2 });
      console.log((await workers.run({ echo: 'served' }, { milliseconds: 30000 })).value);
    `;
    const stdout = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
      encoding: 'utf8',
      timeout: 60_000, // a process that lives on fails here
    });
    assert.equal(stdout, 'served\n');
  });

  test(`closing ends what a ${kind} has open; later requests are refused`, async () => {
    const workers = open();
    await workers.warm();
    const running = workers.run({ do: 'loop' }, generous);
    const queued = workers.run({ echo: 'queued' }, generous);
    await workers.close();
    for (const outcome of await Promise.all([running, queued])) assert.equal(outcome.status, 'crashed');
    await assert.rejects(workers.run({ echo: 'x' }, generous), ToolError);
  });
}

test('the deadline counts from the start on a worker, not from queueing', async () => {
  const workers = workerPool<EchoRequest, string>({ script, size: 1 });
  const [hung, waited] = await Promise.all([
    workers.run({ do: 'loop' }, { milliseconds: 400 }),
    workers.run({ echo: 'waited' }, { milliseconds: 300 }), // queued for longer than that
  ]);
  assert.equal(hung.status, 'timeout');
  assert.deepEqual(waited, { status: 'ok', value: 'waited' });
  await workers.close();
});

test('a thread that needs more than its memory ends as such, and sees its data', async () => {
  const workers = workerPool<EchoRequest, string>({
    script,
    size: 1,
    memoryMiB: 32,
    workerData: { seed: 7 },
  });
  const outcome = await workers.run({ do: 'allocate' }, generous);
  assert.deepEqual(outcome, { status: 'crashed', error: OUT_OF_MEMORY });
  assert.deepEqual(await workers.run({ do: 'data' }, generous), { status: 'ok', value: '{"seed":7}' });
  await workers.close();
});

test('a process above its resident memory is killed', { skip: process.platform !== 'linux' }, async () => {
  const workers = processPool<EchoRequest, string>({ script, size: 1, memoryMiB: () => 100 });
  const outcome = await workers.run({ do: 'allocate' }, generous);
  assert.deepEqual(outcome, { status: 'crashed', error: OUT_OF_MEMORY });
  assert.deepEqual(await workers.run({ do: 'count' }, generous), { status: 'ok', value: '1' });
  await workers.close();
});

test('a full queue is refused by name', async () => {
  const workers = workerPool<EchoRequest, string>({ script, size: 1, queueLimit: 1 });
  const first = workers.run({ echo: 'a' }, generous);
  await assert.rejects(workers.run({ echo: 'b' }, generous), (error) => {
    assert.ok(error instanceof ToolError);
    assert.match(error.message, /queueLimit/);
    return true;
  });
  assert.equal((await first).status, 'ok');
  await workers.close();
});

test('a sibling script has the extension of the module that asks', () => {
  assert.equal(siblingScript('file:///a/src/pool.ts', 'jail-worker').href, 'file:///a/src/jail-worker.ts');
  assert.equal(siblingScript('file:///a/dist/pool.js', 'jail-worker').href, 'file:///a/dist/jail-worker.js');
});
