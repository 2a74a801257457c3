import type { Problem } from '../../core/problem.ts';
import { seeded } from '../../core/random.ts';
import type { CheckSteps, Worked } from './worked.ts';
import { announcedAnswer, lineByLine } from './worked.ts';
import { sameAnswer } from './worked-verifier.ts';

/**
 * A number of a solution: its exact value, and the values it would have had in a few variants of the story with other
 * given numbers. Two ways to the same quantity agree in every variant; a coincidence of values does not.
 */
interface Quantity {
  readonly numerator: number;
  readonly denominator: number; // positive
  readonly variants: readonly number[];
  /** Worked out of given numbers without a quantity of the worked solution. */
  readonly aside: boolean;
}

const VARIANTS = 2;
/** Readings of one expression whose numbers could mean several things. */
const MOST_READINGS = 64;

export interface EquationStepsOptions {
  /** A given number may come in several equations; otherwise equal numbers are different things. */
  readonly reusesNumbers: boolean;
}

/**
 * Checks chains of equations against the quantities of the worked solution: a step is valid when its arithmetic is exact,
 * its numbers are given ones or results of valid steps, and its result is a quantity of the worked solution, or the net change
 * between two of them made of given numbers alone. So the order of the steps and the way to a quantity are free.
 */
export function equationSteps({ reusesNumbers }: EquationStepsOptions): CheckSteps<Problem<Worked>> {
  return lineByLine((problem) => judgeOf(problem, reusesNumbers));
}

function judgeOf(problem: Problem<Worked>, reusesNumbers: boolean): (line: string) => boolean {
  const { given, results } = quantitiesOf(problem.reference.steps, reusesNumbers);
  const made: Quantity[] = [];
  return (line) => {
    const said = announcedAnswer(line);
    if (said !== undefined) return sameAnswer(problem, problem.reference.answer, said);
    const sides = equationOf(line);
    if (!sides) return false;
    const [left, ...values] = sides as [string, ...string[]];
    const single = /^\d+(?:\/\d+)?$/.test(left);
    if (single && (!left.includes('/') || values.includes(left))) return false;
    const known = (value: Fraction) => [...made, ...given].filter((one) => equal(one, value));
    for (const quantity of readings(left, known)) {
      if (!values.every((side) => hasValue(side, quantity))) return false;
      if (!single && made.some((one) => agree(one, quantity.variants))) continue;
      const reached = results.some(({ variants }) => agree(quantity, variants));
      const change = quantity.aside && isChange(quantity, given, results);
      if (!reached && !change) continue;
      made.push({ ...quantity, aside: !reached });
      return true;
    }
    return false;
  };
}

interface Quantities {
  readonly given: readonly Quantity[];
  readonly results: readonly Quantity[];
}

/** What the worked solution is about. */
function quantitiesOf(steps: readonly string[], reusesNumbers: boolean): Quantities {
  const random = seeded(`variants ${steps.join('\n')}`);
  const given: Quantity[] = [];
  const results: Quantity[] = [];
  const known = (value: Fraction): Quantity[] => {
    const result = results.findLast((one) => equal(one, value));
    if (result) return [result];
    const leaf = reusesNumbers && given.find((one) => equal(one, value));
    if (leaf) return [leaf];
    if (value.denominator !== 1) return [];
    const variants = Array.from({ length: VARIANTS }, () => 1 + random.next() * 9);
    const made = { ...value, variants, aside: true };
    given.push(made);
    return [made];
  };
  for (const step of steps) {
    const sides = equationOf(step);
    const [quantity] = sides ? readings(sides[0] as string, known) : [];
    if (quantity) results.push({ ...quantity, aside: false });
  }
  return { given, results };
}

/** Whether a quantity leads from the first number or a result to another result, and is not simply given. */
function isChange(quantity: Quantity, given: readonly Quantity[], results: readonly Quantity[]): boolean {
  if (given.some((one) => agree(one, quantity.variants))) return false;
  const states = [...given.slice(0, 1), ...results];
  return states.some((from) =>
    [1, -1].some((sign) => {
      const after = from.variants.map((value, at) => value + sign * (quantity.variants[at] as number));
      return results.some((to) => agree(to, after));
    }),
  );
}

