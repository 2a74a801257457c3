/** How a verdict on a step is taught: the step as it should be, then yes or no. Half of the steps shown are wrong. */
import { questionText } from '../../core/problem.ts';
import type { Random } from '../../core/random.ts';
import { shuffle } from '../../core/random.ts';
import type { Run } from '../../core/run.ts';
import { pick } from '../../datasets/parts/generated.ts';
import { judge, LAST_STEP } from '../../verifiers/judge.ts';
import type { Course } from './plan.ts';

/** Draws of a wrong step. */
const TRIES = 8;

/** One step of the worked solution, right or spoilt, behind the steps before it. */
export const verdictCourse: Course = (problem, random, { verifier: key }) => {
  const { steps } = problem.reference;
  const at = random.integer(steps.length);
  const right = steps[at] as string;
  const before = steps.slice(0, at);
  let wrong: string | undefined;

  /** The step with its claim changed in one place so that it is wrong; undefined where chance finds none. */
  async function wrongStep(run: Run): Promise<string | undefined> {
    const words = `${questionText(problem)} ${steps.join(' ')}`.match(WORDS) ?? [];
    for (let tries = 0; tries < TRIES; tries++) {
      const spoilt = changed(right, words, random);
      if (spoilt === undefined) continue;
      const shown = { steps: [...before, spoilt], complete: false };
      if ((await run.judge(key, problem, shown)).steps?.at(-1) === 0) return spoilt;
    }
    return undefined;
  }

  return {
    method: (model) => {
      const verifier = judge({ model, criteria: LAST_STEP });
      return {
        name: verifier.name,
        async solve(question, run) {
          wrong = random.integer(2) === 0 ? await wrongStep(run) : undefined;
          const shown = { steps: [...before, wrong ?? right], complete: false };
          await run.judge(verifier, question, shown);
          return shown;
        },
      };
    },
    reply: () => ({ text: `${right}\nVerdict: ${wrong === undefined ? 'yes' : 'no'}` }),
  };
};

/** Words that may stand for one another: longer ones of the problem, but for those that hold a sentence together. */
const WORDS = /[A-Za-z][a-z-]{2,}/g;
const FIXED = new Set(
  'the The and answer Answer not left seen but made What How Which There Every Bag'.split(' '),
);
/** Answers that stand for one another. */
const ANSWERS = [
  ['yes', 'no'],
  ['true', 'false', 'unknown'],
];
/** What comes before the claim of a step: an equals sign, a colon, an arrow, or the verb. */
const CLAIM = / = |: | -> | (?:is|has|does) /;

/** A step with one number, letter or word of its claim replaced, or its "not" left out. */
function changed(step: string, words: readonly string[], random: Random): string | undefined {
  const start = CLAIM.exec(step)?.index ?? 0;
  const claim = step.slice(start);
  if (/ (?:is|does) not /.test(claim) && random.integer(2) === 0)
    return step.slice(0, start) + claim.replace(' not ', ' ');
  const places = [...claim.matchAll(/\d+|[A-Za-z][a-z-]*/g)].filter(
    ({ 0: word, index }) => !isFixed(word) && claim.slice(index - 1, index + 2) !== ' a ', // the article, not the letter
  );
  const [place] = shuffle(places, random);
  const other = place && another(place[0], words, random);
  if (!place || other === undefined) return undefined;
  const end = place.index + place[0].length;
  return step.slice(0, start) + claim.slice(0, place.index) + other + claim.slice(end);
}

/** Words that hold a sentence together, among them all of two letters. */
function isFixed(word: string): boolean {
  return FIXED.has(word) || (/^[A-Za-z]{2}$/.test(word) && word !== 'no');
}

/** A number a little away, another letter, or another word of the problem with the same kind of first letter. */
function another(word: string, words: readonly string[], random: Random): string | undefined {
  if (/^\d/.test(word)) {
    const by = 1 + random.integer(9);
    return String(random.integer(2) === 0 && Number(word) > by ? Number(word) - by : Number(word) + by);
  }
  if (/^[A-Z]$/.test(word)) return pick(random, ['A', 'B', 'C']);
  if (/^[a-z]$/.test(word)) return String.fromCharCode(97 + random.integer(26));
  const answers = ANSWERS.find((list) => list.includes(word));
  if (answers) return pick(random, answers);
  const isName = /^[A-Z]/.test(word);
  const others = words.filter((one) => one !== word && /^[A-Z]/.test(one) === isName && !FIXED.has(one));
  return others.length === 0 ? undefined : pick(random, others);
}
