/**
 * Induction: find the rule that turns each list of numbers into the other, and apply it to a new one. A rule is one or two
 * elementary operations. Every rule that explains the examples gives the same output for the new list, so the answer is
 * certain. A problem's split depends on what its rule does, however it is put together; rules of one operation are in every
 * split, with other examples.
 */
import type { DatasetEntry } from '../core/catalog-entry.ts';
import type { Dataset, Problem, Question } from '../core/problem.ts';
import { questionText } from '../core/problem.ts';
import type { Random } from '../core/random.ts';
import { seeded } from '../core/random.ts';
import { between, checkRange, generated, pick } from './parts/generated.ts';
import type { CheckSteps, Worked } from './parts/worked.ts';
import { announcedAnswer, lineByLine } from './parts/worked.ts';
import { workedVerifier } from './parts/worked-verifier.ts';

export interface InductionOptions {
  /** Fewest and most operations of a rule, from 1 to 3. Default 1 to 2. */
  readonly operations?: readonly [number, number];
  readonly examples?: number; // shown, 2 to 5; default 3
  readonly length?: number; // of the longest list, 3 to 8; default 4
  readonly seed?: number | string; // default 0
}

type List = readonly number[];

interface ListOperation {
  readonly name: string;
  readonly apply: (list: List) => List;
  readonly python: string; // an expression in xs
}

const OPERATIONS: readonly ListOperation[] = [
  { name: 'reverse', apply: (list) => list.toReversed(), python: 'xs[::-1]' },
  { name: 'sort', apply: (list) => list.toSorted((a, b) => a - b), python: 'sorted(xs)' },
  {
    name: 'sort down',
    apply: (list) => list.toSorted((a, b) => b - a),
    python: 'sorted(xs)[::-1]',
  },
  { name: 'drop first', apply: (list) => list.slice(1), python: 'xs[1:]' },
  { name: 'drop last', apply: (list) => list.slice(0, -1), python: 'xs[:-1]' },
  { name: 'double list', apply: (list) => [...list, ...list], python: 'xs + xs' },
  {
    name: 'first to end',
    apply: (list) => [...list.slice(1), ...list.slice(0, 1)],
    python: 'xs[1:] + xs[:1]',
  },
  {
    name: 'last to front',
    apply: (list) => [...list.slice(-1), ...list.slice(0, -1)],
    python: 'xs[-1:] + xs[:-1]',
  },
  {
    name: 'keep even',
    apply: (list) => list.filter((x) => x % 2 === 0),
    python: '[x for x in xs if x % 2 == 0]',
  },
  {
    name: 'keep odd',
    apply: (list) => list.filter((x) => x % 2 === 1),
    python: '[x for x in xs if x % 2 == 1]',
  },
  { name: 'add all', apply: (list) => [list.reduce((sum, x) => sum + x, 0)], python: '[sum(xs)]' },
  { name: 'largest', apply: (list) => (list.length > 0 ? [Math.max(...list)] : []), python: '[max(xs)]' },
  { name: 'smallest', apply: (list) => (list.length > 0 ? [Math.min(...list)] : []), python: '[min(xs)]' },
  ...Array.from({ length: 9 }, (_, index) => ({
    name: `add ${index + 1}`,
    apply: (list: List) => list.map((x) => x + index + 1),
    python: `[x + ${index + 1} for x in xs]`,
  })),
  ...[2, 3].map((factor) => ({
    name: `times ${factor}`,
    apply: (list: List) => list.map((x) => x * factor),
    python: `[x * ${factor} for x in xs]`,
  })),
];
const BY_NAME = new Map(OPERATIONS.map((operation) => [operation.name, operation]));
/** Longer rules are not read out of a solution. */
const MOST_OPERATIONS = 3;

interface Example {
  readonly input: List;
  readonly output: List;
}

interface Drawn {
  readonly structure: string;
  readonly rule: readonly ListOperation[];
  readonly examples: readonly Example[];
  readonly asked: List;
}

/** Generated induction problems. */
export function induction({
  operations: [fewest, most] = [1, 2],
  examples = 3,
  length = 4,
  seed = 0,
}: InductionOptions = {}): Dataset<Problem<Worked>> {
  checkRange('operations', [fewest, most], 1, MOST_OPERATIONS);
  checkRange('examples', [2, examples], 2, 5);
  checkRange('length', [3, length], 3, 8);

  function draw(random: Random): Drawn | undefined {
    const count = between(random, fewest, most);
    const rule = Array.from({ length: count }, () => pick(random, OPERATIONS));
    const effect = effectOf(rule);
    if (!isSimplest(rule, effect)) return undefined;
    const inputs = Array.from({ length: examples + 1 }, () => drawList(random, length));
    const shown = inputs.slice(1).map((input) => ({ input, output: applyAll(rule, input) }));
    const asked = inputs[0] as List;
    const output = applyAll(rule, asked);
    if (output.length === 0 || shown.every((one) => same(one.input, one.output))) return undefined;
    if (shown.some((one) => one.output.length === 0)) return undefined;
    if (!isCertain(shown, asked, output)) return undefined;
    const lines = rule.map(({ name }, index) => `${name} ${applyAll(rule.slice(0, index + 1), asked)}`);
    if (new Set(lines).size < count || lines.some((line) => line.endsWith(' '))) return undefined;
    const structure = count > 1 ? effect : `${effect}: ${inputs.map((input) => input.join(' ')).join('; ')}`;
    return { structure, rule, examples: shown, asked };
  }

  return generated({
    name: 'induction',
    knobs: `rules of ${fewest} to ${most} operations, ${examples} examples, lists up to ${length}`,
    seed,
    draw,
    write: toProblem,
    verifier: workedVerifier({
      name: 'induction',
      checkSteps: checkInductionSteps,
      grade: ({ reference }, answer) => {
        const [given, wanted] = [readList(answer), readList(reference.answer)];
        return { score: given && wanted && same(given, wanted) ? 1 : 0 };
      },
    }),
  });
}

