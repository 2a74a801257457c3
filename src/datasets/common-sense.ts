/**
 * Common sense: what follows from everyday facts that the question does not tell: "Is the thing you hang a picture on
 * magnetic?" The facts are a small hand-written base of kinds, materials, uses and habits; every question takes one to three
 * of them, or those of two things that are compared. A problem's split depends on what it asks about; each fact is used in
 * every split.
 */
import type { DatasetEntry } from '../core/catalog-entry.ts';
import type { Dataset, Problem, Question } from '../core/problem.ts';
import { questionText } from '../core/problem.ts';
import type { Random } from '../core/random.ts';
import type { Predicate } from './parts/everyday-facts.ts';
import { DOES, KINDS, MADE_OF, MATERIALS, MEMBERS, PREDICATES, USES } from './parts/everyday-facts.ts';
import { between, checkRange, generated, pick } from './parts/generated.ts';
import type { CheckSteps, Worked } from './parts/worked.ts';
import { announcedAnswer, lineByLine } from './parts/worked.ts';
import { sameAnswer, workedVerifier } from './parts/worked-verifier.ts';

export interface CommonSenseOptions {
  /** Fewest and most facts about each thing, from 1 to 3. Default 1 to 3. */
  readonly facts?: readonly [number, number];
  readonly comparisons?: number; // share of questions about two things, in [0, 1]; default 0.5
  readonly seed?: number | string; // default 0
}

/** Something that can be asked about: a kind, a thing, or a description of a thing. */
interface Term {
  readonly phrase: string; // 'a nail', 'iron', 'the thing you write with'
  readonly name: string; // 'nail': how an answer names it
  readonly next?: { readonly term: Term; readonly fact: string }; // what it is a case of
  readonly truths?: ReadonlyMap<string, boolean>; // of kinds and materials
  readonly depth: number; // facts from here to a truth, 1 to 3
}

