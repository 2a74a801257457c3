import type { Random } from '../../core/random.ts';
import { shuffle } from '../../core/random.ts';

/** Intermediate results stay small. */
export const LARGEST_RESULT = 1000;

/** A number with the expression that made it. */
export interface Made {
  readonly value: number;
  readonly text: string; // in brackets unless it is a number
}

/** One operation on two of some numbers. */
export interface Move {
  readonly line: string; // `4 * 5 = 20`
  readonly left: readonly Made[];
}

/** A way to a target. */
export interface Found {
  readonly steps: readonly string[];
  readonly result: Made;
}

/** A given number. */
export function leaf(value: number): Made {
  return { value, text: String(value) };
}

/** What two numbers make, the larger one first; whole and positive. `others` stay. */
export function movesOf(one: Made, other: Made, others: readonly Made[]): Move[] {
  const [a, b] = one.value >= other.value ? [one, other] : [other, one];
  const make = (operator: string, value: number): Move => ({
    line: `${a.value} ${operator} ${b.value} = ${value}`,
    left: [...others, { value, text: `(${a.text} ${operator} ${b.text})` }],
  });
  const all = [make('+', a.value + b.value)];
  if (a.value > b.value) all.push(make('-', a.value - b.value));
  if (a.value * b.value <= LARGEST_RESULT) all.push(make('*', a.value * b.value));
  if (a.value % b.value === 0) all.push(make('/', a.value / b.value));
  return all;
}

/** A move with the numbers it leaves: `4 * 5 = 20 (left: 6 10 20)`. */
export function moveLine({ line, left }: Move): string {
  const values = left.map(({ value }) => value).sort((a, b) => a - b);
  return `${line} (left: ${values.join(' ')})`;
}

/** The moves on each pair of some numbers, no line twice; pairs in random order. */
export function movesByPair(left: readonly Made[], random: Random): Move[][] {
  const pairs = left.flatMap((_, i) => left.slice(0, i).map((__, j) => [i, j] as const));
  const seen = new Set<string>();
  return shuffle(pairs, random).map(([i, j]) => {
    const others = left.filter((_, index) => index !== i && index !== j);
    const moves = movesOf(left[i] as Made, left[j] as Made, others).filter(({ line }) => !seen.has(line));
    for (const { line } of moves) seen.add(line);
    return moves;
  });
}

/** Every move on some numbers, each line once, in random order. */
export function allMoves(left: readonly Made[], random: Random): Move[] {
  return movesByPair(left, random).flatMap((moves) => shuffle(moves, random));
}

/** Depth first in random order: the steps to the target, or undefined when whole numbers do not lead there. */
export function solveFor(left: readonly Made[], target: number, random: Random): Found | undefined {
  const [only] = left;
  if (left.length === 1 && only) return only.value === target ? { steps: [], result: only } : undefined;
  for (const move of allMoves(left, random)) {
    const found = solveFor(move.left, target, random);
    if (found) return { steps: [moveLine(move), ...found.steps], result: found.result };
  }
  return undefined;
}
