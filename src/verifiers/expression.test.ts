import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { answered, judgeAlone } from '../../test/judge-alone.ts';
import { InputError } from '../core/errors.ts';
import { expression } from './expression.ts';

function check(answer: string, numbers: readonly number[], target: number, allowSubset = false) {
  const question = { id: 'q', messages: [], given: { numbers, target } };
  return judgeAlone(expression({ allowSubset }), question, answered(answer));
}

describe('expression', () => {
  it('accepts exact arithmetic over the given numbers', async () => {
    for (const [answer, numbers, target] of [
      ['(10 - 4) * 5 - 6', [4, 5, 6, 10], 24],
      ['8 / (3 - 8 / 3) = 24', [3, 3, 8, 8], 24],
      ['\\frac{8}{3 - \\frac{8}{3}}', [3, 3, 8, 8], 24],
      ['6 ÷ (1 − 3/4)', [1, 3, 4, 6], 24],
      ['-2 + 26', [2, 26], 24],
      ['$4 \\times 6$', [4, 6], 24],
      ['0.5 * 4', [0.5, 4], 2],
    ] as const)
      assert.equal((await check(answer, numbers, target)).score, 1, answer);
  });

  it('says why it refuses', async () => {
    for (const [answer, note] of [
      ['4 * 6', /leaves out 5 10/],
      ['(4 + 4) * 3', /uses 4 more often/],
      ['12 + 12', /uses 12 more often/],
      ['4 + 5 + 6 + 10', /makes 25, not 24/],
      ['4 5 + 6 10', /side by side/],
      ['45 + 6', /uses 45 more often/],
      ['(4)(6)', /unexpected "\("/],
      ['4^2 + 5', /unexpected "\^"/],
      ['4!', /unexpected "!"/],
      ['4 / (5 - 5)', /divides by zero/],
      ['(4 + 5', /not closed/],
      ['4 + 5)', /unexpected "\)"/],
      ['4 +', /ends too early/],
      ['4 * * 5', /unexpected "\*"/],
      ['four', /unexpected "f"/],
      ['1e2', /unexpected "e"/],
      ['constructor', /unexpected/],
    ] as const) {
      const verdict = await check(answer, [4, 5, 6, 10], 24);
      assert.equal(verdict.score, 0, answer);
      assert.match(verdict.note ?? '', note, answer);
    }
  });

  it('lets numbers stay unused when asked to', async () => {
    assert.equal((await check('4 * 6', [4, 5, 6, 10], 24, true)).score, 1);
    assert.equal((await check('4 * 4 + 8', [4, 5, 6, 10], 24, true)).score, 0);
  });

  it('needs the facts of the question', async () => {
    for (const given of [undefined, null, 24, ['4'], { numbers: ['4'], target: 24 }, { numbers: [4] }])
      await assert.rejects(
        judgeAlone(
          expression(),
          { id: 'q', messages: [], ...(given !== undefined && { given }) },
          answered('4'),
        ),
        InputError,
      );
  });

  it('calculates like JavaScript where that is exact', async () => {
    const operator = fc.constantFrom('+', '-', '*');
    const small = fc.integer({ min: 1, max: 9 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(operator, small), { minLength: 1, maxLength: 6 }),
        small,
        async (rest, first) => {
          const text = rest.reduce(
            (left, [sign, right]) => (sign === '*' ? `(${left}) * ${right}` : `${left} ${sign} ${right}`),
            `${first}`,
          );
          const value = rest.reduce(
            (left, [sign, right]) =>
              sign === '+' ? left + right : sign === '-' ? left - right : left * right,
            first,
          );
          assert.equal(
            (await check(text, [first, ...rest.map(([, number]) => number)], value)).score,
            1,
            text,
          );
        },
      ),
      { seed: 2, numRuns: 200 },
    );
  });

  it('does not nest on the call stack', async () => {
    const deep = `${'('.repeat(100_000)}24${')'.repeat(100_000)}`;
    assert.equal((await check(deep, [24], 24)).score, 0);
    const allowed = `${'('.repeat(400)}24${')'.repeat(400)}`;
    assert.equal((await check(allowed, [24], 24)).score, 1);
  });
});
