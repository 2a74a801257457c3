/**
 * Word problems in the manner of GSM8K: a story about somebody's apples, from 2 to 5 operations long, composed of sentences
 * that each change a quantity. A problem's split depends on the sequence of its sentences, so that the test asks for
 * compositions that training has not shown.
 */
import type { DatasetEntry } from '../core/catalog-entry.ts';
import { InputError } from '../core/errors.ts';
import type { Dataset, Problem } from '../core/problem.ts';
import type { Random } from '../core/random.ts';
import { equationSteps } from './parts/equation-steps.ts';
import { between, checkRange, generated, pick, sample } from './parts/generated.ts';
import type { Worked } from './parts/worked.ts';
import { workedVerifier } from './parts/worked-verifier.ts';

export interface WordProblemsOptions {
  /** Fewest and most operations, from 1 to 10. Default 2 to 5. */
  readonly steps?: readonly [number, number];
  readonly largest?: number; // no number and no result is larger, 20 to 1,000; default 100
  readonly distractors?: number; // sentences with a number that does not matter, 0 to 3; default 0
  readonly seed?: number | string; // default 0
}

const NAMES =
  `Ada Ben Cora Dan Ella Finn Gina Hugo Iris Jack Kira Liam Mia Noah Olga Paul Rosa Sam Tina Umar Vera Will Yara
Zoe`.split(/\s+/);
const THINGS =
  `apples pears stamps marbles books cards shells coins cookies stickers pencils eggs beads toys plums
buttons`.split(/\s+/);

const MOST_STEPS = 10;

/** A number of the story, or the result of an earlier operation. */
type Operand = { readonly given: number } | { readonly result: number };

interface Operation {
  readonly left: Operand;
  readonly operator: '+' | '-' | '*' | '/';
  readonly right: Operand;
}

/** A story while it is told: what the person it is about has. */
interface Story {
  readonly sentences: string[];
  readonly operations: Operation[];
  readonly results: number[];
  readonly names: readonly string[];
  readonly things: string;
  readonly largest: number;
  readonly random: Random;
  current: Operand;
  before: Operand | undefined; // what the person compared with has
  person: number; // index into names
}

/** A sentence: how many operations it costs, and how to tell it; false where the numbers do not allow it. */
interface Kind {
  readonly cost: number;
  readonly tell: (story: Story) => boolean;
}

const amountOf = (story: Story, operand: Operand): number =>
  'given' in operand ? operand.given : (story.results[operand.result] as number);

/** Carries out an operation; undefined when the result is no whole number from 1 to the largest. */
function operate(
  story: Story,
  left: Operand,
  operator: Operation['operator'],
  right: Operand,
): Operand | undefined {
  const [a, b] = [amountOf(story, left), amountOf(story, right)];
  const value = operator === '+' ? a + b : operator === '-' ? a - b : operator === '*' ? a * b : a / b;
  if (!Number.isInteger(value) || value < 1 || value > story.largest) return undefined;
  if (story.results.includes(value)) return undefined; // so that a number in a step means one quantity
  story.operations.push({ left, operator, right });
  story.results.push(value);
  return { result: story.results.length - 1 };
}

/** Applies one operation with a given number to what the person has, and says so in one of the ways given. */
function change(
  story: Story,
  operator: Operation['operator'],
  given: number,
  ways: readonly string[],
  moveOn = false,
): boolean {
  const value = operate(story, story.current, operator, { given });
  if (!value) return false;
  say(story, ways, { k: given });
  story.before = moveOn ? story.current : undefined;
  story.current = value;
  if (moveOn) story.person++;
  return true;
}

/** Adds a sentence. A is the person, B the next one, C somebody else. */
function say(
  story: Story,
  ways: readonly string[],
  numbers: { readonly k?: number; readonly n?: number },
): void {
  const { names, person, things, random } = story;
  story.sentences.push(
    pick(random, ways)
      .replaceAll('{A}', names[person] as string)
      .replaceAll('{B}', names[person + 1] as string)
      .replaceAll('{C}', names[person + MOST_STEPS + 1] as string)
      .replaceAll('{things}', things)
      .replaceAll('{k}', String(numbers.k))
      .replaceAll('{n}', String(numbers.n)),
  );
}

/** A group of `n` times `k` things that is added or taken away: two operations. */
function group(story: Story, operator: '+' | '-', ways: readonly string[]): boolean {
  const [n, k] = [between(story.random, 2, 5), between(story.random, 2, 9)];
  const many = operate(story, { given: n }, '*', { given: k });
  const value = many && operate(story, story.current, operator, many);
  if (!value) return false;
  say(story, ways, { n, k });
  story.current = value;
  story.before = undefined;
  return true;
}

