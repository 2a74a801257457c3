import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { latexTokens, normaliseLatex, splitTokens } from './latex.ts';

describe('normaliseLatex', () => {
  it('gives every spelling of a value one form', () => {
    for (const [wanted, ...spellings] of [
      [
        '\\frac{1}{2}',
        '\\dfrac{1}{2}',
        '\\tfrac12',
        '$\\frac 1 2$',
        '\\left.\\frac{1}{2}\\right.'.replaceAll('.', ''),
      ],
      ['\\frac{9}{4}\\pi', '\\frac 94\\pi', '\\frac94 π'],
      ['14916', '14{,}916', '14,916', '14,\\!916', '14 {, }916', '14\\,916', '14 916', '14916.0'],
      ['143,170', '143, 170', '143,\\, 170', '143,\\,170'],
      ['32,349', '32, 349', '(32, 349)'.slice(1, -1)],
      ['0.111', '0,111', '.111', '0.1110'],
      ['x\\le 3'.replace(' ', ''), 'x \\leq 3', 'x ≤ 3', 'x<=3', 'x\\leqslant 3'],
      ['90\\degree', '90^\\circ', '90^{\\circ}', '90°'],
      ['15\\text{cm}^2', '15\\mbox{ cm}^2', '15 cm^2', '15\\mathrm{cm}^{2}'],
      ['12,13', '12\\text{ and }13', '12 and 13', '12 $ and $13'],
      ['\\{1,2\\}', '{1,2}', '\\{1, 2\\}', '\\left\\{1,2\\right\\}', '\\lbrace 1,2 \\rbrace'],
      ['\\sqrt{17}', '\\sqrt 17', 'sqrt(17)', '√17', '\\sqrt{17}'],
      ['x^{-1}', 'x^-1', 'x^{-1}'],
      ['2^{x+1}', '2^(x+1)', '2^{x+1}'],
      ['x_1', 'x_{1}', 'x_1'],
      ['x^2', 'x²', 'x^{2}', 'x**2'],
      ['28%', '28\\%', '28 percent', '28 pct', '\\boxed{28%}'],
      ['0.0015', '1.5e-3', '0.00150'],
      ['0.(3)', '0.\\overline{3}'],
      [
        '\\begin{matrix}1&0\\\\0&1\\end{matrix}',
        '\\begin{pmatrix}1 & 0 \\\\ 0 & 1\\end{pmatrix}',
        '\\begin{array}{cc}1&0\\\\0&1\\end{array}',
      ],
      ['(\\frac{4}{5},1)', '\\\\left(\\\\frac{4}{5}, 1\\\\right)'],
      ['\\text{Evelyn}', '\\textbf{Evelyn}', '\\boxed{\\text{Evelyn}}'],
    ] as const)
      for (const spelling of spellings) assert.equal(normaliseLatex(spelling), wanted, spelling);
  });

  it('keeps apart what differs', () => {
    const values = [
      '[0,1)',
      '(0,1)',
      '(0,1]',
      '1,2',
      '12',
      '(1,2)',
      '\\{1,2\\}',
      'x>5',
      'x\\ge5',
      '5\\text{m}',
      '5m',
      'd',
      'D',
    ];
    assert.equal(new Set(values.map(normaliseLatex)).size, values.length);
  });

  it('settles: normalising twice is normalising once', () => {
    const { value } = fc.letrec<{ value: string }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom('12', '0.50', 'x', 'y_{1}', '\\pi', '1{,}000', '15\\text{ cm}'),
        fc.tuple(tie('value'), tie('value')).map(([a, b]) => `\\dfrac{${a}}{${b}}`),
        fc.tuple(tie('value'), tie('value')).map(([a, b]) => `\\left( ${a}, ${b} \\right)`),
        fc.tuple(tie('value'), tie('value')).map(([a, b]) => `{${a}} + ${b}^{${a}}`),
        tie('value').map((a) => `\\sqrt[3]{${a}} \\times 2`),
      ),
    }));
    fc.assert(
      fc.property(value, (written) => {
        const once = normaliseLatex(written);
        assert.equal(normaliseLatex(once), once);
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  it('copes with deep nesting and long input', () => {
    for (const piece of ['{', '\\frac{', '\\sqrt', '^{', '\\text{', '\\begin{matrix}', '\\boxed{', '\\'])
      assert.equal(typeof normaliseLatex(piece.repeat(100_000)), 'string');
  });
});

describe('splitTokens', () => {
  it('splits outside of brackets only', () => {
    assert.deepEqual(
      splitTokens(latexTokens('(1,2), \\frac{a}{b}, \\{3,4\\}'), [',']).map((part) => part.join('')),
      ['(1,2)', '\\frac{a}{b}', '\\{3,4\\}'],
    );
  });
});
