import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { InputError } from '../core/errors.ts';
import { monty } from './python-monty.ts';

const python = monty({ processes: 1 });
after(() => python.close());

const value = async (code: string, result?: string) => {
  const { status, value, error } = await python.execute(code, result === undefined ? {} : { result });
  assert.equal(status, 'ok', error);
  return value;
};

test('the value is the last expression, a variable or what a function returns', async () => {
  assert.equal(await value('x = 2\nx ** 10'), '1024');
  assert.equal(await value('ans = 7 / 2', 'ans'), '3.5');
  assert.equal(await value('def solution():\n    return [1, 2.0, "a"]', 'solution()'), "[1, 2.0, 'a']");
  assert.equal(await value('x = 2; x + 1  # three'), '3');
  assert.equal(await value('f = lambda x, y=1: x\n(lambda a=1: a == 1)()'), 'True');
  assert.equal(await value('max(\n  1,\n  2,\n)'), '2');
});

test('a program that ends in a statement, or in None, has no value', async () => {
  for (const code of ['x = 3', 'print(3)', 'for i in range(3):\n    i', 'x: int = 3', 'x = 1\nx += 1', ''])
    assert.equal(await value(code), undefined, code);
  assert.equal(await value('x = None', 'x'), 'None');
});

test('values read as in Python', async () => {
  assert.equal(await value('10 ** 22 / 1'), '1e+22');
  assert.equal(await value('4 / 2'), '2.0');
  assert.equal(await value('4 // 2'), '2');
  assert.equal(await value('2 ** 100'), '1267650600228229401496703205376');
  assert.equal(await value('"two"'), 'two');
  assert.equal(await value('1 == 1'), 'True');
  assert.equal(await value('str = 3; type = 4; __value__ = 5\nstr + type'), '7');
  assert.equal(
    await value('from datetime import date, timedelta\ndate(2020, 3, 1) - timedelta(days=1)'),
    '2020-02-29',
  );
});

test('rounding is that of the double, half to even', async () => {
  assert.equal(await value('round(2.675, 2)'), '2.67');
  assert.equal(await value('round(1.005, 2), round(0.125, 2), round(0.375, 2)'), '(1.0, 0.12, 0.38)');
  assert.equal(
    await value('round(-2.5), round(1234.5678, -2), round(7, 1), round(0.0, 1)'),
    '(-2, 1200.0, 7, 0.0)',
  );
  assert.equal(await value('round(-1.275, ndigits=2), round(33.333333, 1)'), '(-1.27, 33.3)');
});

test('imports that nothing uses do not matter; one that is used is named', async () => {
  assert.equal(
    await value('import numpy as np\nfrom sympy import Symbol\nimport math\nmath.sqrt(16)'),
    '4.0',
  );
  const { status, error } = await python.execute('import numpy as np\nnp.sum([1])');
  assert.equal(status, 'unsupported');
  assert.equal(error, 'The sandbox has no module named numpy');
});

test('relativedelta counts days; in months it is unsupported', async () => {
  const code = 'from datetime import date\nfrom dateutil.relativedelta import relativedelta\n';
  assert.equal(await value(`${code}date(2021, 4, 30) + relativedelta(days=1)`), '2021-05-01');
  assert.equal(await value(`${code}date(2021, 4, 30) - relativedelta(weeks=1, days=2)`), '2021-04-21');
  assert.equal(
    (await python.execute(`${code}date(2021, 4, 30) - relativedelta(months=1)`)).status,
    'unsupported',
  );
});

test('what Monty cannot do is unsupported, what goes wrong in the program is an error with its line', async () => {
  for (const code of [
    'class A:\n    pass',
    'def f():\n    yield 1',
    'print(f"{1234:,}")',
    'open("/etc/passwd")',
  ])
    assert.equal((await python.execute(code)).status, 'unsupported', code);
  const failed = await python.execute('x = 0\ny = 1 / x');
  assert.equal(failed.status, 'error');
  assert.equal(failed.error, 'ZeroDivisionError: division by zero (line 2)');
  assert.match((await python.execute('x = (1')).error ?? '', /^SyntaxError/);
  assert.match((await python.execute('x = 1', { result: 'answer' })).error ?? '', /^NameError.*answer/);
});

test('output is kept up to its limit', async () => {
  const said = await python.execute('print("a", 1)\nprint("b", end="")');
  assert.equal(said.stdout, 'a 1\nb');
  assert.equal(said.truncated, undefined);
  const flood = await python.execute('for i in range(1000):\n    print("é" * 10)', { outputBytes: 1001 });
  assert.equal(flood.truncated, true);
  assert.equal(Buffer.byteLength(flood.stdout), 1001);
});

test('time and memory end a program, native code too, and the next one is clean', async () => {
  assert.equal((await python.execute('while True: pass', { seconds: 0.05 })).status, 'timeout');
  assert.equal((await python.execute('10 ** 30000000\n1', { seconds: 0.05 })).status, 'timeout');
  assert.equal((await python.execute('x = "a" * 10 ** 10')).status, 'memory');
  assert.equal((await python.execute('x = []\nwhile True: x.append(x)', { memoryMiB: 8 })).status, 'memory');
  assert.match((await python.execute('def f(): return f()\nf()')).error ?? '', /^RecursionError/);
  assert.equal(await value('leak = 1'), undefined);
  assert.match((await python.execute('leak')).error ?? '', /^NameError/);
});

test('an abort rejects; limits out of range and results that are no names are refused', async () => {
  const reason = new Error('enough');
  await assert.rejects(python.execute('1', { signal: AbortSignal.abort(reason) }), reason);
  await assert.rejects(python.execute('1', { seconds: 0 }), InputError);
  await assert.rejects(python.execute('1', { memoryMiB: 1e9 }), InputError);
  await assert.rejects(python.execute('1', { outputBytes: -1 }), InputError);
  await assert.rejects(python.execute('1', { result: 'x; import os' }), InputError);
  assert.equal((await python.execute('#'.repeat(2 ** 20 + 1))).status, 'refused');
});