const upTo = ({ random, largest }: Story): number => between(random, 2, Math.min(40, Math.ceil(largest / 3)));

const KINDS: Readonly<Record<string, Kind>> = {
  gain: {
    cost: 1,
    tell: (s) =>
      change(s, '+', upTo(s), ['{A} finds {k} more.', '{C} gives {A} {k} more.', '{A} gets {k} more.']),
  },
  lose: {
    cost: 1,
    tell: (s) =>
      change(s, '-', upTo(s), ['{A} gives {k} to {C}.', '{A} loses {k} of them.', '{A} gives away {k}.']),
  },
  twice: {
    cost: 1,
    tell: (s) =>
      change(s, '*', 2, ['{B} has twice as many {things} as {A}.', '{B} has twice as many as {A}.'], true),
  },
  times: {
    cost: 1,
    tell: (s) =>
      change(
        s,
        '*',
        between(s.random, 3, 6),
        ['{B} has {k} times as many {things} as {A}.', '{B} has {k} times as many as {A}.'],
        true,
      ),
  },
  more: {
    cost: 1,
    tell: (s) =>
      change(s, '+', upTo(s), ['{B} has {k} {things} more than {A}.', '{B} has {k} more than {A}.'], true),
  },
  fewer: {
    cost: 1,
    tell: (s) =>
      change(s, '-', upTo(s), ['{B} has {k} {things} fewer than {A}.', '{B} has {k} fewer than {A}.'], true),
  },
  half: {
    cost: 1,
    tell: (s) =>
      change(s, '/', 2, ['{A} gives half of the {things} to {C}.', '{A} keeps only half of them.']),
  },
  share: {
    cost: 1,
    tell: (s) =>
      change(s, '/', between(s.random, 3, 6), [
        '{A} makes {k} equal piles and keeps one.',
        '{A} puts them into {k} equal bags and takes one bag.',
      ]),
  },
  packs: {
    cost: 2,
    tell: (s) =>
      group(s, '+', ['{A} buys {n} packs of {k} {things}.', '{A} gets {n} more bags with {k} each.']),
  },
  days: {
    cost: 2,
    tell: (s) => group(s, '-', ['{A} uses {k} a day for {n} days.', 'For {n} days {A} sells {k} a day.']),
  },
};

const STARTS: Readonly<Record<string, Kind>> = {
  has: {
    cost: 0,
    tell(s) {
      const value = between(s.random, 3, Math.ceil(s.largest / 2));
      s.current = { given: value };
      say(s, ['{A} has {k} {things}.', 'There are {k} {things} in the bag of {A}.'], { k: value });
      return true;
    },
  },
  boxes: {
    cost: 1,
    tell(s) {
      const [n, k] = [between(s.random, 2, 9), between(s.random, 2, 9)];
      const value = operate(s, { given: n }, '*', { given: k });
      if (!value) return false;
      s.current = value;
      say(s, ['{A} buys {n} boxes with {k} {things} each.', '{A} has {n} bags of {k} {things}.'], { n, k });
      return true;
    },
  },
};

const ENDS: Readonly<Record<string, Kind>> = {
  now: {
    cost: 0,
    tell(s) {
      say(s, ['How many {things} does {A} have now?', 'How many {things} are left with {A}?'], {});
      return true;
    },
  },
  together: {
    cost: 1,
    tell(s) {
      const value = s.before && operate(s, s.before, '+', s.current);
      if (!value) return false;
      s.current = value;
      const [first, second] = [s.names[s.person - 1], s.names[s.person]];
      s.sentences.push(
        `How many {things} do ${first} and ${second} have together?`.replace('{things}', s.things),
      );
      return true;
    },
  },
  sell: {
    cost: 1,
    tell(s) {
      const value = operate(s, s.current, '*', { given: between(s.random, 2, 9) });
      if (!value) return false;
      s.current = value;
      const { right } = s.operations.at(-1) as Operation;
      say(s, ['{A} sells all for {k} dollars each. How many dollars does {A} get?'], {
        k: amountOf(s, right),
      });
      return true;
    },
  },
};

interface Told {
  readonly structure: string;
  readonly story: Story;
}

