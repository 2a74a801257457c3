/**
 * Recall: find what stands somewhere in the question. Who likes what, what comes after a word in a list, or the whole list
 * again. What a model must be able to do before it can follow rules that it is told. A problem's split depends on its words
 * in their order.
 */
import type { DatasetEntry } from '../core/catalog-entry.ts';
import type { Dataset, Problem, Question } from '../core/problem.ts';
import { questionText } from '../core/problem.ts';
import type { Random } from '../core/random.ts';
import { shuffle } from '../core/random.ts';
import { between, checkRange, generated, pick, sample } from './parts/generated.ts';
import { CAUSES, EFFECTS, KINDS, PEOPLE } from './parts/words.ts';
import type { CheckSteps, Worked } from './parts/worked.ts';
import { announcedAnswer, lineByLine } from './parts/worked.ts';
import { workedVerifier } from './parts/worked-verifier.ts';

export interface RecallOptions {
  /** Fewest and most things told, from 2 to 12. Default 3 to 8. */
  readonly items?: readonly [number, number];
  readonly seed?: number | string; // default 0
}

/** What lists are made of. */
const LISTED: readonly (readonly string[])[] = [
  KINDS,
  EFFECTS,
  PEOPLE,
  Array.from({ length: 99 }, (_, index) => String(index + 1)),
];
const LIKED = [...CAUSES, ...EFFECTS];

interface Told {
  readonly structure: string;
  readonly text: string;
  readonly steps: readonly string[];
  readonly answer: string;
}

/** Generated look-ups. */
export function recall({
  items: [fewest, most] = [3, 8],
  seed = 0,
}: RecallOptions = {}): Dataset<Problem<Worked>> {
  checkRange('items', [fewest, most], 2, 12);
  return generated({
    name: 'recall',
    knobs: `${fewest} to ${most} things`,
    seed,
    draw: (random) =>
      pick(random, [whoLikesWhat, whatComesAfter, again])(random, between(random, fewest, most)),
    write: ({ text, steps, answer }) => ({
      messages: [{ role: 'user', text }],
      answerKind: 'text',
      reference: { answer, steps: [...steps, `The answer is ${answer}`] },
    }),
    verifier: workedVerifier({ name: 'recall', checkSteps: checkRecallSteps }),
  });
}

/**
 * Everybody likes something else. Who it is that likes a thing stands before it, which is hard to see at a glance: a solution goes
 * through what was told until the thing comes.
 */
function whoLikesWhat(random: Random, count: number): Told {
  const people = sample(random, PEOPLE, count);
  const things = sample(random, LIKED, count);
  const at = random.integer(count);
  const told = people.map((person, index) => `${person} likes ${things[index]}.`);
  const backwards = random.integer(2) === 0;
  const ask = backwards ? `Who likes ${things[at]}?` : `What does ${people[at]} like?`;
  const wanted = told[at] as string;
  const order = shuffle(told, random);
  return {
    structure: told.toSorted().join(' '),
    text: `${order.join(' ')} ${ask}`,
    steps: backwards ? order.slice(0, order.indexOf(wanted) + 1) : [wanted],
    answer: (backwards ? people[at] : things[at]) as string,
  };
}

function whatComesAfter(random: Random, count: number): Told {
  const words = sample(random, pick(random, LISTED), count);
  const at = random.integer(count - 1);
  const [one, next] = words.slice(at) as [string, string];
  return {
    structure: words.join(', '),
    text: `${words.join(', ')}. What comes after ${one}?`,
    steps: [`${one}, ${next}`],
    answer: next,
  };
}

function again(random: Random, count: number): Told {
  const words = sample(random, pick(random, LISTED), count).join(', ');
  return { structure: words, text: `${words}. Say it again.`, steps: [], answer: words };
}

/** Checks the steps without a key: a step is something that the question says, and the answer is what it asks for. */
export const checkRecallSteps: CheckSteps = lineByLine((question) => {
  const text = questionText(question);
  const wanted = answerOf(question);
  const told: readonly string[] = text.match(/\w+ likes \w+\./g) ?? [];
  const listed = text.slice(0, text.indexOf('. ')).split(', ');
  return (line) => {
    const said = announcedAnswer(line);
    if (said !== undefined) return said === wanted;
    const neighbours = listed.slice(1).map((next, index) => `${listed[index]}, ${next}`);
    return neighbours.includes(line) || told.includes(line);
  };
});

function answerOf(question: Question): string | undefined {
  const text = questionText(question);
  const thing = /Who likes (\w+)\?$/.exec(text)?.[1];
  if (thing) return new RegExp(`(\\w+) likes ${thing}\\.`).exec(text)?.[1];
  const person = /What does (\w+) like\?$/.exec(text)?.[1];
  if (person) return new RegExp(`${person} likes (\\w+)\\.`).exec(text)?.[1];
  const list = text.slice(0, text.indexOf('. '));
  const before = /What comes after (\w+)\?$/.exec(text)?.[1];
  const words = list.split(', ');
  return before ? words[words.indexOf(before) + 1] : list;
}

export const entry: DatasetEntry = {
  name: 'recall',
  summary: 'generated: find what stands somewhere in the question',
  aliases: [],
  columns: [],
  options: {
    fewest: { summary: 'fewest things told', type: 'integer', default: 3, minimum: 2, maximum: 12 },
    most: { summary: 'most things told', type: 'integer', default: 8, minimum: 2, maximum: 12 },
    seed: { summary: 'which problems', type: 'integer', default: 0, minimum: 0 },
  },
  build: ({ fewest = 3, most = 8, seed = 0 }) =>
    recall({ items: [Number(fewest), Number(most)], seed: String(seed) }),
};
