import { InputError } from '../../core/errors.ts';
import { type Random, seeded } from '../../core/random.ts';

/**
 * Unbiased chance that at least one of k samples is right, from n samples of which `correct` are: 1 − C(n − c, k) / C(n, k)
 * as a product (Chen et al. 2021, arXiv:2107.03374). Whole numbers, 0 ≤ correct ≤ n, 1 ≤ k ≤ n.
 */
export function passAtK(n: number, correct: number, k: number): number {
  checkCounts(n, correct, k);
  if (n - correct < k) return 1;
  let noneRight = 1;
  for (let count = n - correct + 1; count <= n; count++) noneRight *= 1 - k / count;
  return 1 - noneRight;
}

/** Unbiased chance that all of k samples are right: C(c, k) / C(n, k). Same ranges as `passAtK`. */
export function passHatK(n: number, correct: number, k: number): number {
  checkCounts(n, correct, k);
  let allRight = 1;
  for (let drawn = 0; drawn < k; drawn++) allRight *= (correct - drawn) / (n - drawn);
  return Math.max(0, allRight);
}

/** One of the different answers to a problem. */
export interface AnswerCount {
  readonly count: number; // samples that gave it, ≥ 1
  readonly correct: boolean;
}

export interface MajorityOptions {
  readonly unanswered?: number; // samples without a readable answer: they are drawn but never vote; default 0
  readonly seed?: number | string; // of the resampling where enumeration is too dear; default 0
}

/** Enumeration beyond these bounds gives way to resampling: binomials overflow, or the work grows. */
const MOST_EXACT_SAMPLES = 500;
const MOST_EXACT_STEPS = 20_000_000;
const RESAMPLES = 20_000;

/**
 * Unbiased chance that a vote over k of the n samples is right, over all subsets of k (not the first k). A tie goes to
 * the tied answer drawn first; the order being random, each of t tied answers wins with chance 1/t. A vote in which
 * nobody answered is wrong. Exact up to 500 samples while the count of cases stays small, else 20,000 seeded resamples.
 */
export function majAtK(
  answers: readonly AnswerCount[],
  k: number,
  { unanswered = 0, seed = 0 }: MajorityOptions = {},
): number {
  const n = answers.reduce((sum, answer) => sum + answer.count, unanswered);
  const right = answers.reduce((sum, answer) => sum + (answer.correct ? answer.count : 0), 0);
  checkCounts(n, right, k);
  if (right === 0) return 0;
  if (right === n) return 1;
  return n <= MOST_EXACT_SAMPLES && answers.length * k ** 3 <= MOST_EXACT_STEPS
    ? enumerated(answers, unanswered, n, k)
    : resampled(answers, n, k, seeded(seed));
}

/**
 * Sums over the winning count `most`. For each, `ways[drawn][tied right][tied wrong]` counts the subsets of the answers
 * seen so far in which no answer was drawn more often than that.
 */
function enumerated(answers: readonly AnswerCount[], unanswered: number, n: number, k: number): number {
  const takings = answers.map(({ count, correct }) => ({ correct, ways: binomials(count) }));
  const silent = binomials(unanswered);
  const subsets = binomials(n)[k]!;
  let chance = 0;
  for (let most = 1; most <= k; most++) {
    const ties = Math.floor(k / most) + 1;
    const cell = (drawn: number, right: number, wrong: number) => (drawn * ties + right) * ties + wrong;
    let ways = new Float64Array((k + 1) * ties * ties);
    for (let none = 0; none <= Math.min(unanswered, k); none++) ways[cell(none, 0, 0)] = silent[none]!;
    for (const taking of takings) {
      const next = new Float64Array(ways.length);
      for (let drawn = 0; drawn <= k; drawn++)
        for (let right = 0; right < ties; right++)
          for (let wrong = 0; wrong < ties; wrong++) {
            const before = ways[cell(drawn, right, wrong)]!;
            if (before === 0) continue;
            for (let taken = 0; taken <= Math.min(taking.ways.length - 1, most, k - drawn); taken++) {
              const tied = taken === most ? 1 : 0;
              const target = taking.correct
                ? cell(drawn + taken, right + tied, wrong)
                : cell(drawn + taken, right, wrong + tied);
              next[target] = next[target]! + before * taking.ways[taken]!;
            }
          }
      ways = next;
    }
    for (let right = 1; right < ties; right++)
      for (let wrong = 0; right + wrong < ties; wrong++)
        chance += (ways[cell(k, right, wrong)]! / subsets) * (right / (right + wrong));
  }
  return Math.min(1, chance);
}

function resampled(answers: readonly AnswerCount[], n: number, k: number, random: Random): number {
  const samples = new Int32Array(n).fill(-1); // -1: no answer
  let filled = 0;
  for (const [index, { count }] of answers.entries()) {
    samples.fill(index, filled, filled + count);
    filled += count;
  }
  const votes = new Int32Array(answers.length);
  let right = 0;
  for (let resample = 0; resample < RESAMPLES; resample++) {
    votes.fill(0);
    let most = 0;
    for (let drawn = 0; drawn < k; drawn++) {
      const pick = drawn + random.integer(n - drawn); // the first k of a shuffle
      const answer = samples[pick]!;
      samples[pick] = samples[drawn]!;
      samples[drawn] = answer;
      if (answer < 0) continue;
      const count = votes[answer]! + 1;
      votes[answer] = count;
      most = Math.max(most, count);
    }
    if (most === 0) continue;
    const tied = answers.filter((_, index) => votes[index] === most);
    right += tied.filter((answer) => answer.correct).length / tied.length;
  }
  return right / RESAMPLES;
}

/** C(n, 0) to C(n, n). */
function binomials(n: number): Float64Array {
  const row = new Float64Array(n + 1).fill(1);
  for (let k = 1; k < n; k++) row[k] = (row[k - 1]! * (n - k + 1)) / k;
  return row;
}

function checkCounts(n: number, correct: number, k: number): void {
  const whole = [n, correct, k].every(Number.isSafeInteger);
  if (!(whole && k >= 1 && k <= n && correct >= 0 && correct <= n))
    throw new InputError(
      `${correct} right of ${n} samples, taken ${k} at a time: whole numbers with 0 ≤ right ≤ n and 1 ≤ k ≤ n are needed`,
    );
}
