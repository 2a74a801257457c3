/** A method of one's own: ask twice, and a third time only when the two disagree. */
import { canonicalAnswer } from '../src/core/answer.ts';
import type { Method } from '../src/index.ts';
import { chainOfThought, solve } from '../src/index.ts';
import { noisySolver } from '../src/models/noisy-solver.ts';

function secondOpinion(method: Method): Method {
  return {
    name: `second-opinion(${method.name})`,
    async solve(question, run) {
      const [first, second] = await run.map(2, 'opinion', (branch) => method.solve(question, branch));
      const agree =
        first?.answer !== undefined &&
        second?.answer !== undefined &&
        canonicalAnswer(first.answer, question) === canonicalAnswer(second.answer, question);
      if (first && agree) return { ...first, confidence: 1 };
      return run.branch('tie break', (branch) => method.solve(question, branch));
    },
  };
}

const model = noisySolver({ errorRate: 0.3 });
const method = secondOpinion(chainOfThought({ model, temperature: 0.7 }));
const question = {
  id: 'sum',
  messages: [{ role: 'user' as const, text: 'What is 9 * 9 - 8?' }],
  answerKind: 'number' as const,
};
const { solution, usage } = await solve(method, question, { seed: 3 });
console.log(`${solution.answer} after ${usage.calls} calls`);