function drawList(random: Random, longest: number): number[] {
  return Array.from({ length: between(random, 3, longest) }, () => between(random, 1, 9));
}

function applyAll(rule: readonly ListOperation[], list: List): List {
  return rule.reduce((current, operation) => operation.apply(current), list);
}

/** What a rule makes of a few lists: two rules that agree on them are the same. */
function effectOf(rule: readonly ListOperation[]): string {
  return PROBES.map((list) => applyAll(rule, list).join(' ')).join(';');
}

const probing = seeded('induction probes');
const PROBES: readonly List[] = Array.from({ length: 12 }, () => drawList(probing, 6));

let simplest: ReadonlyMap<string, readonly ListOperation[]> | undefined;

/** Whether no rule of fewer operations, and none of two that is listed earlier, does the same. */
function isSimplest(rule: readonly ListOperation[], effect: string): boolean {
  simplest ??= new Map(
    [...OPERATIONS.flatMap((one) => OPERATIONS.map((two) => [one, two])), ...OPERATIONS.map((one) => [one])]
      .reverse() // the last to be entered stays
      .sort((a, b) => b.length - a.length)
      .map((one) => [effectOf(one), one]),
  );
  const other = simplest.get(effect);
  return other === undefined || (other.length === rule.length && other.every((one, at) => one === rule[at]));
}

function same(a: List, b: List): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

/** Whether no rule of one or two operations explains the examples and says something else of the new list. */
function isCertain(examples: readonly Example[], asked: List, output: List): boolean {
  const [first, ...others] = examples as [Example, ...Example[]];
  const differs = (rule: readonly ListOperation[]) =>
    others.every((example) => same(applyAll(rule, example.input), example.output)) &&
    !same(applyAll(rule, asked), output);
  for (const one of OPERATIONS) {
    const made = one.apply(first.input);
    if (same(made, first.output) && differs([one])) return false;
    for (const two of OPERATIONS)
      if (same(two.apply(made), first.output) && differs([one, two])) return false;
  }
  return true;
}

function toProblem({ rule, examples, asked }: Drawn, random: Random): Omit<Problem<Worked>, 'id'> {
  const shown = examples.map(({ input, output }) => `${input.join(' ')} -> ${output.join(' ')}`).join('\n');
  const ask = pick(random, ['What comes out of', 'What does the rule make of']);
  const answer = applyAll(rule, asked).join(' ');
  return {
    messages: [
      { role: 'user', text: `A rule turns lists into lists:\n${shown}\n${ask} ${asked.join(' ')}?` },
    ],
    answerKind: 'text',
    reference: {
      answer,
      steps: [
        ...guesses(rule, examples, random),
        pathText(rule, pick(random, examples).input),
        pathText(rule, asked),
        `The answer is ${answer}`,
      ],
      program: [
        'def solution():',
        `    xs = [${asked.join(', ')}]`,
        ...rule.map(({ python }) => `    xs = ${python}`),
        '    return xs',
      ].join('\n'),
    },
  };
}

/** How often another guess comes first, and how many at the most. */
const GUESSING = 0.35;
const MOST_GUESSES = 3;
/** Draws of a guess before the solution goes without. */
const TRIES = 8;

/** Rules that do not explain an example, each tried on it: `4 7 2 -> add 1 -> 5 8 3, no`. */
function guesses(rule: readonly ListOperation[], examples: readonly Example[], random: Random): string[] {
  const lines = new Set<string>();
  while (lines.size < MOST_GUESSES && random.next() < GUESSING) {
    const { size } = lines;
    for (let tries = 0; tries < TRIES && lines.size === size; tries++) {
      const { input, output } = pick(random, examples);
      const other = guess(rule, random);
      const made = applyAll(other, input);
      if (made.length > 0 && !same(made, output)) lines.add(`${pathText(other, input)}, no`);
    }
    if (lines.size === size) break;
  }
  return [...lines];
}

/** Another rule: any one, or the right one with one operation changed. */
function guess(rule: readonly ListOperation[], random: Random): ListOperation[] {
  if (random.integer(2) === 0)
    return Array.from({ length: between(random, 1, 2) }, () => pick(random, OPERATIONS));
  return rule.with(random.integer(rule.length), pick(random, OPERATIONS)) as ListOperation[];
}

