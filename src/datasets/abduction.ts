/**
 * Abduction: which of several causes is the best explanation of what was seen? The best one leads to everything that was
 * seen and to nothing that was found absent. Effects may lead to further effects. A problem's split depends on its rules and
 * observations.
 */
import type { DatasetEntry } from '../core/catalog-entry.ts';
import type { Choice, Dataset, Problem, Question } from '../core/problem.ts';
import { questionText } from '../core/problem.ts';
import type { Random } from '../core/random.ts';
import { shuffle } from '../core/random.ts';
import { between, checkRange, generated, pick, sample } from './parts/generated.ts';
import { CAUSES, EFFECTS } from './parts/words.ts';
import type { CheckSteps, Worked } from './parts/worked.ts';
import { announcedAnswer, lineByLine } from './parts/worked.ts';
import { sameAnswer, workedVerifier } from './parts/worked-verifier.ts';

export interface AbductionOptions {
  readonly causes?: number; // among which to choose, 2 to 6; default 3
  readonly links?: number; // effects that lead to further effects, 0 to 3; default 1
  readonly seed?: number | string; // default 0
}

/** What each cause or effect leads to directly. */
type Rules = ReadonlyMap<string, readonly string[]>;

interface Case {
  readonly structure: string;
  readonly rules: Rules;
  readonly causes: readonly string[];
  readonly seen: readonly string[];
  readonly absent: readonly string[];
  readonly best: string;
}

/** Generated abduction problems, as a choice between causes. */
export function abduction({
  causes = 3,
  links = 1,
  seed = 0,
}: AbductionOptions = {}): Dataset<Problem<Worked>> {
  checkRange('causes', [2, causes], 2, 6);
  checkRange('links', [0, links], 0, 3);
  return generated({
    name: 'abduction',
    knobs: `${causes} causes, ${links} links`,
    seed,
    draw: (random) => drawCase(random, causes, links),
    write: toProblem,
    verifier: workedVerifier({ name: 'abduction', checkSteps: checkAbductionSteps }),
  });
}

function drawCase(random: Random, count: number, links: number): Case | undefined {
  const causes = sample(random, CAUSES, count);
  const pool = sample(random, EFFECTS, count + 1 + links);
  const effects = pool.slice(0, count + 1); // few, so that causes share them
  const rules = new Map<string, readonly string[]>();
  for (const cause of causes) rules.set(cause, sample(random, effects, between(random, 2, 3)));
  for (const further of pool.slice(count + 1)) {
    const from = pick(
      random,
      effects.filter((effect) => !rules.has(effect)),
    );
    rules.set(from, [further]);
  }
  const best = pick(random, causes);
  const reached = consequences(rules, best);
  const seen = sample(random, reached, between(random, 2, 3));
  const others = pool.filter((effect) => !reached.includes(effect));
  const absent = sample(random, others, Math.min(others.length, random.integer(2)));
  const known = { rules, seen, absent };
  if (causes.filter((cause) => isExplanation(known, cause)).length !== 1) return undefined;
  const structure = `${[...rules]
    .map(([from, to]) => `${from}: ${to.toSorted().join(' ')}`)
    .sort()
    .join('; ')} | ${seen.toSorted().join(' ')} | ${absent.join(' ')}`;
  return { structure, ...known, causes, best };
}

/** Everything a cause leads to, near effects first. */
function consequences(rules: Rules, cause: string): string[] {
  const reached: string[] = [...(rules.get(cause) ?? [])];
  for (const effect of reached)
    for (const further of rules.get(effect) ?? []) if (!reached.includes(further)) reached.push(further);
  return reached;
}

type Evidence = Pick<Case, 'rules' | 'seen' | 'absent'>;

function isExplanation(evidence: Evidence, cause: string): boolean {
  const reached = consequences(evidence.rules, cause);
  return itemsOf(evidence).every((item) => agrees(item, reached));
}

/** The pieces of evidence as a solution names them: `dust`, or `no haze` for what is absent. */
function itemsOf({ seen, absent }: Evidence): string[] {
  return [...seen, ...absent.map((effect) => `no ${effect}`)];
}

function agrees(item: string, reached: readonly string[]): boolean {
  return item.startsWith('no ') ? !reached.includes(item.slice(3)) : reached.includes(item);
}

/**
 * What follows from a cause, what was found one by one, and the verdict with its letter before it:
 * `B. rust: noise, dust, fog; dust yes, no haze yes; B fits`. The first piece of evidence that does not agree is the last to be
 * named: `B. rust: noise, dust, fog; dust yes, glare no; B is out`.
 */
