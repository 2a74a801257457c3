import Fraction from 'fraction.js';
import type { Asked, GenerativeModel, Value, World } from './generative-model.ts';
import { UndecidedError } from './program-error.ts';

/** Worlds of one question; beyond them sampling is the way. */
export const MOST_WORLDS = 200_000;

/** A run of a model: what each chance gave, the world and its probability. */
export interface WeightedWorld {
  readonly choices: readonly Value[];
  readonly world: World;
  readonly probability: Fraction;
}

/** Every run of positive probability, by repeating the run with each other way its last open chance may fall out. */
export function* enumerateWorlds(model: GenerativeModel): Generator<WeightedWorld> {
  const path: { at: number; values: readonly { value: Value; probability: Fraction }[] }[] = [];
  for (let worlds = 0; ; worlds++) {
    if (worlds >= MOST_WORLDS)
      throw new UndecidedError(
        `The question has more than ${MOST_WORLDS} worlds; ask with Method: likelihood-weighting or metropolis-hastings`,
      );
    let depth = 0;
    let probability = new Fraction(1);
    const choices: Value[] = [];
    const world = model((_name, outcomes) => {
      const step = path[depth] ?? { at: 0, values: outcomes.filter((one) => one.probability.compare(0) > 0) };
      path[depth++] = step;
      const chosen = step.values[step.at] as { value: Value; probability: Fraction };
      probability = probability.mul(chosen.probability);
      choices.push(chosen.value);
      return chosen.value;
    });
    yield { choices, world, probability };
    path.length = depth;
    while (path.length > 0 && (path.at(-1) as { at: number }).at + 1 >= (path.at(-1)?.values.length ?? 0))
      path.pop();
    const last = path.at(-1);
    if (!last) return;
    last.at++;
  }
}

/** The exact probability; undefined where the condition has none. */
export function exactProbability({ model, holds, given }: Asked): Fraction | undefined {
  let all = new Fraction(0);
  let wanted = new Fraction(0);
  for (const { world, probability } of enumerateWorlds(model)) {
    if (!world || !given(world)) continue;
    all = all.add(probability);
    if (holds(world)) wanted = wanted.add(probability);
  }
  return all.equals(0) ? undefined : wanted.div(all);
}
