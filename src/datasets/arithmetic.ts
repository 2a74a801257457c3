/**
 * Arithmetic: "What is 17 + 25 * 3?", generated without repetition, with exact answers and worked steps.
 * A question's split depends on its expression up to the order of summands and factors, never on its place in the
 * stream, so that no seed can bring a test question into the training data.
 */
import type { DatasetEntry } from '../core/catalog-entry.ts';
import { InputError } from '../core/errors.ts';
import type { Dataset, LoadOptions, Problem, Split } from '../core/problem.ts';
import { questionText } from '../core/problem.ts';
import type { Random } from '../core/random.ts';
import { seeded } from '../core/random.ts';
import type { Expression, Operator, Term } from './parts/expressions.ts';
import {
  inOrder,
  MOST_DIGITS,
  MOST_OPERANDS,
  OPERATORS,
  parseExpression,
  structureOf,
  termsOf,
  writeExpression,
} from './parts/expressions.ts';
import { checkRange, HELD_OUT_QUESTIONS, pick, splitOf } from './parts/generated.ts';
import type { Operation } from './parts/long-arithmetic.ts';
import { longArithmetic, operationLine } from './parts/long-arithmetic.ts';
import { permutation } from './parts/permutation.ts';
import { checkLimit } from './parts/published.ts';
import type { CheckSteps, Worked } from './parts/worked.ts';
import { announcedAnswer, lineByLine } from './parts/worked.ts';
import { workedVerifier } from './parts/worked-verifier.ts';

export type { Operator as ArithmeticOperation } from './parts/expressions.ts';
export { HELD_OUT_QUESTIONS } from './parts/generated.ts';

export interface ArithmeticOptions {
  readonly operations?: readonly Operator[]; // default all three
  readonly digits?: number; // of an operand, 1 to 6: operands are from 1 to 10^digits - 1; default 2
  /** Digits of what a product is multiplied by, 1 to `digits`. Default 1: 25 * 3, but not 25 * 37. */
  readonly multiplierDigits?: number;
  /** Fewest and most operands, from 2 to 6; each number of them is equally frequent. Default 2 to 4. */
  readonly operands?: readonly [number, number];
  readonly seed?: number | string; // of the order; default 0
}

/** More expressions than this are drawn with chance, not enumerated: a repetition would be a wonder. */
const LARGEST_ENUMERATION = 2 ** 52;

/** Generated arithmetic questions. */
export function arithmetic({
  operations = OPERATORS,
  digits = 2,
  multiplierDigits = 1,
  operands: [fewest, most] = [2, 4],
  seed = 0,
}: ArithmeticOptions = {}): Dataset<Problem<Worked>> {
  if (!(Number.isInteger(digits) && digits >= 1 && digits <= MOST_DIGITS))
    throw new InputError(`digits is ${digits}; it must be a whole number from 1 to ${MOST_DIGITS}`);
  if (!(Number.isInteger(multiplierDigits) && multiplierDigits >= 1 && multiplierDigits <= digits))
    throw new InputError(`multiplierDigits is ${multiplierDigits}; it must be from 1 to ${digits}`);
  checkRange('operands', [fewest, most], 2, MOST_OPERANDS);
  const used = OPERATORS.filter((operation) => operations.includes(operation));
  if (used.length === 0 || !operations.every((operation) => OPERATORS.includes(operation)))
    throw new InputError(
      `operations is "${operations.join(' ')}"; give one or more of ${OPERATORS.join(' ')}`,
    );

  const largest = 10 ** digits - 1;
  const largestMultiplier = 10 ** multiplierDigits - 1;
  if (used.includes('*') && largest * largestMultiplier ** (most - 1) > Number.MAX_SAFE_INTEGER)
    throw new InputError(
      `Products of ${most} numbers with ${digits} and ${multiplierDigits} digits are not exact; ask for fewer`,
    );

  /** Every expression with these operations that belongs to `split`, in an order that the seed decides. */
  function* expressions(chosen: readonly Operator[], split: Split): Generator<Expression> {
    const bounds = [largest, ...chosen.map((operation) => (operation === '*' ? largestMultiplier : largest))];
    for (const operands of tuples(bounds, `arithmetic ${seed} ${chosen.join('')}`)) {
      const expression = { operands, operations: chosen };
      if (splitOf('arithmetic', structureOf(expression)) === split) yield expression;
    }
  }

  async function* load(split: Split, { limit, signal }: LoadOptions = {}): AsyncGenerator<Problem<Worked>> {
    checkLimit(limit);
    const wanted = limit ?? (split === 'train' ? Number.POSITIVE_INFINITY : HELD_OUT_QUESTIONS);
    const chance = seeded(`arithmetic ${seed} ${split}`);
    let counts = Array.from({ length: most - fewest + 1 }, (_, index) =>
      choices(used, fewest + index - 1).map((chosen) => expressions(chosen, split)),
    );
    let given = 0;
    while (counts.length > 0) {
      for (const streams of counts) {
        if (given >= wanted) return;
        signal?.throwIfAborted();
        const expression = drawFrom(streams, chance);
        if (!expression) continue;
        given++;
        yield toProblem(expression, chance.fork(`steps ${given}`));
      }
      counts = counts.filter((streams) => streams.length > 0);
    }
  }

  return {
    name: 'arithmetic',
    verifier: workedVerifier({ name: 'arithmetic', checkSteps: checkArithmeticSteps }),
    splits: ['train', 'validation', 'test'],
    source: `generated: ${used.join(' ')}, ${digits} digits, multipliers of ${multiplierDigits}, ${fewest} to ${most} operands, seed ${seed}`,
    load,
  };
}

