/**
 * Game of 24: make 24 from four numbers with + - * /, each number used once. Tree of Thoughts, Yao et al. 2023,
 * arXiv:2305.10601, tests on puzzles 901 to 1,000 of the 1,362 solvable ones, in order of human solving time.
 * Without that file the puzzles are enumerated and ordered by the number of ways to solve them, most first.
 */
import type { DatasetEntry, DatasetSource } from '../core/catalog-entry.ts';
import { InputError } from '../core/errors.ts';
import type { Dataset, LoadOptions, Problem, Split } from '../core/problem.ts';
import { expression } from '../verifiers/expression.ts';
import { solveTarget, waysToTarget } from './parts/arithmetic-search.ts';
import { Cells } from './parts/cells.ts';
import { checkLimit } from './parts/published.ts';
import { readRows } from './parts/read-rows.ts';

export interface GameOf24Options extends Pick<DatasetSource, 'path'> {
  /** First and last puzzle of the test split, 1-based; the others are the train split. Default 901 to 1,000. */
  readonly range?: readonly [number, number];
}

const TARGET = 24;
const LARGEST = 13; // cards of one suit

interface Puzzle {
  readonly rank: number; // 1-based, easiest first
  readonly key: string;
  readonly numbers: readonly number[];
}

/** Game of 24 from the published CSV, else generated. The reference is one solution; the verifier takes any. */
export function gameOf24({ path, range = [901, 1000] }: GameOf24Options = {}): Dataset<Problem<string>> {
  const [first, last] = range;
  if (!(Number.isInteger(first) && Number.isInteger(last) && first >= 1 && first <= last))
    throw new InputError(
      `The range is ${first} to ${last}; it must be two puzzle numbers from 1 on, in order`,
    );

  async function* load(split: Split, { limit, signal }: LoadOptions = {}): AsyncGenerator<Problem<string>> {
    checkLimit(limit);
    if (split === 'validation')
      throw new InputError('game-of-24 has no validation split; it has train, test');
    let count = 0;
    for await (const puzzle of path === undefined ? rankedPuzzles() : filePuzzles(path, signal)) {
      signal?.throwIfAborted();
      if (count >= (limit ?? Number.POSITIVE_INFINITY)) return;
      if ((puzzle.rank >= first && puzzle.rank <= last) !== (split === 'test')) continue;
      yield toProblem(puzzle);
      count++;
    }
    if (count === 0 && limit !== 0)
      throw new InputError(`game-of-24 has no puzzle in the range ${first} to ${last}; give a smaller one`);
  }

  return {
    name: 'game-of-24',
    verifier: expression(),
    splits: ['train', 'test'],
    source: path ?? `generated, 1 to ${LARGEST}`,
    load,
  };
}

function toProblem({ key, numbers }: Puzzle): Problem<string> {
  const solution = solveTarget(numbers, TARGET);
  if (solution === undefined)
    throw new InputError(`The numbers ${numbers.join(' ')} of game-of-24/${key} cannot make ${TARGET}`);
  const text = `Use the numbers ${numbers.join(' ')} and the operations + - * / to make ${TARGET}. Use each number exactly once.`;
  return {
    id: `game-of-24/${key}`,
    messages: [{ role: 'user', text }],
    answerKind: 'expression',
    given: { numbers, target: TARGET },
    reference: solution,
  };
}

async function* filePuzzles(path: string, signal: AbortSignal | undefined): AsyncGenerator<Puzzle> {
  const seen = new Set<number>();
  for await (const row of readRows(path, signal ? { signal } : {})) {
    const cells = new Cells(row, path);
    const rank = Number(cells.text('Rank'));
    const numbers = cells.text('Puzzles').trim().split(/\s+/).map(Number);
    if (!Number.isInteger(rank) || rank < 1 || seen.has(rank))
      throw cells.error('column Rank holds no new number');
    if (
      numbers.length !== 4 ||
      !numbers.every((number) => Number.isInteger(number) && number > 0 && number <= 1000)
    )
      throw cells.error('column Puzzles does not hold four whole numbers');
    seen.add(rank);
    yield { rank, key: String(rank), numbers };
  }
}

let ranked: readonly Puzzle[] | undefined;

/** Every solvable puzzle of four numbers from 1 to 13, most ways to solve first; computed once. */
export function rankedPuzzles(): readonly Puzzle[] {
  ranked ??= enumerate()
    .map((numbers) => ({ numbers, ways: waysToTarget(numbers, TARGET) }))
    .filter(({ ways }) => ways > 0)
    .sort((a, b) => b.ways - a.ways) // stable: equal ones stay in numeric order
    .map(({ numbers }, index) => ({ rank: index + 1, key: numbers.join('-'), numbers }));
  return ranked;
}

function enumerate(): readonly (readonly number[])[] {
  const all: number[][] = [];
  for (let a = 1; a <= LARGEST; a++)
    for (let b = a; b <= LARGEST; b++)
      for (let c = b; c <= LARGEST; c++) for (let d = c; d <= LARGEST; d++) all.push([a, b, c, d]);
  return all;
}

export const entry: DatasetEntry = {
  name: 'game-of-24',
  summary: 'make 24 from four numbers; any right expression counts (puzzles 901 to 1,000)',
  aliases: ['game24', '24'],
  columns: ['Rank', 'Puzzles'],
  options: {
    first: {
      summary: 'first puzzle of the test split',
      type: 'integer',
      default: 901,
      minimum: 1,
      maximum: 1362,
    },
    last: {
      summary: 'last puzzle of the test split',
      type: 'integer',
      default: 1000,
      minimum: 1,
      maximum: 1362,
    },
  },
  build: ({ first = 901, last = 1000 }, { path }) =>
    gameOf24({ ...(path !== undefined && { path }), range: [Number(first), Number(last)] }),
};
