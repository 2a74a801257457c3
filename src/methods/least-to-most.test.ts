import assert from 'node:assert/strict';
import { test } from 'node:test';
import { solve } from '../core/solve.ts';
import { scripted } from '../models/scripted.ts';
import { leastToMost } from './least-to-most.ts';

test('simpler questions are answered first, each with the earlier answers at hand', async () => {
  const transcripts: string[][] = [];
  const model = scripted({
    answer: ({ messages }) => {
      transcripts.push(messages.map((message) => message.text));
      const text = messages.at(-1)?.text ?? '';
      if (text.includes('simpler questions')) return '1. How many apples?\n- How many pears?\n\n';
      if (text.includes('apples')) return 'Three apples.';
      if (text.includes('pears')) return 'Four pears.';
      return 'The answer is 7';
    },
  });
  const question = {
    id: 'q',
    messages: [{ role: 'user' as const, text: 'How much fruit?' }],
    answerKind: 'number' as const,
  };
  const { solution, usage } = await solve(leastToMost({ model }), question);
  assert.deepEqual([solution.answer, usage.calls], ['7', 4]);
  assert.deepEqual(solution.steps.slice(0, 2), [
    'How many apples? Three apples.',
    'How many pears? Four pears.',
  ]);
  assert.deepEqual(transcripts[3]?.slice(1, 4), ['Three apples.', 'How many pears?', 'Four pears.']);
});