/** Generated word problems. */
export function wordProblems({
  steps: [fewest, most] = [2, 5],
  largest = 100,
  distractors = 0,
  seed = 0,
}: WordProblemsOptions = {}): Dataset<Problem<Worked>> {
  checkRange('steps', [fewest, most], 1, MOST_STEPS);
  checkRange('largest', [20, largest], 20, 1000);
  if (![0, 1, 2, 3].includes(distractors))
    throw new InputError(`distractors is ${distractors}; it must be from 0 to 3`);

  function draw(random: Random): Told | undefined {
    const steps = between(random, fewest, most);
    const kinds = plan(random, steps);
    if (!kinds) return undefined;
    const story: Story = {
      sentences: [],
      operations: [],
      results: [],
      names: sample(random, NAMES, NAMES.length),
      things: pick(random, THINGS),
      largest,
      random,
      current: { given: 0 },
      before: undefined,
      person: 0,
    };
    for (const [place, kind] of kinds.entries()) {
      const told = (place === 0 ? STARTS : place === kinds.length - 1 ? ENDS : KINDS)[kind]?.tell(story);
      if (!told) return undefined;
    }
    return { structure: kinds.join(' '), story };
  }

  return generated({
    name: 'word-problems',
    knobs: `${fewest} to ${most} steps, numbers up to ${largest}, ${distractors} distractors`,
    seed,
    draw,
    write: ({ story }, random) => toProblem(story, distractors, random),
    verifier: workedVerifier({ name: 'word-problems', checkSteps: equationSteps({ reusesNumbers: false }) }),
  });
}

/** A start, sentences and an end that cost `steps` operations together; undefined where the end does not fit. */
function plan(random: Random, steps: number): string[] | undefined {
  const start = pick(random, Object.keys(STARTS));
  const end = pick(random, Object.keys(ENDS));
  let left = steps - (STARTS[start] as Kind).cost - (ENDS[end] as Kind).cost;
  const middle: string[] = [];
  while (left > 0) {
    const kind = pick(random, Object.keys(KINDS));
    const { cost } = KINDS[kind] as Kind;
    if (cost > left) continue;
    middle.push(kind);
    left -= cost;
  }
  const compares = ['twice', 'times', 'more', 'fewer'].includes(middle.at(-1) ?? '');
  return left < 0 || (end === 'together' && !compares) ? undefined : [start, ...middle, end];
}

function toProblem(story: Story, distractors: number, random: Random): Omit<Problem<Worked>, 'id'> {
  const sentences = [...story.sentences];
  for (const name of story.names.slice(-distractors || story.names.length)) {
    const other = pick(
      random,
      THINGS.filter((things) => things !== story.things),
    );
    const place = between(random, 1, sentences.length - 1);
    sentences.splice(place, 0, `${name} has ${between(random, 2, 40)} ${other}.`);
  }
  const value = (operand: Operand) => amountOf(story, operand);
  const variable = (operand: Operand) =>
    'given' in operand ? operand.given : String.fromCharCode(97 + operand.result);
  const code = story.operations.map(
    ({ left, operator, right }, index) =>
      `    ${String.fromCharCode(97 + index)} = ${variable(left)} ${operator === '/' ? '//' : operator} ${variable(right)}`,
  );
  const answer = String(value(story.current));
  return {
    messages: [{ role: 'user', text: sentences.join(' ') }],
    answerKind: 'number',
    reference: {
      answer,
      steps: [
        ...story.operations.map(
          ({ left, operator, right }, index) =>
            `${value(left)} ${operator} ${value(right)} = ${story.results[index]}`,
        ),
        `The answer is ${answer}`,
      ],
      program: ['def solution():', ...code, `    return ${variable(story.current)}`].join('\n'),
    },
  };
}

export const entry: DatasetEntry = {
  name: 'word-problems',
  summary: 'generated: stories with 2 to 5 operations',
  aliases: [],
  columns: [],
  options: {
    fewest: { summary: 'fewest operations', type: 'integer', default: 2, minimum: 1, maximum: MOST_STEPS },
    most: { summary: 'most operations', type: 'integer', default: 5, minimum: 1, maximum: MOST_STEPS },
    largest: { summary: 'largest number', type: 'integer', default: 100, minimum: 20, maximum: 1000 },
    distractors: {
      summary: 'sentences that do not matter',
      type: 'integer',
      default: 0,
      minimum: 0,
      maximum: 3,
    },
    seed: { summary: 'which problems', type: 'integer', default: 0, minimum: 0 },
  },
  build: ({ fewest = 2, most = 5, largest = 100, distractors = 0, seed = 0 }) =>
    wordProblems({
      steps: [Number(fewest), Number(most)],
      largest: Number(largest),
      distractors: Number(distractors),
      seed: String(seed),
    }),
};
