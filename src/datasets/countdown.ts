/**
 * Countdown: make a target from three or four numbers with + - * /, each number used once. The Game of 24 is the setting
 * `target: 24` with numbers up to 13. A puzzle's split depends on its numbers and its target.
 * The worked steps go forward and never below one: `4 * 5 = 20 (left: 6 10 20)`. With `trials` they show a search instead, depth
 * first, each path in a line that ends in `no` where the last two numbers left do not lead on: `6 * 5 = 30 (left: 4 30), no`, then
 * `6 + 5 = 11 (left: 4 11), 11 * 4 = 44`. After the streams of search of Gandhi et al. 2024, arXiv:2404.03683.
 */
import Fraction from 'fraction.js';
import type { DatasetEntry } from '../core/catalog-entry.ts';
import { InputError } from '../core/errors.ts';
import type { Dataset, Problem, Question } from '../core/problem.ts';
import type { Random } from '../core/random.ts';
import { shuffle } from '../core/random.ts';
import { expressionVerdict } from '../verifiers/expression.ts';
import type { Found, Made } from './parts/countdown-moves.ts';
import { LARGEST_RESULT, leaf, moveLine, movesByPair, movesOf, solveFor } from './parts/countdown-moves.ts';
import { between, checkRange, generated, pick } from './parts/generated.ts';
import type { CheckSteps, Worked } from './parts/worked.ts';
import { announcedAnswer, lineByLine } from './parts/worked.ts';
import { workedVerifier } from './parts/worked-verifier.ts';

export interface CountdownOptions {
  /** Fewest and most numbers, from 2 to 6. Default 3 to 4. */
  readonly numbers?: readonly [number, number];
  readonly largest?: number; // of the numbers, 4 to 100; default 13
  /** One target for every puzzle, 1 to 1,000. Absent: 10 to 100. */
  readonly target?: number;
  /** Failed paths shown before the solution at the most, 0 to 24. Default 0: the solution alone, an operation a line. */
  readonly trials?: number;
  readonly seed?: number | string; // default 0
}

