import { InputError } from '../../core/errors.ts';
import type { Operation } from './long-arithmetic.ts';
import { resultOf } from './long-arithmetic.ts';

export type Operator = Operation['operator'];

export const OPERATORS: readonly Operator[] = ['+', '-', '*'];
/** Digits of an operand. */
export const MOST_DIGITS = 6;
export const MOST_OPERANDS = 6;

/** Operands with one operation between each two. */
export interface Expression {
  readonly operands: readonly number[];
  readonly operations: readonly Operator[];
}

/** The operations in the order of precedence, and the value. */
export function inOrder({ operands, operations }: Expression): {
  order: readonly Operation[];
  value: number;
} {
  const numbers = [...operands];
  const left = [...operations];
  const order: Operation[] = [];
  while (left.length > 0) {
    const at = Math.max(0, left.indexOf('*')); // the first product, else the first operation
    const [first, operator, second] = [numbers[at], left[at], numbers[at + 1]];
    const operation = {
      left: first as number,
      operator: operator as Operator,
      right: second as number,
    };
    order.push(operation);
    numbers.splice(at, 2, resultOf(operation));
    left.splice(at, 1);
  }
  return { order, value: numbers[0] as number };
}

/** Reads an expression such as `17 + 25 * 3`. Throws InputError for anything else, and for values that are not exact. */
export function parseExpression(text: string): Expression {
  const parts = text.trim().split(/\s+/, 2 * MOST_OPERANDS + 1);
  const operands = parts.filter((_, index) => index % 2 === 0);
  const operations = parts.filter((_, index) => index % 2 === 1) as Operator[];
  if (operands.length !== operations.length + 1 || operands.length > MOST_OPERANDS)
    throw new InputError(`"${text.slice(0, 100)}" is no expression of at most ${MOST_OPERANDS} numbers`);
  for (const operand of operands)
    if (!/^\d{1,6}$/.test(operand))
      throw new InputError(`"${operand.slice(0, 100)}" is no whole number of up to ${MOST_DIGITS} digits`);
  for (const operation of operations)
    if (!OPERATORS.includes(operation))
      throw new InputError(`"${operation.slice(0, 100)}" is none of the operations ${OPERATORS.join(' ')}`);
  const expression = { operands: operands.map(Number), operations };
  if (!Number.isSafeInteger(inOrder(expression).value))
    throw new InputError(`"${text.slice(0, 100)}" is too large to be worked out exactly`);
  return expression;
}

/** `17 + 25 * 3` */
export function writeExpression({ operands, operations }: Expression): string {
  return operands
    .map((operand, index) => (index === 0 ? operand : `${operations[index - 1]} ${operand}`))
    .join(' ');
}

/** A summand: a product of what is still to be multiplied. */
export interface Term {
  readonly sign: 1 | -1;
  readonly factors: readonly number[];
}

/** The summands of an expression. */
export function termsOf({ operands, operations }: Expression): Term[] {
  const terms: { sign: 1 | -1; factors: number[] }[] = [];
  for (const [index, operand] of operands.entries()) {
    const operation = index === 0 ? '+' : (operations[index - 1] as Operator);
    if (operation === '*') terms.at(-1)?.factors.push(operand);
    else terms.push({ sign: operation === '-' ? -1 : 1, factors: [operand] });
  }
  return terms;
}

/** The expression with its summands and factors sorted. */
export function structureOf(expression: Expression): string {
  return termsOf(expression)
    .map(({ sign, factors }) => (sign < 0 ? '-' : '+') + factors.toSorted((a, b) => a - b).join('*'))
    .sort()
    .join('');
}
