import Fraction from 'fraction.js';
import type { Random } from '../../core/random.ts';
import { seeded } from '../../core/random.ts';
import { exactValue, realValue } from './evaluate-formula.ts';
import type { Formula } from './formula.ts';
import { unknowns } from './formula.ts';
import type { SymbolicOptions } from './symbolic.ts';
import { symbolicallyEqual, toTerms } from './symbolic.ts';

export interface ScalarOptions extends SymbolicOptions {
  /** Values that differ by at most half a unit of this decimal place count as equal. Absent: exactly equal only. */
  readonly decimals?: number;
}

/** Points at which two functions must agree. */
const POINTS = 8;
/** Points tried to find as many where both are defined. */
const TRIES = 32;
/** Relative differences of double values: further apart is different for sure, closer may be equal. */
const APART = 1e-7;
const CLOSE = 1e-12;

/**
 * Whether two formulas without matrices are the same number or function. Exact rational values decide where there are
 * any; then double values may refute; then computer algebra decides. When that has no answer (not installed, or over its
 * time), close double values count, if no number in sight is so long that they could be close by chance.
 */
export async function sameScalar(a: Formula, b: Formula, options: ScalarOptions): Promise<boolean> {
  const names = [...new Set([...unknowns(a), ...unknowns(b)])].sort();
  if (options.decimals !== undefined && names.length === 0) {
    const [x, y] = [realValue(a), realValue(b)];
    if (Math.abs(x - y) <= 0.5 * 10 ** -options.decimals + Number.EPSILON * Math.abs(x)) return true;
  }
  const infinite = infinity(a) !== 0 || infinity(b) !== 0;
  if (infinite) return infinity(a) === infinity(b);
  const exact = compareExactly(a, b, names);
  if (exact === 'equal') return true;
  const complex = names.includes('i'); // then 'i' is no unknown: only an identity in it says anything
  if (exact === 'different' && !complex) return false;
  const close = complex ? 'unknown' : compareDoubles(a, b, names);
  if (close === 'different') return false;
  if (names.length === 0 && (isOverflow(a) || isOverflow(b))) return false; // 1/0, or too large to tell
  const verdict = await symbolicallyEqual({ ...toTerms(a, b), latex: false }, options);
  return verdict === 'equal' || (close === 'close' && (verdict === 'unknown' || verdict === 'missing'));
}

function isOverflow(formula: Formula): boolean {
  return Math.abs(realValue(formula)) === Number.POSITIVE_INFINITY;
}

/** 1 for \infty, -1 for -\infty, 0 for everything else. */
function infinity(formula: Formula): number {
  if (formula.type === 'negate') return -infinity(formula.of);
  return formula.type === 'symbol' && formula.name === '\\infty' ? 1 : 0;
}

function compareExactly(a: Formula, b: Formula, names: readonly string[]): 'equal' | 'different' | 'unknown' {
  const random = seeded('exact probe');
  const wanted = names.length === 0 ? 1 : POINTS;
  let agreeing = 0;
  for (let tries = 0; tries < (names.length === 0 ? 1 : TRIES) && agreeing < wanted; tries++) {
    const at = new Map(names.map((name) => [name, randomFraction(random)]));
    const x = exactValue(a, at);
    const y = x && exactValue(b, at);
    if (!x || !y) {
      if (agreeing === 0 && tries >= POINTS) return 'unknown'; // irrational all along
      continue;
    }
    if (!x.equals(y)) return 'different';
    agreeing++;
  }
  return agreeing === wanted ? 'equal' : 'unknown';
}

/** Numerators from a set so large that unequal polynomials of any usual degree cannot agree at eight points by chance. */
function randomFraction(random: Random): Fraction {
  const sign = random.integer(2) === 0 ? 1 : -1;
  return new Fraction(sign * (1 + random.integer(9973)), 1 + random.integer(97));
}

function compareDoubles(a: Formula, b: Formula, names: readonly string[]): 'close' | 'different' | 'unknown' {
  const random = seeded('double probe');
  const wanted = names.length === 0 ? 1 : POINTS;
  let close = 0;
  let oneSided = false; // defined here, undefined there: not the same function
  for (let tries = 0; tries < (names.length === 0 ? 1 : TRIES) && close < wanted; tries++) {
    const at = new Map(
      names
        .map((name) => [name, 0.1 + 3 * random.next()] as const)
        .map(([name, size]) => [name, random.integer(2) === 0 ? size : -size]),
    );
    const [x, y] = [realValue(a, at), realValue(b, at)];
    if (Number.isFinite(x) !== Number.isFinite(y)) oneSided = true;
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    const size = Math.max(Math.abs(x), Math.abs(y), 1e-3);
    if (Math.abs(x - y) > APART * size) return 'different';
    if (Math.abs(x - y) <= CLOSE * size) close++;
  }
  return close === wanted && !oneSided && !mayBeChance(a, b) ? 'close' : 'unknown';
}

/** Numbers of more digits than this could make double values agree although the exact values differ. */
const PLAIN_DIGITS = 4;

function mayBeChance(a: Formula, b: Formula): boolean {
  const isLong = ({ n, d }: Fraction) => String(n).length > PLAIN_DIGITS || String(d).length > PLAIN_DIGITS;
  const long = (formula: Formula): boolean => {
    switch (formula.type) {
      case 'number':
        return isLong(new Fraction(formula.digits));
      case 'symbol':
        return false;
      case 'negate':
        return long(formula.of);
      case 'call':
        return formula.arguments.some(long);
      case 'matrix':
        return true;
      case 'power':
        return long(formula.left) || (exactValue(formula.right)?.abs().valueOf() ?? 0) > PLAIN_DIGITS;
      default:
        return long(formula.left) || long(formula.right);
    }
  };
  const [x, y] = [exactValue(a), exactValue(b)];
  const rational = x && y ? undefined : (x ?? y);
  // among the rationals with denominators up to q some lie within 1/q² of any number
  const dense = rational !== undefined && rational.abs().valueOf() * Number(rational.d) ** 2 > 1e6;
  return dense || long(a) || long(b);
}

/** Whether one function is a constant multiple of the other, decided at exact points: '2x = 6' and 'x = 3'. */
export function proportional(a: Formula, b: Formula): boolean {
  const names = [...new Set([...unknowns(a), ...unknowns(b)])].sort();
  if (names.length === 0) return false;
  const random = seeded('ratio probe');
  let ratio: Fraction | undefined;
  let agreeing = 0;
  for (let tries = 0; tries < TRIES && agreeing < POINTS; tries++) {
    const at = new Map(names.map((name) => [name, randomFraction(random)]));
    const x = exactValue(a, at);
    const y = exactValue(b, at);
    if (!x || !y || x.equals(0) || y.equals(0)) continue;
    ratio ??= x.div(y);
    if (!ratio.equals(x.div(y))) return false;
    agreeing++;
  }
  return agreeing === POINTS;
}
