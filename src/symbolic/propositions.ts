import type { Proposition } from './ground.ts';

/** Clauses that make each root literal imply its proposition. */
export interface Clauses {
  readonly variables: number;
  readonly clauses: readonly (readonly number[])[];
  readonly roots: readonly number[];
}

/**
 * Clauses for propositions in negation normal form, with a name for each part (Tseitin 1968; one direction is enough here,
 * Plaisted and Greenbaum 1986). Names count on from `atoms`.
 */
export function clausesOf(propositions: readonly Proposition[], atoms: number): Clauses {
  const clauses: number[][] = [];
  let variables = atoms;
  const name = (proposition: Proposition): number => {
    if (proposition.kind === 'literal') return proposition.literal;
    const own = ++variables;
    const parts = proposition.parts.map(name);
    if (proposition.kind === 'all') for (const part of parts) clauses.push([-own, part]);
    else clauses.push([-own, ...parts]);
    return own;
  };
  // a root has a name of its own, so that two equal propositions stay apart in a core
  const roots = propositions.map((proposition) => {
    const root = ++variables;
    clauses.push([-root, name(proposition)]);
    return root;
  });
  return { variables, clauses, roots };
}
