/**
 * Checks first-order answers without the prover. A refutation: its instances are rebuilt from the program and split into
 * cases until each fails. `unknown`: the premises are evaluated in two structures, one with and one without the conclusion.
 */
import { z } from 'zod';
import { cannotHold } from './check-propositions.ts';
import { equalityAxioms } from './equality.ts';
import type { FirstOrderTerm, Formula } from './first-order.ts';
import { readFirstOrder } from './first-order.ts';
import { Atoms, instanceOf, knownComparison } from './ground.ts';
import { skolemize } from './skolem.ts';
import type { CheckVerdict } from './solved.ts';
import { accepted, beyond, refused } from './solved.ts';

type TermJson = string | [string, ...TermJson[]];
const termSchema: z.ZodType<TermJson> = z.lazy(() =>
  z.union([z.string(), z.tuple([z.string()], termSchema)]),
);
const structureSchema = z.object({
  things: z.array(z.string()).min(1),
  facts: z.array(z.tuple([z.string()], z.string())),
});
const certificateSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('refutation'),
    instances: z.array(z.tuple([z.int().min(0), z.array(termSchema)])),
  }),
  z.object({ kind: z.literal('structures'), without: structureSchema, with: structureSchema }),
]);

/** Formula evaluations of one check before it gives up. */
const MOST_EVALUATIONS = 20_000_000;

/** Checks the answer to a first-order program against its refutation or structures. */
export function checkFirstOrder(text: string, answer: string, certificate: unknown): CheckVerdict {
  const parsed = certificateSchema.safeParse(certificate);
  if (!parsed.success) return refused('The certificate is not of the form of a refutation or two structures');
  const { premises, conclusion } = readFirstOrder(text);
  const denied: Formula = { kind: 'not', body: conclusion };
  try {
    if (parsed.data.kind === 'refutation') {
      if (answer !== 'true' && answer !== 'false') return refused('A refutation shows nothing unknown');
      const stated = [...premises, answer === 'true' ? denied : conclusion];
      return checkRefutation([...stated, ...equalityAxioms(stated)], parsed.data.instances);
    }
    if (answer !== 'unknown') return refused('Two structures show only that the conclusion is open');
    for (const [structure, last] of [
      [parsed.data.without, denied],
      [parsed.data.with, conclusion],
    ] as const) {
      const stated = [...premises, last];
      const wrong = firstFalse([...stated, ...equalityAxioms(stated)], structure);
      if (wrong !== undefined) return refused(`Formula ${wrong + 1} is false in its structure`);
    }
    return accepted;
  } catch (cause) {
    if (cause instanceof RangeError) return beyond(cause.message);
    throw cause;
  }
}

function checkRefutation(
  formulas: readonly Formula[],
  instances: readonly (readonly [number, readonly TermJson[]])[],
): CheckVerdict {
  const sentences = skolemize(formulas);
  const atoms = new Atoms();
  const propositions = [];
  for (const [number, terms] of instances) {
    const sentence = sentences[number];
    if (!sentence || sentence.variables.length !== terms.length)
      return refused(`There is no instance of statement ${number} with ${terms.length} terms`);
    propositions.push(instanceOf(sentence, terms.map(groundTerm), atoms));
  }
  return cannotHold(propositions) ? accepted : refused('The instances can hold together');
}

function groundTerm(json: TermJson): FirstOrderTerm {
  const [name = '', ...terms] = typeof json === 'string' ? [json] : json;
  return { name: name as string, terms: terms.map(groundTerm) };
}

/** Index of the first formula that is false in a structure. Throws where a constant names nothing in it. */
function firstFalse(
  formulas: readonly Formula[],
  { things, facts }: z.infer<typeof structureSchema>,
): number | undefined {
  const known = new Set(facts.map((fact) => JSON.stringify(fact)));
  const existing = new Set(things);
  let evaluations = 0;
  const thing = (term: FirstOrderTerm, scope: ReadonlyMap<string, string>): string => {
    if ('variable' in term) return scope.get(term.variable) ?? '';
    if (term.terms.length > 0 || !existing.has(term.name))
      throw new RangeError(`The structure has no thing for ${term.name}`);
    return term.name;
  };
  const holds = (formula: Formula, scope: ReadonlyMap<string, string>): boolean => {
    if (++evaluations > MOST_EVALUATIONS)
      throw new RangeError(`The structures need more than ${MOST_EVALUATIONS} evaluations`);
    switch (formula.kind) {
      case 'atom': {
        const terms = formula.terms.map((term) => thing(term, scope));
        return (
          knownComparison(formula.predicate, terms) ??
          known.has(JSON.stringify([formula.predicate, ...terms]))
        );
      }
      case 'not':
        return !holds(formula.body, scope);
      case 'and':
        return holds(formula.left, scope) && holds(formula.right, scope);
      case 'or':
        return holds(formula.left, scope) || holds(formula.right, scope);
      case 'xor':
        return holds(formula.left, scope) !== holds(formula.right, scope);
      case 'implies':
        return !holds(formula.left, scope) || holds(formula.right, scope);
      case 'iff':
        return holds(formula.left, scope) === holds(formula.right, scope);
      case 'forall':
        return things.every((one) => holds(formula.body, new Map(scope).set(formula.variable, one)));
      case 'exists':
        return things.some((one) => holds(formula.body, new Map(scope).set(formula.variable, one)));
      default:
        return formula satisfies never;
    }
  };
  const wrong = formulas.findIndex((formula) => !holds(formula, new Map()));
  return wrong < 0 ? undefined : wrong;
}
