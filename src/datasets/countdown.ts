/**
 * Countdown: make a target from three or four numbers with + - * /, each number used once. The Game of 24 is the setting
 * `target: 24` with numbers up to 13. A puzzle's split depends on its numbers and its target.
 * The worked steps go forward and never below one: `4 * 5 = 20 (left: 6 10 20)`.
 */
import Fraction from 'fraction.js';
import type { DatasetEntry } from '../core/catalog-entry.ts';
import { InputError } from '../core/errors.ts';
import type { Dataset, Problem, Question } from '../core/problem.ts';
import type { Random } from '../core/random.ts';
import { shuffle } from '../core/random.ts';
import { expressionVerdict } from '../verifiers/expression.ts';
import { between, checkRange, generated } from './parts/generated.ts';
import type { CheckSteps, Worked } from './parts/worked.ts';
import { announcedAnswer, lineByLine } from './parts/worked.ts';
import { workedVerifier } from './parts/worked-verifier.ts';

export interface CountdownOptions {
  /** Fewest and most numbers, from 2 to 6. Default 3 to 4. */
  readonly numbers?: readonly [number, number];
  readonly largest?: number; // of the numbers, 4 to 100; default 13
  /** One target for every puzzle, 1 to 1,000. Absent: 10 to 100. */
  readonly target?: number;
  readonly seed?: number | string; // default 0
}

const TARGETS: readonly [number, number] = [10, 100];
/** Intermediate results stay small. */
const LARGEST_RESULT = 1000;

/** A number with the expression that made it. */
interface Made {
  readonly value: number;
  readonly text: string; // in brackets unless it is a number
}

interface Puzzle {
  readonly structure: string;
  readonly numbers: readonly number[];
  readonly target: number;
  readonly steps: readonly string[];
  readonly expression: string;
}

/** Generated Countdown puzzles, each with a solution. */
export function countdown({
  numbers: [fewest, most] = [3, 4],
  largest = 13,
  target,
  seed = 0,
}: CountdownOptions = {}): Dataset<Problem<Worked>> {
  checkRange('numbers', [fewest, most], 2, 6);
  checkRange('largest', [4, largest], 4, 100);
  if (target !== undefined && !(Number.isInteger(target) && target >= 1 && target <= LARGEST_RESULT))
    throw new InputError(`target is ${target}; it must be a whole number from 1 to ${LARGEST_RESULT}`);

  function draw(random: Random): Puzzle | undefined {
    const count = between(random, fewest, most);
    const numbers = Array.from({ length: count }, () => between(random, 1, largest)).sort((a, b) => a - b);
    const solution =
      target === undefined ? wander(numbers, random) : solveFor(numbers.map(leaf), target, random);
    if (!solution) return undefined;
    const { value, text } = solution.result;
    if (target === undefined && (value < TARGETS[0] || value > TARGETS[1])) return undefined;
    const structure = `${numbers.join(' ')} -> ${value}`;
    return { structure, numbers, target: value, steps: solution.steps, expression: text.slice(1, -1) };
  }

  return generated({
    name: 'countdown',
    knobs: `${fewest} to ${most} numbers up to ${largest}, target ${target ?? TARGETS.join(' to ')}`,
    seed,
    draw,
    write: toProblem,
    verifier: workedVerifier({
      name: 'countdown',
      checkSteps: checkCountdownSteps,
      grade: (question, answer) => expressionVerdict(question, answer),
    }),
  });
}

function toProblem({ numbers, target, steps, expression }: Puzzle): Omit<Problem<Worked>, 'id'> {
  const text = `Use the numbers ${numbers.join(' ')} and the operations + - * / to make ${target}. Use each number exactly once.`;
  return {
    messages: [{ role: 'user', text }],
    answerKind: 'expression',
    given: { numbers, target },
    reference: { answer: expression, steps: [...steps, `Answer: ${expression} = ${target}`] },
  };
}

interface Found {
  readonly steps: readonly string[];
  readonly result: Made;
}

function leaf(value: number): Made {
  return { value, text: String(value) };
}

/** Combines random pairs until one number is left. */
function wander(numbers: readonly number[], random: Random): Found | undefined {
  let left: readonly Made[] = numbers.map(leaf);
  const steps: string[] = [];
  while (left.length > 1) {
    const [a, b, ...others] = shuffle(left, random) as [Made, Made, ...Made[]];
    const made = combinations(a, b);
    const chosen = made[random.integer(made.length)];
    if (!chosen) return undefined;
    left = [...others, chosen.made];
    steps.push(stepLine(chosen, left));
  }
  return { steps, result: left[0] as Made };
}

