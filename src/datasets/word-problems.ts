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
import type { Kind, Operand, Story } from './parts/story.ts';
import { amountOf, ENDS, inWords, KINDS, MOST_STEPS, STARTS, tell } from './parts/story.ts';
import type { Worked } from './parts/worked.ts';
import { workedVerifier } from './parts/worked-verifier.ts';

export interface WordProblemsOptions {
  /** Fewest and most operations, from 1 to 10. Default 2 to 5. */
  readonly steps?: readonly [number, number];
  readonly largest?: number; // no number and no result is larger, 20 to 1,000; default 100
  readonly distractors?: number; // sentences with a number that does not matter, 0 to 3; default 0
  readonly seed?: number | string; // default 0
}

// 22 for the longest story and 3 for the distractors
const NAMES =
  `Ada Ben Cora Dan Ella Finn Gina Hugo Iris Jack Kira Liam Mia Noah Olga Paul Rosa Sam Tina Umar Vera Will Yara
Zoe Otto`.split(/\s+/);
const THINGS =
  `apples pears stamps marbles books cards shells coins cookies stickers pencils eggs beads toys plums
buttons`.split(/\s+/);

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
      largest,
      random,
      current: { given: 0 },
      before: undefined,
      person: 0,
    };
    for (const [place, kind] of kinds.entries()) {
      const all = place === 0 ? STARTS : place === kinds.length - 1 ? ENDS : KINDS;
      if (!tell(all[kind] as Kind, story)) return undefined;
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

const [STARTING, CHANGING, ENDING] = [STARTS, KINDS, ENDS].map(Object.keys) as [string[], string[], string[]];

/** A start, sentences and an end that cost `steps` operations together; undefined where the end does not fit. */
function plan(random: Random, steps: number): string[] | undefined {
  const start = pick(random, STARTING);
  const end = pick(random, ENDING);
  let left = steps - (STARTS[start] as Kind).cost - (ENDS[end] as Kind).cost;
  const middle: string[] = [];
  while (left > 0) {
    const kind = pick(random, CHANGING);
    const { cost } = KINDS[kind] as Kind;
    if (cost > left) continue;
    middle.push(kind);
    left -= cost;
  }
  const compares = ['twice', 'times', 'more', 'fewer'].includes(middle.at(-1) ?? '');
  return left < 0 || (end === 'together' && !compares) ? undefined : [start, ...middle, end];
}

function toProblem(story: Story, distractors: number, random: Random): Omit<Problem<Worked>, 'id'> {
  const names = sample(random, NAMES, NAMES.length);
  const [things = '', ...others] = sample(random, THINGS, 1 + distractors);
  const sentences = inWords(story, names.slice(distractors), things, random);
  for (const [index, other] of others.entries()) {
    const place = between(random, 1, sentences.length - 1);
    sentences.splice(place, 0, `${names[index]} has ${between(random, 2, 40)} ${other}.`);
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