/** `4 7 2 -> reverse -> 2 7 4 -> add 3 -> 5 10 7` */
function pathText(rule: readonly ListOperation[], list: List): string {
  let current = list;
  const hops = rule.map((operation) => {
    current = operation.apply(current);
    return ` -> ${operation.name} -> ${current.join(' ')}`;
  });
  return list.join(' ') + hops.join('');
}

/** The rule of a path that is carried out rightly, with where it starts and ends; undefined for any other line. */
function readPath(line: string): { rule: ListOperation[]; from: List; to: List } | undefined {
  const parts = line.split(' -> ');
  const rule = parts.filter((_, index) => index % 2 === 1).map((name) => BY_NAME.get(name));
  const from = readList(parts[0] ?? '');
  if (!from || rule.length === 0 || rule.length > MOST_OPERATIONS || rule.includes(undefined))
    return undefined;
  const known = rule as ListOperation[];
  return pathText(known, from) === line ? { rule: known, from, to: applyAll(known, from) } : undefined;
}

/** `4 7 2`, `4, 7, 2` or `[4, 7, 2]`. */
function readList(text: string): number[] | undefined {
  const plain = /^[[(]?\s*(\d{1,9}(?:(?:\s*,\s*|\s+)\d{1,9}){0,63})\s*[\])]?$/.exec(
    text.slice(0, 1000).trim(),
  )?.[1];
  return plain?.split(/[\s,]+/).map(Number);
}

/**
 * Checks the steps of an induction without a key. A step is a path from an example or from the new list through the operations
 * of a rule that explains every example; a path from an example that ends elsewhere, and in `no`; or the rule's name, after which its operations are applied in turn. Any rule that
 * explains the examples will do.
 */
export const checkInductionSteps: CheckSteps = lineByLine((question) => {
  const read = readQuestion(question);
  if (!read) return () => false;
  let left: ListOperation[] | undefined;
  let list = read.asked;
  return (line) => {
    const said = announcedAnswer(line);
    if (said !== undefined) {
      const given = readList(said);
      return left?.length === 0 && given !== undefined && same(given, list);
    }
    const explains = (rule: readonly ListOperation[]) =>
      read.examples.every(({ input, output }) => same(applyAll(rule, input), output));
    const failed = line.endsWith(', no') ? readPath(line.slice(0, -', no'.length)) : undefined;
    if (failed)
      return read.examples.some(({ input, output }) => same(input, failed.from) && !same(output, failed.to));
    const path = readPath(line);
    if (path) {
      const isNew = same(path.from, read.asked);
      if (!explains(path.rule) || !(isNew || read.examples.some(({ input }) => same(input, path.from))))
        return false;
      if (isNew) [left, list] = [[], path.to];
      return true;
    }
    const [name = '', value = '', ...more] = line.split(': ');
    if (more.length > 0) return false;
    if (name === 'Rule') {
      const rule = value.split(', ').map((part) => BY_NAME.get(part));
      if (left || rule.length > MOST_OPERATIONS || rule.includes(undefined)) return false;
      const known = rule as ListOperation[];
      if (!explains(known)) return false;
      left = known;
      return true;
    }
    const [next] = left ?? [];
    const given = readList(value);
    if (next?.name !== name || !given || !same(next.apply(list), given)) return false;
    list = given;
    left = left?.slice(1);
    return true;
  };
});

function readQuestion(question: Question): { examples: Example[]; asked: List } | undefined {
  const text = questionText(question);
  const examples = [...text.matchAll(/^([\d ]+) -> ([\d ]+)$/gm)].map(([, input = '', output = '']) => ({
    input: readList(input) ?? [],
    output: readList(output) ?? [],
  }));
  const asked = readList(/ (?:of) ([\d ]+)\?$/.exec(text)?.[1] ?? '');
  return asked && examples.length > 0 ? { examples, asked } : undefined;
}

export const entry: DatasetEntry = {
  name: 'induction',
  summary: 'generated: the rule behind examples over lists of numbers, applied to a new list',
  aliases: [],
  columns: [],
  options: {
    fewest: {
      summary: 'fewest operations',
      type: 'integer',
      default: 1,
      minimum: 1,
      maximum: MOST_OPERATIONS,
    },
    most: { summary: 'most operations', type: 'integer', default: 2, minimum: 1, maximum: MOST_OPERATIONS },
    examples: { summary: 'examples shown', type: 'integer', default: 3, minimum: 2, maximum: 5 },
    length: { summary: 'longest list', type: 'integer', default: 4, minimum: 3, maximum: 8 },
    seed: { summary: 'which problems', type: 'integer', default: 0, minimum: 0 },
  },
  build: ({ fewest = 1, most = 2, examples = 3, length = 4, seed = 0 }) =>
    induction({
      operations: [Number(fewest), Number(most)],
      examples: Number(examples),
      length: Number(length),
      seed: String(seed),
    }),
};
