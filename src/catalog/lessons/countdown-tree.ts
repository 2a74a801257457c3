/** How a tree search over a countdown is taught: next steps, their worth, and the finished expression. */
import type { Question } from '../../core/problem.ts';
import type { Random } from '../../core/random.ts';
import { shuffle } from '../../core/random.ts';
import type { Made } from '../../datasets/parts/countdown-moves.ts';
import { allMoves, leaf, moveLine, solveFor } from '../../datasets/parts/countdown-moves.ts';
import type { ThoughtTask } from '../../methods/parts/thought-task.ts';
import { countdownSteps } from '../../methods/parts/thought-task.ts';
import { treeOfThought } from '../../methods/tree-of-thought.ts';
import { expressionVerdict } from '../../verifiers/expression.ts';
import type { Course, Reply } from './plan.ts';

/** Steps in a proposal: those that lead to the target first, then others. */
const PROPOSED = 4;
/** At least one of them is another, where there is one, so that there is something to tell apart. */
const LEADING = 3;
/** Share of finished expressions that are wrong, for the judgement after it. */
const SPOILT = 0.5;
/** Draws of a wrong expression. */
const TRIES = 8;

/** One path down the tree, every state on its way judged. Undefined for anything but a countdown. */
export const treeOfThoughtCourse: Course = (problem, random) => {
  const facts = problem.given as { numbers?: readonly number[]; target?: number } | undefined;
  if (!facts?.numbers || facts.target === undefined) return undefined;
  const { numbers, target } = facts;
  const replies = new Map<string, () => Reply>();
  const task = noticing(countdownSteps(numbers, target), replies, {
    propose: (state) => proposals(problem, after(numbers, state), target, random),
    value: (state) => ({ text: worth(problem, state, numbers, target, random) }),
  });
  return {
    method: (model) => treeOfThought({ model, breadth: 1, values: 1, task: () => task }),
    reply: ({ messages }) => replies.get(messages.at(-1)?.text ?? '')?.() ?? { text: '', taught: false },
  };
};

/** The task, which remembers for each prompt that it makes what the right reply is. */
function noticing(
  task: ThoughtTask,
  replies: Map<string, () => Reply>,
  teacher: { readonly propose: (state: string) => Reply; readonly value: (state: string) => Reply },
): ThoughtTask {
  return {
    ...task,
    propose(state, count) {
      const prompt = task.propose(state, count);
      replies.set(prompt, () => teacher.propose(state));
      return prompt;
    },
    value(state) {
      const prompt = task.value(state);
      if (typeof prompt === 'string') replies.set(prompt, () => teacher.value(state));
      return prompt;
    },
  };
}

/** The numbers left after the steps of a state, with the expressions that made them. */
function after(numbers: readonly number[], state: string): Made[] {
  const left = numbers.map(leaf);
  const take = (value: number): string =>
    left.splice(
      left.findIndex((one) => one.value === value),
      1,
    )[0]?.text ?? '';
  for (const [, a, operator, b, result] of state.matchAll(/^(\d+) ([-+*/]) (\d+) = (\d+) /gm))
    left.push({ text: `(${take(Number(a))} ${operator} ${take(Number(b))})`, value: Number(result) });
  return left;
}

function proposals(question: Question, left: readonly Made[], target: number, random: Random): Reply {
  const [only] = left;
  if (left.length === 1 && only) {
    const right = only.text.slice(1, -1);
    const spoilt = random.next() < SPOILT ? wrongExpression(question, right, random) : undefined;
    return { text: `Answer: ${spoilt ?? right} = ${target}`, taught: spoilt === undefined };
  }
  const leading: string[] = [];
  const others: string[] = [];
  for (const move of allMoves(left, random))
    (solveFor(move.left, target, random) ? leading : others).push(moveLine(move));
  const first = leading.slice(0, LEADING);
  return { text: [...first, ...others.slice(0, PROPOSED - first.length)].join('\n') };
}

/** The expression with one sign or number changed; undefined where chance finds no wrong one. */
function wrongExpression(question: Question, right: string, random: Random): string | undefined {
  const tokens: readonly string[] = right.match(/\d+|[-+*/]|./g) ?? [];
  const places = tokens.flatMap((token, index) => (/[\d+*/-]/.test(token) ? [index] : []));
  for (let tries = 0; tries < TRIES; tries++) {
    const [at = 0] = shuffle(places, random);
    const token = tokens[at] as string;
    const like = /\d/.test(token) ? tokens.filter((one) => /\d/.test(one)) : ['+', '-', '*', '/'];
    const [other = ''] = shuffle(like, random);
    const text = tokens.with(at, other).join('');
    if (expressionVerdict(question, text).score === 0) return text;
  }
  return undefined;
}

function worth(
  question: Question,
  state: string,
  numbers: readonly number[],
  target: number,
  random: Random,
): string {
  const said = /^Answer: (.*) = /.exec(state.split('\n').at(-1) ?? '')?.[1];
  const right =
    said === undefined
      ? solveFor(after(numbers, state), target, random) !== undefined
      : expressionVerdict(question, said).score === 1;
  return right ? 'sure' : 'impossible';
}
