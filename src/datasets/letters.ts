/**
 * Letters: count a letter in a word, find its first place, spell the word, or turn it round. Words are everyday ones and
 * made-up ones. A problem's split depends on its word, so that the test asks about words that training has never shown.
 */
import type { DatasetEntry } from '../core/catalog-entry.ts';
import { InputError } from '../core/errors.ts';
import type { Dataset, Problem, Question } from '../core/problem.ts';
import { questionText } from '../core/problem.ts';
import type { Random } from '../core/random.ts';
import { between, checkRange, generated, pick } from './parts/generated.ts';
import type { CheckSteps, Worked } from './parts/worked.ts';
import { announcedAnswer, lineByLine } from './parts/worked.ts';
import { workedVerifier } from './parts/worked-verifier.ts';

export type LetterTask = 'count' | 'place' | 'spell' | 'reverse';

export interface LettersOptions {
  readonly tasks?: readonly LetterTask[]; // default all four
  /** Fewest and most letters of a word, from 3 to 20. Default 4 to 10. */
  readonly length?: readonly [number, number];
  readonly seed?: number | string; // default 0
}

const TASKS: readonly LetterTask[] = ['count', 'place', 'spell', 'reverse'];

const WORDS =
  `apple banana cherry orange lemon grape melon peach strawberry raspberry blueberry pepper carrot potato tomato
onion garlic butter cheese coffee sugar bread water window mirror pillow blanket kitchen garden bottle ladder hammer
button pencil letter paper book table chair carpet lamp candle basket bucket needle thread ribbon jacket sweater trousers
slipper summer winter spring autumn morning evening thunder weather river forest meadow mountain valley island harbor
rabbit parrot kitten puppy turtle beetle butterfly grasshopper squirrel elephant giraffe penguin octopus dolphin horse
cattle chicken teacher doctor farmer baker sailor soldier painter singer dancer driver letterbox football bicycle airplane
railway station village castle bridge tunnel market school library museum theater hospital address committee success
happiness balloon pattern common summit ribbon cotton pebble puzzle whistle rattle needle saddle middle little yellow
purple silver golden wooden hidden sudden bitter better banker letterhead bookkeeper mississippi parallel tattoo
raccoon assess possess millennium`.split(/\s+/);
const ONSETS = 'b bl br c cl cr d dr f fl fr g gl gr h j k l m n p pl pr r s sk sl sp st t tr v w z'.split(
  ' ',
);
const VOWELS = 'a e i o u ee oo ai ou ea'.split(' ');
const CODAS = ['', '', '', 'n', 'm', 'r', 'l', 't', 'p', 'ck', 'll', 'ss', 'nd', 'st', 'tt'];

interface Asked {
  readonly structure: string; // the word
  readonly task: LetterTask;
  readonly letter: string; // for count and place
}

/** Generated questions about the letters of words. */
export function letters({
  tasks = TASKS,
  length: [shortest, longest] = [4, 10],
  seed = 0,
}: LettersOptions = {}): Dataset<Problem<Worked>> {
  checkRange('length', [shortest, longest], 3, 20);
  if (tasks.length === 0 || !tasks.every((task) => TASKS.includes(task)))
    throw new InputError(`tasks is "${tasks.join(' ')}"; give one or more of ${TASKS.join(' ')}`);

  function draw(random: Random): Asked | undefined {
    const word = random.integer(4) === 0 ? pick(random, WORDS) : inventWord(random, shortest, longest);
    if (word.length < shortest || word.length > longest) return undefined;
    const task = pick(random, tasks);
    const repeated = [...word].filter((letter, index) => word.indexOf(letter) !== index);
    // letters that come more than once are the interesting ones
    const letter = pick(random, repeated.length > 0 && random.integer(2) === 0 ? repeated : [...word]);
    return { structure: word, task, letter };
  }

  return generated({
    name: 'letters',
    knobs: `${tasks.join(', ')}, words of ${shortest} to ${longest} letters`,
    seed,
    draw,
    write: toProblem,
    verifier: workedVerifier({
      name: 'letters',
      checkSteps: checkLettersSteps,
      grade: ({ reference }, answer) => ({ score: sameLetters(answer, reference.answer) ? 1 : 0 }),
    }),
  });
}

function inventWord(random: Random, shortest: number, longest: number): string {
  const wanted = between(random, shortest, longest);
  let word = '';
  while (word.length < wanted) word += pick(random, ONSETS) + pick(random, VOWELS) + pick(random, CODAS);
  return word.slice(0, wanted);
}

