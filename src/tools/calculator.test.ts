import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ToolError } from '../core/errors.ts';
import { calculate, calculator } from './calculator.ts';

test('values are exact', () => {
  for (const [expression, value] of [
    ['1 + 2 * 3', '7'],
    ['(1 + 2) * 3', '9'],
    ['0.1 + 0.2', '3/10 = 0.3'],
    ['1/3 + 1/6', '1/2 = 0.5'],
    ['2/3', '2/3 ≈ 0.66666666666666666667'],
    ['-2/3', '-2/3 ≈ -0.66666666666666666667'],
    ['-2^2', '-4'],
    ['2^-2', '1/4 = 0.25'],
    ['2^3^2', '512'],
    ['2**10', '1024'],
    ['10 - 4 - 3', '3'],
    ['100 / 10 / 5', '2'],
    ['--3', '3'],
    ['3 - -3', '6'],
    ['5!', '120'],
    ['2 * 3!', '12'],
    ['50%', '1/2 = 0.5'],
    ['200 * 15%', '30'],
    ['7 % 3', '1'],
    ['-7 % 3', '2'],
    ['mod(7.5, 2)', '3/2 = 1.5'],
    ['sqrt(144) + sqrt(1/4)', '25/2 = 12.5'],
    ['sqrt(2)', '≈ 1.4142135623730950488'],
    ['2 * pi', '≈ 6.28318530717958647693'],
    ['e', '≈ 2.71828182845904523536'],
    ['abs(-3.5)', '7/2 = 3.5'],
    ['floor(-3.5) + ceil(-3.5)', '-7'],
    ['round(2.5) + round(-2.5)', '1'],
    ['min(3, 1/2, 2) + max(1, 2, 3)', '7/2 = 3.5'],
    ['gcd(12, 18, 27)', '3'],
    ['lcm(4, 6, 10)', '60'],
    ['1.5e3 + 2E-1', '7501/5 = 1500.2'],
    ['12 × 3 ÷ 4 − 1', '8'],
    ['2^100', '1267650600228229401496703205376'],
    ['0^0', '1'],
    ['(-1)^1000001', '-1'],
    ['1^99999999999999999999', '1'],
    ['.5 + 5.', '11/2 = 5.5'],
  ] as const)
    assert.equal(calculate(expression), value, expression);
});

test('what has no value says why', () => {
  for (const [expression, why] of [
    ['', /ends too early/],
    ['1 +', /ends too early/],
    ['1 / 0', /divides by zero/],
    ['0^-1', /divides by zero/],
    ['(1', /not closed/],
    ['1)', /not understood at "\)"/],
    ['1 2', /not understood at "2"/],
    ['* 2', /not understood at "\* 2"/],
    ['()', /not understood/],
    ['max()', /not understood/],
    ['1,000 + 1', /without separators/],
    ['sin(1)', /does not know "sin"; it knows abs/],
    ['constructor(1)', /does not know/],
    ['sqrt 4', /in parentheses/],
    ['sqrt(1, 2)', /takes one number, not 2/],
    ['gcd(1)', /two numbers or more/],
    ['gcd(1, 1/2)', /whole numbers/],
    ['sqrt(-1)', /negative/],
    ['2^0.5', /whole exponents/],
    ['9^9^9', /beyond 4096 bits/],
    ['(1/3)^9999', /beyond 4096 bits/],
    ['501!', /from 0 to 500/],
    ['1e999 ^ 2', /beyond 4096 bits/],
    ['x = 3', /does not know "x"/],
    ['1; 2', /not understood at "; 2"/],
    ['1'.repeat(2_001), /2001 characters/],
  ] as const)
    assert.throws(
      () => calculate(expression),
      (error) => error instanceof ToolError && why.test(error.message),
      expression,
    );
});

test('agrees with the double of the same expression, however it is nested', () => {
  const leaf = fc.integer({ min: 1, max: 99 }).map(String);
  const { tree } = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc
        .tuple(tie('tree'), fc.constantFrom('+', '-', '*', '/'), tie('tree'))
        .map(([a, sign, b]) => `(${a} ${sign} -${b})`),
    ),
  }));
  fc.assert(
    fc.property(tree, (expression) => {
      const expected = Function(`return ${expression}`)() as number;
      fc.pre(Number.isFinite(expected) && Math.abs(expected) > 1e-6);
      let said: string;
      try {
        said = calculate(expression);
      } catch (cause) {
        assert.match((cause as Error).message, /divides by zero/);
        return;
      }
      const value = Number(said.split(/[=≈] /).at(-1));
      assert.ok(
        Math.abs(value - expected) <= 1e-6 * Math.max(1, Math.abs(expected)),
        `${expression}: ${said}`,
      );
    }),
  );
});

test('the most that fits ends soon', () => {
  for (const expression of [
    `${'('.repeat(999)}1${')'.repeat(999)}`,
    `${'-'.repeat(1_999)}1`,
    `${'1/3+1/7*'.repeat(240)}1`,
    '500!/499!',
  ])
    assert.ok(calculate(expression).length > 0);
});

test('as a tool', async () => {
  const signal = new AbortController().signal;
  assert.equal(await calculator().call({ expression: '6 * 7' }, { signal }), '42');
  await assert.rejects(calculator().call('6 * 7', { signal }), ToolError);
});
