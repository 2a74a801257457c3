import { canonicalNumber, normaliseText } from '../../core/canonical.ts';
import { latexTokens, normaliseLatex } from '../../core/latex.ts';
import type { Formula } from './formula.ts';
import { parseFormula } from './formula.ts';
import type { MathValue, Quantity } from './math-value.ts';
import { parseMath } from './math-value.ts';
import type { ScalarOptions } from './same-scalar.ts';
import { proportional, sameScalar } from './same-scalar.ts';
import { symbolicallyEqual } from './symbolic.ts';

/** Longer answers are not compared. */
const VALUE_CHARACTERS = 2000;
/** Collections with more items are equal only as text. */
const ITEMS = 64;
/** Questions to computer algebra per comparison, each up to a second: long lists must not add up to minutes. */
const QUESTIONS = 16;

export interface EquivalenceOptions {
  /** Numbers that differ by at most half a unit of this decimal place count as equal. Absent: exactly equal only. */
  readonly decimals?: number;
  readonly signal?: AbortSignal;
}

/**
 * Whether two mathematical answers say the same: equal as text, as exact rationals, by computer algebra, or as functions
 * at seeded points, in this order. Undecided counts as different, so an answer is never accepted on a guess. A unit may
 * be left out but not changed; 28% equals both 28 and 0.28; sets and lists are unordered, tuples ordered.
 */
export async function equivalent(
  gold: string,
  answer: string,
  options: EquivalenceOptions = {},
): Promise<boolean> {
  if (gold.length > VALUE_CHARACTERS || answer.length > VALUE_CHARACTERS) return gold === answer;
  const written = normaliseLatex(gold);
  if (written !== '' && written === normaliseLatex(answer)) return true;
  if (/^[-+]?[\d.,/ ]+$/.test(gold.trim())) {
    const value = canonicalNumber(gold);
    if (value !== undefined && value === canonicalNumber(answer)) return true;
  }
  const [left, right] = [parseMath(gold), parseMath(answer)];
  if (!left || !right) return false;
  return sameValue(left, right, { ...options, allowance: { questions: QUESTIONS } });
}

async function sameValue(a: MathValue, b: MathValue, options: ScalarOptions): Promise<boolean> {
  if (a.kind === 'named' && b.kind === 'named') {
    if (a.name !== b.name && !a.name.startsWith('\\text') && !b.name.startsWith('\\text')) return false;
    return sameValue(a.value, b.value, options);
  }
  if (isCollection(a) && isCollection(b)) return sameCollection(a.items, b.items, options);
  if (a.kind === 'tuple' && b.kind === 'tuple')
    return a.open === b.open && a.close === b.close && sameInOrder(a.items, b.items, options);
  if (a.kind === 'list' && b.kind === 'tuple') return sameAssignment(a.items, b, options);
  if (a.kind === 'tuple' && b.kind === 'list') return sameAssignment(b.items, a, options);
  const [equation, other] = [asEquation(a), asEquation(b)];
  if (equation && other) return sameRelation(equation, other, options);
  if (a.kind === 'named') return sameValue(a.value, b, options);
  if (b.kind === 'named') return sameValue(a, b.value, options);
  if (a.kind === 'union' && b.kind === 'union') return sameUnordered(a.items, b.items, options);
  if (a.kind === 'set' && a.items.length === 1) return sameValue(a.items[0] as MathValue, b, options);
  if (b.kind === 'set' && b.items.length === 1) return sameValue(a, b.items[0] as MathValue, options);
  if (a.kind === 'words' && b.kind === 'words' && sameWords(a, b)) return true;
  const [left, right] = [asQuantity(a), asQuantity(b)];
  return left !== undefined && right !== undefined && sameQuantity(left, right, options);
}

type Collection = Extract<MathValue, { kind: 'list' | 'set' | 'union' }>;
type Tuple = Extract<MathValue, { kind: 'tuple' }>;
type Relation = Extract<MathValue, { kind: 'relation' }>;
type Named = Extract<MathValue, { kind: 'named' }>;
type Words = Extract<MathValue, { kind: 'words' }>;