/** Spelled words keep their dashes, so that a word is not its spelling. */
function sameLetters(answer: string, key: string): boolean {
  const said = answer
    .trim()
    .toLowerCase()
    .replace(/^["'“”*]+|["'“”*.]+$/g, '');
  return said === key;
}

const PHRASINGS: Readonly<Record<LetterTask, readonly string[]>> = {
  count: ['How many times does the letter {l} occur in {w}?', 'How many letters {l} are in the word {w}?'],
  place: [
    'At which place does the letter {l} first occur in {w}?',
    'Which place has the first {l} in the word {w}?',
  ],
  spell: ['Spell {w} with dashes between the letters.', 'Write the word {w} letter by letter, with dashes.'],
  reverse: ['Write {w} backwards.', 'What is the word {w} read backwards?'],
};

function toProblem({ structure: word, task, letter }: Asked, random: Random): Omit<Problem<Worked>, 'id'> {
  const text = pick(random, PHRASINGS[task]).replace('{w}', word).replace('{l}', letter);
  const answer = answerOf(task, word, letter);
  const value = {
    count: `'${word}'.count('${letter}')`,
    place: `'${word}'.index('${letter}') + 1`,
    spell: `'-'.join('${word}')`,
    reverse: `'${word}'[::-1]`,
  }[task];
  return {
    messages: [{ role: 'user', text }],
    answerKind: task === 'count' || task === 'place' ? 'number' : 'text',
    reference: {
      answer,
      steps: [...workedLines(task, word, letter), `The answer is ${answer}`],
      program: `def solution():\n    return ${value}`,
    },
  };
}

function answerOf(task: LetterTask, word: string, letter: string): string {
  switch (task) {
    case 'count':
      return String(word.split(letter).length - 1);
    case 'place':
      return String(word.indexOf(letter) + 1);
    case 'spell':
      return [...word].join('-');
    case 'reverse':
      return [...word].reverse().join('');
    default:
      return task satisfies never;
  }
}

/** Numbered letters, `1a 2p 3p`; for a count each with the number so far, for a reversal once more from the end. */
function workedLines(task: LetterTask, word: string, letter: string): string[] {
  const all = [...word];
  const numbered = all.map((one, index) => `${index + 1}${one}`);
  switch (task) {
    case 'count': {
      let count = 0;
      return [all.map((one) => `${one}${one === letter ? ++count : count}`).join(' ')];
    }
    case 'place':
      return [numbered.slice(0, word.indexOf(letter) + 1).join(' ')];
    case 'spell':
      return [numbered.join(' ')];
    case 'reverse':
      return [numbered.join(' '), numbered.toReversed().join(' ')];
    default:
      return task satisfies never;
  }
}

/**
 * Checks the steps without a key: the letters of the word in order, each with its place or with the count so far; for a
 * reversal also from the end.
 */
export const checkLettersSteps: CheckSteps = lineByLine((question) => {
  const asked = readQuestion(question);
  if (!asked) return () => false;
  const { task, word, letter } = asked;
  const steps = new Set([
    ...workedLines(task, word, letter),
    ...workedLines('spell', word, letter),
    ...(letter === '' ? [] : workedLines('place', word, letter)),
  ]);
  return (line) => {
    const said = announcedAnswer(line);
    if (said !== undefined) return sameLetters(said, answerOf(task, word, letter));
    return steps.has(line.replace(/\.$/, ''));
  };
});

function readQuestion(question: Question): { task: LetterTask; word: string; letter: string } | undefined {
  const text = questionText(question);
  for (const task of TASKS)
    for (const phrasing of PHRASINGS[task]) {
      const pattern = phrasing
        .replace(/[?.]/g, '\\$&')
        .replace('{w}', '(?<w>[a-z]+)')
        .replace('{l}', '(?<l>[a-z])');
      const groups = new RegExp(`^${pattern}$`).exec(text)?.groups;
      if (groups?.w !== undefined) return { task, word: groups.w, letter: groups.l ?? '' };
    }
  return undefined;
}

export const entry: DatasetEntry = {
  name: 'letters',
  summary: 'generated: count, find, spell and reverse the letters of a word',
  aliases: [],
  columns: [],
  options: {
    task: { summary: 'only this task', type: ['all', ...TASKS], default: 'all' },
    shortest: { summary: 'fewest letters', type: 'integer', default: 4, minimum: 3, maximum: 20 },
    longest: { summary: 'most letters', type: 'integer', default: 10, minimum: 3, maximum: 20 },
    seed: { summary: 'which words', type: 'integer', default: 0, minimum: 0 },
  },
  build: ({ task = 'all', shortest = 4, longest = 10, seed = 0 }) =>
    letters({
      ...(task !== 'all' && { tasks: [task as LetterTask] }),
      length: [Number(shortest), Number(longest)],
      seed: String(seed),
    }),
};
