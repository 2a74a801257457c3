import { ToolError } from '../core/errors.ts';
import type { Rational } from '../core/number.ts';
import { rational } from '../core/number.ts';

/** Bits of a numerator or denominator: about 1,200 digits. */
const MOST_BITS = 4_096;
/** Its factorial has fewer bits. */
const MOST_FACTORIAL = 500n;
/** Decimals of a root that is not rational. */
const ROOT_DECIMALS = 40n;

/** A fraction in lowest terms. Throws ToolError for a division by zero and for numbers too large to go on with. */
export function fraction(numerator: bigint, denominator = 1n): Rational {
  const value = rational(numerator, denominator);
  if (!value) throw new ToolError('That divides by zero');
  if (bits(value) > MOST_BITS) throw tooLarge();
  return value;
}

export const add = (a: Rational, b: Rational) =>
  fraction(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
export const subtract = (a: Rational, b: Rational) => add(a, negate(b));
export const multiply = (a: Rational, b: Rational) =>
  fraction(a.numerator * b.numerator, a.denominator * b.denominator);
export const divide = (a: Rational, b: Rational) =>
  fraction(a.numerator * b.denominator, a.denominator * b.numerator);
export const negate = (a: Rational): Rational => ({ ...a, numerator: -a.numerator });
export const floor = ({ numerator, denominator }: Rational) =>
  fraction(numerator / denominator - (numerator < 0n && numerator % denominator !== 0n ? 1n : 0n));
export const less = (a: Rational, b: Rational) => a.numerator * b.denominator < b.numerator * a.denominator;
/** What is left after whole multiples of b; it has the sign of b. */
export const modulo = (a: Rational, b: Rational) => subtract(a, multiply(b, floor(divide(a, b))));

/** a to the power of a whole number; undefined where the exponent is none. */
export function power(base: Rational, exponent: Rational): Rational {
  if (exponent.denominator !== 1n)
    throw new ToolError('Only whole exponents are computed; use sqrt for square roots');
  const size = exponent.numerator < 0n ? -exponent.numerator : exponent.numerator;
  const unit = base.denominator === 1n && base.numerator >= -1n && base.numerator <= 1n;
  if (!unit && BigInt(bits(base) - 1) * size > BigInt(MOST_BITS)) throw tooLarge();
  const times = unit ? size % 2n || 2n * BigInt(size > 0n) : size; // of 0, 1 and -1 only the parity matters
  const [a, b] = [base.numerator ** times, base.denominator ** times];
  return exponent.numerator < 0n ? fraction(b, a) : fraction(a, b);
}

/** The square root: exact where it is rational, else to 40 decimals. */
export function squareRoot(value: Rational): { readonly value: Rational; readonly exact: boolean } {
  const { numerator, denominator } = value;
  if (numerator < 0n) throw new ToolError('A negative number has no square root here');
  const [a, b] = [integerRoot(numerator), integerRoot(denominator)];
  if (a * a === numerator && b * b === denominator) return { value: fraction(a, b), exact: true };
  const scale = 10n ** ROOT_DECIMALS;
  return { value: fraction(integerRoot((numerator * scale * scale) / denominator), scale), exact: false };
}

/** n! for whole n from 0 to 500. */
export function factorial(value: Rational): Rational {
  const n = wholeNumber(value, '!');
  if (n < 0n || n > MOST_FACTORIAL) throw new ToolError(`n! is computed for n from 0 to ${MOST_FACTORIAL}`);
  let product = 1n;
  for (let factor = 2n; factor <= n; factor++) product *= factor;
  return fraction(product);
}

/** The greatest common divisor of whole numbers. */
export function greatestDivisor(x: Rational, y: Rational): Rational {
  let [a, b] = [wholeNumber(x, 'gcd'), wholeNumber(y, 'gcd')];
  while (b !== 0n) [a, b] = [b, a % b];
  return fraction(a < 0n ? -a : a);
}

/** The least common multiple of whole numbers. */
export function leastMultiple(x: Rational, y: Rational): Rational {
  const divisor = greatestDivisor(x, y);
  if (divisor.numerator === 0n) return divisor;
  const { numerator } = divide(multiply(x, y), divisor);
  return fraction(numerator < 0n ? -numerator : numerator);
}

function wholeNumber({ numerator, denominator }: Rational, what: string): bigint {
  if (denominator !== 1n) throw new ToolError(`${what} takes whole numbers`);
  return numerator;
}

function integerRoot(value: bigint): bigint {
  if (value < 2n) return value;
  // Newton from above, which falls until it is there
  let root = 1n << BigInt(Math.ceil(value.toString(2).length / 2));
  for (let next = (root + value / root) / 2n; next < root; next = (root + value / root) / 2n) root = next;
  return root;
}

function bits({ numerator, denominator }: Rational): number {
  const size = numerator < 0n ? -numerator : numerator;
  return Math.max(size.toString(16).length, denominator.toString(16).length) * 4;
}

function tooLarge(): ToolError {
  return new ToolError(`A number grows beyond ${MOST_BITS} bits, which is more than is computed`);
}
