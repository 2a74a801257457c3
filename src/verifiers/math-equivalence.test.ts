import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { answered, judgeAlone } from '../../test/judge-alone.ts';
import { InputError } from '../core/errors.ts';
import { equivalent, mathEquivalence } from './math-equivalence.ts';

const same: readonly (readonly [string, string])[] = [
  // numbers
  ['\\frac12', '0.5'],
  ['0.\\overline{3}', '\\frac13'],
  ['1{,}000{,}000', '10^6'],
  ['3\\frac12', '7/2'],
  ['3 1/2', '3.5'],
  ['1e3', '1000'],
  ['-\\frac12', '\\frac{-1}{2}'],
  ['0.1+0.2', '0.3'],
  ['5!', '120'],
  ['\\binom52', '10'],
  ['\\sqrt[3]{-8}', '-2'],
  ['18', '$18.00 per day'],
  // units and percent: may be left out, not changed
  ['90', '90^\\circ'],
  ['\\$5', '5 dollars'],
  ['15\\text{ cm}^2', '15 \\text{ square centimeters}'],
  ['28\\%', '0.28'],
  ['28\\%', '28'],
  // irrational numbers
  ['\\sqrt{8}', '2\\sqrt2'],
  ['\\frac{1}{\\sqrt2}', '\\frac{\\sqrt2}{2}'],
  ['\\sqrt{3+2\\sqrt2}', '1+\\sqrt2'],
  ['\\cos\\frac{\\pi}{5}', '\\frac{1+\\sqrt5}{4}'],
  ['\\cos 60^\\circ', '\\frac12'],
  ['\\log_2 8', '3'],
  ['2\\ln 3', '\\ln 9'],
  // functions
  ['(x+1)^2', 'x^2+2x+1'],
  ['\\sin^2x+\\cos^2x', '1'],
  ['\\frac{1}{3\\sqrt[3]{x}^2}', '\\frac{1}{3x^{2/3}}'],
  ['\\frac{x^2-1}{x-1}', 'x+1'],
  // complex numbers
  ['(1+i)^2', '2i'],
  // names, equations, inequalities
  ['x = 5', '5'],
  ['f(x)=x^2', 'x^2'],
  ['|AB| = 1', '1'],
  ['z = 1 + 1 = 2', 'z = 2'],
  ['x-2y+z=1', 'x-2y+z-1=0'],
  ['2x=6+y', 'x=3+y/2'],
  ['-2 \\le x < 7', 'x \\in [-2,7)'],
  ['5 < x', '(5, \\infty)'],
  ['x \\ne 3', 'x != 3'],
  // collections
  ['2,1', '1 \\text{ and } 2'],
  ['\\{1,2\\}', '2, 1'],
  ['3\\pm\\sqrt2', '3-\\sqrt2, 3+\\sqrt2'],
  ['\\left(\\frac12,3\\right)', '(0.5, 3.0)'],
  ['x = 5, y = 2', '(5, 2)'],
  ['a_3 = 2, a_{37} = 19', 'a_{37} = 19, a_3 = 2'],
  ['(1,2)\\cup(3,4)', '(3,4)\\cup(1,2)'],
  ['\\begin{pmatrix}1/2\\\\2\\end{pmatrix}', '\\begin{bmatrix}0.5\\\\2\\end{bmatrix}'],
  [
    '\\begin{pmatrix}6&8\\end{pmatrix}',
    '\\begin{pmatrix}1&2\\end{pmatrix}+\\begin{pmatrix}5&6\\end{pmatrix}',
  ],
  ['\\text{Yes}', 'yes'],
  ['Evelyn', 'evelyn'],
  ['\\text{EVELYN}', 'evelyn'],
  ['abc', 'cba'],
  ['abc', 'a \\cdot bc'],
];

const different: readonly (readonly [string, string])[] = [
  // close is not equal
  ['1', '1.0001'],
  ['1', '1.00000000001'],
  ['\\frac13', '0.3333333333333333'],
  ['\\sqrt2', '1.4142135623730950488016887242097'],
  ['\\pi', '\\frac{355}{113}'],
  ['\\pi', '3.14159265358979'],
  ['e^{\\pi\\sqrt{163}}', '262537412640768744'],
  ['\\ln(640320^3+744)/\\sqrt{163}', '\\pi'],
  ['10^{100}', '10^{100}+1'],
  ['x', 'x+10^{-15}'],
  ['0.1+0.2', '0.30000000000000004'],
  // units
  ['5\\text{ cm}', '5\\text{ m}'],
  ['5\\text{ cm}^2', '5\\text{ cm}^3'],
  ['1 \\text{ hour}', '1 \\text{ minute}'],
  ['\\$36', '36^\\circ'],
  ['50\\%', '0.05'],
  ['\\cos 60^\\circ', '\\cos 60'],
  // intervals, order, names
  ['(0,9)', '[0,9)'],
  ['x>5', 'x\\ge 5'],
  ['x>5', 'y>5'],
  ['x>5', 'x<5'],
  ['(1,2)', '(2,1)'],
  ['(1,2)', '\\{1,2\\}'],
  ['1,2', '1,2,3'],
  ['x=5', 'y=5'],
  ['x=1, y=2', '2, 1'],
  ['(1,2)\\cup(3,4)', '(1,2)\\cup(3,5)'],
  ['\\begin{pmatrix}1&2\\end{pmatrix}', '\\begin{pmatrix}1\\\\2\\end{pmatrix}'],
  // functions
  ['\\sqrt{x^2}', 'x'],
  ['f(x)', 'f(y)'],
  ['\\log x', '\\ln x'],
  ['x^2=4', '4'],
  ['a^2+b=0', '0'],
  ['y=2x+1', 'y=2x'],
  // readings that must not happen
  ['3', '3R^2'],
  ['2', '2xy'],
  ['5', '5!'],
  ['42', '52_8'],
  ['12:00', '1:00'],
  ['1:2', '2:1'],
  ['34', '3,4'],
  ['\\frac{1}{0}', '\\frac{2}{0}'],
  ['\\infty', '-\\infty'],
  ['1+i', '1-i'],
  ['\\emptyset', '0'],
  ['d', '\\text{E}'],
  ['ABC', 'abc'],
  ['', '0'],
  ['%2', '%'],
];

