import type { Random } from '../../core/random.ts';
import { between, pick } from './generated.ts';

/** Operations of the longest story. */
export const MOST_STEPS = 10;

/** A number of the story, or the result of an earlier operation. */
export type Operand = { readonly given: number } | { readonly result: number };

/** One step: two quantities and what is done with them. */
export interface Operation {
  readonly left: Operand;
  readonly operator: '+' | '-' | '*' | '/';
  readonly right: Operand;
}

/** A sentence in one of several ways, told of a person: A is the person, B the next one, Z the one before, C somebody else. */
interface Sentence {
  readonly ways: readonly string[];
  readonly person: number;
  readonly k?: number;
  readonly n?: number;
}

/** A story while it is told: what the person it is about has. */
export interface Story {
  readonly sentences: Sentence[];
  readonly operations: Operation[];
  readonly results: number[];
  readonly largest: number;
  readonly random: Random;
  current: Operand;
  before: Operand | undefined; // what the person compared with has
  person: number; // counted from 0 in the order of appearance
}

/** A sentence: how many operations it costs, and how to tell it; false where the numbers do not allow it. */
export interface Kind {
  readonly cost: number;
  readonly tell: (story: Story) => boolean;
}

/** What a quantity of the story comes to. */
export const amountOf = (story: Story, operand: Operand): number =>
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
  const given = [{ left, right }, ...story.operations].flatMap((one) =>
    [one.left, one.right].flatMap((part) => ('given' in part ? part.given : [])),
  );
  // a number in a step then means one quantity; only twos may come again, as they are never added
  const all = [...given.filter((number) => number !== 2), ...story.results, value];
  if (new Set(all).size < all.length) return undefined;
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

/** Adds a sentence about the person. */
function say(
  { sentences, person }: Story,
  ways: readonly string[],
  numbers: Pick<Sentence, 'k' | 'n'> = {},
): void {
  sentences.push({ ways, person, ...numbers });
}

/** The sentences in words; `names` are at least 22 for the longest story. */
export function inWords(
  { sentences }: Story,
  names: readonly string[],
  things: string,
  random: Random,
): string[] {
  return sentences.map(({ ways, person, k, n }) =>
    pick(random, ways).replace(/\{(\w+)\}/g, (_, word: string) => {
      if (word === 'k') return String(k);
      if (word === 'n') return String(n);
      if (word === 'things') return things;
      const index = { A: person, B: person + 1, Z: person - 1 }[word] ?? person + MOST_STEPS + 1;
      return names[index] as string;
    }),
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

const upTo = ({ random, largest }: Story): number => between(random, 3, Math.min(40, Math.ceil(largest / 3)));

/** Sentences that change what the person has, or move on to another person. */
export const KINDS: Readonly<Record<string, Kind>> = {
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

/** First sentences. */
export const STARTS: Readonly<Record<string, Kind>> = {
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

/** Last sentences: the question. */
export const ENDS: Readonly<Record<string, Kind>> = {
  now: {
    cost: 0,
    tell(s) {
      say(s, ['How many {things} does {A} have now?', 'How many {things} are left with {A}?']);
      return true;
    },
  },
  together: {
    cost: 1,
    tell(s) {
      const value = s.before && operate(s, s.before, '+', s.current);
      if (!value) return false;
      s.current = value;
      say(s, ['How many {things} do {Z} and {A} have together?']);
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

/** Numbers tried for one sentence before the story is given up. */
const TRIES = 6;

/** Tells a sentence of this kind with some numbers that fit; false when none were found. */
export function tell({ tell: attempt }: Kind, story: Story): boolean {
  const { length } = story.operations;
  for (let tries = 0; tries < TRIES; tries++) {
    if (attempt(story)) return true;
    story.operations.length = length; // a group may have got half way
    story.results.length = length;
  }
  return false;
}
