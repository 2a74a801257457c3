/** Linear inequalities over exact fractions. */
import Fraction from 'fraction.js';

/** Σ coefficient · variable + constant ≤ 0, or < 0 where it is strict. */
export interface Inequality {
  readonly coefficients: ReadonlyMap<string, Fraction>;
  readonly constant: Fraction;
  readonly strict: boolean;
}

/** Inequalities that an elimination may make. */
const MOST_INEQUALITIES = 5_000;

/**
 * Whether no numbers satisfy the inequalities, by eliminating one variable after the other (Fourier 1826; Motzkin 1936).
 * Throws RangeError where that makes too many.
 */
export function infeasible(inequalities: readonly Inequality[]): boolean {
  let open = [...inequalities];
  for (;;) {
    const constants = open.filter(({ coefficients }) => coefficients.size === 0);
    if (
      constants.some(({ constant, strict }) => (strict ? constant.compare(0) >= 0 : constant.compare(0) > 0))
    )
      return true;
    open = open.filter(({ coefficients }) => coefficients.size > 0);
    const name = cheapest(open);
    if (name === undefined) return false;
    const [above, below, rest]: [Inequality[], Inequality[], Inequality[]] = [[], [], []];
    for (const one of open) {
      const sign = one.coefficients.get(name)?.compare(0) ?? 0;
      (sign > 0 ? above : sign < 0 ? below : rest).push(one);
    }
    if (rest.length + above.length * below.length > MOST_INEQUALITIES)
      throw new RangeError(`An elimination makes more than ${MOST_INEQUALITIES} inequalities`);
    for (const upper of above) for (const lower of below) rest.push(combined(upper, lower, name));
    open = rest;
  }
}

/** The variable whose elimination makes fewest new inequalities. */
function cheapest(open: readonly Inequality[]): string | undefined {
  const counts = new Map<string, [number, number]>();
  for (const { coefficients } of open)
    for (const [name, value] of coefficients) {
      const [above, below] = counts.get(name) ?? [0, 0];
      counts.set(name, value.compare(0) > 0 ? [above + 1, below] : [above, below + 1]);
    }
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const [name, [above, below]] of counts)
    if (above * below - above - below < least) [best, least] = [name, above * below - above - below];
  return best;
}

function combined(upper: Inequality, lower: Inequality, name: string): Inequality {
  const [up, down] = [upper, lower].map(({ coefficients }) => (coefficients.get(name) as Fraction).abs()) as [
    Fraction,
    Fraction,
  ];
  const coefficients = new Map<string, Fraction>();
  for (const key of new Set([...upper.coefficients.keys(), ...lower.coefficients.keys()])) {
    const value = (upper.coefficients.get(key) ?? ZERO)
      .mul(down)
      .add((lower.coefficients.get(key) ?? ZERO).mul(up));
    if (!value.equals(0)) coefficients.set(key, value);
  }
  return {
    coefficients,
    constant: upper.constant.mul(down).add(lower.constant.mul(up)),
    strict: upper.strict || lower.strict,
  };
}

const ZERO = new Fraction(0);
