import { isUnitWord } from './units.ts';

/** A number with more digits is left as text; exact arithmetic on it would cost more than it tells. */
const NUMBER_DIGITS = 400;

/** An exact rational in lowest terms; `denominator` is positive. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Puts a fraction into lowest terms; undefined for a denominator of 0. */
export function rational(numerator: bigint, denominator: bigint): Rational | undefined {
  if (denominator === 0n) return undefined;
  const sign = denominator < 0n ? -1n : 1n;
  let [a, b] = [numerator < 0n ? -numerator : numerator, denominator * sign];
  while (b > 0n) [a, b] = [b, a % b];
  return { numerator: (numerator * sign) / a, denominator: (denominator * sign) / a };
}

/** '7/2', '-18'. */
export function formatRational({ numerator, denominator }: Rational): string {
  return denominator === 1n ? String(numerator) : `${numerator}/${denominator}`;
}

/** Digits with or without grouping: '18', '1,234.5', '1.234,5', '9 500', '0,111', '.5'. Undefined when they make no number. */
export function readDigits(digits: string): Rational | undefined {
  const text = digits.replaceAll(' ', '');
  if (text.length > NUMBER_DIGITS || !/^[\d.,]*\d$/.test(text)) return undefined;
  const lastComma = text.lastIndexOf(',');
  const lastDot = text.lastIndexOf('.');
  let point = lastDot; // where the decimals begin; -1 for none
  if (lastDot >= 0 && lastComma > lastDot) point = lastComma;
  else if (lastDot < 0 && lastComma >= 0) {
    const grouped = /^[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}$/.test(text); // ',\d{2}' is Indian grouping
    if (!grouped && text.indexOf(',') !== lastComma) return undefined;
    point = grouped ? -1 : lastComma;
  } else if (text.indexOf('.') !== lastDot) {
    if (!/^[1-9]\d{0,2}(?:\.\d{3})+$/.test(text)) return undefined;
    point = -1;
  }
  const whole = (point < 0 ? text : text.slice(0, point)).replace(/[.,]/g, '');
  const part = point < 0 ? '' : text.slice(point + 1);
  return rational(BigInt(whole + part), 10n ** BigInt(part.length));
}

const SCALES: ReadonlyMap<string, bigint> = new Map([
  ['hundred', 100n],
  ['thousand', 1000n],
  ['million', 1_000_000n],
  ['billion', 1_000_000_000n],
  ['trillion', 1_000_000_000_000n],
]);

const NUMBER =
  /^(?:approximately|approx\.?|about|around|roughly)?\s*([-+]?)\s*(?:US|USD|Rs\.?)?\s*[$€£¥₹]?\s*([-+]?)(\d{1,3}(?: \d{3})+(?![\d/])|[\d.,]*\d)(?:e([-+]?\d{1,3})(?!\w))?/iy;

/**
 * Reads a text that is one number: currency, unit, percent sign, digit grouping and emphasis are taken off, a fraction
 * or a mixed number is read as such. Undefined for everything else, sums and times of day included.
 */
export function readNumber(text: string): Rational | undefined {
  const plain = text
    .normalize('NFKC') // also turns ½ into 1⁄2
    .replace(/[−–‒﹣]/g, '-')
    .replace(/(?:\{,\}|,?\\! ?|(?<!,)\\,)(?=\d{3})/g, '')
    .replace(/\\(?:text|mbox|mathrm|textbf|mathbf)\b|\\[,;:! ()[\]]|\\(?=[$%])|[*_`~{}]/g, ' ')
    .trim();
  NUMBER.lastIndex = 0;
  const match = NUMBER.exec(plain);
  if (!match) return undefined;
  const digits = readDigits(match[3] as string);
  const number = digits && match[4] ? scaled(digits, Number(match[4])) : digits;
  if (!number) return undefined;
  const { value, rest } = withFraction(number, plain.slice(match[0].length));
  const word = /^\s*(hundred|thousand|million|billion|trillion)\b/i.exec(rest);
  const factor = SCALES.get(word?.[1]?.toLowerCase() ?? '') ?? 1n;
  if (!value || !isUnit(rest.slice(word?.[0].length ?? 0))) return undefined;
  const negative = (match[1] === '-') !== (match[2] === '-');
  return rational(value.numerator * factor * (negative ? -1n : 1n), value.denominator);
}

/** Reads on after a number: '/4' divides it, ' 1/2' after a whole number adds to it. */
function withFraction(
  number: Rational,
  after: string,
): { readonly value: Rational | undefined; readonly rest: string } {
  const fraction = /^\s*[/⁄]\s*(\d[\d,]*)(?![\d.])/.exec(after);
  if (fraction) {
    const divisor = readDigits(fraction[1] as string);
    const value =
      divisor && rational(number.numerator * divisor.denominator, number.denominator * divisor.numerator);
    return { value, rest: after.slice(fraction[0].length) };
  }
  const mixed = /^\s+(\d{1,9})\s*[/⁄]\s*(\d{1,9})(?![\d.])/.exec(after);
  if (!mixed || number.denominator !== 1n) return { value: number, rest: after };
  const below = BigInt(mixed[2] as string);
  return {
    value: rational(number.numerator * below + BigInt(mixed[1] as string), below),
    rest: after.slice(mixed[0].length),
  };
}

/**
 * What may follow a number without changing it: %, °, currency, words. Letters right behind a number are a product
 * (3ab) unless they are a known unit; so is a short word (2 xy).
 */
function isUnit(rest: string): boolean {
  const degrees = /^\s*°\s?[CFK](?!\p{L})/u.exec(rest)?.[0] ?? '';
  const first = /^([\s%°$€£¥₹.,;!?'"]*)(\p{L}*)/u.exec(rest.slice(degrees.length));
  const [, before = '', word = ''] = first ?? [];
  if (word !== '' && !isUnitWord(word) && (word.length < 3 || before === '')) return false;
  return (
    /^[\s\p{L}%°$€£¥₹.,;!?'"/()]*$/u.test(rest.replace(/(?<=\p{L})\^?[23]/gu, '')) && !/^\s*[/(!]/.test(rest)
  );
}

function scaled({ numerator, denominator }: Rational, exponent: number): Rational | undefined {
  const factor = 10n ** BigInt(Math.min(Math.abs(exponent), NUMBER_DIGITS));
  return exponent > 0 ? rational(numerator * factor, denominator) : rational(numerator, denominator * factor);
}
