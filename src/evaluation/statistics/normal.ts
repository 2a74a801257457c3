import { InputError } from '../../core/errors.ts';

/** A confidence interval: its lower and upper end. */
export type Interval = readonly [low: number, high: number];

/** Standard normal distribution function, absolute error below 1e-14. Marsaglia's series (2004, "Evaluating the normal distribution"). */
export function normalCdf(z: number): number {
  if (z < -8.3) return 0;
  if (z > 8.3) return 1;
  let sum = 0;
  let term = z;
  for (let divisor = 3; Math.abs(term) > Math.abs(sum) * Number.EPSILON * 0.5; divisor += 2) {
    sum += term;
    term *= (z * z) / divisor;
  }
  return 0.5 + (sum * Math.exp(-0.5 * z * z)) / Math.sqrt(2 * Math.PI);
}

/** Inverse of `normalCdf` for a probability in (0, 1), by bisection; accurate to 1e-9 between 1e-6 and 1 − 1e-6. */
export function normalQuantile(probability: number): number {
  return bisect(normalCdf, probability, 8.3);
}

/** Quantile of Student's t for a probability in (0, 1) and a whole number of degrees of freedom ≥ 1. */
export function studentQuantile(probability: number, degrees: number): number {
  if (!Number.isInteger(degrees) || degrees < 1)
    throw new InputError(`Degrees of freedom are ${degrees}; they must be a whole number of at least 1`);
  return bisect((t) => studentCdf(t, degrees), probability, 1e6);
}

/** z such that the middle of the normal distribution up to ±z holds `level`, a share in (0, 1): 1.96 for 0.95. */
export function normalDeviate(level: number): number {
  if (!(level > 0 && level < 1))
    throw new InputError(`Confidence level is ${level}; it must lie between 0 and 1, such as 0.95`);
  return normalQuantile(0.5 + level / 2);
}

/** The finite trigonometric sums of Abramowitz and Stegun (1964), 26.7.3 and 26.7.4. */
function studentCdf(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const cosine = Math.cos(angle);
  const odd = degrees % 2 === 1;
  let term = odd ? cosine : 1;
  let sum = 0;
  for (let power = odd ? 1 : 0; power <= degrees - 2; power += 2) {
    sum += term;
    term *= (cosine * cosine * (power + 1)) / (power + 2);
  }
  const within = odd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
  return 0.5 + within / 2;
}

function bisect(cdf: (x: number) => number, probability: number, largest: number): number {
  if (!(probability > 0 && probability < 1))
    throw new InputError(`Probability is ${probability}; it must lie between 0 and 1`);
  let low = -largest;
  let high = largest;
  for (let step = 0; step < 100 && high - low > Number.EPSILON * Math.abs(low); step++) {
    const middle = (low + high) / 2;
    if (cdf(middle) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
