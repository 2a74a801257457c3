import type Fraction from 'fraction.js';

export type Value = string | number;

/** One way a chance may fall out. The probabilities of all ways sum to 1. */
export interface Outcome {
  readonly value: Value;
  readonly probability: Fraction;
}

/** Lets a named chance fall out. */
export type Choose = (name: string, outcomes: readonly Outcome[]) => Value;

/** Values of the variables after a run; undefined when the run broke an observation. */
export type World = ReadonlyMap<string, Value> | undefined;

/** A program whose only chance is `choose`: the same choices give the same world. */
export type GenerativeModel = (choose: Choose) => World;

/** A probability that is asked for: of `holds` among the worlds where `given` holds. */
export interface Asked {
  readonly model: GenerativeModel;
  readonly holds: (world: ReadonlyMap<string, Value>) => boolean;
  readonly given: (world: ReadonlyMap<string, Value>) => boolean;
  /** Values that `given` demands of chances by name: a sampler need not guess them. */
  readonly evidence: ReadonlyMap<string, Value>;
}
