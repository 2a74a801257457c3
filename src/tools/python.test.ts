import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { InputError } from '../core/errors.ts';
import { python } from './python.ts';

const interpreter = python({ processes: 1 });
after(() => interpreter.close());

const run = (code: string, result?: string) =>
  interpreter.execute(code, { seconds: 20, ...(result !== undefined && { result }) });

test('Monty runs what it does as CPython would', async () => {
  for (const [code, value] of [
    ['import math\nimport numpy as np\nmath.sqrt(2) * 10', '14.142135623730951'],
    ['def solver():\n    total = 3 / 4\n    return total\nans = solver()\nans', '0.75'],
    ['from sympy import *\nx = 3\nx * 2', '6'],
  ] as const) {
    const execution = await run(code);
    assert.equal(execution.value, value);
    assert.equal(execution.engine, 'monty');
  }
});

test('what Monty lacks, or does in its own way, runs in CPython', async () => {
  for (const [code, value] of [
    ['from fractions import Fraction\nFraction(1, 3) + 1', '4/3'],
    ['class A:\n    x = 1\nA.x', '1'],
    ['def f():\n    yield 1\nlist(f())', '[1]'],
    ['import statistics\nstatistics.median([3, 1, 2])', '2'],
    ['"%.1f" % 2.25', '2.2'],
    ['f"{2.675:.2f} {1234567:,}"', '2.67 1,234,567'],
    ['factorial = lambda n: 1 if n == 0 else n * factorial(n - 1)\nfactorial(6)', '720'],
    ['[1e22]', '[1e+22]'],
    ['int(1e20)', '100000000000000000000'],
    ['def max(*values):\n    return 99\nmax(1, 2)', '99'],
    ['try:\n    value = "a".format()\nexcept Exception:\n    value = "b"\nvalue', 'a'],
    ['(-8) ** (1 / 3)', '(1.0000000000000002+1.7320508075688772j)'],
    [
      'from datetime import date\nfrom dateutil.relativedelta import relativedelta\ndate(2020, 2, 29) - relativedelta(years=1)',
      '2019-02-28',
    ],
  ] as const) {
    const execution = await run(code);
    assert.equal(execution.value, value, `${code}\n${execution.error}`);
    assert.match(execution.engine, /^pyodide in deno/, code);
  }
});

test('a module that neither tier has is named', async () => {
  for (const [code, name] of [
    ['import numpy as np\nnp.array([1])', 'numpy'],
    ['from sympy import Symbol\nSymbol("x")', 'sympy'],
    ['from sympy import *\nSymbol("x")', 'sympy'],
    ['import no_such_module\nno_such_module.x', 'no_such_module'],
  ] as const) {
    const { status, error } = await run(code);
    assert.equal(status, 'unsupported');
    assert.equal(error, `The sandbox has no module named ${name}`);
  }
});

test('a program that pretends a module is missing spoils nothing for the next', async () => {
  await run('import math\nmath.pi\nraise ModuleNotFoundError("No module named math", name="math")');
  assert.equal((await run('import math\nmath.floor(2.5)')).value, '2');
});

test('an error of the program is one line with its place', async () => {
  assert.equal((await run('x = 1\nx / 0')).error, 'ZeroDivisionError: division by zero (line 2)');
  assert.match((await run('class A: pass\nA().b')).error ?? '', /^AttributeError: .*\(line 2\)$/);
  assert.match((await run('class A: pass\nx = (1')).error ?? '', /^SyntaxError: .* \(line 2\)$/);
  assert.match((await run('class A: pass', 'answer')).error ?? '', /^NameError/);
});

test('CPython is cut off, short of memory and clean after it like Monty', async () => {
  const start = 'import itertools\nitertools.count()\n';
  const hung = await interpreter.execute(`${start}while True: pass`, { seconds: 0.3 });
  assert.equal(hung.status, 'timeout');
  assert.equal((await run(`${start}x = "a" * 10 ** 9`)).status, 'memory');
  assert.match((await run(`${start}def f(): return f()\nf()`)).error ?? '', /^RecursionError/);
  const flood = await interpreter.execute(`${start}for i in range(1000): print("é" * 10)`, {
    outputBytes: 1001,
  });
  assert.equal(flood.truncated, true);
  assert.ok(Buffer.byteLength(flood.stdout) <= 1001);
  await run('import builtins, itertools\nbuiltins.len = lambda x: 99\nitertools.leak = 1');
  assert.equal((await run('import itertools\nlen([]), hasattr(itertools, "leak")')).value, '(0, False)');
});

test('the same program gives the same value twice, chance included', async () => {
  const code = 'import random\n[random.random(), hash("a")]';
  assert.equal((await run(code)).value, (await run(code)).value);
});

test('an abort rejects in the second tier; wrong limits are the caller’s mistake', async () => {
  const controller = new AbortController();
  const running = interpreter.execute('class A: pass\nwhile True: pass', {
    seconds: 20,
    signal: controller.signal,
  });
  controller.abort(new Error('enough'));
  await assert.rejects(running, /enough/);
  await assert.rejects(interpreter.execute('import numpy\nnumpy', { seconds: -1 }), InputError);
});
