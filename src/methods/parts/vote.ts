import { canonicalAnswer } from '../../core/answer.ts';
import type { Question } from '../../core/problem.ts';
import type { SampleCount, Solution, Vote } from '../../core/solution.ts';
import { callsKey } from './canonical-json.ts';
import { tallyFields } from './json-vote.ts';
import { wantsJson } from './prompt.ts';

/** One answer's supporters. */
export interface Group {
  readonly key: string; // canonical form
  readonly solutions: readonly Solution[]; // in sample order
  readonly weight: number;
}

/**
 * Groups solutions by canonical answer, heaviest first; equal weights keep the order in which the answers first came.
 * Solutions without an answer do not vote. `weights` defaults to 1 each and must be at least 0.
 */
export function tally(
  solutions: readonly Solution[],
  question: Question,
  weights?: readonly number[],
): Group[] {
  if (wantsJson(question)) return tallyFields(solutions, question, weights);
  const groups = new Map<string, { solutions: Solution[]; weight: number }>();
  solutions.forEach((solution, index) => {
    const key = voteKey(solution, question);
    if (key === null) return;
    const group = groups.get(key) ?? { solutions: [], weight: 0 };
    group.solutions.push(solution);
    group.weight += weights?.[index] ?? 1;
    groups.set(key, group);
  });
  return [...groups].map(([key, group]) => ({ key, ...group })).sort((a, b) => b.weight - a.weight);
}

/**
 * The heaviest group's first solution, with the tally and its share as confidence. Ties go to the answer that came first.
 * Without any answer: the first solution, confidence 0.
 */
export function elect(groups: readonly Group[], solutions: readonly Solution[], asked: number): Solution {
  const total = groups.reduce((sum, group) => sum + group.weight, 0);
  const share = (weight: number) => (total > 0 ? weight / total : 0);
  const votes = groups.map<Vote>((group) => ({
    answer: group.solutions[0]?.answer ?? group.key,
    count: group.solutions.length,
    weight: share(group.weight),
  }));
  const winner = groups[0]?.solutions[0] ?? solutions[0] ?? { steps: [], complete: false };
  return {
    ...winner,
    complete: true,
    confidence: share(groups[0]?.weight ?? 0),
    votes,
    samples: countSamples(solutions, asked),
  };
}

/** How many samples came back, and how many of their texts differ. */
export function countSamples(solutions: readonly Solution[], asked: number): SampleCount {
  return {
    asked,
    returned: solutions.length,
    distinct: new Set(solutions.map((solution) => solution.text ?? solution.steps.join('\n'))).size,
  };
}

/** What a solution votes for: its answer, or its tool calls with their arguments in canonical order. */
function voteKey(solution: Solution, question: Question): string | null {
  if (solution.toolCalls && solution.toolCalls.length > 0) return callsKey(solution.toolCalls);
  return solution.answer === undefined ? null : canonicalAnswer(solution.answer, question);
}
