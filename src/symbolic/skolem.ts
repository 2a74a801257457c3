import type { FirstOrderTerm, Formula } from './first-order.ts';

/** A formula in negation normal form without quantifiers: its variables stand for everything. */
export type Matrix =
  | {
      readonly kind: 'literal';
      readonly positive: boolean;
      readonly predicate: string;
      readonly terms: readonly FirstOrderTerm[];
    }
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Matrix[] };

/** A universal statement: part of one of the formulas it was made from. */
export interface Sentence {
  readonly source: number; // index of the formula
  readonly variables: readonly string[];
  readonly matrix: Matrix;
}

/** Clauses written out for `⊕` and `↔` double what they hold; more parts than this are refused. */
export const MOST_PARTS = 50_000;

/**
 * The formulas as universal statements that can be satisfied if and only if the formulas can (Skolem 1920). The names it
 * invents depend on the formulas only, so that a checker invents the same. Throws RangeError above `MOST_PARTS`.
 */
export function skolemize(formulas: readonly Formula[]): Sentence[] {
  let invented = 0;
  let renamed = 0;
  let parts = 0;

  function normal(
    formula: Formula,
    positive: boolean,
    scope: ReadonlyMap<string, FirstOrderTerm>,
    universals: readonly string[],
  ): Matrix {
    if (++parts > MOST_PARTS) throw new RangeError(`The formulas have more than ${MOST_PARTS} parts`);
    const same = (part: Formula, sign: boolean) => normal(part, sign, scope, universals);
    switch (formula.kind) {
      case 'atom':
        return {
          kind: 'literal',
          positive,
          predicate: formula.predicate,
          terms: formula.terms.map((term) => substitute(term, scope)),
        };
      case 'not':
        return same(formula.body, !positive);
      case 'and':
      case 'or':
        return {
          kind: (formula.kind === 'and') === positive ? 'all' : 'any',
          parts: [same(formula.left, positive), same(formula.right, positive)],
        };
      case 'implies':
        return {
          kind: positive ? 'any' : 'all',
          parts: [same(formula.left, !positive), same(formula.right, positive)],
        };
      case 'xor':
      case 'iff': {
        const { left, right } = formula;
        const differ = (formula.kind === 'xor') === positive;
        return {
          kind: 'all',
          parts: [
            { kind: 'any', parts: [same(left, true), same(right, differ)] },
            { kind: 'any', parts: [same(left, false), same(right, !differ)] },
          ],
        };
      }
      case 'forall':
      case 'exists': {
        const { variable, body } = formula;
        if ((formula.kind === 'forall') === positive) {
          const fresh = `${variable}#${++renamed}`;
          return normal(body, positive, new Map(scope).set(variable, { variable: fresh }), [
            ...universals,
            fresh,
          ]);
        }
        const witness = {
          name: `${variable}!${++invented}`,
          terms: universals.map((name) => ({ variable: name })),
        };
        return normal(body, positive, new Map(scope).set(variable, witness), universals);
      }
      default:
        return formula satisfies never;
    }
  }

  return formulas.flatMap((formula, source) =>
    conjuncts(normal(formula, true, new Map(), [])).map((matrix): Sentence => {
      const variables = new Set<string>();
      collectVariables(matrix, variables);
      return { source, variables: [...variables], matrix };
    }),
  );
}

/** What must hold of each by itself: smaller statements have fewer instances. */
function conjuncts(matrix: Matrix): readonly Matrix[] {
  return matrix.kind === 'all' ? matrix.parts.flatMap(conjuncts) : [matrix];
}

function collectVariables(matrix: Matrix, into: Set<string>): void {
  if (matrix.kind !== 'literal') for (const part of matrix.parts) collectVariables(part, into);
  else for (const term of matrix.terms) collectTermVariables(term, into);
}

function collectTermVariables(term: FirstOrderTerm, into: Set<string>): void {
  if ('variable' in term) into.add(term.variable);
  else for (const part of term.terms) collectTermVariables(part, into);
}

export function substitute(
  term: FirstOrderTerm,
  values: ReadonlyMap<string, FirstOrderTerm>,
): FirstOrderTerm {
  if ('variable' in term) return values.get(term.variable) ?? term;
  return term.terms.length === 0
    ? term
    : { ...term, terms: term.terms.map((one) => substitute(one, values)) };
}
