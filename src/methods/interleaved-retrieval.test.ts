import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shownPassages } from '../core/citations.ts';
import type { Question } from '../core/problem.ts';
import type { Passage } from '../core/retriever.ts';
import { solve } from '../core/solve.ts';
import { bm25 } from '../knowledge/bm25.ts';
import { scripted } from '../models/scripted.ts';
import { chainOfThought } from './chain-of-thought.ts';
import { interleavedRetrieval } from './interleaved-retrieval.ts';
import { retrieveThenRead } from './retrieve-then-read.ts';

const passages: Passage[] = [
  { id: 'film', title: 'Harbour', text: 'The film Harbour was directed by Marta Olsen.' },
  { id: 'person', title: 'Marta Olsen', text: 'Marta Olsen was raised in Bergen.' },
  { id: 'other', title: 'Oslo', text: 'Oslo is a town.' },
];
const question: Question = {
  id: 'q',
  messages: [{ role: 'user', text: 'Where did the director of Harbour grow up?' }],
  answerKind: 'text',
};

/** Reads the next fact off the passages in its prompt, as a model that knows nothing itself. */
function reader(log: string[]) {
  return scripted({
    answer: ({ messages }) => {
      const text = messages.at(-1)?.text ?? '';
      log.push(text);
      const knows = text.includes('raised in Bergen');
      if (text.includes('Answer the question above'))
        return knows ? 'She grew up there [2]. The answer is Bergen' : 'The answer is unknown';
      if (!text.includes('Written so far')) return 'The director of Harbour is Marta Olsen. And so on.';
      return knows ? 'So the answer is Bergen.' : 'Nobody knows.';
    },
  });
}

test('a sentence finds what the question alone did not', async () => {
  const log: string[] = [];
  const method = interleavedRetrieval({ model: reader(log), retriever: bm25(passages), passages: 2 });
  const { solution, usage } = await solve(method, question);
  assert.equal(solution.answer, 'Bergen');
  assert.equal(usage.calls, 3);
  assert.deepEqual(solution.steps.slice(0, 2), [
    'The director of Harbour is Marta Olsen.',
    'So the answer is Bergen.',
  ]);
  assert.deepEqual(
    shownPassages(solution).map(({ id }) => id),
    ['film', 'person'],
  );

  const once = retrieveThenRead({
    method: chainOfThought({ model: reader([]) }),
    retriever: bm25(passages),
    passages: 2,
  });
  assert.notEqual((await solve(once, question)).solution.answer, 'Bergen');
});

test('passages are capped in number and length, and repeated sentences end the loop', async () => {
  const many = Array.from({ length: 30 }, (_, index) => ({
    id: `${index}`,
    text: `topic ${'word '.repeat(500)}`,
  }));
  let longest = 0;
  const model = scripted({
    answer: ({ messages }) => {
      longest = Math.max(longest, (messages.at(-1)?.text.match(/word/g) ?? []).length);
      return 'About the topic.';
    },
  });
  const { solution, usage } = await solve(
    interleavedRetrieval({ model, retriever: bm25(many), passages: 8, most: 10 }),
    { ...question, messages: [{ role: 'user', text: 'topic' }] },
  );
  assert.equal(shownPassages(solution).length, 8);
  assert.equal(usage.calls, 3);
  assert.ok(longest <= 10 * 350);
});

test('without any find it still answers', async () => {
  const { solution } = await solve(
    interleavedRetrieval({ model: reader([]), retriever: bm25([]) }),
    question,
  );
  assert.equal(solution.answer, 'unknown');
  assert.deepEqual(shownPassages(solution), []);
});