const MOST_TRIALS = 24;
const TARGETS: readonly [number, number] = [10, 100];
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
  trials = 0,
  seed = 0,
}: CountdownOptions = {}): Dataset<Problem<Worked>> {
  checkRange('numbers', [fewest, most], 2, 6);
  checkRange('trials', [0, trials], 0, MOST_TRIALS);
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
    write: (puzzle, random) =>
      toProblem(trials === 0 ? puzzle : { ...puzzle, ...searched(puzzle, trials, random) }),
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

/**
 * Paths depth first, until one leads to the target. When that takes more than `trials` failed ones, some of them are shown and
 * then the solution, as if it had come sooner.
 */
function searched(
  { numbers, target, steps, expression }: Puzzle,
  trials: number,
  random: Random,
): Pick<Puzzle, 'steps' | 'expression'> {
  const failed: string[] = [];
  let found = { steps, expression };
  for (const path of pathsOf(numbers.map(leaf), random)) {
    const end = solveFor(path.left, target, random);
    if (end) found = { steps: [...path.steps, ...end.steps], expression: end.result.text.slice(1, -1) };
    if (end || failed.length > trials) break;
    failed.push([...path.steps, 'no'].join(', '));
  }
  const shown = failed.length > trials ? random.integer(trials + 1) : failed.length;
  const solution = found.steps.join(', ').replace(/ \(left: \d+\)$/, '');
  return { expression: found.expression, steps: [...failed.slice(0, shown), solution] };
}

/** All ways to come down to two numbers: pairs in random order, and with each of them sum, difference, product and quotient. */
function* pathsOf(
  left: readonly Made[],
  random: Random,
): Generator<{ readonly steps: readonly string[]; readonly left: readonly Made[] }> {
  if (left.length <= 2) yield { steps: [], left };
  else
    for (const moves of movesByPair(left, random))
      for (const move of moves)
        for (const rest of pathsOf(move.left, random))
          yield { ...rest, steps: [moveLine(move), ...rest.steps] };
}

/** Combines random pairs until one number is left. */
function wander(numbers: readonly number[], random: Random): Found {
  let left: readonly Made[] = numbers.map(leaf);
  const steps: string[] = [];
  while (left.length > 1) {
    const [a, b, ...others] = shuffle(left, random) as [Made, Made, ...Made[]];
    const move = pick(random, movesOf(a, b, others));
    left = move.left;
    steps.push(moveLine(move));
  }
  return { steps, result: left[0] as Made };
}

/**
 * Checks the steps of a countdown without a key: each operation must be exact and take numbers that are left, and the numbers
 * it says are left must be so, in any order; fractions are allowed. A line of several operations is a path of its own from the
 * given numbers: it reaches the target, or ends in `no` before two numbers that do not.
 */
export const checkCountdownSteps: CheckSteps = lineByLine((question) => {
  const { numbers, target } = factsOf(question);
  let left = numbers;
  return (line) => {
    const said = announcedAnswer(line);
    if (said !== undefined) return announcesTarget(question, said);
    const parts = line.split(', ');
    if (parts.length === 1) {
      const after = operated(left, line);
      if (after) left = after;
      return after !== undefined;
    }
    const fails = parts.at(-1) === 'no';
    const end = (fails ? parts.slice(0, -1) : parts).reduce<readonly Fraction[] | undefined>(
      (before, part, index) => before && operated(before, part, !fails && index === parts.length - 1),
      numbers,
    );
    if (!end) return false;
    const [a, b, ...more] = end;
    if (fails) return a !== undefined && b !== undefined && more.length === 0 && !meet(a, b, target);
    return b === undefined && a?.equals(target) === true;
  };
});

/** What is left after one operation; undefined unless it is right. The last of a path need not say what is left. */
function operated(left: readonly Fraction[], line: string, last = false): readonly Fraction[] | undefined {
  const match = /^(-?[\d/]+) ([-+*/]) (-?[\d/]+) = (-?[\d/]+)(?: \(left: ([-\d/ ]+)\))?$/.exec(line);
  const [a, b, result] = [match?.[1], match?.[3], match?.[4]].map(readFraction);
  if (!match || !a || !b || !result) return undefined;
  const others = without(without(left, a), b);
  if (others.length !== left.length - 2 || !apply(a, match[2] as string, b)?.equals(result)) return undefined;
  const after = [...others, result];
  if (match[5] === undefined) return last ? after : undefined;
  const claimed = match[5].split(' ').map(readFraction);
  if (claimed.length !== after.length) return undefined;
  const unclaimed = claimed.reduce<readonly Fraction[]>(
    (rest, one) => (one ? without(rest, one) : rest),
    after,
  );
  return unclaimed.length === 0 ? after : undefined;
}

/** Whether one operation makes the target of two numbers. */
function meet(a: Fraction, b: Fraction, target: Fraction): boolean {
  return ['+', '-', '*', '/'].some(
    (operator) => apply(a, operator, b)?.equals(target) || apply(b, operator, a)?.equals(target),
  );
}

function announcesTarget(question: Question, said: string): boolean {
  const [expression = '', target, ...more] = said.split(' = ');
  const { target: wanted } = question.given as { target: number };
  return (
    more.length === 0 &&
    (target === undefined || target === String(wanted)) &&
    expressionVerdict(question, expression).score === 1
  );
}

function factsOf({ given }: Question): { numbers: readonly Fraction[]; target: Fraction } {
  const facts = given as { numbers?: readonly number[]; target?: number } | undefined;
  return {
    numbers: (facts?.numbers ?? []).map((number) => new Fraction(number)),
    target: new Fraction(facts?.target ?? 0),
  };
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
    trials: {
      summary: 'failed paths that worked solutions show',
      type: 'integer',
      default: 0,
      minimum: 0,
      maximum: MOST_TRIALS,
    },
    seed: { summary: 'which puzzles', type: 'integer', default: 0, minimum: 0 },
  },
  build: ({ fewest = 3, most = 4, largest = 13, target, trials = 0, seed = 0 }) =>
    countdown({
      numbers: [Number(fewest), Number(most)],
      largest: Number(largest),
      ...(target !== undefined && { target: Number(target) }),
      trials: Number(trials),
      seed: String(seed),
    }),
};
