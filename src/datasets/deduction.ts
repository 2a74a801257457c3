/**
 * Deduction in fictional ontologies, after PrOntoQA (Saparov & He 2022, arXiv:2210.01240): "Every blim is a dorp. Every
 * dorp is not red. Rex is a blim. Is it true, false or unknown that Rex is red?", with a proof that is checked step by step. Beside the
 * path that leads to the answer stands a decoy of the same length that leads from nowhere to the asked property or to
 * another. A problem's split depends on its ontology, so that no set of rules of the test is ever trained on.
 */
import type { DatasetEntry } from '../core/catalog-entry.ts';
import type { Dataset, Problem, Question } from '../core/problem.ts';
import { questionText } from '../core/problem.ts';
import type { Random } from '../core/random.ts';
import { shuffle } from '../core/random.ts';
import { between, checkRange, generated, pick, sample } from './parts/generated.ts';
import { KINDS } from './parts/words.ts';
import type { CheckSteps, Worked } from './parts/worked.ts';
import { announcedAnswer, lineByLine } from './parts/worked.ts';
import { workedVerifier } from './parts/worked-verifier.ts';

export interface DeductionOptions {
  /** Fewest and most rules from the fact to the end of its path, from 1 to 12. Default 1 to 6. */
  readonly hops?: readonly [number, number];
  readonly decoys?: number; // paths that do not matter, 0 to 3; default 1
  readonly seed?: number | string; // default 0
}

const ENTITIES = `Rex Max Sally Polly Stella Wren Fae Alex Sam Toby Ruby Otto`.split(' ');
const PROPERTIES =
  `red blue green small large hot cold loud quiet shy brave sweet sour fast slow bright dull wet dry
kind`.split(/\s+/);

/** 'blimp' is the kind, 'red' the property; `negated` only with properties. */
interface Claim {
  readonly term: string;
  readonly negated: boolean;
}

/** Every member of a kind is also this. */
interface Rule extends Claim {
  readonly kind: string;
}

interface Ontology {
  readonly structure: string;
  readonly rules: readonly Rule[];
  readonly entity: string;
  readonly kind: string; // what the entity is said to be
  readonly asked: Claim;
}

/** Generated deduction problems. The answers are true, false and unknown, equally often. */
export function deduction({
  hops: [fewest, most] = [1, 6],
  decoys = 1,
  seed = 0,
}: DeductionOptions = {}): Dataset<Problem<Worked>> {
  checkRange('hops', [fewest, most], 1, 12);
  checkRange('decoys', [0, decoys], 0, 3);
  return generated({
    name: 'deduction',
    knobs: `${fewest} to ${most} hops, ${decoys} decoys`,
    seed,
    draw: (random) => drawOntology(random, between(random, fewest, most), decoys),
    write: toProblem,
    verifier: workedVerifier({ name: 'deduction', checkSteps: checkDeductionSteps }),
  });
}

function drawOntology(random: Random, hops: number, decoys: number): Ontology {
  const truth = pick(random, ['true', 'false', 'unknown'] as const);
  const [property = '', ...others] = sample(random, PROPERTIES, 2 + decoys);
  const kinds = sample(random, KINDS, hops * (1 + decoys));
  const asked: Claim = { term: property, negated: random.integer(2) === 1 };
  const other = (index: number): Claim => ({
    term: others[index] as string,
    negated: random.integer(2) === 1,
  });
  const ends: Claim[] = [
    truth === 'unknown' ? other(0) : { ...asked, negated: asked.negated === (truth === 'true') },
  ];
  for (let index = 1; index <= decoys; index++) {
    // where the path does not reach the property, a decoy does, so that its being mentioned tells nothing
    const reaches = (truth === 'unknown' && index === 1) || random.integer(2) === 1;
    ends.push(reaches ? { term: property, negated: random.integer(2) === 1 } : other(index));
  }
  const rules = ends.flatMap((end, path) => {
    const own = kinds.slice(path * hops, (path + 1) * hops);
    return own.map(
      (kind, index): Rule => ({
        kind,
        ...(index + 1 < hops ? { term: own[index + 1] as string, negated: false } : end),
      }),
    );
  });
  return {
    structure: rules.map(ruleText).sort().join(' '),
    rules,
    entity: pick(random, ENTITIES),
    kind: kinds[0] as string,
    asked,
  };
}

function ruleText({ kind, term, negated }: Rule): string {
  return `${factText(`Every ${kind}`, { term, negated })}.`;
}

function factText(entity: string, { term, negated }: Claim): string {
  return `${entity} is ${negated ? 'not ' : ''}${isKind(term) ? `a ${term}` : term}`;
}

const kindNames = new Set(KINDS);
const isKind = (term: string): boolean => kindNames.has(term);

