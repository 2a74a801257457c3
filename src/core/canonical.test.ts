import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { canonicalAnswer, choiceLabel, normaliseText } from './canonical.ts';
import type { AnswerKind } from './problem.ts';

function key(answer: string, answerKind: AnswerKind): string {
  return canonicalAnswer(answer, { answerKind });
}

describe('canonicalAnswer', () => {
  it('gives numbers one key whatever their dress', () => {
    for (const [wanted, ...spellings] of [
      [
        '1234',
        '1,234',
        '$1,234.00',
        '1 234',
        '1234 dollars',
        '**1234**',
        '1{,}234',
        '\\$1{,}234',
        'about 1,234 km',
      ],
      ['1/2', '0.5', '.50', '1/2', '2/4', '\\frac{1}{2}', '\\dfrac12', '½', '5e-1', '-\\frac{-3}{6}'],
      ['-40', '-40', '-$40', '$-40', '−40 °C', '-40.0'],
      ['7/2', '3 1/2', '3.5 hours', '7/2'],
      ['50', '50%', '50\\%', '50 percent'],
      ['111/1000', '0,111', '0.111'],
      ['2000000', '2 million', '2,000,000'],
      ['100000', '1,00,000'],
      ['25', '25 cm^2', '25\\text{ m}^2'],
    ] as const)
      for (const spelling of spellings) assert.equal(key(spelling, 'number'), wanted, spelling);
  });

  it('keeps different numbers apart', () => {
    const answers = ['5', '-5', '5/2', '3-1/2', '2:30', '1.2.3', '5!', '3R^2', '2xy', '5+3', '0', '7/0'];
    assert.equal(new Set(answers.map((answer) => key(answer, 'number'))).size, answers.length);
  });

  it('writes every decimal as the rational it is', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }), fc.nat(8), (digits, places) => {
        const padded = String(digits < 0n ? -digits : digits).padStart(places + 1, '0');
        const written = `${digits < 0n ? '-' : ''}${padded.slice(0, padded.length - places)}${places > 0 ? '.' : ''}${padded.slice(padded.length - places)}`;
        const [top = '', bottom = '1'] = key(written, 'number').split('/');
        assert.equal(BigInt(top) * 10n ** BigInt(places), digits * BigInt(bottom), written);
      }),
      { seed: 1 },
    );
  });

  it('normalises mathematics: sets unordered, tuples ordered, names dropped', () => {
    assert.equal(key('x = 5', 'math'), '5');
    assert.equal(key('\\{2, 1\\}', 'math'), key('1,2', 'math'));
    assert.equal(key('1 \\text{ and } 2', 'math'), '1,2');
    assert.notEqual(key('(1,2)', 'math'), key('(2,1)', 'math'));
    assert.equal(key('\\left( 0.50, \\frac12 \\right)', 'math'), '(1/2,1/2)');
    assert.equal(key('x^{2}+\\dfrac{1}{x}', 'math'), 'x^2+\\frac{1}{x}');
  });

  it('writes expressions without spaces, results and other signs', () => {
    assert.equal(key('(6 - 4) × 5 = 10', 'expression'), '(6-4)*5');
    assert.equal(key('6 ÷ (1 − 3/4)', 'expression'), '6/(1-3/4)');
    assert.equal(key('\\frac{8}{3 - 1}', 'expression'), '8/(3-1)');
    assert.equal(key('(2 + 5) * 3 apples', 'expression'), '(2+5)*3apples');
  });

  it('keeps the value of numbers in texts, the words of the rest', () => {
    assert.equal(key('The U.S. President!', 'text'), 'us president');
    assert.notEqual(key('4.2', 'text'), key('42', 'text'));
    assert.notEqual(key('12 years', 'text'), key('12 months', 'text'));
  });

  it('is a fixed point: the key of a key is the key', () => {
    const written = fc.oneof(fc.string({ maxLength: 30 }), fc.stringMatching(/^[-\d.,/ $%()+xy=]{0,12}$/));
    fc.assert(
      fc.property(written, (answer) => {
        assert.equal(key(key(answer, 'text'), 'text'), key(answer, 'text'));
      }),
      { seed: 3 },
    );
  });
});

describe('choiceLabel', () => {
  const choices = [
    { label: '1', text: 'iron' },
    { label: '2', text: '3' },
    { label: '3', text: '-3' },
  ];

  it('reads labels before texts, and signs always', () => {
    assert.equal(choiceLabel('(2)', choices), '2');
    assert.equal(choiceLabel('3', choices), '3');
    assert.equal(choiceLabel('-3.0', choices), '3');
    assert.equal(choiceLabel('3.0', choices), '2');
    assert.equal(choiceLabel('Iron.', choices), '1');
    assert.equal(choiceLabel('1. steel', choices), '1');
    assert.equal(choiceLabel('steel', choices), undefined);
  });
});

describe('normaliseText', () => {
  it('is the SQuAD normalisation', () => {
    assert.equal(normaliseText('  The  "Eiffel-Tower", a\tmarvel. '), 'eiffeltower marvel');
    assert.equal(normaliseText('An apple; the end'), 'apple end');
  });
});
