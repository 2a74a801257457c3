/**
 * First-order entailment. A refutation of the premises with the negated conclusion, by instances over growing sets of
 * terms (Herbrand 1930; Davis and Putnam 1960) and a satisfiability solver, shows that the conclusion follows. A finite
 * structure in which the premises hold and the conclusion does not shows that it does not follow.
 */
import type { Json } from '../core/model.ts';
import { equalityAxioms } from './equality.ts';
import type { FirstOrderProgram, FirstOrderTerm, Formula } from './first-order.ts';
import { formulaText, functionsOf, readFirstOrder, termText } from './first-order.ts';
import type { Proposition } from './ground.ts';
import { Atoms, instanceOf } from './ground.ts';
import { ContradictionError, UndecidedError } from './program-error.ts';
import { clausesOf } from './propositions.ts';
import { satisfy } from './sat.ts';
import type { Matrix, Sentence } from './skolem.ts';
import { skolemize } from './skolem.ts';
import type { Solved } from './solved.ts';
import type { Structure } from './structure.ts';
import { constantsOf, expand } from './structure.ts';

/** Rounds of growing terms and structures, and instances of one round, before the search gives up. */
const MOST_ROUNDS = 4;
const MOST_INSTANCES = 60_000;
/** Cores up to this size are made smaller, instance by instance. */
const MOST_MINIMISED = 400;

/** An instance of a sentence that a refutation uses: its number and a term for each of its variables. */
interface Instance {
  readonly sentence: number;
  readonly terms: readonly FirstOrderTerm[];
}

/** How a set of formulas came out: refuted by instances, or true in a structure. */
type Finding =
  | {
      readonly kind: 'refuted';
      readonly instances: readonly Instance[];
      readonly sentences: readonly Sentence[];
    }
  | { readonly kind: 'satisfied'; readonly structure: Structure };

/**
 * Whether the conclusion follows (`true`), its negation follows (`false`) or neither (`unknown`), with a refutation or two
 * structures. Throws ContradictionError where the premises contradict each other, UndecidedError where neither is found.
 */
export function solveFirstOrder(text: string): Solved {
  const program = readFirstOrder(text);
  const without = decide(formulasOf(program, false));
  const beside = decide(formulasOf(program, true));
  if (without?.kind === 'refuted' && beside?.kind === 'refuted')
    throw new ContradictionError(
      'The premises contradict each other, so that everything follows; correct them',
    );
  const conclusion = formulaText(program.conclusion);
  for (const [finding, answer] of [
    [without, 'true'],
    [beside, 'false'],
  ] as const)
    if (finding?.kind === 'refuted')
      return {
        answer,
        proof: refutationText(program, finding, answer === 'true'),
        certificate: {
          kind: 'refutation',
          instances: finding.instances.map(({ sentence, terms }) => [sentence, terms.map(termJson)]),
        },
      };
  if (without?.kind === 'satisfied' && beside?.kind === 'satisfied')
    return {
      answer: 'unknown',
      proof: [
        `The premises hold where ${conclusion} is false: ${structureText(without.structure)}`,
        `and where it is true: ${structureText(beside.structure)}`,
      ],
      certificate: {
        kind: 'structures',
        without: structureJson(without.structure),
        with: structureJson(beside.structure),
      },
    };
  throw new UndecidedError(
    `Neither a proof nor a small structure settles ${conclusion}; write simpler premises`,
  );
}

/** What is to be refuted: axioms of equality where it is used, the premises, and the conclusion or its negation. */
export function formulasOf({ premises, conclusion }: FirstOrderProgram, holds: boolean): readonly Formula[] {
  const all = [...premises, holds ? conclusion : ({ kind: 'not', body: conclusion } as const)];
  return [...all, ...equalityAxioms(all)];
}

/** Refutes the formulas or finds a finite structure in which they hold; undefined when the limits come first. */
function decide(formulas: readonly Formula[]): Finding | undefined {
  const sentences = skolemize(formulas);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const { refutation, overflow } = refute(sentences, round);
    if (refutation) return { kind: 'refuted', instances: refutation, sentences };
    const structure = findStructure(formulas, round);
    if (structure) return { kind: 'satisfied', structure };
    if (overflow) return undefined;
  }
  return undefined;
}

/** Instances over the terms of at most `depth` nested functions; a core of them that cannot hold together. */
function refute(
  sentences: readonly Sentence[],
  depth: number,
): { readonly refutation?: readonly Instance[]; readonly overflow?: boolean } {
  const universe = termsTo(sentences, depth);
  const count = sentences.reduce((sum, { variables }) => sum + universe.length ** variables.length, 0);
  if (count > MOST_INSTANCES) return { overflow: true };
  const instances = sentences.flatMap(({ variables }, sentence) =>
    tuples(universe, variables.length).map((terms): Instance => ({ sentence, terms })),
  );
  let core = coreOf(sentences, instances);
  if (!core) return {};
  for (let index = core.length - 1; index >= 0 && core.length <= MOST_MINIMISED; index--) {
    const smaller = coreOf(sentences, core.toSpliced(index, 1));
    if (smaller) {
      core = smaller;
      index = Math.min(index, core.length);
    }
  }
  return { refutation: core };
}