describe('equivalent', () => {
  it('sees what is the same', async () => {
    for (const [gold, answer] of same) {
      assert.equal(await equivalent(gold, answer), true, `${gold} | ${answer}`);
      assert.equal(await equivalent(answer, answer), true, answer);
    }
  });

  it('is symmetric where no unit or price stands on one side', async () => {
    for (const [gold, answer] of same.filter(([, written]) => !written.includes('$')))
      assert.equal(await equivalent(answer, gold), true, `${answer} | ${gold}`);
  });

  it('never takes different for equal', async () => {
    for (const [gold, answer] of different) {
      assert.equal(await equivalent(gold, answer), false, `${gold} | ${answer}`);
      assert.equal(await equivalent(answer, gold), false, `${answer} | ${gold}`);
    }
  });

  it('rounds only when asked to', async () => {
    assert.equal(await equivalent('\\frac83', '2.667', { decimals: 3 }), true);
    assert.equal(await equivalent('\\frac83', '2.66', { decimals: 3 }), false);
    assert.equal(await equivalent('(\\frac35, \\frac83]', '(0.6, 2.6667]', { decimals: 2 }), true);
  });

  it('gives up on bombs and goes on', async () => {
    for (const bomb of ['\\sum_{n=1}^{10^7} n^2', '9^{9^{9^9}}', '(1+x)^{99999}', '\\prod_{k=1}^{10^9} k'])
      assert.equal(await equivalent('3', bomb), false, bomb);
    assert.equal(await equivalent('\\sqrt{8}', '2\\sqrt{2}'), true);
  });

  it('tells rationals apart exactly, however they are written', async () => {
    const part = fc.integer({ min: -200, max: 200 });
    const below = fc.integer({ min: 1, max: 40 });
    await fc.assert(
      fc.asyncProperty(part, below, part, below, async (a, b, c, d) => {
        const equal = await equivalent(`\\frac{${a}}{${b}}`, `${c}/${d}`);
        assert.equal(equal, a * d === c * b);
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  it('survives whatever is written', async () => {
    const piece = fc.constantFrom(
      '\\frac{',
      '}',
      '{',
      '(',
      ')',
      '1',
      'x',
      '^',
      '_',
      ',',
      '=',
      '<',
      '\\pm',
      '\\sqrt',
      '|',
      '!',
      '\\cup',
      '\\text{a}',
      '\\sin',
      '%',
      '\\sum_',
      ' ',
      '-',
      '\\begin{matrix}',
      '&',
      '\\\\',
      '\\infty',
      'i',
    );
    const written = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
    await fc.assert(
      fc.asyncProperty(written, written, async (a, b) => {
        assert.equal(typeof (await equivalent(a, b)), 'boolean');
      }),
      { seed: 6, numRuns: 400 },
    );
  });
});

describe('mathEquivalence', () => {
  it('grades against the key', async () => {
    const problem = { id: 'p', messages: [], reference: '\\frac{1}{2}' };
    assert.equal((await judgeAlone(mathEquivalence(), problem, answered('0.5'))).score, 1);
    assert.equal((await judgeAlone(mathEquivalence(), problem, answered('0.499'))).score, 0);
    assert.equal((await judgeAlone(mathEquivalence({ decimals: 2 }), problem, answered('0.499'))).score, 1);
    assert.deepEqual(await judgeAlone(mathEquivalence(), problem, answered()), {
      score: 0,
      note: 'no answer',
    });
  });

  it('does not put the key into its note', async () => {
    const problem = { id: 'p', messages: [], reference: '271828' };
    const { note = '' } = await judgeAlone(mathEquivalence(), problem, answered('5'));
    assert.doesNotMatch(note, /271828/);
  });

  it('refuses decimals that make no sense', () => {
    assert.throws(() => mathEquivalence({ decimals: -1 }), InputError);
    assert.throws(() => mathEquivalence({ decimals: 1.5 }), InputError);
  });
});
