import { z } from 'zod';
import { askedRule, readDatalog } from './datalog-program.ts';
import type { DerivationStep } from './derivation.ts';
import { checkDerivation, checkModel } from './derivation.ts';
import { readLogicProgram } from './logic-program.ts';
import type { Fact, Rule } from './rules.ts';
import { answerText } from './solve-rules.ts';
import type { CheckVerdict } from './solved.ts';
import { accepted, beyond, refused } from './solved.ts';
import { stratify } from './stratify.ts';

const certificateSchema = z.object({
  kind: z.enum(['derivation', 'model']),
  steps: z.array(z.tuple([z.tuple([z.string()], z.string()), z.int().min(0), z.array(z.int().min(0))])),
});

/** Checks the answer to a logic program against its derivation or model. */
export function checkLogicProgram(text: string, answer: string, certificate: unknown): CheckVerdict {
  const { world, rules, query, opposite } = readLogicProgram(text);
  return checked(rules, certificate, (holds, complete) => {
    if (answer === 'true') return holds(query);
    if (answer === 'false' && holds(opposite)) return true;
    return (
      complete && answer === (world === 'closed' ? 'false' : 'unknown') && !holds(query) && !holds(opposite)
    );
  });
}

/** Checks the answer to a Datalog query against its derivation or model. */
export function checkDatalog(text: string, answer: string, certificate: unknown): CheckVerdict {
  const { rules, query } = readDatalog(text);
  const asked = askedRule(query);
  const variables = asked.head.terms.length;
  return checked([...rules, asked], certificate, (_holds, complete, facts) => {
    const found = facts
      .filter(({ predicate }) => predicate === asked.head.predicate)
      .map(({ values }) => values);
    return answerText(found, variables) === answer && (complete || answer === 'true');
  });
}

/** Checks the steps, then whether the answer is what they say; `complete` tells that they hold everything that is true. */
function checked(
  rules: readonly Rule[],
  certificate: unknown,
  agrees: (holds: (fact: Fact) => boolean, complete: boolean, facts: readonly Fact[]) => boolean,
): CheckVerdict {
  const parsed = certificateSchema.safeParse(certificate);
  if (!parsed.success) return refused('The certificate is not of the form of a derivation or a model');
  const { kind } = parsed.data;
  const steps = parsed.data.steps.map(
    ([[predicate, ...values], rule, premises]): DerivationStep => ({
      fact: { predicate, values },
      rule,
      premises,
    }),
  );
  try {
    stratify(rules); // a model of rules that are not stratified would not be the only one
    const wrong = kind === 'model' ? checkModel(rules, steps) : checkDerivation(rules, steps);
    if (wrong !== undefined) return refused(wrong);
  } catch (cause) {
    if (cause instanceof RangeError) return beyond(cause.message);
    throw cause;
  }
  const facts = steps.map(({ fact }) => fact);
  const known = new Set(facts.map((fact) => JSON.stringify([fact.predicate, ...fact.values])));
  const holds = (fact: Fact) => known.has(JSON.stringify([fact.predicate, ...fact.values]));
  return agrees(holds, kind === 'model', facts)
    ? accepted
    : refused('The steps are right, but do not show the answer');
}
