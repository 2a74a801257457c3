import type { Question } from '../../core/problem.ts';

/** The key of a generated problem: the answer, a worked chain that ends in it, and a program where one computes it. */
export interface Worked {
  readonly answer: string;
  /** One elementary step a line; the last is `The answer is X`, or `Answer: X = target` for an expression. */
  readonly steps: readonly string[];
  /** A short Python function `solution()` whose value is the answer. */
  readonly program?: string;
}

/** One score per step: 1 where it follows from the question and the valid steps before it, else 0. */
export type CheckSteps<Q extends Question = Question> = (
  question: Q,
  steps: readonly string[],
) => readonly number[];

/** Steps beyond this count, and steps longer than this, are scored 0 unread. */
export const MOST_STEPS = 256;
export const STEP_CHARACTERS = 300;

const ANNOUNCEMENT = /\banswer(?: is\b|:)/i;

/** Whether a line announces a final answer. */
export function announces(line: string): boolean {
  return ANNOUNCEMENT.test(line.slice(0, STEP_CHARACTERS));
}

/** What a line announces as the final answer, without the full stop; undefined when it announces nothing. */
export function announcedAnswer(line: string): string | undefined {
  const text = line.trim();
  const last = text.toLowerCase().lastIndexOf('answer');
  const rest = last < 0 ? '' : text.slice(last, last + STEP_CHARACTERS);
  return /^answer(?: is\b|:)\s*(.*?)\.?$/i.exec(rest)?.[1];
}

/**
 * A step check out of a judge of single lines that remembers the lines before. Blank, overlong and repeated lines score 0,
 * and so does whatever stands behind an announced answer, or an announcement that is not the last line.
 */
export function lineByLine<Q extends Question>(
  judgeOf: (question: Q) => (line: string) => boolean,
): CheckSteps<Q> {
  return (question, steps) => {
    const judge = judgeOf(question);
    const seen = new Set<string>();
    const last = steps.findLastIndex((step) => step.trim() !== '');
    let closed = false;
    return steps.map((step, index) => {
      if (closed || index >= MOST_STEPS || step.length > STEP_CHARACTERS) return 0;
      const line = step.trim().replace(/\s+/g, ' ');
      if (line === '' || seen.has(line)) return 0;
      seen.add(line);
      closed = announces(line);
      if (closed && index !== last) return 0;
      return judge(line) ? 1 : 0;
    });
  };
}