function withArticle(name: string): string {
  return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function readTruths(marks: string): ReadonlyMap<string, boolean> {
  return new Map(marks.split(' ').map((mark) => [mark.slice(1), mark.startsWith('+')]));
}

/** 'has feathers', 'does not have feathers', 'rusts', 'is not magnetic' */
function claim({ be, have, act }: Predicate, holds: boolean): string {
  if (be !== undefined) return holds ? `is ${be}` : `is not ${be}`;
  if (have !== undefined) return holds ? `has ${have}` : `does not have ${have}`;
  return holds ? (act?.[1] ?? '') : `does not ${act?.[0]}`;
}

const TERMS: readonly Term[] = allTerms();

function allTerms(): Term[] {
  const terms: Term[] = [];
  const families = [
    { grounds: KINDS, members: MEMBERS, habits: DOES, living: true },
    { grounds: MATERIALS, members: MADE_OF, habits: USES, living: false },
  ];
  for (const { grounds, members, habits, living } of families)
    for (const [ground, marks] of Object.entries(grounds)) {
      const phrase = living ? withArticle(ground) : ground;
      const base: Term = { phrase, name: ground, truths: readTruths(marks), depth: 1 };
      terms.push(base);
      for (const name of members[ground]?.split(', ') ?? []) {
        const own = withArticle(name);
        const fact = sentence(`${own} is ${living ? phrase : `made of ${phrase}`}`);
        const member: Term = { phrase: own, name, next: { term: base, fact }, depth: 2 };
        terms.push(member);
        const habit = habits[name];
        if (habit === undefined) continue;
        const kind = ground === 'tree' ? 'tree' : 'animal';
        terms.push({
          phrase: living ? `the ${kind} that ${habit}` : `the thing you ${habit}`,
          name: living ? `the ${kind} that ${habit}` : `the thing you ${habit}`,
          next: { term: member, fact: living ? sentence(`${own} ${habit}`) : `You ${habit} ${own}.` },
          depth: 3,
        });
      }
    }
  return terms;
}

/** How many facts the base holds. */
export const EVERYDAY_FACTS: number = TERMS.reduce(
  (count, { next, truths }) => count + (next ? 1 : 0) + (truths?.size ?? 0),
  0,
);

/** Whether a predicate holds of a term; undefined where the base does not say. */
function truthOf({ truths, next }: Term, predicate: string): boolean | undefined {
  return next ? truthOf(next.term, predicate) : truths?.get(predicate);
}

/** The facts that settle whether a predicate holds of a term. */
function factsFor({ phrase, truths, next }: Term, predicate: string): string[] {
  if (next) return [next.fact, ...factsFor(next.term, predicate)];
  return [
    sentence(`${phrase} ${claim(PREDICATES[predicate] as Predicate, truths?.get(predicate) === true)}`),
  ];
}

type Form = 'one' | 'both' | 'which';

interface Asked {
  readonly structure: string;
  readonly form: Form;
  readonly terms: readonly Term[];
  readonly predicate: string;
}

/** Generated common-sense questions. */
export function commonSense({
  facts: [fewest, most] = [1, 3],
  comparisons = 0.5,
  seed = 0,
}: CommonSenseOptions = {}): Dataset<Problem<Worked>> {
  checkRange('facts', [fewest, most], 1, 3);
  const byDepth = [1, 2, 3].map((depth) => TERMS.filter((term) => term.depth === depth));

  function draw(random: Random): Asked | undefined {
    const compared = random.next() < comparisons;
    const terms = Array.from({ length: compared ? 2 : 1 }, () =>
      pick(random, byDepth[between(random, fewest, most) - 1] as Term[]),
    );
    const predicate = pick(random, Object.keys(PREDICATES));
    const truths = terms.map((term) => truthOf(term, predicate));
    if (truths.includes(undefined)) return undefined;
    if (new Set(terms.map((term) => factsFor(term, predicate)[0])).size < terms.length) return undefined;
    // a no is as frequent as a yes
    if (!compared && truths[0] === false && random.integer(2) === 0) return undefined;
    const form = !compared ? 'one' : truths[0] !== truths[1] && random.integer(2) === 0 ? 'which' : 'both';
    if (form === 'both' && !truths.includes(true)) return undefined;
    if (form === 'both' && truths.includes(false) && random.integer(3) > 0) return undefined;
    const structure = [predicate, ...terms.map(({ phrase }) => phrase).sort()].join(' | ');
    return { structure, form, terms, predicate };
  }

  return generated({
    name: 'common-sense',
    knobs: `${fewest} to ${most} facts, ${comparisons} comparisons, a base of ${EVERYDAY_FACTS} facts`,
    seed,
    draw,
    write: toProblem,
    verifier: workedVerifier({ name: 'common-sense', checkSteps: checkCommonSenseSteps }),
  });
}

function toProblem({ form, terms, predicate }: Asked, random: Random): Omit<Problem<Worked>, 'id'> {
  const answer = answerOf(form, terms, predicate);
  const steps = [...new Set(terms.flatMap((term) => factsFor(term, predicate)))];
  return {
    messages: [{ role: 'user', text: ask(form, terms, PREDICATES[predicate] as Predicate, random) }],
    answerKind: 'text',
    reference: { answer, steps: [...steps, `The answer is ${answer}`] },
  };
}

function ask(form: Form, terms: readonly Term[], predicate: Predicate, random: Random): string {
  const { be, have, act } = predicate;
  const [one = '', two = ''] = terms.map(({ phrase }) => phrase);
  const base = have === undefined ? act?.[0] : `have ${have}`;
  const plural = base?.replace('its young', 'their young').replace('a backbone', 'backbones');
  switch (form) {
    case 'one':
      return pick(random, [
        be === undefined ? `Does ${one} ${base}? Yes or no?` : `Is ${one} ${be}? Yes or no?`,
        `Is it right that ${one} ${claim(predicate, true)}? Yes or no?`,
      ]);
    case 'both':
      return be === undefined
        ? `Do both ${one} and ${two} ${plural}? Yes or no?`
        : `Are both ${one} and ${two} ${be}? Yes or no?`;
    case 'which':
      return `Which of the two ${claim(predicate, true)}: ${one} or ${two}?`;
    default:
      return form satisfies never;
  }
}

function answerOf(form: Form, terms: readonly Term[], predicate: string): string {
  if (form === 'which') return terms.find((term) => truthOf(term, predicate))?.name ?? '';
  return terms.every((term) => truthOf(term, predicate)) ? 'yes' : 'no';
}

/**
 * Checks the steps without a key: each is a fact of the base about something that the question or a fact before it names.
 * The answer needs the facts that settle it.
 */
export const checkCommonSenseSteps: CheckSteps = lineByLine((question) => {
  const asked = readQuestion(question);
  if (!asked) return () => false;
  const { form, terms, predicate } = asked;
  const reached = new Set(terms);
  const settled = new Set<Term>(); // kinds and materials
  const isSettled = (term: Term): boolean =>
    term.next ? reached.has(term.next.term) && isSettled(term.next.term) : settled.has(term);
  return (line) => {
    const said = announcedAnswer(line);
    if (said !== undefined) {
      const known = terms.filter(isSettled);
      const enough =
        known.length === terms.length ||
        (form === 'both' && known.some((term) => !truthOf(term, predicate))) ||
        (form === 'which' && known.length > 0);
      return enough && sameAnswer(question, answerOf(form, terms, predicate), said);
    }
    for (const term of reached) {
      if (term.next?.fact === line) {
        reached.add(term.next.term);
        return true;
      }
      if (term.truths?.has(predicate) && factsFor(term, predicate)[0] === line) {
        settled.add(term);
        return true;
      }
    }
    return false;
  };
});

const LONGEST_FIRST = TERMS.toSorted((a, b) => b.phrase.length - a.phrase.length);

function readQuestion(question: Question): Omit<Asked, 'structure'> | undefined {
  let text = questionText(question);
  const form = /^(?:Do|Are) both/.test(text) ? 'both' : text.startsWith('Which of') ? 'which' : 'one';
  const terms: Term[] = [];
  for (const [predicate, words] of Object.entries(PREDICATES)) {
    const { be, have, act } = words;
    const stem = (be ?? have ?? act?.[0] ?? '').replace(/^a |its young.*/g, '').split(' ')[0] as string;
    if (!new RegExp(`\\b${stem}`).test(withoutTerms(text))) continue;
    for (const term of LONGEST_FIRST) {
      if (!new RegExp(`(?<![\\w-])${term.phrase}(?![\\w-])`).test(text)) continue;
      text = text.replace(term.phrase, '_');
      terms.push(term);
    }
    return { form, terms, predicate };
  }
  return undefined;
}

function withoutTerms(text: string): string {
  return LONGEST_FIRST.reduce((rest, { phrase }) => rest.replace(phrase, '_'), text);
}

export const entry: DatasetEntry = {
  name: 'common-sense',
  summary: 'generated: what follows from one to three everyday facts',
  aliases: [],
  columns: [],
  options: {
    fewest: { summary: 'fewest facts about a thing', type: 'integer', default: 1, minimum: 1, maximum: 3 },
    most: { summary: 'most facts about a thing', type: 'integer', default: 3, minimum: 1, maximum: 3 },
    comparisons: {
      summary: 'share of questions about two things',
      type: 'number',
      default: 0.5,
      minimum: 0,
      maximum: 1,
    },
    seed: { summary: 'which questions', type: 'integer', default: 0, minimum: 0 },
  },
  build: ({ fewest = 1, most = 3, comparisons = 0.5, seed = 0 }) =>
    commonSense({
      facts: [Number(fewest), Number(most)],
      comparisons: Number(comparisons),
      seed: String(seed),
    }),
};
