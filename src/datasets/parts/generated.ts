import { InputError } from '../../core/errors.ts';
import type { Dataset, LoadOptions, Problem, Split } from '../../core/problem.ts';
import type { Random } from '../../core/random.ts';
import { seeded } from '../../core/random.ts';
import type { Verifier } from '../../core/verifier.ts';
import { checkLimit } from './published.ts';
import type { Worked } from './worked.ts';

/** What decides a problem, and which problems may share a split with it. */
export interface Drawn {
  /** Equal structures always fall into the same split, under any seed and any options. */
  readonly structure: string;
}

export interface GeneratedOptions<D extends Drawn> {
  readonly name: string;
  readonly knobs: string; // the options in words, for `source`
  readonly seed: number | string;
  /** Draws what decides a problem; undefined: chance led nowhere, try again. */
  readonly draw: (random: Random) => D | undefined;
  /** The problem in words; `random` chooses phrasings, which are no part of the structure. */
  readonly write: (drawn: D, random: Random) => Omit<Problem<Worked>, 'id'>;
  readonly verifier: Verifier<Problem<Worked>>;
}

/** Questions of validation and test when no limit is given. Train goes on without end. */
export const HELD_OUT_QUESTIONS = 1_000;
/** Draws in a row that may lead nowhere, or to a held-out question that was asked before. */
const MOST_DRAWS = 20_000;

/**
 * A dataset without end. Row i of a split depends on the seed, the split and i alone; 80 % of the structures are train, 10 %
 * validation, 10 % test. The held-out splits ask no question twice and end when they have no more.
 */
export function generated<D extends Drawn>({
  name,
  knobs,
  seed,
  draw,
  write,
  verifier,
}: GeneratedOptions<D>): Dataset<Problem<Worked>> {
  function problemAt(split: Split, index: number, random: Random): Problem<Worked> | undefined {
    for (let attempt = 0; attempt < MOST_DRAWS; attempt++) {
      const drawn = draw(random);
      if (drawn && splitOf(name, drawn.structure) === split)
        return { id: `${name}/${split}-${seed}-${index}`, ...write(drawn, random) };
    }
    return undefined;
  }

  async function* load(split: Split, { limit, signal }: LoadOptions = {}): AsyncGenerator<Problem<Worked>> {
    checkLimit(limit);
    const wanted = limit ?? (split === 'train' ? Number.POSITIVE_INFINITY : HELD_OUT_QUESTIONS);
    const asked = new Set<string>();
    let given = 0;
    let repeats = 0;
    for (let index = 0; given < wanted; index++) {
      signal?.throwIfAborted();
      const problem = problemAt(split, index, seeded(`${name} ${seed} ${split} ${index}`));
      if (!problem) {
        if (index > 0) return;
        throw new InputError(`${name} finds no ${split} problem for ${knobs}; widen its options`);
      }
      if (split !== 'train') {
        const question = problem.messages[0]?.text ?? '';
        if (asked.has(question)) {
          if (++repeats > MOST_DRAWS / 20) return;
          continue;
        }
        asked.add(question);
        repeats = 0;
      }
      given++;
      yield problem;
    }
  }

  return {
    name,
    verifier,
    splits: ['train', 'validation', 'test'],
    source: `generated: ${knobs}, seed ${seed}`,
    load,
  };
}

/** 80 % train, 10 % validation, 10 % test, by the structure alone. */
export function splitOf(name: string, structure: string): Split {
  const place = seeded(`${name} split ${structure}`).next();
  return place < 0.8 ? 'train' : place < 0.9 ? 'validation' : 'test';
}

/** One of `items`, each equally likely. */
export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.integer(items.length)] as T;
}

/** A whole number from `least` to `most`, each equally likely. */
export function between(random: Random, least: number, most: number): number {
  return least + random.integer(most - least + 1);
}

/** `count` different ones of `items`, in random order. */
export function sample<T>(random: Random, items: readonly T[], count: number): T[] {
  const left = [...items];
  return Array.from({ length: Math.min(count, items.length) }, () => {
    const at = random.integer(left.length);
    const [chosen] = left.splice(at, 1, left.at(-1) as T);
    left.pop();
    return chosen as T;
  });
}

/** Throws InputError unless `[fewest, most]` are whole numbers within the bounds, in order. */
export function checkRange(
  option: string,
  [fewest, most]: readonly [number, number],
  least: number,
  greatest: number,
): void {
  const whole = Number.isInteger(fewest) && Number.isInteger(most);
  if (!whole || fewest < least || fewest > most || most > greatest)
    throw new InputError(
      `${option} is ${fewest} to ${most}; it must be within ${least} to ${greatest}, in order`,
    );
}