/** Instances that cannot hold together; undefined when all of them can. */
function coreOf(sentences: readonly Sentence[], instances: readonly Instance[]): Instance[] | undefined {
  const atoms = new Atoms();
  const propositions = instances.map(({ sentence, terms }) =>
    instanceOf(sentences[sentence] as Sentence, terms, atoms),
  );
  const { variables, clauses, roots } = clausesOf(propositions, atoms.count);
  const result = satisfy(variables, clauses, roots);
  if (result.satisfiable) return undefined;
  const used = new Set(result.core);
  return instances.filter((_, index) => used.has(roots[index] as number));
}

/** A structure over the constants and `extra` further things. */
function findStructure(formulas: readonly Formula[], extra: number): Structure | undefined {
  const names = constantsOf(formulas);
  if (names === undefined) return undefined; // functions: a finite structure would need tables for them
  const things = [...names];
  for (let index = 0; index < extra || things.length === 0; index++) things.push(`thing${index + 1}`);
  const atoms = new Atoms();
  const propositions: Proposition[] = [];
  for (const formula of formulas) {
    const expanded = expand(formula, things, atoms, MOST_INSTANCES);
    if (!expanded) return undefined;
    propositions.push(expanded);
  }
  const { variables, clauses, roots } = clausesOf(propositions, atoms.count);
  const result = satisfy(variables, [...clauses, ...roots.map((root) => [root])]);
  if (!result.satisfiable) return undefined;
  const facts = Array.from({ length: atoms.count }, (_, index) => index + 1)
    .filter((number) => result.values[number])
    .map((number) => atoms.at(number));
  return { things, facts };
}

/** Terms from the constants and functions of the sentences. */
function termsTo(sentences: readonly Sentence[], depth: number): FirstOrderTerm[] {
  const functions = new Map<string, number>();
  const walk = (matrix: Matrix): void => {
    if (matrix.kind !== 'literal') matrix.parts.forEach(walk);
    else for (const [name, arity] of matrix.terms.flatMap(functionsOf)) functions.set(name, arity);
  };
  for (const { matrix } of sentences) walk(matrix);
  let terms: FirstOrderTerm[] = [...functions].flatMap(([name, arity]) =>
    arity === 0 ? [{ name, terms: [] }] : [],
  );
  if (terms.length === 0) terms = [{ name: 'something', terms: [] }];
  for (let level = 0; level < depth; level++) {
    const known = new Set(terms.map(termText));
    const grown = [...terms];
    for (const [name, arity] of functions) {
      if (arity === 0 || terms.length ** arity > MOST_INSTANCES) continue;
      for (const parts of tuples(terms, arity)) {
        const term = { name, terms: parts };
        if (!known.has(termText(term))) grown.push(term);
      }
    }
    terms = grown;
  }
  return terms;
}

function tuples<T>(items: readonly T[], length: number): T[][] {
  let all: T[][] = [[]];
  for (let place = 0; place < length; place++)
    all = all.flatMap((start) => items.map((item) => [...start, item]));
  return all;
}

function termJson(term: FirstOrderTerm): Json {
  return 'variable' in term ? term.variable : [term.name, ...term.terms.map(termJson)];
}

function structureJson({ things, facts }: Structure): Json {
  return { things, facts: facts.map(({ predicate, terms }) => [predicate, ...terms]) };
}

const MOST_SHOWN = 20;

function structureText({ facts }: Structure): string {
  const shown = facts
    .slice(0, MOST_SHOWN)
    .map(({ predicate, terms }) => (terms.length === 0 ? predicate : `${predicate}(${terms.join(', ')})`));
  const more = facts.length > MOST_SHOWN ? ` and ${facts.length - MOST_SHOWN} more` : '';
  return facts.length === 0 ? 'nothing is true' : `${shown.join(', ')}${more}`;
}

function refutationText(
  program: FirstOrderProgram,
  { instances, sentences }: Extract<Finding, { readonly kind: 'refuted' }>,
  negated: boolean,
): string[] {
  const lines = instances.map(({ sentence, terms }) => {
    const { source, variables } = sentences[sentence] as Sentence;
    const assumed = `${negated ? 'assumed: not ' : 'assumed: '}${formulaText(program.conclusion)}`;
    const said =
      program.sources[source] ?? (source === program.premises.length ? assumed : 'equal things are alike');
    const values = variables.map(
      (name, index) => `${name.replace(/#\d+$/, '')} = ${termText(terms[index] as FirstOrderTerm)}`,
    );
    return `${said}${values.length > 0 ? ` [${values.join(', ')}]` : ''}`;
  });
  return [...lines, 'These cannot all hold.'];
}