/** Depth first in random order: the steps to the target, or undefined when whole numbers do not lead there. */
function solveFor(left: readonly Made[], target: number, random: Random): Found | undefined {
  const [only] = left;
  if (left.length === 1 && only) return only.value === target ? { steps: [], result: only } : undefined;
  const pairs = left.flatMap((_, i) => left.slice(0, i).map((__, j) => [i, j] as const));
  for (const [i, j] of shuffle(pairs, random)) {
    const others = left.filter((_, index) => index !== i && index !== j);
    for (const chosen of shuffle(combinations(left[i] as Made, left[j] as Made), random)) {
      const rest = [...others, chosen.made];
      const found = solveFor(rest, target, random);
      if (found) return { steps: [stepLine(chosen, rest), ...found.steps], result: found.result };
    }
  }
  return undefined;
}

interface Combination {
  readonly line: string; // `4 * 5 = 20`
  readonly made: Made;
}

/** What two numbers make, the larger one first; whole and positive. */
function combinations(one: Made, other: Made): Combination[] {
  const [a, b] = one.value >= other.value ? [one, other] : [other, one];
  const make = (operator: string, value: number): Combination => ({
    line: `${a.value} ${operator} ${b.value} = ${value}`,
    made: { value, text: `(${a.text} ${operator} ${b.text})` },
  });
  const all = [make('+', a.value + b.value)];
  if (a.value > b.value) all.push(make('-', a.value - b.value));
  if (a.value * b.value <= LARGEST_RESULT) all.push(make('*', a.value * b.value));
  if (a.value % b.value === 0) all.push(make('/', a.value / b.value));
  return all;
}

function stepLine({ line }: Combination, left: readonly Made[]): string {
  const values = left.map(({ value }) => value).sort((a, b) => a - b);
  return `${line} (left: ${values.join(' ')})`;
}

/**
 * Checks the steps of a countdown without a key: each operation must be exact and take numbers that are left, and the numbers
 * it says are left must be so, in any order. Fractions are allowed.
 */
export const checkCountdownSteps: CheckSteps = lineByLine((question) => {
  let left = givenNumbers(question);
  return (line) => {
    const said = announcedAnswer(line);
    if (said !== undefined) return announcesTarget(question, said);
    const match = /^(-?[\d/]+) ([-+*/]) (-?[\d/]+) = (-?[\d/]+) \(left: ([-\d/ ]+)\)$/.exec(line);
    const [a, b, result] = [match?.[1], match?.[3], match?.[4]].map(readFraction);
    if (!match || !a || !b || !result) return false;
    const others = without(without(left, a), b);
    const value = apply(a, match[2] as string, b);
    if (others.length !== left.length - 2 || !value?.equals(result)) return false;
    const after = [...others, result];
    const claimed = (match[5] as string).split(' ').map(readFraction);
    if (claimed.length !== after.length) return false;
    const unclaimed = claimed.reduce<readonly Fraction[]>(
      (rest, one) => (one ? without(rest, one) : rest),
      after,
    );
    if (unclaimed.length > 0) return false;
    left = after;
    return true;
  };
});

function announcesTarget(question: Question, said: string): boolean {
  const [expression = '', target, ...more] = said.split(' = ');
  const { target: wanted } = question.given as { target: number };
  return (
    more.length === 0 && target === String(wanted) && expressionVerdict(question, expression).score === 1
  );
}

function givenNumbers({ given }: Question): readonly Fraction[] {
  const facts = given as { numbers?: readonly number[] } | undefined;
  return (facts?.numbers ?? []).map((number) => new Fraction(number));
}

/** Without one number equal to `taken`; unchanged where there is none. */
function without(numbers: readonly Fraction[], taken: Fraction): readonly Fraction[] {
  const at = numbers.findIndex((number) => number.equals(taken));
  return at < 0 ? numbers : numbers.toSpliced(at, 1);
}

function readFraction(text: string | undefined): Fraction | undefined {
  return text !== undefined && /^-?\d{1,15}(?:\/[1-9]\d{0,14})?$/.test(text) ? new Fraction(text) : undefined;
}

function apply(a: Fraction, operator: string, b: Fraction): Fraction | undefined {
  if (operator === '/') return b.equals(0) ? undefined : a.div(b);
  return operator === '+' ? a.add(b) : operator === '-' ? a.sub(b) : a.mul(b);
}

export const entry: DatasetEntry = {
  name: 'countdown',
  summary: 'generated: make a target from three or four numbers; any right expression counts',
  aliases: [],
  columns: [],
  options: {
    fewest: { summary: 'fewest numbers', type: 'integer', default: 3, minimum: 2, maximum: 6 },
    most: { summary: 'most numbers', type: 'integer', default: 4, minimum: 2, maximum: 6 },
    largest: { summary: 'largest number', type: 'integer', default: 13, minimum: 4, maximum: 100 },
    target: { summary: 'one target for all; absent: 10 to 100', type: 'integer', minimum: 1, maximum: 1000 },
    seed: { summary: 'which puzzles', type: 'integer', default: 0, minimum: 0 },
  },
  build: ({ fewest = 3, most = 4, largest = 13, target, seed = 0 }) =>
    countdown({
      numbers: [Number(fewest), Number(most)],
      largest: Number(largest),
      ...(target !== undefined && { target: Number(target) }),
      seed: String(seed),
    }),
};
