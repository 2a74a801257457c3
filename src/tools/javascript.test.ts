import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { javascript } from './javascript.ts';

const interpreter = javascript({ threads: 1 });
after(() => interpreter.close());

const value = async (code: string, result?: string) => {
  const execution = await interpreter.execute(code, result === undefined ? {} : { result });
  assert.equal(execution.status, 'ok', execution.error);
  return execution.value;
};

test('the value is the last expression, a variable or what a function returns', async () => {
  assert.equal(await value('const x = 2; x ** 10'), '1024');
  assert.equal(await value('let answer = 7 / 2;', 'answer'), '3.5');
  assert.equal(await value('function solution() { return [1, { a: "b" }]; }', 'solution()'), '[1,{"a":"b"}]');
  assert.equal(await value('const solution = async () => 42;', 'solution()'), '42');
  assert.equal(await value('2n ** 100n'), '1267650600228229401496703205376');
  assert.equal(await value('"two"'), 'two');
  assert.equal(await value('null'), 'null');
  assert.equal(await value('let x = 1;'), undefined);
  assert.equal(await value('let x;', 'x'), 'undefined');
  assert.equal(await value('String = JSON.stringify = () => "changed"; 1'), '1');
});

test('console.log writes to stdout, up to its limit', async () => {
  const said = await interpreter.execute('console.log("a", 1, [2]); console.error({ b: null })');
  assert.equal(said.stdout, 'a 1 [2]\n{"b":null}\n');
  const flood = await interpreter.execute('for (let i = 0; i < 1000; i++) console.log("é".repeat(10))', {
    outputBytes: 1001,
  });
  assert.equal(flood.truncated, true);
  assert.equal(Buffer.byteLength(flood.stdout), 1001);
});

test('an error is one line with its place', async () => {
  assert.equal(
    (await interpreter.execute('1;\nnull.x')).error,
    "TypeError: cannot read property 'x' of null (line 2)",
  );
  assert.match((await interpreter.execute('let x = ;')).error ?? '', /^SyntaxError: .* \(line 1\)$/);
  assert.equal((await interpreter.execute('throw { a: 1 }')).error, 'Uncaught {"a":1}');
  assert.match((await interpreter.execute('Promise.reject(new Error("no"))')).error ?? '', /^Error: no/);
  assert.match((await interpreter.execute('new Promise(() => {})')).error ?? '', /never settles/);
  assert.match((await interpreter.execute('x', { result: 'x' })).error ?? '', /^ReferenceError/);
});

test('time, memory and stack end a program, and the next one is clean', async () => {
  const status = async (code: string, seconds = 0.1) =>
    (await interpreter.execute(code, { seconds, memoryMiB: 32 })).status;
  assert.equal(await status('for (;;);'), 'timeout');
  assert.equal(await status('/(a+)+$/.test("a".repeat(30) + "b")'), 'timeout');
  assert.equal(await status('try { for (;;); } catch { for (;;); }'), 'timeout');
  assert.equal(await status('const f = () => Promise.resolve().then(f); f()'), 'timeout');
  assert.equal(await status('const a = []; for (;;) a.push("x".repeat(1e5) + a.length)', 20), 'memory');
  assert.equal(await status('({ toJSON() { for (;;); } })'), 'timeout');
  const recursion = await interpreter.execute('const f = () => f() + 1; f()');
  assert.match(recursion.error ?? '', /stack overflow/);
  await value('globalThis.leak = 1; Array.prototype.leak = 2');
  assert.equal(await value('[typeof leak, [].leak]'), '["undefined",null]');
});

test('nothing of the host is there', async () => {
  for (const name of [
    'process',
    'require',
    'fetch',
    'Deno',
    'setTimeout',
    'Worker',
    'WebAssembly',
    'std',
    'os',
  ])
    assert.equal(await value(`typeof ${name}`), 'undefined', name);
  assert.equal(await value('console.log.constructor("return typeof process")()'), 'undefined');
});

test('the same program gives the same value twice, chance included', async () => {
  assert.equal(await value('[Math.random(), Math.random()]'), await value('[Math.random(), Math.random()]'));
});

test('an abort rejects', async () => {
  const controller = new AbortController();
  const running = interpreter.execute('for (;;);', { signal: controller.signal });
  controller.abort(new Error('enough'));
  await assert.rejects(running, /enough/);
});
