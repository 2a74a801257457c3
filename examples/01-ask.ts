/** Ask one question in two ways and see what each cost. */

import { chainOfThought, selfConsistency, solve } from '../src/index.ts';
import { noisySolver } from '../src/models/noisy-solver.ts';

const model = noisySolver({ errorRate: 0.4 }); // or openaiCompatible({ baseUrl: 'http://127.0.0.1:11434/v1', model: 'qwen3:8b' })
const question = {
  id: 'sum',
  messages: [{ role: 'user' as const, text: 'What is 17 + 25 * 3?' }],
  answerKind: 'number' as const,
};

const once = chainOfThought({ model });
const voted = selfConsistency({ method: chainOfThought({ model, temperature: 0.7 }), samples: 16 });

for (const method of [once, voted]) {
  const { solution, usage } = await solve(method, question, { seed: 1, limits: { tokens: 20_000 } });
  const votes = solution.votes?.map(({ answer, count }) => `${answer} ×${count}`).join(', ') ?? 'no vote';
  console.log(`${method.name}: ${solution.answer} (${votes}), ${usage.calls} calls`);
}
