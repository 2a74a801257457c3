/**
 * Arithmetic: "What is 17 + 25 * 3?", generated without end and without repetition, with exact answers.
 * A question's split depends on its expression up to the order of summands and factors, never on its place in the
 * stream, so that no seed can bring a test question into the training data.
 */
import type { DatasetEntry } from '../core/catalog-entry.ts';
import { InputError } from '../core/errors.ts';
import type { Dataset, LoadOptions, Problem, Split } from '../core/problem.ts';
import { seeded } from '../core/random.ts';
import { mathEquivalence } from '../verifiers/math-equivalence.ts';
import { permutation } from './parts/permutation.ts';
import { checkLimit } from './parts/published.ts';

export type ArithmeticOperation = '+' | '-' | '*';

export interface ArithmeticOptions {
  readonly operations?: readonly ArithmeticOperation[]; // default all three
  readonly digits?: number; // of an operand, 1 to 3: operands are from 1 to 10^digits - 1; default 2
  /** Fewest and most operands, from 2 to 4; each number of them is equally frequent. Default 2 to 4. */
  readonly operands?: readonly [number, number];
  readonly seed?: number | string; // of the order; default 0
}

/** Questions of validation and test when no limit is given. Train goes on until every expression was asked. */
export const HELD_OUT_QUESTIONS = 1_000;

/** More numbers of three digits could make a product that is not exact. */
const OPERANDS_LIMIT = 5;
const OPERATIONS: readonly ArithmeticOperation[] = ['+', '-', '*'];

/** Operands with one operation between each two. */
interface Expression {
  readonly operands: readonly number[];
  readonly operations: readonly ArithmeticOperation[];
}

/** Generated arithmetic questions. */
export function arithmetic({
  operations = OPERATIONS,
  digits = 2,
  operands: [fewest, most] = [2, 4],
  seed = 0,
}: ArithmeticOptions = {}): Dataset<Problem<string>> {
  if (![1, 2, 3].includes(digits)) throw new InputError(`digits is ${digits}; it must be 1, 2 or 3`);
  if (!(Number.isInteger(fewest) && Number.isInteger(most) && fewest >= 2 && fewest <= most && most <= 4))
    throw new InputError(`operands is ${fewest} to ${most}; it must be within 2 to 4, in order`);
  const used = OPERATIONS.filter((operation) => operations.includes(operation));
  if (used.length === 0 || !operations.every((operation) => OPERATIONS.includes(operation)))
    throw new InputError(
      `operations is "${operations.join(' ')}"; give one or more of ${OPERATIONS.join(' ')}`,
    );

  /** Every expression with `count` operands that belongs to `split`, in an order that the seed decides. */
  function* expressions(count: number, split: Split): Generator<Expression> {
    const largest = 10 ** digits - 1;
    const size = largest ** count * used.length ** (count - 1);
    for (let code of permutation(size, `arithmetic ${seed} ${count}`)) {
      const next = (bound: number): number => {
        const digit = code % bound;
        code = Math.floor(code / bound);
        return digit;
      };
      const expression = {
        operands: Array.from({ length: count }, () => 1 + next(largest)),
        operations: Array.from({ length: count - 1 }, () => used[next(used.length)] as ArithmeticOperation),
      };
      if (splitOf(expression) === split) yield expression;
    }
  }

  async function* load(split: Split, { limit, signal }: LoadOptions = {}): AsyncGenerator<Problem<string>> {
    checkLimit(limit);
    const wanted = limit ?? (split === 'train' ? Number.POSITIVE_INFINITY : HELD_OUT_QUESTIONS);
    let streams = Array.from({ length: most - fewest + 1 }, (_, index) => expressions(fewest + index, split));
    let given = 0;
    while (streams.length > 0) {
      const ended = new Set<Generator<Expression>>();
      for (const stream of streams) {
        if (given >= wanted) return;
        signal?.throwIfAborted();
        const { value, done } = stream.next();
        if (done) {
          ended.add(stream);
          continue;
        }
        given++;
        yield toProblem(value);
      }
      streams = streams.filter((stream) => !ended.has(stream));
    }
  }

  return {
    name: 'arithmetic',
    verifier: mathEquivalence(),
    splits: ['train', 'validation', 'test'],
    source: `generated: ${used.join(' ')}, ${digits} digits, ${fewest} to ${most} operands, seed ${seed}`,
    load,
  };
}

