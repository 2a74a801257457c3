import Fraction from 'fraction.js';
import { canonicalExpression } from '../core/canonical.ts';
import { InputError } from '../core/errors.ts';
import type { Question } from '../core/problem.ts';
import type { Verdict, Verifier } from '../core/verifier.ts';
import { answerOf, noAnswer } from './parts/answer-of.ts';

export interface ExpressionOptions {
  /** Countdown: some of the given numbers may stay unused. Otherwise each is used exactly once. */
  readonly allowSubset?: boolean;
}

/**
 * Checks arithmetic over given numbers (Game of 24, Countdown) without a key: the question's `given` is
 * `{ numbers, target }`; + - * / and parentheses in exact rational arithmetic. Throws InputError when `given` is missing.
 */
export function expression({ allowSubset = false }: ExpressionOptions = {}): Verifier<Question> {
  return {
    name: 'expression',
    async verify(question, solution) {
      const answer = answerOf(solution);
      return answer === undefined ? noAnswer(solution) : expressionVerdict(question, answer, { allowSubset });
    },
  };
}

/** The verdict of `expression` on one answer. */
export function expressionVerdict(
  question: Question,
  answer: string,
  { allowSubset = false }: ExpressionOptions = {},
): Verdict {
  const { numbers, target } = givenNumbers(question);
  if (/\d\s+[\d.]/.test(answer)) return { score: 0, note: 'two numbers stand side by side' };
  const reading = evaluate(canonicalExpression(answer));
  if ('problem' in reading) return { score: 0, note: reading.problem };
  const wrong = misuse(reading.numbers, numbers, allowSubset);
  if (wrong) return { score: 0, note: wrong };
  const value = reading.value.toFraction();
  return reading.value.equals(target)
    ? { score: 1, note: `makes ${value}` }
    : { score: 0, note: `makes ${value}, not ${target}` };
}

function givenNumbers({ id, given }: Question): { numbers: readonly number[]; target: number } {
  const facts =
    typeof given === 'object' && given !== null && !Array.isArray(given) ? Object.entries(given) : [];
  const { numbers, target } = Object.fromEntries(facts);
  const isNumber = (value: unknown): value is number => Number.isFinite(value);
  if (!Array.isArray(numbers) || !numbers.every(isNumber) || !isNumber(target))
    throw new InputError(
      `Question ${id} has no numbers to calculate with; set given to { numbers: [4, 5, 6, 10], target: 24 }`,
    );
  return { numbers, target };
}

/** Says which number was used too often, never, or not at all; undefined when all is well. */
function misuse(
  used: readonly Fraction[],
  given: readonly number[],
  allowSubset: boolean,
): string | undefined {
  const left = given.map((number) => new Fraction(number));
  for (const number of used) {
    const place = left.findIndex((other) => other.equals(number));
    if (place < 0) return `uses ${number.toFraction()} more often than it is given (${given.join(' ')})`;
    left.splice(place, 1);
  }
  return left.length > 0 && !allowSubset
    ? `leaves out ${left.map((number) => number.toFraction()).join(' ')}`
    : undefined;
}

type Reading =
  | { readonly value: Fraction; readonly numbers: readonly Fraction[] }
  | { readonly problem: string };

/** Longer expressions are refused: each given number appears once. */
const TOKENS = 1000;
const PRECEDENCE: Readonly<Record<string, number>> = { '+': 1, '-': 1, '*': 2, '/': 2, negate: 3 };

/**
 * Shunting-yard over two stacks, so nesting costs no call stack. Numbers side by side, powers and everything else that
 * could make new numbers are refused.
 */
function evaluate(text: string): Reading {
  const tokens = text.match(/\d{1,30}(?:\.\d{1,30})?(?![\d.])|[-+*/()]|./gsu) ?? [];
  if (tokens.length === 0 || tokens.length > TOKENS) return { problem: 'not a short arithmetic expression' };
  const values: Fraction[] = [];
  const operators: string[] = [];
  const numbers: Fraction[] = [];
  let wantsValue = true;
  const unexpected = (token: string): Reading => ({ problem: `unexpected ${JSON.stringify(token)}` });
  for (const token of tokens) {
    if (/^\d/.test(token)) {
      if (!wantsValue) return unexpected(token);
      const number = new Fraction(token);
      numbers.push(number);
      values.push(number);
      wantsValue = false;
    } else if (token === '(') {
      if (!wantsValue) return unexpected(token);
      operators.push(token);
    } else if (token === ')') {
      if (wantsValue) return unexpected(token);
      while (operators.length > 0 && operators.at(-1) !== '(')
        if (!apply(operators.pop() as string, values)) return { problem: 'divides by zero' };
      if (operators.pop() !== '(') return unexpected(token);
    } else if (token in PRECEDENCE && token !== 'negate') {
      if (wantsValue) {
        if (token !== '-' && token !== '+') return unexpected(token);
        if (token === '-') operators.push('negate');
        continue;
      }
      while (precedence(operators.at(-1)) >= precedence(token))
        if (!apply(operators.pop() as string, values)) return { problem: 'divides by zero' };
      operators.push(token);
      wantsValue = true;
    } else return unexpected(token);
  }
  if (wantsValue) return { problem: 'ends too early' };
  for (let operator = operators.pop(); operator !== undefined; operator = operators.pop()) {
    if (operator === '(') return { problem: 'a parenthesis is not closed' };
    if (!apply(operator, values)) return { problem: 'divides by zero' };
  }
  return { value: values[0] as Fraction, numbers };
}

function precedence(operator: string | undefined): number {
  return operator === undefined ? 0 : (PRECEDENCE[operator] ?? 0);
}

/** Replaces the topmost values by their combination; false for a division by zero. */
function apply(operator: string, values: Fraction[]): boolean {
  const right = values.pop() as Fraction;
  if (operator === 'negate') {
    values.push(right.neg());
    return true;
  }
  const left = values.pop() as Fraction;
  if (operator === '/' && right.equals(0)) return false;
  values.push(
    operator === '+'
      ? left.add(right)
      : operator === '-'
        ? left.sub(right)
        : operator === '*'
          ? left.mul(right)
          : left.div(right),
  );
  return true;
}
