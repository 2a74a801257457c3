/**
 * Kinship: who is a person to another, when the story tells only parents, children and siblings? After CLUTRR (Sinha et al.
 * 2019, arXiv:1908.06177). The chain follows the story link by link. A problem's split depends on the sequence of links, so
 * that the test asks for compositions that training has not shown.
 * Everybody in a story is somebody else, and siblings share both parents; then every composition asked for has one name.
 */
import type { DatasetEntry } from '../core/catalog-entry.ts';
import type { Dataset, Problem } from '../core/problem.ts';
import { questionText } from '../core/problem.ts';
import type { Random } from '../core/random.ts';
import { shuffle } from '../core/random.ts';
import { between, checkRange, generated, pick, sample } from './parts/generated.ts';
import { PEOPLE, WOMEN } from './parts/words.ts';
import type { CheckSteps, Worked } from './parts/worked.ts';
import { announcedAnswer, lineByLine } from './parts/worked.ts';
import { workedVerifier } from './parts/worked-verifier.ts';

export interface KinshipOptions {
  /** Fewest and most links between the two people, from 2 to 10. Default 2 to 5. */
  readonly hops?: readonly [number, number];
  readonly seed?: number | string; // default 0
}

const female = new Set(WOMEN);

/** Where somebody stands from another's point of view: so many generations up, then so many down. */
type Relation = `${number},${number}`;

/** The names of the relations, of a woman and of a man. */
const NAMES: ReadonlyMap<Relation, readonly [string, string]> = new Map([
  ['1,0', ['mother', 'father']],
  ['2,0', ['grandmother', 'grandfather']],
  ['3,0', ['great-grandmother', 'great-grandfather']],
  ['0,1', ['daughter', 'son']],
  ['0,2', ['granddaughter', 'grandson']],
  ['0,3', ['great-granddaughter', 'great-grandson']],
  ['1,1', ['sister', 'brother']],
  ['2,1', ['aunt', 'uncle']],
  ['3,1', ['great-aunt', 'great-uncle']],
  ['1,2', ['niece', 'nephew']],
  ['1,3', ['great-niece', 'great-nephew']],
]);
const BY_NAME = new Map(
  [...NAMES].flatMap(([relation, names]) => names.map((name) => [name, relation] as const)),
);
const LINKS: readonly Relation[] = ['1,0', '0,1', '1,1'];

function parts(relation: Relation): readonly [number, number] {
  return relation.split(',').map(Number) as [number, number];
}

function inverse(relation: Relation): Relation {
  const [up, down] = parts(relation);
  return `${down},${up}`;
}

/**
 * What X is to Z when X is `first` to Y and Y is `second` to Z; undefined where that is not certain or has no name. Going
 * down and up again leads to the same family only by way of siblings.
 */
function compose(first: Relation, second: Relation): Relation | undefined {
  const [[up1, down1], [up2, down2]] = [parts(first), parts(second)];
  let relation: Relation;
  if (down2 === 0 || up1 === 0) relation = `${up2 + up1},${down2 + down1}`;
  else if (first === '1,1') relation = second;
  else if (second === '1,1' && (down1 < 2 || up1 > 1)) relation = first;
  else return undefined;
  return NAMES.has(relation) ? relation : undefined;
}

function nameOf(person: string, relation: Relation): string {
  return NAMES.get(relation)?.[female.has(person) ? 0 : 1] as string;
}

function statement(person: string, relation: Relation, of: string): string {
  return `${person} is the ${nameOf(person, relation)} of ${of}.`;
}

interface Family {
  readonly structure: string;
  readonly people: readonly string[]; // from the one whose relative is asked for
  readonly links: readonly Relation[]; // each person to the one before
}

/** Generated kinship problems. */
export function kinship({
  hops: [fewest, most] = [2, 5],
  seed = 0,
}: KinshipOptions = {}): Dataset<Problem<Worked>> {
  checkRange('hops', [fewest, most], 2, 10);

  function draw(random: Random): Family | undefined {
    const hops = between(random, fewest, most);
    const people = sample(random, PEOPLE, hops + 1);
    const links: Relation[] = [];
    let relation: Relation | undefined;
    while (links.length < hops) {
      const link = pick(random, LINKS);
      relation = relation === undefined ? link : compose(link, relation);
      if (!relation) return undefined;
      links.push(link);
    }
    const structure = links.map((link, index) => nameOf(people[index + 1] as string, link)).join(' ');
    return { structure, people, links };
  }

  return generated({
    name: 'kinship',
    knobs: `${fewest} to ${most} links`,
    seed,
    draw,
    write: toProblem,
    verifier: workedVerifier({ name: 'kinship', checkSteps: checkKinshipSteps }),
  });
}