/** Case counts only where both may be products of variables, but for the first letter: 'Yes' is 'yes', ABC is not abc. */
function sameWords(a: Words, b: Words): boolean {
  if (normaliseText(a.words) !== normaliseText(b.words)) return false;
  return !a.product || !b.product || a.words.slice(1) === b.words.slice(1);
}

/** Letters side by side may be a word or a product. */
function asQuantity(value: MathValue): Quantity | undefined {
  return value.kind === 'words' ? value.product : value.kind === 'quantity' ? value : undefined;
}

function isCollection(value: MathValue): value is Collection {
  return value.kind === 'list' || value.kind === 'set';
}

/** Lists and sets are unordered, except where only one side names its values: 'x = 1, y = 2' is '1, 2' in this order. */
async function sameCollection(
  a: readonly MathValue[],
  b: readonly MathValue[],
  options: ScalarOptions,
): Promise<boolean> {
  const [namesA, namesB] = [assignment(a), assignment(b)];
  if (namesA && !namesB) return sameInOrder(a, b, options);
  if (namesB && !namesA) return sameInOrder(a, b, options);
  const everyNamed = [...a, ...b].every((item) => item.kind === 'named');
  const values = (items: readonly MathValue[]) =>
    everyNamed ? items : items.map((item) => (item.kind === 'named' ? item.value : item));
  return sameUnordered(values(a), values(b), options);
}

/** The items when each has a name of its own. */
function assignment(items: readonly MathValue[]): readonly Named[] | undefined {
  const named = items.filter((item) => item.kind === 'named');
  const distinct = new Set(named.map((item) => item.name)).size === items.length;
  return named.length === items.length && distinct ? named : undefined;
}

/** 'p = 5, q = 2' is the point (5, 2). */
async function sameAssignment(
  items: readonly MathValue[],
  tuple: Tuple,
  options: ScalarOptions,
): Promise<boolean> {
  return tuple.open === '(' && tuple.close === ')' && assignment(items) !== undefined
    ? sameInOrder(items, tuple.items, options)
    : false;
}

async function sameInOrder(
  a: readonly MathValue[],
  b: readonly MathValue[],
  options: ScalarOptions,
): Promise<boolean> {
  if (a.length !== b.length || a.length > ITEMS) return false;
  for (const [index, item] of a.entries())
    if (!(await sameValue(item, b[index] as MathValue, options))) return false;
  return true;
}

async function sameUnordered(
  a: readonly MathValue[],
  b: readonly MathValue[],
  options: ScalarOptions,
): Promise<boolean> {
  if (a.length !== b.length || a.length > ITEMS) return false;
  const left = [...b];
  for (const item of a) {
    let found = -1;
    for (let index = 0; index < left.length && found < 0; index++)
      if (await sameValue(item, left[index] as MathValue, options)) found = index;
    if (found < 0) return false;
    left.splice(found, 1);
  }
  return true;
}

/** Equal sides, or for equations: one is a constant multiple of the other. */
async function sameRelation(a: Relation, b: Relation, options: ScalarOptions): Promise<boolean> {
  if (a.sign !== b.sign) return false;
  if (await sameInOrder([a.left, a.right], [b.left, b.right], options)) return true;
  if (a.sign !== '=' && a.sign !== '\\ne') return false;
  if (await sameInOrder([a.left, a.right], [b.right, b.left], options)) return true;
  const [difference, other] = [sidesApart(a), sidesApart(b)];
  return difference !== undefined && other !== undefined && proportional(difference, other);
}

/** Relations as they are, and 'y = 2x' as the equation it is too. */
function asEquation(value: MathValue): Relation | undefined {
  if (value.kind === 'relation') return value;
  if (value.kind !== 'named' || value.value.kind !== 'quantity') return undefined;
  const left = parseMath(value.name);
  return left && { kind: 'relation', sign: '=', left, right: value.value };
}

