import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { collect } from '../../test/collect.ts';
import { InputError } from '../core/errors.ts';
import { arithmetic, arithmeticSolution, HELD_OUT_QUESTIONS } from './arithmetic.ts';
import { permutation } from './parts/permutation.ts';

test('the answer is that of the language, the steps lead to it', () => {
  assert.deepEqual(arithmeticSolution('17 + 25 * 3'), {
    steps: ['25 * 3 = 75', '17 + 75 = 92'],
    answer: '92',
  });
  const operation = fc.constantFrom('+', '-', '*');
  const operand = fc.integer({ min: 0, max: 999 });
  fc.assert(
    fc.property(operand, fc.array(fc.tuple(operation, operand), { maxLength: 4 }), (first, rest) => {
      const text = [first, ...rest.flat()].join(' ');
      const { steps, answer } = arithmeticSolution(text);
      // biome-ignore lint/security/noGlobalEval: an independent reading of an expression made right here
      assert.equal(answer, String(eval(text)));
      assert.equal(steps.length, rest.length);
      if (steps.length > 0) assert.ok(steps.at(-1)?.endsWith(`= ${answer}`));
    }),
  );
});

test('what is no expression is refused', () => {
  for (const text of [
    '',
    '1 +',
    '1 + + 2',
    '1 / 2',
    'process.exit ( )',
    '1 ** 2',
    '1.5 + 2',
    Array(12).fill('1').join(' + '),
  ])
    assert.throws(() => arithmeticSolution(text), InputError, text);
});

test('questions have one form, operands within their digits and as many as asked', async () => {
  const problems = await collect(arithmetic({ digits: 3, operands: [3, 4] }), 'train', { limit: 300 });
  const counts = problems.map(({ id, messages }) => {
    const [, expression] = /^What is (\d+(?: [-+*] \d+)+)\?$/.exec(messages[0]?.text ?? '') ?? [];
    assert.equal(id, `arithmetic/${expression?.replaceAll(' ', '')}`);
    const operands = expression?.match(/\d+/g) ?? [];
    for (const operand of operands) assert.ok(Number(operand) >= 1 && Number(operand) <= 999);
    return operands.length;
  });
  assert.equal(counts.filter((count) => count === 3).length, 150);
  assert.equal(counts.filter((count) => count === 4).length, 150);
});

/** The same value and the same parts, whatever the order of summands and factors. */
function structure(id: string): string {
  return id
    .slice('arithmetic/'.length)
    .split(/(?=[-+])/)
    .map((term) => {
      const [, sign = '', product = ''] = /^([-+]?)(.*)$/.exec(term) ?? [];
      return (sign || '+') + product.split('*').sort().join('*');
    })
    .sort()
    .join('');
}

test('splits have no expression in common, in any order of its parts and under any seed', async () => {
  const small = { digits: 1, operands: [2, 3] } as const;
  const seen = new Map<string, string>();
  let total = 0;
  for (const split of ['train', 'validation', 'test'] as const)
    for (const seed of [0, 1]) {
      const problems = await collect(arithmetic({ ...small, seed }), split, { limit: 100_000 });
      if (seed === 0) total += problems.length;
      for (const { id } of problems) {
        assert.equal(seen.get(structure(id)) ?? split, split, id);
        seen.set(structure(id), split);
      }
    }
  assert.equal(total, 9 ** 2 * 3 + 9 ** 3 * 9); // each expression once, then the stream ends
});

test('the seed decides the order, and only the order', async () => {
  const ids = async (seed: number, limit: number) =>
    (await collect(arithmetic({ digits: 1, operands: [2, 2], seed }), 'train', { limit })).map(
      ({ id }) => id,
    );
  assert.notDeepEqual(await ids(1, 20), await ids(2, 20));
  assert.deepEqual((await ids(1, 1000)).sort(), (await ids(2, 1000)).sort());
});

test('about a tenth of the questions is held out for each of validation and test', async () => {
  const size = async (split: 'train' | 'validation' | 'test') =>
    (await collect(arithmetic({ digits: 1, operands: [3, 3] }), split, { limit: 100_000 })).length / 6561;
  assert.ok(Math.abs((await size('train')) - 0.8) < 0.03);
  assert.ok(Math.abs((await size('test')) - 0.1) < 0.03);
});

test('train goes on, test ends by itself', async () => {
  assert.equal((await collect(arithmetic(), 'test')).length, HELD_OUT_QUESTIONS);
  let count = 0;
  for await (const _problem of arithmetic().load('train')) if (++count === HELD_OUT_QUESTIONS + 100) break;
  assert.equal(count, HELD_OUT_QUESTIONS + 100);
});

test('only the operations asked for appear', async () => {
  const problems = await collect(arithmetic({ operations: ['-'] }), 'test', { limit: 50 });
  assert.ok(problems.every(({ id }) => !/[+*]/.test(id)));
  assert.throws(() => arithmetic({ operations: [] }), InputError);
  assert.throws(() => arithmetic({ digits: 7 }), InputError);
  assert.throws(() => arithmetic({ digits: 2, multiplierDigits: 3 }), InputError);
  assert.throws(() => arithmetic({ digits: 6, multiplierDigits: 6, operands: [4, 4] }), /not exact/);
  assert.throws(() => arithmetic({ operands: [1, 2] }), InputError);
  assert.throws(() => arithmetic({ operands: [4, 3] }), InputError);
});

test('a permutation has every number once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), fc.string(), (size, seed) => {
      const values = [...permutation(size, seed)];
      assert.equal(values.length, size);
      assert.equal(new Set(values).size, size);
      assert.ok(values.every((value) => Number.isInteger(value) && value >= 0 && value < size));
    }),
  );
  const large = 999 ** 4 * 27;
  const [first = 0, second = 0] = permutation(large, 'x').take(2);
  assert.ok(first < large && second < large && first !== second);
});
