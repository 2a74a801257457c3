import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pythonStatements } from './python-statements.ts';
import { withoutUnusedImports } from './unused-imports.ts';

const kept = (code: string, absent: string[] = []) => withoutUnusedImports(code, new Set(absent)).code;

test('an import that nothing uses becomes pass, on the same line', () => {
  assert.equal(kept('import numpy as np\nx = 1'), 'pass\nx = 1');
  assert.equal(kept('from sympy import Symbol, solve\nx = 1'), 'pass\nx = 1');
  assert.equal(kept('if True:\n    import numpy\nx = 1'), 'if True:\n    pass\nx = 1');
  assert.equal(kept('import numpy; import math; x = math.pi'), 'pass; import math; x = math.pi');
});

test('of one statement only what is used stays', () => {
  assert.equal(kept('import math, numpy as np\nmath.pi'), 'import math\nmath.pi');
  assert.equal(kept('from math import (sqrt,\n  pi as p,)\np'), 'from math import pi as p\np');
  assert.equal(kept('import os.path, sys\nos.path'), 'import os.path\nos.path');
});

test('a use anywhere keeps an import: in an f-string, in a function, as a keyword argument', () => {
  for (const code of [
    "import math\nf'{math.pi:.2f}'",
    'def f():\n    return np.sum([1])\nimport numpy as np\nf()',
    'import math\nf(math=1)',
    'import math\neval("math.pi")',
  ])
    assert.equal(kept(code), code);
});

test('a mention in a comment, a plain string, a longer name or another import is no use', () => {
  for (const rest of ['x = 1 # np', 'x = "np"', "x = '''\nnp\n'''", 'xnp = 1', 'from numpy import np']) {
    const { code, modules } = withoutUnusedImports(`import numpy as np\n${rest}`);
    assert.ok(code.startsWith('pass\n'), rest);
    assert.deepEqual(modules, []);
  }
});

test('the modules that stay are named by their top level', () => {
  const { modules } = withoutUnusedImports('import os.path\nfrom scipy.special import comb\nos, comb');
  assert.deepEqual(modules, ['os', 'scipy']);
});

test('a star import: math by the names used, an absent module dropped and named, any other kept', () => {
  assert.equal(kept('from math import *\nsqrt(pi)'), 'from math import pi, sqrt\nsqrt(pi)');
  assert.equal(kept('from datetime import *\ndate'), 'from datetime import *\ndate');
  const dropped = withoutUnusedImports('from sympy import *\nx = 1', new Set(['sympy']));
  assert.equal(dropped.code, 'pass\nx = 1');
  assert.deepEqual(dropped.droppedStars, ['sympy']);
});

test('source that is not Python comes back without a throw', () => {
  for (const code of [
    'import',
    'from x',
    'from import y',
    'import ,',
    "'''",
    '"\\',
    ')))',
    '\\',
    'import a as',
    '',
  ])
    assert.equal(kept(code), code);
});

test('statements know strings, brackets, comments, joined lines and semicolons', () => {
  const code = 'a = [1,\n 2]; b = "x;y" # c; d\nif a: \\\n  b = """\n;"""\n  c(1)';
  assert.deepEqual(
    pythonStatements(code).map(({ start, end, indented }) => [code.slice(start, end), indented]),
    [
      ['a = [1,\n 2]', false],
      ['b = "x;y"', false],
      ['if a: \\\n  b = """\n;"""', false],
      ['c(1)', true],
    ],
  );
});

test('a megabyte of hostile source is split', () => {
  for (const unit of ['"', "'''", '(', '\\', '1e', 'import a,', 'f"{', 'a.', ' ', '# ', "r'"]) {
    const code = unit.repeat(1_000_000 / unit.length); // with quadratic work the suite would not end
    assert.ok(withoutUnusedImports(code).code.length <= code.length);
  }
});
