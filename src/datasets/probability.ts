/**
 * Probability: balls drawn from bags, two dice, and which of two bags a ball came from (Bayes), with exact fractions.
 * A problem's split depends on what is asked and on the numbers that matter.
 */
import type { DatasetEntry } from '../core/catalog-entry.ts';
import type { Dataset, Problem } from '../core/problem.ts';
import type { Random } from '../core/random.ts';
import { equationSteps } from './parts/equation-steps.ts';
import { between, checkRange, generated, pick, sample } from './parts/generated.ts';
import type { Worked } from './parts/worked.ts';
import { workedVerifier } from './parts/worked-verifier.ts';

export interface ProbabilityOptions {
  readonly balls?: number; // of one colour at the most, 3 to 30; default 9
  readonly draws?: number; // balls drawn where several are, 2 to 4; default 2
  readonly seed?: number | string; // default 0
}

const COLOURS = 'red blue green white black yellow'.split(' ');
const THINGS = 'balls marbles beads tokens'.split(' ');
const COUNTS = ['', 'One', 'Two', 'Three', 'Four'];

/** A question with its equations; the last one has the probability on its right, or is followed by its simplification. */
interface Asked {
  readonly structure: string;
  readonly text: string;
  readonly equations: readonly string[];
  readonly numerator: number;
  readonly denominator: number;
  /** What the program divides: two Python expressions. */
  readonly program: readonly [string, string];
}

/** Generated probability problems. */
export function probability({
  balls = 9,
  draws = 2,
  seed = 0,
}: ProbabilityOptions = {}): Dataset<Problem<Worked>> {
  checkRange('balls', [3, balls], 3, 30);
  checkRange('draws', [2, draws], 2, 4);
  const kinds = [sameColour, sameColour, inOrder, atLeastOne, eitherColour, diceSum, whichBag, whichBag];

  function draw(random: Random): Asked | undefined {
    const asked = pick(random, kinds)(random, balls, draws);
    if (!asked || new Set(asked.equations.map(resultOf)).size < asked.equations.length) return undefined;
    return asked;
  }

  return generated({
    name: 'probability',
    knobs: `up to ${balls} balls of a colour, ${draws} draws`,
    seed,
    draw,
    write: toProblem,
    verifier: workedVerifier({ name: 'probability', checkSteps: equationSteps({ reusesNumbers: true }) }),
  });
}

/** A number in the steps then means one quantity. */
function resultOf(equation: string): string {
  return equation.slice(equation.lastIndexOf('=') + 1);
}

function toProblem({ text, equations, numerator, denominator, program }: Asked): Omit<Problem<Worked>, 'id'> {
  const reduced = reductions(numerator, denominator);
  const answer = reduced.at(-1) as string;
  return {
    messages: [{ role: 'user', text: `${text} Give a fraction.` }],
    answerKind: 'number',
    reference: {
      answer,
      steps: [
        ...equations,
        ...reduced.slice(1).map((fraction, index) => `${reduced[index]} = ${fraction}`),
        `The answer is ${answer}`,
      ],
      program: `def solution():\n    return f"{${program[0]}}/{${program[1]}}"`,
    },
  };
}

/** A fraction, then the same one reduced by one prime after the other, the smallest first: 24/60, 12/30, 6/15, 2/5. */
function reductions(numerator: number, denominator: number): string[] {
  const fractions = [`${numerator}/${denominator}`];
  let [above, below] = [numerator, denominator];
  for (let prime = 2; prime <= above && above < below; ) {
    if (above % prime !== 0 || below % prime !== 0) {
      prime++;
      continue;
    }
    above /= prime;
    below /= prime;
    fractions.push(`${above}/${below}`);
  }
  return fractions;
}

interface Bag {
  readonly text: string; // `A bag holds 3 red and 5 blue balls.`
  readonly things: string;
  readonly colours: readonly string[];
  readonly counts: readonly number[];
  readonly total: number;
  readonly totalLine: string;
}