function sidesApart({ left, right }: Relation): Formula | undefined {
  return left.kind === 'quantity' && right.kind === 'quantity' && left.formula && right.formula
    ? { type: 'subtract', left: left.formula, right: right.formula }
    : undefined;
}

async function sameQuantity(a: Quantity, b: Quantity, options: ScalarOptions): Promise<boolean> {
  if (a.unit !== undefined && b.unit !== undefined && a.unit !== b.unit) return false;
  if (await sameFormula(a, b, options)) return true;
  if (a.percent === b.percent) return false;
  return a.percent ? sameFormula(hundredth(a), b, options) : sameFormula(a, hundredth(b), options);
}

function hundredth(value: Quantity): Quantity {
  const latex = `\\frac{${value.latex}}{100}`;
  const formula = parseFormula(latexTokens(latex));
  return { kind: 'quantity', latex, percent: false, ...(formula && { formula }) };
}

/** Notation that only the computer algebra system reads; our reader failed at everything else for a reason. */
function isAdvanced(latex: string): boolean {
  return /\\(?:sum|prod|int|lim|lfloor|lceil|gcd|lcm|max|min)(?![a-zA-Z])/.test(latex);
}

/** Short, because the parser of the computer algebra system backtracks, and without anything it would skip. */
function isReadable(latex: string): boolean {
  const known =
    /\\(?:sum|prod|int|lim|[lr]floor|[lr]ceil|gcd|lcm|max|min|frac|sqrt|binom|infty|to|pi|le|ge|sin|cos|tan|ln|log|exp)(?![a-zA-Z])/g;
  return latex.length <= 300 && /^[\w\s+\-*/^(){}[\],.!|=<>]*$/.test(latex.replace(known, ' '));
}

async function sameFormula(a: Quantity, b: Quantity, options: ScalarOptions): Promise<boolean> {
  if (a.latex === b.latex) return true;
  if (/\d_/.test(a.latex) || /\d_/.test(b.latex)) return false; // a numeral in another base: 52_8 is not asked for as 42
  if (!a.formula || !b.formula) {
    if (!isAdvanced(a.latex) && !isAdvanced(b.latex)) return false;
    if (!isReadable(a.latex) || !isReadable(b.latex)) return false;
    const verdict = await symbolicallyEqual({ left: a.latex, right: b.latex, latex: true }, options);
    return verdict === 'equal';
  }
  const [left, right] = [withoutMatrixSums(a.formula), withoutMatrixSums(b.formula)];
  if (left.type === 'matrix' && right.type === 'matrix') return sameMatrix(left.rows, right.rows, options);
  if (left.type === 'matrix' || right.type === 'matrix') return false;
  return sameScalar(left, right, options);
}

type Rows = readonly (readonly Formula[])[];

async function sameMatrix(a: Rows, b: Rows, options: ScalarOptions): Promise<boolean> {
  if (a.length !== b.length) return false;
  for (const [row, cells] of a.entries()) {
    const others = b[row] as readonly Formula[];
    if (cells.length !== others.length) return false;
    for (const [column, cell] of cells.entries())
      if (!(await sameScalar(cell, others[column] as Formula, options))) return false;
  }
  return true;
}

/** Adds up matrices of the same shape, entry by entry. */
function withoutMatrixSums(formula: Formula): Formula {
  if (formula.type !== 'add' && formula.type !== 'subtract') return formula;
  const [left, right] = [withoutMatrixSums(formula.left), withoutMatrixSums(formula.right)];
  if (left.type !== 'matrix' || right.type !== 'matrix') return formula;
  const sameShape =
    left.rows.length === right.rows.length &&
    left.rows.every((row, index) => row.length === right.rows[index]?.length);
  if (!sameShape) return formula;
  return {
    type: 'matrix',
    rows: left.rows.map((row, index) =>
      row.map((cell, column) => ({
        type: formula.type,
        left: cell,
        right: right.rows[index]?.[column] as Formula,
      })),
    ),
  };
}
