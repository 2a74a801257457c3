import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pythonFloat } from './python-number.ts';

test('a double reads as in Python', () => {
  const pairs: [number, string][] = [
    [1, '1.0'],
    [0.1 + 0.2, '0.30000000000000004'],
    [-0, '-0.0'],
    [1e15, '1000000000000000.0'],
    [1e16, '1e+16'],
    [1.5e22, '1.5e+22'],
    [123456789012345680, '1.2345678901234568e+17'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1.5e-7, '1.5e-07'],
    [-2.5e-10, '-2.5e-10'],
    [5e-324, '5e-324'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [Number.NaN, 'nan'],
    [Number.POSITIVE_INFINITY, 'inf'],
    [Number.NEGATIVE_INFINITY, '-inf'],
  ];
  for (const [value, text] of pairs) assert.equal(pythonFloat(value), text);
});