function toProblem({ rules, entity, kind, asked }: Ontology, random: Random): Omit<Problem<Worked>, 'id'> {
  const fact = `${factText(entity, { term: kind, negated: false })}.`;
  const told = shuffle(rules.map(ruleText), random);
  const claim = factText(entity, asked);
  const ask = pick(random, [
    `True, false or unknown: ${claim}?`,
    `Is it true, false or unknown that ${claim}?`,
  ]);
  const proved: Claim[] = [];
  for (let at: string | undefined = kind; at !== undefined; ) {
    const rule = rules.find((one) => one.kind === at);
    if (rule) proved.push(rule);
    at = rule?.term;
  }
  const answer = verdictOn(asked, proved);
  return {
    messages: [{ role: 'user', text: [...told, fact, ask].join(' ') }],
    answerKind: 'text',
    reference: {
      answer,
      steps: [
        ...proved.map((one) => `${factText(entity, one)}.`),
        ...(answer === 'unknown' ? [NOTHING_MORE] : []),
        `The answer is ${answer}`,
      ],
    },
  };
}

const NOTHING_MORE = 'Nothing more follows.';

/** What is known of a claim when these are all the facts. */
function verdictOn(asked: Claim, facts: readonly Claim[]): 'true' | 'false' | 'unknown' {
  const known = facts.find(({ term }) => term === asked.term);
  return known === undefined ? 'unknown' : known.negated === asked.negated ? 'true' : 'false';
}

/**
 * Checks a proof without a key: each step is a fact that one rule of the question gives from the facts before it. That
 * nothing more follows may be said once everything that follows has been.
 */
export const checkDeductionSteps: CheckSteps = lineByLine((question) => {
  const read = readQuestion(question);
  if (!read) return () => false;
  const { rules, entity, facts, asked } = read;
  const has = (claim: Claim) => facts.some((fact) => sameClaim(fact, claim));
  const fires = (rule: Rule) => facts.some(({ term, negated }) => !negated && term === rule.kind);
  return (line) => {
    const said = announcedAnswer(line);
    const open = rules.filter((rule) => fires(rule) && !has(rule));
    if (said !== undefined) {
      const verdict = verdictOn(asked, facts);
      return said.toLowerCase() === verdict && (verdict !== 'unknown' || open.length === 0);
    }
    if (line === NOTHING_MORE) return open.length === 0;
    const claim = readFact(line.slice(line.lastIndexOf(', so ') + 1).replace(/^\s*so /, ''), entity);
    const rule = claim && open.find((one) => sameClaim(one, claim));
    if (rule) facts.push(rule);
    return rule !== undefined;
  };
});

function sameClaim(a: Claim, b: Claim): boolean {
  return a.term === b.term && a.negated === b.negated;
}

/** 'Rex is not red.' as a claim about Rex. */
function readFact(text: string, entity: string): Claim | undefined {
  const match = /^\s*(\w+) is (not )?(?:a )?(\w+)\.?$/.exec(text);
  return match?.[1] === entity ? { term: match[3] as string, negated: match[2] !== undefined } : undefined;
}

function readQuestion(
  question: Question,
): { rules: Rule[]; entity: string; facts: Claim[]; asked: Claim } | undefined {
  const text = questionText(question);
  const rules = [...text.matchAll(/\bEvery (\w+) is (not )?(?:a )?(\w+)\./g)].map(
    ([, kind = '', not, term = '']): Rule => ({ kind, negated: not !== undefined, term }),
  );
  const fact = /(?:^|\. )(\w+) is a (\w+)\. /.exec(text);
  const claim = /unknown(?::| that) (\w+ is [\w ]+)\?$/.exec(text)?.[1];
  const entity = fact?.[1];
  const asked = entity !== undefined && claim !== undefined ? readFact(claim, entity) : undefined;
  if (entity === undefined || !asked) return undefined;
  return { rules, entity, facts: [{ term: fact?.[2] as string, negated: false }], asked };
}

export const entry: DatasetEntry = {
  name: 'deduction',
  summary: 'generated: true, false or unknown in fictional ontologies, 1 to 6 hops',
  aliases: [],
  columns: [],
  options: {
    fewest: { summary: 'fewest hops', type: 'integer', default: 1, minimum: 1, maximum: 12 },
    most: { summary: 'most hops', type: 'integer', default: 6, minimum: 1, maximum: 12 },
    decoys: { summary: 'paths that do not matter', type: 'integer', default: 1, minimum: 0, maximum: 3 },
    seed: { summary: 'which problems', type: 'integer', default: 0, minimum: 0 },
  },
  build: ({ fewest = 1, most = 6, decoys = 1, seed = 0 }) =>
    deduction({ hops: [Number(fewest), Number(most)], decoys: Number(decoys), seed: String(seed) }),
};