/**
 * The worked solution of an expression such as `17 + 25 * 3`: one operation a step, products first, then from left to
 * right. Throws InputError for anything but up to 5 whole numbers of up to 3 digits, joined by + - *.
 * @example
 * arithmeticSolution('17 + 25 * 3') // { steps: ['25 * 3 = 75', '17 + 75 = 92'], answer: '92' }
 */
export function arithmeticSolution(expression: string): { steps: readonly string[]; answer: string } {
  let { operands, operations } = parse(expression);
  const steps: string[] = [];
  while (operations.length > 0) {
    const at = Math.max(0, operations.indexOf('*')); // the first product, else the first operation
    const [left, operation, right] = [operands[at] as number, operations[at], operands[at + 1] as number];
    const value = operation === '*' ? left * right : operation === '+' ? left + right : left - right;
    steps.push(`${left} ${operation} ${right} = ${value}`);
    operands = [...operands.slice(0, at), value, ...operands.slice(at + 2)];
    operations = operations.toSpliced(at, 1);
  }
  return { steps, answer: String(operands[0]) };
}

function parse(text: string): Expression {
  const parts = text.trim().split(/\s+/);
  const operands = parts.filter((_, index) => index % 2 === 0);
  const operations = parts.filter((_, index) => index % 2 === 1) as ArithmeticOperation[];
  if (operands.length !== operations.length + 1 || operands.length > OPERANDS_LIMIT)
    throw new InputError(`"${text.slice(0, 100)}" is no expression of at most ${OPERANDS_LIMIT} numbers`);
  for (const operand of operands)
    if (!/^\d{1,3}$/.test(operand))
      throw new InputError(`"${operand.slice(0, 100)}" is no whole number of at most 3 digits`);
  for (const operation of operations)
    if (!OPERATIONS.includes(operation))
      throw new InputError(`"${operation}" is none of the operations ${OPERATIONS.join(' ')}`);
  return { operands: operands.map(Number), operations };
}

function write({ operands, operations }: Expression): string {
  return operands
    .map((operand, index) => (index === 0 ? operand : `${operations[index - 1]} ${operand}`))
    .join(' ');
}

function toProblem(expression: Expression): Problem<string> {
  const text = write(expression);
  return {
    id: `arithmetic/${text.replaceAll(' ', '')}`,
    messages: [{ role: 'user', text: `What is ${text}?` }],
    answerKind: 'number',
    reference: arithmeticSolution(text).answer,
  };
}

/** 80 % train, 10 % validation, 10 % test, by the expression with its summands and factors sorted. */
function splitOf({ operands, operations }: Expression): Split {
  const terms: { sign: string; factors: number[] }[] = [];
  for (const [index, operand] of operands.entries()) {
    const operation = index === 0 ? '+' : (operations[index - 1] as ArithmeticOperation);
    if (operation === '*') terms.at(-1)?.factors.push(operand);
    else terms.push({ sign: operation, factors: [operand] });
  }
  const structure = terms
    .map(({ sign, factors }) => sign + factors.sort((a, b) => a - b).join('*'))
    .sort()
    .join('');
  const place = seeded(`arithmetic split ${structure}`).next();
  return place < 0.8 ? 'train' : place < 0.9 ? 'validation' : 'test';
}

export const entry: DatasetEntry = {
  name: 'arithmetic',
  summary: 'generated: sums, differences and products of 2 to 4 numbers',
  aliases: [],
  columns: [],
  options: {
    digits: { summary: 'digits of an operand', type: 'integer', default: 2, minimum: 1, maximum: 3 },
    fewest: { summary: 'fewest operands', type: 'integer', default: 2, minimum: 2, maximum: 4 },
    most: { summary: 'most operands', type: 'integer', default: 4, minimum: 2, maximum: 4 },
    seed: { summary: 'order of the questions', type: 'integer', default: 0, minimum: 0 },
  },
  build: ({ digits = 2, fewest = 2, most = 4, seed = 0 }) =>
    arithmetic({ digits: Number(digits), operands: [Number(fewest), Number(most)], seed: String(seed) }),
};
