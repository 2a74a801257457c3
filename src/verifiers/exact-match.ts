import { canonicalAnswer, normaliseText } from '../core/canonical.ts';
import type { Problem } from '../core/problem.ts';
import type { Verifier } from '../core/verifier.ts';
import { answerOf, noAnswer } from './parts/answer-of.ts';

export interface ExactMatchOptions {
  /** What the score is: 1 for an answer that is equal after normalisation, or the F1 of its words in [0, 1]. */
  readonly score?: 'exact' | 'f1';
}

/**
 * Compares short texts after SQuAD normalisation (Rajpurkar et al. 2016); `reference` is the answer or all accepted
 * answers, of which the best match counts. The note gives both measures.
 */
export function exactMatch({
  score = 'exact',
}: ExactMatchOptions = {}): Verifier<Problem<string | readonly string[]>> {
  return {
    name: 'exact-match',
    async verify({ reference }, solution) {
      const answer = answerOf(solution);
      if (answer === undefined) return noAnswer(solution);
      const accepted = typeof reference === 'string' ? [reference] : reference;
      const exact = accepted.some((gold) => key(gold) === key(answer)) ? 1 : 0;
      const f1 = Math.max(exact, ...accepted.map((gold) => wordF1(gold, answer)));
      return { score: score === 'f1' ? f1 : exact, note: `exact match ${exact}, F1 ${f1.toFixed(3)}` };
    },
  };
}

function key(text: string): string {
  return canonicalAnswer(text, { answerKind: 'text' });
}

/** Harmonic mean of precision and recall over the bags of words. A yes, no or noanswer is right or wrong, as in HotpotQA. */
export function wordF1(gold: string, answer: string): number {
  const [wanted, given] = [normaliseText(gold), normaliseText(answer)];
  const closed = /^(?:yes|no|noanswer)$/;
  if (wanted === given) return wanted === '' ? 0 : 1;
  if (closed.test(wanted) || closed.test(given)) return 0;
  const left = new Map<string, number>();
  for (const word of wanted.split(' ')) left.set(word, (left.get(word) ?? 0) + 1);
  let shared = 0;
  for (const word of given.split(' ')) {
    const count = left.get(word) ?? 0;
    if (count > 0) {
      shared++;
      left.set(word, count - 1);
    }
  }
  return (2 * shared) / (wanted.split(' ').length + given.split(' ').length);
}
