import type { FirstOrderTerm, Formula } from './first-order.ts';
import { atomsOf, functionsOf } from './first-order.ts';

/** What equality means for the predicates of some formulas: nothing where they do not use it. */
export function equalityAxioms(formulas: readonly Formula[]): Formula[] {
  const all = formulas.flatMap(atomsOf);
  const arities = new Map(all.map(({ predicate, terms }) => [predicate, terms.length]));
  const functions = new Map(all.flatMap(({ terms }) => terms.flatMap(functionsOf)));
  if (!arities.has('=')) return [];
  const [x, y, z] = ['x', 'y', 'z'].map((variable): FirstOrderTerm => ({ variable })) as [
    FirstOrderTerm,
    FirstOrderTerm,
    FirstOrderTerm,
  ];
  const axioms = [
    closed(equal(x, x)),
    closed(implies(equal(x, y), equal(y, x))),
    closed(implies(both(equal(x, y), equal(y, z)), equal(x, z))),
  ];
  for (const [predicate, arity] of arities)
    if (predicate !== '=')
      for (const [before, after] of replacements(arity, x, y))
        axioms.push(
          closed(
            implies(both(equal(x, y), { kind: 'atom', predicate, terms: before }), {
              kind: 'atom',
              predicate,
              terms: after,
            }),
          ),
        );
  for (const [name, arity] of functions)
    for (const [before, after] of replacements(arity, x, y))
      axioms.push(closed(implies(equal(x, y), equal({ name, terms: before }, { name, terms: after }))));
  return axioms;
}

/** Argument lists that differ in one place: x there in one, y in the other. */
function replacements(
  arity: number,
  x: FirstOrderTerm,
  y: FirstOrderTerm,
): [readonly FirstOrderTerm[], readonly FirstOrderTerm[]][] {
  return Array.from({ length: arity }, (_, place) => {
    const others = Array.from(
      { length: arity },
      (_unused, index): FirstOrderTerm => ({ variable: `x${index}` }),
    );
    return [others.with(place, x), others.with(place, y)];
  });
}

function equal(left: FirstOrderTerm, right: FirstOrderTerm): Formula {
  return { kind: 'atom', predicate: '=', terms: [left, right] };
}

function implies(left: Formula, right: Formula): Formula {
  return { kind: 'implies', left, right };
}

function both(left: Formula, right: Formula): Formula {
  return { kind: 'and', left, right };
}

/** With every variable universally quantified. */
function closed(formula: Formula): Formula {
  const names = new Set<string>();
  const collect = (term: FirstOrderTerm): void => {
    if ('variable' in term) names.add(term.variable);
    else term.terms.forEach(collect);
  };
  for (const { terms } of atomsOf(formula)) terms.forEach(collect);
  return [...names].reduceRight<Formula>((body, variable) => ({ kind: 'forall', variable, body }), formula);
}
