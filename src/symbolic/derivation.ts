/**
 * Checks what Datalog claims, without its engine: by matching rules, nothing else. A derivation shows that a fact holds; a
 * model in which every rule is satisfied shows that a fact outside it does not. A stratified program has one stable model
 * (Gelfond and Lifschitz 1988), so a model that is closed under the rules and derived step by step is the model.
 */
import type { Condition, Fact, Rule, Term } from './rules.ts';
import { compares, factText, signature } from './rules.ts';

/** One fact, the rule that gives it and the steps of the facts that the rule's positive conditions matched. */
export interface DerivationStep {
  readonly fact: Fact;
  readonly rule: number;
  readonly premises: readonly number[]; // earlier steps
}

/** The work of a check, in rule instances; beyond it the check gives up. */
export const MOST_INSTANCES = 5_000_000;

type Bindings = Map<string, string>;

/**
 * Whether every step follows from earlier ones by its rule. `holds` decides the conditions under `not`; absent: they are
 * refused. Returns what is wrong, or undefined.
 */
export function checkDerivation(
  rules: readonly Rule[],
  steps: readonly DerivationStep[],
  lacks?: (fact: Fact) => boolean,
): string | undefined {
  for (const [index, { fact, rule: number, premises }] of steps.entries()) {
    const where = `Step ${index + 1}, ${factText(fact)},`;
    const rule = rules[number];
    if (!rule) return `${where} uses rule ${number}, which there is not`;
    const bindings: Bindings = new Map();
    if (!matches(rule.head.predicate, rule.head.terms, fact, bindings))
      return `${where} is not the head of its rule`;
    let used = 0;
    for (const condition of rule.body) {
      if (condition.kind !== 'atom') continue;
      const premise = premises[used++];
      const earlier = premise !== undefined && premise < index ? steps[premise] : undefined;
      if (!earlier || !matches(condition.atom.predicate, condition.atom.terms, earlier.fact, bindings))
        return `${where} does not follow from the steps it names`;
    }
    if (used !== premises.length) return `${where} names more steps than its rule has conditions`;
    if (!rule.body.every((condition) => testHolds(condition, bindings, lacks)))
      return `${where} breaks a test or a negation of its rule`;
  }
  return undefined;
}

/**
 * Whether the facts of the steps are the model of the rules: each derived, and no rule gives another. Returns what is
 * wrong, or undefined. Throws RangeError where the rules have too many instances to look at.
 */
export function checkModel(rules: readonly Rule[], steps: readonly DerivationStep[]): string | undefined {
  const known = new Set(steps.map(({ fact }) => keyOf(fact)));
  const lacks = (fact: Fact) => !known.has(keyOf(fact));
  const wrong = checkDerivation(rules, steps, lacks);
  if (wrong !== undefined) return wrong;
  const byPredicate = new Map<string, Fact[]>();
  for (const { fact } of steps) {
    const list = byPredicate.get(signature(fact)) ?? [];
    byPredicate.set(signature(fact), list);
    list.push(fact);
  }
  let instances = 0;
  for (const rule of rules) {
    const positive = rule.body.filter((condition) => condition.kind === 'atom');
    const missing = (place: number, bindings: Bindings): Fact | undefined => {
      const condition = positive[place];
      if (!condition) {
        if (!rule.body.every((one) => testHolds(one, bindings, lacks))) return undefined;
        const head = instance(rule.head.predicate, rule.head.terms, bindings);
        return lacks(head) ? head : undefined;
      }
      for (const fact of byPredicate.get(signature(condition.atom)) ?? []) {
        if (++instances > MOST_INSTANCES)
          throw new RangeError(`The rules have more than ${MOST_INSTANCES} instances`);
        const extended = new Map(bindings);
        if (!matches(condition.atom.predicate, condition.atom.terms, fact, extended)) continue;
        const found = missing(place + 1, extended);
        if (found) return found;
      }
      return undefined;
    };
    const found = missing(0, new Map());
    if (found) return `The model lacks ${factText(found)}, which a rule gives`;
  }
  return undefined;
}

function keyOf({ predicate, values }: Fact): string {
  return JSON.stringify([predicate, ...values]);
}

/** Matches terms against a fact, adding to the bindings. */
function matches(predicate: string, terms: readonly Term[], fact: Fact, bindings: Bindings): boolean {
  if (predicate !== fact.predicate || terms.length !== fact.values.length) return false;
  return terms.every((term, place) => {
    const value = fact.values[place] as string;
    if ('constant' in term) return term.constant === value;
    const bound = bindings.get(term.variable);
    if (bound === undefined) bindings.set(term.variable, value);
    return bound === undefined || bound === value;
  });
}

function instance(predicate: string, terms: readonly Term[], bindings: Bindings): Fact {
  return { predicate, values: terms.map((term) => constantOf(term, bindings)) };
}

function constantOf(term: Term, bindings: Bindings): string {
  return 'constant' in term ? term.constant : (bindings.get(term.variable) ?? '');
}

function testHolds(
  condition: Condition,
  bindings: Bindings,
  lacks: ((fact: Fact) => boolean) | undefined,
): boolean {
  switch (condition.kind) {
    case 'atom':
      return true; // matched by a step
    case 'not':
      return lacks?.(instance(condition.atom.predicate, condition.atom.terms, bindings)) ?? false;
    case 'compare':
      return compares(
        condition.operator,
        constantOf(condition.left, bindings),
        constantOf(condition.right, bindings),
      );
    default:
      return condition satisfies never;
  }
}