function drawBag(random: Random, balls: number): Bag {
  const colours = sample(random, COLOURS, between(random, 2, 3));
  const counts = colours.map(() => between(random, 2, balls));
  const things = pick(random, THINGS);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const listed = colours.map((colour, index) => `${counts[index]} ${colour}`);
  const text = `${pick(random, ['A bag holds', 'There are', 'An urn has'])} ${joined(listed)} ${things}.`;
  return { text, things, colours, counts, total, totalLine: `${counts.join(' + ')} = ${total}` };
}

function joined(items: readonly string[]): string {
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

/** Several draws that all give one of the first `count` balls, as equations and as the fraction. */
function allFrom(
  count: number,
  { total, totalLine }: Bag,
  draws: number,
  putBack: boolean,
): Pick<Asked, 'equations' | 'numerator' | 'denominator' | 'program'> {
  const equations = [totalLine];
  const factors: [number, number][] = [[count, total]];
  for (let index = 1; index < draws; index++) {
    const [above, below] = factors[index - 1] as [number, number];
    if (!putBack) equations.push(`${above} - 1 = ${above - 1}`, `${below} - 1 = ${below - 1}`);
    factors.push(putBack ? [above, below] : [above - 1, below - 1]);
  }
  const numerator = factors.reduce((product, [above]) => product * above, 1);
  const denominator = factors.reduce((product, [, below]) => product * below, 1);
  equations.push(`${factors.map((factor) => factor.join('/')).join(' * ')} = ${numerator}/${denominator}`);
  return {
    equations,
    numerator,
    denominator,
    program: [factors.map(([above]) => above).join(' * '), factors.map(([, below]) => below).join(' * ')],
  };
}

function sameColour(random: Random, balls: number, draws: number): Asked | undefined {
  const bag = drawBag(random, balls);
  const [colour = '', count = 0] = [bag.colours[0], bag.counts[0]];
  if (count <= draws - 1) return undefined;
  const putBack = random.integer(3) === 0;
  const way = putBack ? 'and put back one by one' : pick(random, ['and kept', 'without putting back']);
  const which = draws === 2 ? 'both' : 'all';
  return {
    structure: `all ${putBack} ${draws}: ${count} of ${bag.total}`,
    text: `${bag.text} ${COUNTS[draws]} are drawn ${way}. What is the probability that ${which} are ${colour}?`,
    ...allFrom(count, bag, draws, putBack),
  };
}

function inOrder(random: Random, balls: number): Asked {
  const bag = drawBag(random, balls);
  const [first = 0, second = 0] = bag.counts;
  const left = bag.total - 1;
  const [above, below] = [first * second, bag.total * left];
  return {
    structure: `order: ${first} and ${second} of ${bag.total}`,
    text: `${bag.text} Two are drawn without putting back. What is the probability of first ${bag.colours[0]}, then ${bag.colours[1]}?`,
    equations: [
      bag.totalLine,
      `${bag.total} - 1 = ${left}`,
      `${first}/${bag.total} * ${second}/${left} = ${above}/${below}`,
    ],
    numerator: above,
    denominator: below,
    program: [`${first} * ${second}`, `${bag.total} * ${left}`],
  };
}

function atLeastOne(random: Random, balls: number, draws: number): Asked | undefined {
  const bag = drawBag(random, balls);
  const others = bag.total - (bag.counts[0] as number);
  if (others <= draws - 1) return undefined;
  const none = allFrom(others, bag, draws, false);
  const { numerator, denominator } = none;
  const rest = denominator - numerator;
  const [total = '', ...later] = none.equations;
  return {
    structure: `some ${draws}: ${others} of ${bag.total}`,
    text: `${bag.text} ${COUNTS[draws]} are drawn without putting back. What is the probability of at least one ${bag.colours[0]}?`,
    equations: [
      total,
      `${bag.total} - ${bag.counts[0]} = ${others}`,
      ...later,
      `1 - ${numerator}/${denominator} = ${rest}/${denominator}`,
    ],
    numerator: rest,
    denominator,
    program: [`${none.program[1]} - ${none.program[0]}`, none.program[1]],
  };
}

function eitherColour(random: Random, balls: number): Asked | undefined {
  const bag = drawBag(random, balls);
  const [first = 0, second = 0, third] = bag.counts;
  if (third === undefined) return undefined;
  const either = first + second;
  return {
    structure: `either: ${[first, second].sort((a, b) => a - b).join(' ')} of ${bag.total}`,
    text: `${bag.text} One is drawn. What is the probability that it is ${bag.colours[0]} or ${bag.colours[1]}?`,
    equations: [bag.totalLine, `${first} + ${second} = ${either}`],
    numerator: either,
    denominator: bag.total,
    program: [`${first} + ${second}`, bag.counts.join(' + ')],
  };
}

function diceSum(random: Random): Asked {
  const sides = between(random, 4, 12);
  const sum = between(random, 3, 2 * sides - 1);
  const small = sum <= sides + 1;
  const most = 2 * sides + 1;
  const ways = small ? sum - 1 : most - sum;
  return {
    structure: `dice ${sides} ${sum}`,
    text: `Two dice with ${sides} sides each are thrown. What is the probability that the sum is ${sum}?`,
    equations: [
      ...(small
        ? [`${sum} - 1 = ${ways}`]
        : [`2 * ${sides} = ${2 * sides}`, `${2 * sides} + 1 = ${most}`, `${most} - ${sum} = ${ways}`]),
      `${sides} * ${sides} = ${sides * sides}`,
    ],
    numerator: ways,
    denominator: sides * sides,
    program: [small ? `${sum} - 1` : `2 * ${sides} + 1 - ${sum}`, `${sides} * ${sides}`],
  };
}

/** P(A | colour) = (a / n) / (a / n + b / m) = a m / (a m + b n), with the bags equally likely. */
function whichBag(random: Random, balls: number): Asked {
  const [colour = '', other = ''] = sample(random, COLOURS, 2);
  const things = pick(random, THINGS);
  const [a, a2, b, b2] = Array.from({ length: 4 }, () => between(random, 1, balls)) as [
    number,
    number,
    number,
    number,
  ];
  const [n, m] = [a + a2, b + b2];
  const [above, rest] = [a * m, b * n];
  const drawn = pick(random, ['One bag is picked by a fair coin', 'A bag is picked at random']);
  return {
    structure: `bags ${a} ${a2} ${b} ${b2}`,
    text: `Bag A holds ${a} ${colour} and ${a2} ${other} ${things}, bag B ${b} ${colour} and ${b2} ${other}. ${drawn}; what is drawn from it is ${colour}. What is the probability that it was bag A?`,
    equations: [
      `${a} + ${a2} = ${n}`,
      `${b} + ${b2} = ${m}`,
      `${a} * ${m} = ${above}`,
      `${b} * ${n} = ${rest}`,
      `${above} + ${rest} = ${above + rest}`,
    ],
    numerator: above,
    denominator: above + rest,
    program: [`${a} * ${m}`, `${a} * ${m} + ${b} * ${n}`],
  };
}

export const entry: DatasetEntry = {
  name: 'probability',
  summary: 'generated: bags, dice and Bayes, exact fractions',
  aliases: [],
  columns: [],
  options: {
    balls: { summary: 'most balls of a colour', type: 'integer', default: 9, minimum: 3, maximum: 30 },
    draws: { summary: 'balls drawn', type: 'integer', default: 2, minimum: 2, maximum: 4 },
    seed: { summary: 'which problems', type: 'integer', default: 0, minimum: 0 },
  },
  build: ({ balls = 9, draws = 2, seed = 0 }) =>
    probability({ balls: Number(balls), draws: Number(draws), seed: String(seed) }),
};