function agree({ variants }: Quantity, other: readonly number[]): boolean {
  return variants.every((value, index) => {
    const wanted = other[index] as number;
    return Math.abs(value - wanted) <= 1e-9 * Math.max(1, Math.abs(wanted));
  });
}

interface Fraction {
  readonly numerator: number;
  readonly denominator: number;
}

function equal(a: Fraction, b: Fraction): boolean {
  return a.numerator * b.denominator === b.numerator * a.denominator;
}

/** The sides of the equation in a line, without the words around it; undefined when there is none. */
function equationOf(line: string): readonly string[] | undefined {
  const plain = line.replaceAll('×', '*').replaceAll('÷', '/').replaceAll('−', '-');
  const found = /[(\d][-+*/()\d\s]*(?:=\s*\d+(?:\/\d+)?\s*){1,3}/.exec(plain)?.[0];
  return found?.split('=').map((side) => side.trim());
}

function hasValue(text: string, { numerator, denominator }: Quantity): boolean {
  const [above, below = '1'] = text.split('/');
  const value = { numerator: Number(above), denominator: Number(below) };
  const safe = Number.isSafeInteger(value.numerator * denominator) && value.denominator > 0;
  return safe && equal({ numerator, denominator }, value);
}

/** What an expression may come to, one reading for each meaning of its numbers; none where it is no expression. */
function readings(text: string, known: (value: Fraction) => readonly Quantity[]): readonly Quantity[] {
  const tokens = text.match(/\d+\/\d+|\d+|[-+*/()]|\S/g) ?? [];
  let at = 0;

  function sum(): readonly Quantity[] {
    let left = product();
    while (tokens[at] === '+' || tokens[at] === '-') {
      const operator = tokens[at++] as string;
      left = combine(left, operator, product());
    }
    return left;
  }

  function product(): readonly Quantity[] {
    let left = atom();
    while (tokens[at] === '*' || tokens[at] === '/') {
      const operator = tokens[at++] as string;
      left = combine(left, operator, atom());
    }
    return left;
  }

  function atom(): readonly Quantity[] {
    const token = tokens[at++] ?? '';
    if (token === '(') {
      const inner = sum();
      return tokens[at++] === ')' ? inner : [];
    }
    const [above = '', below] = token.split('/');
    if (!/^\d{1,9}$/.test(above) || (below !== undefined && !/^\d{1,9}$/.test(below))) return [];
    const whole = known({ numerator: Number(above), denominator: Number(below ?? 1) });
    if (below === undefined) return whole;
    const parts = combine(
      known({ numerator: Number(above), denominator: 1 }),
      '/',
      known({ numerator: Number(below), denominator: 1 }),
    );
    return [...whole, ...parts];
  }

  const all = sum();
  return at === tokens.length ? all : [];
}

function combine(lefts: readonly Quantity[], operator: string, rights: readonly Quantity[]): Quantity[] {
  const made: Quantity[] = [];
  for (const a of lefts)
    for (const b of rights) {
      const value = apply(a, operator, b);
      if (!value || made.length >= MOST_READINGS) continue;
      const variants = a.variants.map((x, index) => {
        const y = b.variants[index] as number;
        return operator === '+' ? x + y : operator === '-' ? x - y : operator === '*' ? x * y : x / y;
      });
      made.push({ ...value, variants, aside: a.aside && b.aside });
    }
  return made;
}

/** The exact result; undefined where it divides by zero or leaves the range of exact whole numbers. */
function apply(a: Fraction, operator: string, b: Fraction): Fraction | undefined {
  const [numerator, denominator] =
    operator === '*'
      ? [a.numerator * b.numerator, a.denominator * b.denominator]
      : operator === '/'
        ? [a.numerator * b.denominator, a.denominator * b.numerator]
        : [
            a.numerator * b.denominator + (operator === '+' ? 1 : -1) * b.numerator * a.denominator,
            a.denominator * b.denominator,
          ];
  const exact = Number.isSafeInteger(numerator) && Number.isSafeInteger(denominator);
  return exact && denominator > 0 ? { numerator, denominator } : undefined;
}
