import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import Fraction from 'fraction.js';
import { expressionKey } from './expression-key.ts';

test('order and parentheses that change nothing', () => {
  const same = [
    ['(2+5)*3-1', '3*((5+2))-1', '-1+(5+2)*3', '-(1-3*(2+5))'],
    ['6/(2/3)', '6*3/2', '3/2*6', '(3*6)/2'],
    ['6/2/3', '6/(2*3)', '(6/3)/2'],
    ['1-(2-3)-4', '3+1-4-2', '1-(2+4-3)'],
    ['2*-3', '-2*3', '-(3*2)'],
  ];
  for (const group of same) assert.deepEqual([...new Set(group.map(expressionKey))].length, 1, group[0]);
  const keys = same.map(([first]) => expressionKey(first as string));
  assert.equal(new Set(keys).size, same.length);
  assert.notEqual(expressionKey('2-3'), expressionKey('3-2'));
  assert.notEqual(expressionKey('2*(3+4)'), expressionKey('2*3+4'));
});

test('what is no expression has no key', () => {
  for (const text of ['', '2+', '(2', '2)', '2 apples', '2**3', '2 3', '()', '+', 'NaN', '-'])
    assert.equal(expressionKey(text), undefined, text);
  assert.equal(expressionKey(`${'('.repeat(1000)}1${')'.repeat(1000)}`), undefined);
  assert.equal(expressionKey('-'.repeat(4000)), undefined);
});

interface Drawn {
  readonly text: string;
  readonly shuffled: string;
  readonly value: Fraction | undefined; // of a division by zero
}

const drawn: fc.Arbitrary<Drawn> = fc.letrec<{ node: Drawn }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc
      .integer({ min: 0, max: 20 })
      .map((n): Drawn => ({ text: `${n}`, shuffled: `(${n})`, value: new Fraction(n) })),
    fc.tuple(tie('node'), fc.constantFrom('+', '-', '*', '/'), tie('node')).map(([a, operator, b]): Drawn => {
      const turned = operator === '+' || operator === '*';
      const value = a.value && b.value && result(a.value, operator, b.value);
      return {
        text: `(${a.text}${operator}${b.text})`,
        shuffled: turned
          ? `(${b.shuffled}${operator}${a.shuffled})`
          : `(${a.shuffled}${operator}(${b.shuffled}))`,
        value,
      };
    }),
  ),
})).node;

function result(a: Fraction, operator: string, b: Fraction): Fraction | undefined {
  if (operator === '+') return a.add(b);
  if (operator === '-') return a.sub(b);
  if (operator === '*') return a.mul(b);
  return b.equals(0) ? undefined : a.div(b);
}

/** An independent reader: JavaScript's own, over numbers small enough for it. */
function numberOf(text: string): number {
  return Number(new Function(`return ${text}`)());
}

test('the key keeps value and numbers, is its own key, and does not depend on the order', () => {
  fc.assert(
    fc.property(drawn, ({ text, shuffled, value }) => {
      const key = expressionKey(text) as string;
      assert.equal(expressionKey(shuffled), key);
      assert.equal(expressionKey(key), key);
      const numbers = (from: string) => (from.match(/\d+/g) ?? []).sort();
      assert.deepEqual(numbers(key), numbers(text));
      if (!value) return;
      const [actual, expected] = [numberOf(key), value.valueOf()];
      assert.ok(
        Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected)),
        `${key}: ${actual}, ${expected}`,
      );
    }),
    { numRuns: 300 },
  );
});
