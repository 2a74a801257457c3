import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { longArithmetic } from './long-arithmetic.ts';

test('small operations take one line, longer ones go digit by digit with carry and borrow', () => {
  assert.deepEqual(longArithmetic({ left: 17, operator: '+', right: 75 }), ['17 + 75 = 92']);
  assert.deepEqual(longArithmetic({ left: 368, operator: '+', right: 457 }), [
    '368 + 457: 8 + 7 = 15, 6 + 5 + 1 = 12, 3 + 4 + 1 = 8',
    '368 + 457 = 825',
  ]);
  assert.deepEqual(longArithmetic({ left: 189, operator: '-', right: 368 }), [
    '368 - 189: 18 - 9 = 9, 16 - 1 - 8 = 7, 3 - 1 - 1 = 1',
    '189 - 368 = -179',
  ]);
  assert.deepEqual(longArithmetic({ left: 4, operator: '*', right: 375 }), [
    '375 * 4: 5 * 4 = 20, 7 * 4 + 2 = 30, 3 * 4 + 3 = 15',
    '4 * 375 = 1500',
  ]);
  assert.deepEqual(longArithmetic({ left: 25, operator: '*', right: 37 }), [
    '37 * 5 = 185',
    '37 * 20 = 740',
    '185 + 740: 5 + 0 = 5, 8 + 4 = 12, 1 + 7 + 1 = 9',
    '185 + 740 = 925',
    '25 * 37 = 925',
  ]);
});

test('every line is true, small where it is elementary, and the last is the operation', () => {
  const operand = fc.integer({ min: 0, max: 99_999 });
  fc.assert(
    fc.property(
      operand,
      fc.constantFrom('+', '-', '*'),
      operand,
      fc.boolean(),
      (a, operator, right, negative) => {
        const left = negative && operator !== '*' ? -a : a;
        const lines = longArithmetic({ left, operator, right });
        for (const line of lines) {
          for (const part of line.slice(line.indexOf(':') + 1).split(', ')) {
            const [sum = '', result] = part.split(' = ');
            // biome-ignore lint/security/noGlobalEval: an independent reading of lines made right here
            assert.equal(String(eval(sum)), result, line);
          }
        }
        assert.ok(lines.at(-1)?.startsWith(`${left} ${operator} ${right} = `));
      },
    ),
    { seed: 1 },
  );
});
