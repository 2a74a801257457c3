import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatRational, rational, readDigits, readNumber } from './number.ts';

function written(text: string): string | undefined {
  const value = readNumber(text);
  return value && formatRational(value);
}

describe('readDigits', () => {
  it('knows the ways to group digits', () => {
    for (const [digits, wanted] of [
      ['1,234.5', '2469/2'],
      ['1.234,5', '2469/2'],
      ['1.234.567', '1234567'],
      ['12,34,567', '1234567'],
      ['0,5', '1/2'],
      ['1 000', '1000'],
      ['.25', '1/4'],
      ['007', '7'],
    ] as const) {
      const value = readDigits(digits);
      assert.equal(value && formatRational(value), wanted, digits);
    }
  });

  it('refuses what is no number', () => {
    for (const digits of ['', '.', '1.2.3', '1,2,3', '5.', '12a', '1'.repeat(1000)])
      assert.equal(readDigits(digits), undefined, digits.slice(0, 10));
  });
});

describe('readNumber', () => {
  it('takes off what does not change the number', () => {
    for (const [text, wanted] of [
      ['$1,234.00', '1234'],
      ['about 5 km', '5'],
      ['36 °C', '36'],
      ['-$7', '-7'],
      ['12 1/4 cups', '49/4'],
      ['1.5 million', '1500000'],
      ['6.02e3', '6020'],
      ['**8**.', '8'],
      ['7%', '7'],
    ] as const)
      assert.equal(written(text), wanted, text);
  });

  it('reads one number or none', () => {
    for (const text of [
      '',
      'ten',
      '3 + 4',
      '3 4',
      '2:30',
      '3ab',
      '2 x',
      '5!',
      '1/0',
      '4 of 5',
      '10-12',
      'x = 3',
    ])
      assert.equal(written(text), undefined, text);
  });
});

describe('rational', () => {
  it('is in lowest terms with a positive denominator', () => {
    assert.deepEqual(rational(6n, -4n), { numerator: -3n, denominator: 2n });
    assert.deepEqual(rational(0n, 5n), { numerator: 0n, denominator: 1n });
    assert.equal(rational(1n, 0n), undefined);
  });
});
