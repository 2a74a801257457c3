import Fraction from 'fraction.js';
import { z } from 'zod';
import type { Asked, Value } from './generative-model.ts';
import { MOST_LISTED, valueText } from './probabilities.ts';
import { evaluateTerm, readProbabilities } from './probability-program.ts';
import type { CheckVerdict } from './solved.ts';
import { accepted, refused } from './solved.ts';

const certificateSchema = z.object({
  kind: z.literal('worlds'),
  tables: z.array(z.array(z.tuple([z.string().max(10_000)], z.string())).max(MOST_LISTED)),
});

/**
 * Checks an exact probability against its worlds: each is run again with the choices it lists, its probability is multiplied
 * out, all differ, and together they have probability 1, so that none is missing.
 */
export function checkProbabilities(text: string, answer: string, certificate: unknown): CheckVerdict {
  const parsed = certificateSchema.safeParse(certificate);
  if (!parsed.success) return refused('The certificate is not of the form of a table of worlds');
  const { asked, query } = readProbabilities(text);
  if (parsed.data.tables.length !== asked.length)
    return refused('The certificate has not one table a probability');
  const values: Fraction[] = [];
  for (const [index, table] of parsed.data.tables.entries()) {
    const value = tableValue(asked[index] as Asked, table);
    if (typeof value === 'string') return refused(value);
    values.push(value);
  }
  const value = evaluateTerm(query, values);
  return value && valueText(value) === answer ? accepted : refused('The worlds give another number');
}

function tableValue(
  { model, holds, given }: Asked,
  table: readonly (readonly [string, ...string[]])[],
): Fraction | string {
  let total = new Fraction(0);
  let conditional = new Fraction(0);
  let wanted = new Fraction(0);
  const seen = new Set<string>();
  for (const [written, ...choices] of table) {
    const name = choices.join(', ');
    if (seen.has(JSON.stringify(choices))) return `The world ${name} is listed twice`;
    seen.add(JSON.stringify(choices));
    let probability = new Fraction(1);
    let at = 0;
    let known = true;
    const world = model((_name, outcomes) => {
      const choice = choices[at++];
      const outcome = outcomes.find(({ value }) => String(value) === choice);
      known &&= outcome !== undefined;
      if (outcome) probability = probability.mul(outcome.probability);
      return outcome?.value ?? (outcomes[0]?.value as Value);
    });
    if (!known || at !== choices.length) return `The model has no world ${name}`;
    if (probability.toFraction() !== written) return `The world ${name} has another probability`;
    total = total.add(probability);
    if (!world || !given(world)) continue;
    conditional = conditional.add(probability);
    if (holds(world)) wanted = wanted.add(probability);
  }
  if (!total.equals(1))
    return `The worlds have probability ${total.toFraction()} together, so some are missing`;
  return conditional.equals(0) ? 'No world meets the condition' : wanted.div(conditional);
}
