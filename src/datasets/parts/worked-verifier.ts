import { canonicalAnswer } from '../../core/answer.ts';
import { canonicalNumber } from '../../core/canonical.ts';
import type { Problem, Question } from '../../core/problem.ts';
import type { Solution } from '../../core/solution.ts';
import type { Verdict, Verifier } from '../../core/verifier.ts';
import type { CheckSteps, Worked } from './worked.ts';
import { announcedAnswer, announces, STEP_CHARACTERS } from './worked.ts';

export interface WorkedVerifierOptions {
  readonly name: string;
  readonly checkSteps: CheckSteps<Problem<Worked>>;
  /** Grades a short answer alone. Default: equality with the key as numbers, as choices, or as normalised texts. */
  readonly grade?: (problem: Problem<Worked>, answer: string) => Verdict;
}

/** Longer answers are no short final answers. */
const LONGEST_ANSWER = 400;

/**
 * Verifier of a generated dataset: the score is that of the answer alone, `steps` holds one score per step. A solution that
 * announces its answer anywhere but at its end, or announces several, scores 0.
 */
export function workedVerifier({
  name,
  checkSteps,
  grade = sameAsKey,
}: WorkedVerifierOptions): Verifier<Problem<Worked>> {
  return {
    name,
    async verify(problem, solution): Promise<Verdict> {
      const steps = checkSteps(problem, solution.steps);
      const fault = answerFault(solution) ?? announcementFault(problem, solution);
      const { score, note } = fault ? { score: 0, note: fault } : grade(problem, solution.answer ?? '');
      return { score, ...(steps.length > 0 && { steps }), ...(note !== undefined && { note }) };
    },
  };
}

/** A verifier that needs no key: the share of steps before the first invalid one. */
export function stepVerifier(name: string, checkSteps: CheckSteps): Verifier<Question> {
  return {
    name,
    async verify(question, solution) {
      const steps = checkSteps(question, solution.steps);
      if (steps.length === 0) return { score: 0, note: 'no steps' };
      const wrong = steps.indexOf(0);
      return wrong < 0
        ? { score: 1, steps, note: 'every step follows' }
        : { score: wrong / steps.length, steps, note: `step ${wrong + 1} does not follow` };
    },
  };
}

/** Compares an answer with the key in the way its kind asks for. */
function sameAsKey(problem: Problem<Worked>, answer: string): Verdict {
  return { score: sameAnswer(problem, problem.reference.answer, answer) ? 1 : 0 };
}

function answerFault({ answer = '' }: Solution): string | undefined {
  if (answer.length > LONGEST_ANSWER) return 'the answer is too long';
  return answer.trim() === '' ? 'no answer' : undefined;
}

/** Whether two answers to a question are the same. */
export function sameAnswer(question: Question, left: string, right: string): boolean {
  if (question.answerKind === 'number') {
    const value = canonicalNumber(left);
    return value !== undefined && value === canonicalNumber(right);
  }
  const key = canonicalAnswer(left, question);
  return key !== '' && key === canonicalAnswer(right, question);
}

function announcementFault(problem: Problem<Worked>, { steps }: Solution): string | undefined {
  if (!steps.some(announces)) return undefined;
  const last = steps.findLast((step) => step.trim() !== '') ?? '';
  const line = last.trimEnd().split('\n').at(-1) ?? '';
  const said = announcedAnswer(line);
  if (said === undefined) return 'the answer does not stand at the end';
  return namesSeveral(problem, said) ? 'several answers are given' : undefined;
}

function namesSeveral({ answerKind, choices = [], reference }: Problem<Worked>, said: string): boolean {
  if (said.length >= STEP_CHARACTERS) return true;
  switch (answerKind) {
    case 'number': {
      const numbers = new Set(said.match(/-?\d+(?:[.,]\d+)*(?:\/\d+)?/g));
      return numbers.size > 1 && (!said.includes('=') || /\b(?:or|and)\b|[;|]/.test(said));
    }
    case 'choice': {
      const labels = new Set(choices.map((choice) => choice.label));
      const named = said.match(/(?<![\p{L}\p{N}])[A-Z](?![\p{L}\p{N}'’])/gu) ?? [];
      return new Set(named.filter((label) => labels.has(label))).size > 1;
    }
    case 'expression':
      return said.split('=').length > 2 || /\b(?:or|and)\b|[;|,]/.test(said);
    default:
      // a second sentence, where extraction no longer reads
      return /[.!?]\s+\S/.test(said) && !reference.answer.includes('.');
  }
}