/** The next expression of a random stream; streams that have ended are taken out. */
function drawFrom(streams: Generator<Expression>[], chance: Random): Expression | undefined {
  while (streams.length > 0) {
    const at = chance.integer(streams.length);
    const { value, done } = (streams[at] as Generator<Expression>).next();
    if (!done) return value;
    streams.splice(at, 1);
  }
  return undefined;
}

/** Every sequence of `length` operations. */
function choices(used: readonly Operator[], length: number): Operator[][] {
  return length === 0
    ? [[]]
    : choices(used, length - 1).flatMap((before) => used.map((operation) => [...before, operation]));
}

/** Tuples of whole numbers from 1 to each bound, each once, in an order that the seed decides. */
function* tuples(bounds: readonly number[], seed: string): Generator<number[]> {
  const size = bounds.reduce((product, bound) => product * bound, 1);
  if (size > LARGEST_ENUMERATION) {
    const random = seeded(seed);
    while (true) yield bounds.map((bound) => 1 + random.integer(bound));
  }
  for (let code of permutation(size, seed))
    yield bounds.map((bound) => {
      const digit = code % bound;
      code = Math.floor(code / bound);
      return 1 + digit;
    });
}

/**
 * The solution of an expression such as `17 + 25 * 3` with one operation a step: products first, then from left to
 * right. Throws InputError for anything but up to 6 whole numbers of up to 6 digits, joined by + - *.
 * @example
 * arithmeticSolution('17 + 25 * 3') // { steps: ['25 * 3 = 75', '17 + 75 = 92'], answer: '92' }
 */
export function arithmeticSolution(expression: string): { steps: readonly string[]; answer: string } {
  const { order, value } = inOrder(parseExpression(expression));
  return { steps: order.map(operationLine), answer: String(value) };
}

function toProblem(expression: Expression, random: Random): Problem<Worked> {
  const text = writeExpression(expression);
  const { value } = inOrder(expression);
  const order = anyOrder(expression, random);
  return {
    id: `arithmetic/${text.replaceAll(' ', '')}`,
    messages: [{ role: 'user', text: `What is ${text}?` }],
    answerKind: 'number',
    reference: {
      answer: String(value),
      steps: [...new Set(order.flatMap(longArithmetic)), `The answer is ${value}`],
      program: `def solution():\n    return ${text}`,
    },
  };
}

/** The operations in one of the orders that precedence allows: the larger number first, and without negative ones where that can be. */
function anyOrder(expression: Expression, random: Random): Operation[] {
  const order: Operation[] = [];
  let terms: readonly Term[] = termsOf(expression);
  for (;;) {
    const possible = [...nextOperations(terms)].filter(
      ({ operation: { left, operator, right } }) => right >= 0 && left >= (operator === '-' ? 0 : right),
    );
    const all = possible.length > 0 ? possible : [...nextOperations(terms)];
    if (all.length === 0) return order;
    const next = pick(random, all);
    order.push(next.operation);
    terms = next.rest;
  }
}

