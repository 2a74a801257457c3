import type { Rational } from '../core/number.ts';
import { formatRational, rational } from '../core/number.ts';

/** A sum as written: numbers, the operations + - * / and brackets. */
export type Sum = readonly (Rational | string)[];

/** The operation to carry out next: brackets first, then products, then from left to right. */
export interface Operation {
  readonly text: string; // `25 * 3`
  readonly value: Rational;
  /** The sum with this operation replaced by a value. */
  readonly carryOut: (value: Rational) => Sum;
}

/** Longer sums are not read. */
const MOST_TOKENS = 64;
const MOST_DIGITS = 60;

/** Reads whole and decimal numbers joined by + - * / (also × and ÷) with brackets; undefined for anything else. */
export function readSum(text: string): Sum | undefined {
  const words =
    text
      .replaceAll('×', '*')
      .replaceAll('÷', '/')
      .replaceAll('−', '-')
      .match(/[\d.]+|[-+*/()]|\S/g) ?? [];
  if (words.length > MOST_TOKENS) return undefined;
  const sum: (Rational | string)[] = [];
  let depth = 0;
  let sign = 1n;
  for (const word of words) {
    const expectsNumber = sum.length === 0 || (typeof sum.at(-1) === 'string' && sum.at(-1) !== ')');
    if (/^[\d.]+$/.test(word)) {
      const number = readNumber(word, sign);
      if (!expectsNumber || !number) return undefined;
      sum.push(number);
      sign = 1n;
    } else if (word === '(') {
      if (!expectsNumber || sign < 0n) return undefined;
      sum.push(word);
      depth++;
    } else if (word === ')') {
      if (expectsNumber || --depth < 0) return undefined;
      sum.push(word);
    } else if ('+-*/'.includes(word)) {
      if (!expectsNumber) sum.push(word);
      else if (word === '-' && sign > 0n) sign = -1n;
      else return undefined;
    } else return undefined;
  }
  const complete =
    depth === 0 && sign > 0n && sum.length > 0 && (typeof sum.at(-1) !== 'string' || sum.at(-1) === ')');
  return complete ? sum : undefined;
}

/** The next operation; undefined when none is left, or where it divides by zero or grows beyond 60 digits. */
export function nextOperation(sum: Sum): Operation | undefined {
  const close = sum.indexOf(')');
  const open = close < 0 ? -1 : sum.lastIndexOf('(', close);
  const end = close < 0 ? sum.length : close;
  const operators = [...sum.keys()].filter((at) => at > open + 1 && at < end && typeof sum[at] === 'string');
  const at = operators.find((place) => sum[place] === '*' || sum[place] === '/') ?? operators[0];
  if (at === undefined) return undefined;
  const [left, operator, right] = [sum[at - 1] as Rational, sum[at] as string, sum[at + 1] as Rational];
  const value = apply(left, operator, right);
  if (
    !value ||
    String(value.numerator).length > MOST_DIGITS ||
    String(value.denominator).length > MOST_DIGITS
  )
    return undefined;
  return {
    text: `${formatRational(left)} ${operator} ${formatRational(right)}`,
    value,
    carryOut: (result) => withoutBrackets([...sum.slice(0, at - 1), result, ...sum.slice(at + 2)]),
  };
}

/** What the sum comes to; undefined where that cannot be said. */
export function sumOf(sum: Sum): Rational | undefined {
  let rest = withoutBrackets(sum);
  for (let operation = nextOperation(rest); operation; operation = nextOperation(rest))
    rest = operation.carryOut(operation.value);
  return rest.length === 1 && typeof rest[0] === 'object' ? rest[0] : undefined;
}

function apply(left: Rational, operator: string, right: Rational): Rational | undefined {
  const { numerator: a, denominator: b } = left;
  const { numerator: c, denominator: d } = right;
  switch (operator) {
    case '+':
      return rational(a * d + c * b, b * d);
    case '-':
      return rational(a * d - c * b, b * d);
    case '*':
      return rational(a * c, b * d);
    default:
      return rational(a * d, b * c);
  }
}

/** Takes brackets off single numbers. */
function withoutBrackets(sum: Sum): Sum {
  const at = sum.findIndex((token, index) => token === '(' && sum[index + 2] === ')');
  return at < 0 ? sum : withoutBrackets([...sum.slice(0, at), sum[at + 1] as Rational, ...sum.slice(at + 3)]);
}

function readNumber(word: string, sign: bigint): Rational | undefined {
  const [whole = '', part = '', ...more] = word.split('.');
  if (more.length > 0 || whole === '' || word.endsWith('.') || word.length > MOST_DIGITS) return undefined;
  return rational(sign * BigInt(whole + part), 10n ** BigInt(part.length));
}
