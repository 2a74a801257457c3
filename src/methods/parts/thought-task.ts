import { extractAnswer } from '../../core/answer.ts';
import type { Question } from '../../core/problem.ts';
import { questionText } from '../../core/problem.ts';
import { answerForm } from './prompt.ts';

/**
 * What a tree search must know of a kind of question. A state is the text of the thoughts so far, one a line; the root is
 * the empty text. Every prompt holds the question, so that a state can be asked about on its own.
 */
export interface ThoughtTask {
  readonly steps: number; // depth of a full solution
  /** The prompt that asks for next thoughts from `state`: a list of them, or one when sampling. */
  propose(state: string, count: number): string;
  /** The thoughts in a reply. */
  read(reply: string): readonly string[];
  /** The prompt that asks how promising `state` is; or its value outright, where no model is needed. */
  value(state: string): string | number;
  /** A reply's value. */
  grade(reply: string): number;
  /** The prompt that asks for the best of several states by number. */
  vote(states: readonly string[]): string;
  /** The answer a state ends in, or null. */
  answer(state: string): string | null;
}

/** Values of Yao et al. for the words a model may use; added up over the value samples. */
export const VALUE_WORDS = { sure: 20, likely: 1, impossible: 0.001 } as const;

/** The last of the three words in the reply decides; none of them is worth nothing. */
export function gradeByWord(reply: string): number {
  let best = { at: -1, value: 0 };
  const lower = reply.toLowerCase();
  for (const [word, value] of Object.entries(VALUE_WORDS)) {
    const at = lower.lastIndexOf(word);
    if (at > best.at) best = { at, value };
  }
  return best.value;
}

/** Any question: a thought is a line of working. */
export function stepByStep(question: Question, steps: number): ThoughtTask {
  const text = questionText(question);
  const soFar = (state: string) => (state === '' ? text : `${text}\n\nSteps so far:\n${state}`);
  return {
    steps,
    propose: (state, count) =>
      `${soFar(state)}\n\n${count === 1 ? 'Write the next step' : `Write ${count} different next steps`}, one line each. ` +
      `A step that finishes ends with "The answer is" and the answer (${answerForm(question)}).`,
    read: readLines,
    value: (state) =>
      `${soFar(state)}\n\nCan these steps lead to the right answer? Reply sure, likely or impossible.`,
    grade: gradeByWord,
    vote: (states) =>
      `${text}\n\n${states.map((state, index) => `[${index + 1}]\n${state}`).join('\n\n')}\n\n` +
      'Which is most promising? Reply with its number.',
    answer: (state) => (/\banswer is\b/i.test(lastLine(state)) ? extractAnswer(state, question) : null),
  };
}

/**
 * Game of 24 and Countdown: a thought is one operation with the numbers that are left, `4 * 5 = 20 (left: 6 10 20)`, and
 * the last one the whole expression. Yao et al. 2023, §4.1.
 */
export function countdownSteps(numbers: readonly number[], target: number): ThoughtTask {
  const left = (state: string) => (state === '' ? numbers.join(' ') : numbersLeft(lastLine(state)));
  const finished = (state: string) => left(state) === String(target);
  return {
    steps: numbers.length,
    propose: (state) =>
      finished(state)
        ? `Numbers: ${numbers.join(' ')}\nSteps:\n${state}\nWrite them as one expression. Reply: Answer: <expression> = ${target}`
        : `Numbers: ${left(state)}\nList possible next steps towards ${target}, one per line, like: 2 + 8 = 10 (left: 10 14)`,
    read: readLines,
    value(state) {
      const last = lastLine(state);
      const depth = state === '' ? 0 : state.trimEnd().split('\n').length;
      if (/answer/i.test(last))
        return `Numbers: ${numbers.join(' ')}\n${last}\nDoes this use each number once and give ${target}? Reply sure or impossible.`;
      if (depth >= numbers.length) return 0; // all operations made and no answer written
      return `Numbers: ${left(state)}\nCan they reach ${target}? Reply sure, likely or impossible.`;
    },
    grade: gradeByWord,
    vote: (states) =>
      `Reach ${target}. Candidates:\n${states.map((state, index) => `[${index + 1}] left: ${left(state)}`).join('\n')}\n` +
      'Which is most promising? Reply with its number.',
    answer: (state) =>
      /answer/i.test(lastLine(state)) ? extractAnswer(state, { answerKind: 'expression' }) : null,
  };
}

/** The task that fits a question: given numbers and a target make a countdown, anything else goes line by line. */
export function taskFor(question: Question, steps: number): ThoughtTask {
  const countdown = countdownOf(question);
  return countdown ? countdownSteps(countdown.numbers, countdown.target) : stepByStep(question, steps);
}

interface Countdown {
  readonly numbers: readonly number[];
  readonly target: number;
}

/** How the datasets word a countdown; a client's question has nothing but its words. */
const COUNTDOWN =
  /\bUse the numbers ((?:\d{1,6},? ){1,7}\d{1,6}) and the operations [-+*/ ,]{1,20} to make (\d{1,9})\b/;

function countdownOf(question: Question): Countdown | undefined {
  const { given, answerKind } = question;
  if (answerKind === 'expression' && typeof given === 'object' && given !== null && 'numbers' in given)
    return given as unknown as Countdown;
  const [, numbers, target] = COUNTDOWN.exec(questionText(question)) ?? [];
  if (numbers === undefined || answerKind !== undefined) return undefined;
  return { numbers: numbers.split(/,? /).map(Number), target: Number(target) };
}

function readLines(reply: string): readonly string[] {
  return reply
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function lastLine(state: string): string {
  return state.trimEnd().split('\n').at(-1) ?? '';
}

/** The text after `left:` up to the closing bracket. */
function numbersLeft(line: string): string {
  const after = line.split('left: ').at(-1) ?? '';
  return after.split(')')[0] ?? '';
}