/**
 * Checks the steps of an arithmetic question without a key. A step is one operation that the rules of precedence allow at
 * that point, in any order, or an elementary line of such an operation.
 */
export const checkArithmeticSteps: CheckSteps = lineByLine((question) => {
  const asked = /What is ([-+*\d ]{1,200})\?/.exec(questionText(question))?.[1];
  if (asked === undefined) return () => false;
  const expression = parseExpression(asked);
  const { value } = inOrder(expression);
  let terms: readonly Term[] = termsOf(expression);
  return (line) => {
    const said = announcedAnswer(line);
    if (said !== undefined) return said === String(value);
    const key = normalised(line);
    for (const { operation, rest } of nextOperations(terms)) {
      const lines = longArithmetic(operation).map(normalised);
      if (lines.at(-1) === key) {
        terms = rest;
        return true;
      }
      if (lines.includes(key)) return true;
    }
    return false;
  };
});

/** One spelling for a line: the order of summands and factors does not count. */
function normalised(line: string): string {
  const plain = line.replaceAll('×', '*').replaceAll('−', '-');
  if (plain.includes(': ')) return plain;
  const [left = '', result, ...more] = plain.split(' = ');
  if (result === undefined || more.length > 0) return '';
  for (const sign of [' + ', ' * '])
    if (left.includes(sign) && !/ [-+*] /.test(left.replaceAll(sign, ' ')))
      return `${left.split(sign).sort().join(sign)} = ${result}`;
  return `${left} = ${result}`;
}

/** Every operation that may come next, with what it leaves. */
function* nextOperations(terms: readonly Term[]): Generator<{ operation: Operation; rest: readonly Term[] }> {
  for (const [place, { sign, factors }] of terms.entries())
    for (const [i, left] of factors.entries())
      for (const [j, right] of factors.entries()) {
        if (i === j) continue;
        const operation: Operation = { left, operator: '*', right };
        const others = factors.filter((_, index) => index !== i && index !== j);
        yield { operation, rest: terms.with(place, { sign, factors: [left * right, ...others] }) };
      }
  for (const [i, a] of terms.entries())
    for (const [j, b] of terms.entries()) {
      if (i === j || a.factors.length > 1 || b.factors.length > 1) continue;
      const [left, right] = [a.sign * (a.factors[0] as number), b.sign * (b.factors[0] as number)];
      const sum = left + right;
      const rest = [
        ...terms.filter((_, index) => index !== i && index !== j),
        { sign: sum < 0 ? (-1 as const) : (1 as const), factors: [Math.abs(sum)] },
      ];
      yield { operation: { left, operator: '+', right }, rest };
      if (b.sign < 0) yield { operation: { left, operator: '-', right: -right }, rest };
    }
}

export const entry: DatasetEntry = {
  name: 'arithmetic',
  summary: 'generated: sums, differences and products of 2 to 4 numbers',
  aliases: [],
  columns: [],
  options: {
    digits: {
      summary: 'digits of an operand',
      type: 'integer',
      default: 2,
      minimum: 1,
      maximum: MOST_DIGITS,
    },
    multiplierDigits: {
      summary: 'digits of what a product is multiplied by',
      type: 'integer',
      default: 1,
      minimum: 1,
      maximum: MOST_DIGITS,
    },
    fewest: { summary: 'fewest operands', type: 'integer', default: 2, minimum: 2, maximum: MOST_OPERANDS },
    most: { summary: 'most operands', type: 'integer', default: 4, minimum: 2, maximum: MOST_OPERANDS },
    seed: { summary: 'order of the questions', type: 'integer', default: 0, minimum: 0 },
  },
  build: ({ digits = 2, multiplierDigits = 1, fewest = 2, most = 4, seed = 0 }) =>
    arithmetic({
      digits: Number(digits),
      multiplierDigits: Math.min(Number(digits), Number(multiplierDigits)),
      operands: [Number(fewest), Number(most)],
      seed: String(seed),
    }),
};
