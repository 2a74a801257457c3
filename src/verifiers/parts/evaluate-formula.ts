import Fraction from 'fraction.js';
import type { Formula } from './formula.ts';

/** Bits of a numerator or denominator; exact values that grow past it are given up. */
const BITS = 8192n;
const BOUND = 1n << BITS;
const LARGEST_EXPONENT = 10_000n;
const LARGEST_FACTORIAL = 200n;

/** The exact value with the unknowns as given; undefined where it is irrational, undefined or too large. */
export function exactValue(
  formula: Formula,
  at: ReadonlyMap<string, Fraction> = new Map(),
): Fraction | undefined {
  switch (formula.type) {
    case 'number':
      return bounded(new Fraction(formula.digits));
    case 'symbol':
      return at.get(formula.name);
    case 'negate':
      return exactValue(formula.of, at)?.neg();
    case 'call': {
      const parts = formula.arguments.map((part) => exactValue(part, at));
      return parts.every((part) => part !== undefined) ? exactCall(formula.name, parts) : undefined;
    }
    case 'matrix':
      return undefined;
    default: {
      const left = exactValue(formula.left, at);
      const right = left && exactValue(formula.right, at);
      return left && right && bounded(combine(formula.type, left, right));
    }
  }
}

function bounded(value: Fraction | undefined): Fraction | undefined {
  return value && value.n < BOUND && value.d < BOUND ? value : undefined;
}

function combine(
  type: 'add' | 'subtract' | 'multiply' | 'divide' | 'power',
  left: Fraction,
  right: Fraction,
): Fraction | undefined {
  switch (type) {
    case 'add':
      return left.add(right);
    case 'subtract':
      return left.sub(right);
    case 'multiply':
      return left.mul(right);
    case 'divide':
      return right.equals(0) ? undefined : left.div(right);
    case 'power':
      return power(left, right);
    default:
      return type satisfies never;
  }
}

function power(base: Fraction, exponent: Fraction): Fraction | undefined {
  if (base.equals(0)) return exponent.s > 0n ? base : undefined; // 0^0 is left open
  if (exponent.n > LARGEST_EXPONENT) return base.equals(1) ? base : undefined;
  const size = BigInt(base.n.toString(2).length + base.d.toString(2).length);
  if (size * exponent.n > BITS * 2n) return undefined;
  if (exponent.d !== 1n) {
    const rooted = root(base, exponent.d);
    return rooted && power(rooted, new Fraction(exponent.s * exponent.n, 1n));
  }
  const [n, d] = [base.n ** exponent.n, base.d ** exponent.n];
  const sign = base.s < 0n && exponent.n % 2n === 1n ? -1n : 1n;
  return exponent.s < 0n ? new Fraction(sign * d, n) : new Fraction(sign * n, d);
}

/** The real root of a perfect power; undefined for every other number. */
function root(value: Fraction, degree: bigint): Fraction | undefined {
  if (degree < 1n || degree > 64n || (value.s < 0n && degree % 2n === 0n)) return undefined;
  const [n, d] = [integerRoot(value.n, degree), integerRoot(value.d, degree)];
  return n === undefined || d === undefined ? undefined : new Fraction(value.s < 0n ? -n : n, d);
}

function integerRoot(value: bigint, degree: bigint): bigint | undefined {
  let [low, high] = [0n, 1n << (BigInt(value.toString(2).length) / degree + 1n)];
  while (low < high) {
    const middle = (low + high) / 2n;
    if (middle ** degree < value) low = middle + 1n;
    else high = middle;
  }
  return low ** degree === value ? low : undefined;
}

function exactCall(name: string, [first, second]: readonly Fraction[]): Fraction | undefined {
  if (!first) return undefined;
  switch (name) {
    case 'Abs':
      return first.abs();
    case 'Sqrt':
      return root(first, 2n);
    case 'Root':
      return second?.d === 1n && second.s > 0n ? root(first, second.n) : undefined;
    case 'Factorial':
      return isCount(first) ? new Fraction(product(1n, first.n), 1n) : undefined;
    case 'Binomial':
      if (!second || !isCount(first) || !isCount(second)) return undefined;
      return second.n > first.n
        ? new Fraction(0)
        : new Fraction(product(first.n - second.n + 1n, first.n), product(1n, second.n));
    default:
      return undefined;
  }
}

function isCount(value: Fraction): boolean {
  return value.d === 1n && value.s >= 0n && value.n <= LARGEST_FACTORIAL;
}

function product(from: bigint, to: bigint): bigint {
  let result = 1n;
  for (let factor = from; factor <= to; factor++) result *= factor;
  return result;
}

/** The value in double precision; NaN where it is not real or not known. An odd root of a negative number is real. */
export function realValue(formula: Formula, at: ReadonlyMap<string, number> = new Map()): number {
  switch (formula.type) {
    case 'number':
      return new Fraction(formula.digits).valueOf();
    case 'symbol':
      return CONSTANTS.get(formula.name) ?? at.get(formula.name) ?? Number.NaN;
    case 'negate':
      return -realValue(formula.of, at);
    case 'call':
      return realCall(
        formula.name,
        formula.arguments.map((part) => realValue(part, at)),
      );
    case 'matrix':
      return Number.NaN;
    default: {
      const [left, right] = [realValue(formula.left, at), realValue(formula.right, at)];
      switch (formula.type) {
        case 'add':
          return left + right;
        case 'subtract':
          return left - right;
        case 'multiply':
          return left * right;
        case 'divide':
          return left / right;
        default:
          return realPower(left, right, formula.right);
      }
    }
  }
}

const CONSTANTS: ReadonlyMap<string, number> = new Map([
  ['\\pi', Math.PI],
  ['e', Math.E],
  ['\\infty', Number.POSITIVE_INFINITY],
]);

function realPower(base: number, exponent: number, written: Formula): number {
  if (base >= 0 || Number.isInteger(exponent)) return base ** exponent;
  const exact = exactValue(written);
  if (!exact || exact.d % 2n === 0n) return Number.NaN;
  const size = (-base) ** exponent;
  return exact.n % 2n === 0n ? size : -size;
}

function realCall(name: string, [first = Number.NaN, second]: readonly number[]): number {
  switch (name) {
    case 'Abs':
      return Math.abs(first);
    case 'Sqrt':
      return Math.sqrt(first);
    case 'Root': {
      const degree = second ?? Number.NaN;
      return first < 0 && degree % 2 === 1 ? -((-first) ** (1 / degree)) : first ** (1 / degree);
    }
    case 'Sin':
      return Math.sin(first);
    case 'Cos':
      return Math.cos(first);
    case 'Tan':
      return Math.tan(first);
    case 'Cot':
      return 1 / Math.tan(first);
    case 'Sec':
      return 1 / Math.cos(first);
    case 'Csc':
      return 1 / Math.sin(first);
    case 'Arcsin':
      return Math.asin(first);
    case 'Arccos':
      return Math.acos(first);
    case 'Arctan':
      return Math.atan(first);
    case 'Sinh':
      return Math.sinh(first);
    case 'Cosh':
      return Math.cosh(first);
    case 'Tanh':
      return Math.tanh(first);
    case 'Exp':
      return Math.exp(first);
    case 'Ln':
      return Math.log(first);
    case 'Log':
      return Math.log(first) / Math.log(second ?? 10);
    default:
      return Number.NaN;
  }
}