function assessment(evidence: Evidence, { label, text: cause }: Choice, random: Random): string {
  const reached = consequences(evidence.rules, cause);
  const items = itemsOf({ ...evidence, seen: shuffle(evidence.seen, random) });
  const first = items.findIndex((item) => !agrees(item, reached));
  const named = first < 0 ? items : items.slice(0, first + 1);
  const checks = named.map((item) => `${item} ${agrees(item, reached) ? 'yes' : 'no'}`);
  const verdict = first < 0 ? 'fits' : 'is out';
  return `${label}. ${cause}: ${reached.join(', ')}; ${checks.join(', ')}; ${label} ${verdict}`;
}

const LABELS = 'ABCDEF';

function toProblem(drawn: Case, random: Random): Omit<Problem<Worked>, 'id'> {
  const { rules, causes, seen, absent, best } = drawn;
  const told = shuffle(
    [...rules].map(([from, to]) => {
      const verb = pick(random, ['causes', 'leads to']);
      return `${from.charAt(0).toUpperCase()}${from.slice(1)} ${verb} ${joined(to)}.`;
    }),
    random,
  );
  const none = absent.length > 0 ? ` There is no ${absent.join(' and no ')}.` : '';
  const ask = pick(random, ['What is the best explanation?', 'Which cause explains this best?']);
  const choices = causes.map((text, index): Choice => ({ label: LABELS[index] as string, text }));
  const list = choices.map(({ label, text }) => `\n${label}. ${text}`).join('');
  const answer = choices.find(({ text }) => text === best)?.label as string;
  return {
    messages: [{ role: 'user', text: `${told.join(' ')} There is ${joined(seen)}.${none} ${ask}${list}` }],
    answerKind: 'choice',
    choices,
    reference: {
      answer,
      steps: [
        ...shuffle(choices, random).map((choice) => assessment(drawn, choice, random)),
        `The answer is ${answer}`,
      ],
    },
  };
}

function joined(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

/**
 * Checks an abduction without a key: a step lists everything that one cause leads to, in any order, says of pieces of evidence whether
 * they agree, and ends in `is out` after one that does not, or in `fits` after all of it does. The answer needs the step of its own
 * cause before it.
 */
export const checkAbductionSteps: CheckSteps = lineByLine((question) => {
  const evidence = readQuestion(question);
  const { choices = [] } = question;
  const fitting = new Set<string>();
  return (line) => {
    const said = announcedAnswer(line);
    if (said !== undefined) return [...fitting].some((label) => sameAnswer(question, label, said));
    const [, letter = '', cause = '', listed = '', checked = '', verdict] =
      /^([A-F])\. (\w+): ([\w, ]+); ([\w, ]+); \1 (fits|is out)$/.exec(line) ?? [];
    if (!choices.some(({ label, text }) => label === letter && text === cause)) return false;
    const reached = consequences(evidence.rules, cause);
    if (listed.split(', ').sort().join() !== reached.toSorted().join()) return false;
    const checks = checked.split(', ').map((text) => / (yes|no)$/.exec(text)?.[1] ?? '');
    const items = checked.split(', ').map((text) => text.replace(/ (?:yes|no)$/, ''));
    const known = itemsOf(evidence);
    const right = items.every(
      (item, index) => known.includes(item) && checks[index] === (agrees(item, reached) ? 'yes' : 'no'),
    );
    if (!right || new Set(items).size < items.length) return false;
    const agreed = items.every((item) => agrees(item, reached));
    if (verdict === 'is out') return !agreed;
    const fits = agreed && items.length === known.length;
    if (fits) fitting.add(letter);
    return fits;
  };
});

function readQuestion(question: Question): Evidence {
  const text = questionText(question);
  const items = (list: string) => list.split(/, (?:no )?| and (?:no )?/);
  const rules = new Map(
    [...text.matchAll(/\b(\w+) (?:causes|leads to) ([\w, ]+)\./g)].map(([, from = '', to = '']) => [
      from.toLowerCase(),
      items(to),
    ]),
  );
  const absent = /There is no ([\w ]+)\./.exec(text)?.[1];
  const seen = /There is (?!no )([\w, ]+)\./.exec(text)?.[1];
  return {
    rules,
    seen: seen === undefined ? [] : items(seen),
    absent: absent === undefined ? [] : items(absent),
  };
}

export const entry: DatasetEntry = {
  name: 'abduction',
  summary: 'generated: the cause that explains best what was seen',
  aliases: [],
  columns: [],
  options: {
    causes: { summary: 'causes to choose among', type: 'integer', default: 3, minimum: 2, maximum: 6 },
    links: { summary: 'effects that lead further', type: 'integer', default: 1, minimum: 0, maximum: 3 },
    seed: { summary: 'which problems', type: 'integer', default: 0, minimum: 0 },
  },
  build: ({ causes = 3, links = 1, seed = 0 }) =>
    abduction({ causes: Number(causes), links: Number(links), seed: String(seed) }),
};
