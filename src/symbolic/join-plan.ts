import { ProgramError } from './program-error.ts';
import type { Condition, Rule, Term } from './rules.ts';
import { ruleText, termsOf, variablesOf } from './rules.ts';

/** The conditions of a rule in the order in which a join takes them. */
export interface JoinPlan {
  readonly rule: Rule;
  readonly order: readonly PlannedCondition[];
}

export interface PlannedCondition {
  readonly condition: Condition;
  readonly place: number; // in the rule's body
  readonly bound: ReadonlySet<string>; // variables with a value when its turn comes
}

/**
 * Orders conditions: `first` (a place in the body) before the others, then whatever has most terms with a value; tests as
 * soon as their variables have values.
 */
export function planJoin(rule: Rule, first?: number): JoinPlan {
  const bound = new Set<string>();
  const order: PlannedCondition[] = [];
  const left = new Map(rule.body.map((condition, place) => [place, condition]));
  const take = (place: number) => {
    const condition = left.get(place) as Condition;
    left.delete(place);
    order.push({ condition, place, bound: new Set(bound) });
    if (condition.kind === 'atom') for (const name of variablesOf(condition.atom.terms)) bound.add(name);
  };
  const takeTests = () => {
    for (const [place, condition] of left)
      if (condition.kind !== 'atom' && variablesOf(termsOf(condition)).every((name) => bound.has(name)))
        take(place);
  };
  if (first !== undefined) take(first);
  for (takeTests(); left.size > 0; takeTests()) {
    let best = -1;
    let bestScore = -1;
    for (const [place, condition] of left) {
      if (condition.kind !== 'atom') continue;
      const { terms } = condition.atom;
      const known = terms.filter((term) => isBound(term, bound)).length;
      const score = terms.length === 0 ? 2 : known === terms.length ? 1.5 : known / terms.length;
      if (score > bestScore) [best, bestScore] = [place, score];
    }
    take(best);
  }
  return { rule, order };
}

function isBound(term: Term, bound: ReadonlySet<string>): boolean {
  return 'constant' in term || bound.has(term.variable);
}

/** Throws ProgramError unless every variable of a rule occurs in a positive condition: its values would have no bounds. */
export function checkSafety(rule: Rule): void {
  const positive = new Set(
    rule.body.flatMap((condition) => (condition.kind === 'atom' ? variablesOf(condition.atom.terms) : [])),
  );
  const needed = [
    ...variablesOf(rule.head.terms),
    ...rule.body.flatMap((condition) => variablesOf(termsOf(condition))),
  ];
  const loose = needed.find((name) => !positive.has(name));
  if (loose !== undefined)
    throw new ProgramError(
      `variable ${loose} of "${ruleText(rule)}" has no values; use it in a condition that is not negated`,
      rule.line,
    );
}