function toProblem(family: Family, random: Random): Omit<Problem<Worked>, 'id'> {
  const { people, links } = family;
  const [base = ''] = people;
  const told = links.map((link, index) => {
    const [before = '', person = ''] = [people[index], people[index + 1]];
    return random.integer(3) === 0
      ? statement(before, inverse(link), person)
      : statement(person, link, before);
  });
  const last = people.at(-1) as string;
  const ways = [true, false].map((outwards) => chain(family, outwards)).filter((way) => way !== undefined);
  const steps = pick(random, ways);
  const answer = /the ([a-z-]+) of/.exec(steps.at(-1) ?? '')?.[1] as string;
  const ask = pick(random, [`What is ${last} to ${base}?`, `How is ${last} related to ${base}?`]);
  return {
    messages: [{ role: 'user', text: `${shuffle(told, random).join(' ')} ${ask}` }],
    answerKind: 'text',
    reference: { answer, steps: [...steps, `The answer is ${answer}`] },
  };
}

/**
 * A chain of links as steps, each link and then what follows with those before it: outwards everybody's relation to the one whose
 * relative is asked for, inwards the relation of the one who is asked about to everybody. Undefined where one on the way has no name.
 */
function chain({ people, links }: Family, outwards: boolean): string[] | undefined {
  const [base = '', last = ''] = [people[0], people.at(-1)];
  const order = [...links.entries()];
  const steps: string[] = [];
  let relation: Relation | undefined;
  for (const [index, link] of outwards ? order : order.reverse()) {
    const [to = '', person = ''] = [people[index], people[index + 1]];
    steps.push(statement(person, link, to));
    if (relation === undefined) {
      relation = link;
      continue;
    }
    relation = outwards ? compose(link, relation) : compose(relation, link);
    if (!relation) return undefined;
    steps.push(outwards ? statement(person, relation, base) : statement(last, relation, to));
  }
  return steps;
}

/**
 * Checks the steps without a key: each is a relation of the story or follows from two that are known, in any order and from
 * any side.
 */
export const checkKinshipSteps: CheckSteps = lineByLine((question) => {
  const text = questionText(question);
  const known = new Map<string, Map<string, Relation>>();
  const learn = (person: string, relation: Relation, of: string) => {
    for (const [a, b, is] of [
      [person, of, relation],
      [of, person, inverse(relation)],
    ] as const)
      known.set(a, (known.get(a) ?? new Map()).set(b, is));
  };
  for (const [, person = '', name = '', of = ''] of text.matchAll(STATEMENT)) {
    const relation = BY_NAME.get(name);
    if (relation) learn(person, relation, of);
  }
  const [, asked = '', base = ''] = /(?:What|How) is (\w+) (?:related )?to (\w+)\?$/.exec(text) ?? [];
  return (line) => {
    const said = announcedAnswer(line);
    if (said !== undefined) {
      const relation = known.get(asked)?.get(base);
      return relation !== undefined && NAMES.has(relation) && said.toLowerCase() === nameOf(asked, relation);
    }
    const [match, ...more] = line.matchAll(STATEMENT);
    const [, person = '', name = '', of = ''] = match ?? [];
    const relation = BY_NAME.get(name);
    if (!relation || more.length > 0 || person === of || name !== nameOf(person, relation)) return false;
    const told = known.get(person)?.get(of);
    const follows =
      told !== undefined
        ? told === relation
        : [...(known.get(person) ?? [])].some(([by, first]) => {
            const second = known.get(by)?.get(of);
            return second !== undefined && compose(first, second) === relation;
          });
    if (follows) learn(person, relation, of);
    return follows;
  };
});

const STATEMENT = /\b([A-Z][a-z]+) is the ([a-z-]+) of ([A-Z][a-z]+)(?:\.|$)/g;

export const entry: DatasetEntry = {
  name: 'kinship',
  summary: 'generated: what one person is to another, 2 to 5 links apart',
  aliases: [],
  columns: [],
  options: {
    fewest: { summary: 'fewest links', type: 'integer', default: 2, minimum: 2, maximum: 10 },
    most: { summary: 'most links', type: 'integer', default: 5, minimum: 2, maximum: 10 },
    seed: { summary: 'which families', type: 'integer', default: 0, minimum: 0 },
  },
  build: ({ fewest = 2, most = 5, seed = 0 }) =>
    kinship({ hops: [Number(fewest), Number(most)], seed: String(seed) }),
};
