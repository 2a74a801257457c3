import { InputError } from '../core/errors.ts';
import { datalog, derivationText } from './datalog.ts';
import { readDatalog } from './datalog-program.ts';
import type { Fact, Rule } from './rules.ts';
import { factText, ruleText } from './rules.ts';

export interface AbductionOptions {
  /** Datalog: what causes what, and what is known anyway. */
  readonly rules: string;
  /** What was seen, as facts of Datalog: `wet(grass)`. */
  readonly observed: readonly string[];
  /** What was looked for and not seen. */
  readonly absent?: readonly string[];
  /** Possible explanations: the facts that each assumes. */
  readonly candidates: readonly (readonly string[])[];
}

/** How well one explanation does. */
export interface Explanation {
  readonly assumed: readonly string[];
  readonly explained: number; // observations that follow
  readonly contradicted: number; // absent facts that would follow
  readonly complete: boolean; // every observation follows and nothing absent does
  /** How each observation follows, or that it does not. */
  readonly proof: readonly string[];
}

/** Explanations that are compared at most. */
const MOST_CANDIDATES = 10_000;

/**
 * Ranks explanations by solving the rules with each one assumed: first those that contradict least, then those that explain
 * most, then those that assume least (Peirce's inference to the best explanation, with Occam's razor). Throws InputError.
 * @example
 * rankExplanations({ rules: 'wet(grass) :- rain.', observed: ['wet(grass)'], candidates: [['rain'], ['snow']] })[0].assumed;
 */
export function rankExplanations({
  rules,
  observed,
  absent = [],
  candidates,
}: AbductionOptions): Explanation[] {
  if (candidates.length === 0 || candidates.length > MOST_CANDIDATES)
    throw new InputError(`There are ${candidates.length} explanations to rank; give 1 to ${MOST_CANDIDATES}`);
  const known = rulesOf(rules);
  const seen = observed.map(factOf);
  const missing = absent.map(factOf);
  return candidates
    .map((assumed): Explanation => {
      const all = [...known, ...assumed.map(factOf).map(asRule)];
      const model = datalog(all);
      const sources = all.map(ruleText);
      const explained = seen.filter((fact) => model.has(fact)).length;
      const contradicted = missing.filter((fact) => model.has(fact));
      return {
        assumed,
        explained,
        contradicted: contradicted.length,
        complete: explained === seen.length && contradicted.length === 0,
        proof: [
          ...seen.flatMap((fact) => {
            const steps = model.derivation(fact);
            return steps ? derivationText(steps, sources) : [`${factText(fact)} does not follow`];
          }),
          ...contradicted.map((fact) => `${factText(fact)} would follow, but was not seen`),
        ],
      };
    })
    .sort(
      (a, b) =>
        a.contradicted - b.contradicted || b.explained - a.explained || a.assumed.length - b.assumed.length,
    );
}

function rulesOf(text: string): readonly Rule[] {
  return readDatalog(`${text}\n?- none.`).rules;
}

function factOf(text: string): Fact {
  const [rule, second] = rulesOf(`${text.replace(/\.\s*$/, '')}.`);
  const values = rule?.head.terms.map((term) => ('constant' in term ? term.constant : undefined)) ?? [];
  if (!rule || second || rule.body.length > 0 || values.includes(undefined))
    throw new InputError(`"${text.slice(0, 100)}" is no fact; write one like wet(grass)`);
  return { predicate: rule.head.predicate, values: values as string[] };
}

function asRule({ predicate, values }: Fact): Rule {
  return { head: { predicate, terms: values.map((constant) => ({ constant })) }, body: [] };
}
