import type { FirstOrderTerm, Formula } from './first-order.ts';
import { atomsOf, functionsOf } from './first-order.ts';
import type { Atoms, Proposition } from './ground.ts';
import { knownComparison } from './ground.ts';

/** Finitely many things and what is true of them. Each constant names the thing of its name. */
export interface Structure {
  readonly things: readonly string[];
  readonly facts: readonly { readonly predicate: string; readonly terms: readonly string[] }[];
}

/** The constants of formulas; undefined where there are functions. */
export function constantsOf(formulas: readonly Formula[]): ReadonlySet<string> | undefined {
  const functions = formulas.flatMap(atomsOf).flatMap(({ terms }) => terms.flatMap(functionsOf));
  if (functions.some(([, arity]) => arity > 0)) return undefined;
  return new Set(functions.map(([name]) => name));
}

/** What a formula says of finitely many things, without quantifiers; undefined above `most` parts. */
export function expand(
  formula: Formula,
  things: readonly string[],
  atoms: Atoms,
  most: number,
): Proposition | undefined {
  let parts = 0;
  const build = (
    part: Formula,
    positive: boolean,
    scope: ReadonlyMap<string, string>,
  ): Proposition | undefined => {
    if (++parts > most) return undefined;
    const list = (
      kind: 'all' | 'any',
      made: readonly (Proposition | undefined)[],
    ): Proposition | undefined =>
      made.includes(undefined) ? undefined : { kind, parts: made as readonly Proposition[] };
    switch (part.kind) {
      case 'atom': {
        const terms = part.terms.map((term) => thingOf(term, scope));
        const known = knownComparison(part.predicate, terms);
        if (known !== undefined) return { kind: known === positive ? 'all' : 'any', parts: [] };
        const number = atoms.number(part.predicate, terms);
        return { kind: 'literal', literal: positive ? number : -number };
      }
      case 'not':
        return build(part.body, !positive, scope);
      case 'and':
      case 'or':
        return list((part.kind === 'and') === positive ? 'all' : 'any', [
          build(part.left, positive, scope),
          build(part.right, positive, scope),
        ]);
      case 'implies':
        return list(positive ? 'any' : 'all', [
          build(part.left, !positive, scope),
          build(part.right, positive, scope),
        ]);
      case 'xor':
      case 'iff': {
        const differ = (part.kind === 'xor') === positive;
        return list('all', [
          list('any', [build(part.left, true, scope), build(part.right, differ, scope)]),
          list('any', [build(part.left, false, scope), build(part.right, !differ, scope)]),
        ]);
      }
      case 'forall':
      case 'exists': {
        const { variable, body } = part;
        const made: Proposition[] = [];
        for (const thing of things) {
          const one = build(body, positive, new Map(scope).set(variable, thing));
          if (!one) return undefined;
          made.push(one);
        }
        return { kind: (part.kind === 'forall') === positive ? 'all' : 'any', parts: made };
      }
      default:
        return part satisfies never;
    }
  };
  return build(formula, true, new Map());
}

function thingOf(term: FirstOrderTerm, scope: ReadonlyMap<string, string>): string {
  return 'variable' in term ? (scope.get(term.variable) ?? term.variable) : term.name;
}
