import type { Json } from '../core/model.ts';
import { datalog, derivationText } from './datalog.ts';
import { askedRule, readDatalog } from './datalog-program.ts';
import type { DerivationStep } from './derivation.ts';
import { readLogicProgram } from './logic-program.ts';
import { ContradictionError } from './program-error.ts';
import type { Rule } from './rules.ts';
import { factText, ruleText } from './rules.ts';
import type { Solved } from './solved.ts';

/** More answers than this are counted, not listed. */
export const MOST_ANSWERS = 10_000;

/**
 * Answers a logic program: `true` with a derivation of the query, `false` with one of its opposite, else `unknown` (open
 * world) or `false` (closed world) with the model. Throws ContradictionError when the query follows with its opposite.
 */
export function solveLogicProgram(text: string): Solved {
  const { world, rules, sources, query, opposite } = readLogicProgram(text);
  const model = datalog(rules);
  const [holds, fails] = [model.has(query), model.has(opposite)];
  if (holds && fails)
    throw new ContradictionError(
      `The program proves both ${factText(query)} and its opposite; correct the facts or the rules`,
    );
  const derived = holds ? query : fails ? opposite : undefined;
  const whole = !derived || negates(rules);
  return {
    answer: holds ? 'true' : fails || world === 'closed' ? 'false' : 'unknown',
    proof: derived
      ? derivationText(model.derivation(derived) ?? [], sources)
      : [`Neither ${factText(query)} nor its opposite is among the ${model.facts} facts that follow`],
    certificate: certificateOf(whole ? 'model' : 'derivation', model.derivation(whole ? undefined : derived)),
  };
}

/** Answers a Datalog query with the values of its variables, or with `true` or `false` where it has none. */
export function solveDatalog(text: string): Solved {
  const { rules, query } = readDatalog(text);
  const asked = askedRule(query);
  const all = [...rules, asked];
  const model = datalog(all);
  const answers: (readonly string[])[] = [];
  for (const values of model.rows(asked.head.predicate, asked.head.terms.length)) {
    if (answers.push(values) >= MOST_ANSWERS) break;
  }
  const [first] = answers;
  const found = first && { predicate: asked.head.predicate, values: first };
  const whole = !found || asked.head.terms.length > 0 || negates(rules);
  return {
    answer: answerText(answers, asked.head.terms.length),
    proof: found
      ? derivationText(model.derivation(found) ?? [], all.map(ruleText))
      : [`None of the ${model.facts} facts that follow matches the query`],
    certificate: certificateOf(whole ? 'model' : 'derivation', model.derivation(whole ? undefined : found)),
  };
}

/** Answers in a fixed order, one value tuple each. */
export function answerText(answers: readonly (readonly string[])[], variables: number): string {
  if (variables === 0) return String(answers.length > 0);
  if (answers.length === 0) return 'none';
  return answers
    .map((values) => values.join(' '))
    .sort()
    .join('; ');
}

function negates(rules: readonly Rule[]): boolean {
  return rules.some(({ body }) => body.some(({ kind }) => kind === 'not'));
}

function certificateOf(kind: 'derivation' | 'model', steps: readonly DerivationStep[] = []): Json {
  return {
    kind,
    steps: steps.map(({ fact, rule, premises }) => [[fact.predicate, ...fact.values], rule, premises]),
  };
}
