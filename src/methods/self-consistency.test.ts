import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Method } from '../core/method.ts';
import type { SampleRequest } from '../core/model.ts';
import type { Question } from '../core/problem.ts';
import { solve } from '../core/solve.ts';
import { scripted } from '../models/scripted.ts';
import { chainOfThought } from './chain-of-thought.ts';
import type { StopRule, VoteRule } from './self-consistency.ts';
import { selfConsistency } from './self-consistency.ts';

const question: Question = {
  id: 'q',
  messages: [{ role: 'user', text: 'What is 3 + 4?' }],
  answerKind: 'number',
};

/** Sample i answers with the i-th of these; null answers nothing that can be read. */
function answering(
  answers: readonly (string | null)[],
  more: (request: SampleRequest) => object = () => ({}),
) {
  return chainOfThought({
    model: scripted({
      answer: (request) => {
        const answer = answers[request.index ?? 0] ?? null;
        return { text: answer === null ? 'I cannot say' : `The answer is ${answer}`, ...more(request) };
      },
    }),
    temperature: 0.7,
  });
}

async function vote(method: Method, rest: { samples?: number; vote?: VoteRule; stop?: StopRule } = {}) {
  return solve(selfConsistency({ method, samples: 5, ...rest }), question);
}

test('the answer most samples reach wins, equal values count together, and its share is the confidence', async () => {
  const { solution } = await vote(answering(['7', '8', '7.0', '14/2', '8']));
  assert.equal(solution.answer, '7');
  assert.equal(solution.confidence, 3 / 5);
  assert.deepEqual(
    solution.votes?.map(({ answer, count }) => [answer, count]),
    [
      ['7', 3],
      ['8', 2],
    ],
  );
});

test('a tie goes to the answer that came first', async () => {
  assert.equal((await vote(answering(['8', '7', '7', '8']), { samples: 4 })).solution.answer, '8');
});

test('a sample without an answer does not vote', async () => {
  const { solution } = await vote(answering([null, null, null, '7', '8', '7']), { samples: 6 });
  assert.deepEqual([solution.answer, solution.confidence], ['7', 2 / 3]);
  const none = (await vote(answering([null, null]), { samples: 2 })).solution;
  assert.deepEqual([none.answer, none.confidence, none.complete], [undefined, 0, true]);
});

test('samples that are all alike are reported as one distinct text', async () => {
  const { solution } = await vote(answering(['7', '7', '7', '7', '7']));
  assert.deepEqual(solution.samples, { asked: 5, returned: 5, distinct: 1 });
});

test('votes weighted by log-probability count exp(mean log-probability)', async () => {
  const logProbs = [-3, -3, -3, -0.1, -3];
  const method = answering(['7', '7', '7', '8', '7'], ({ index = 0 }) => ({
    logProbs: [{ token: 'x', logProb: logProbs[index] }],
  }));
  const { solution } = await vote(method, { vote: { type: 'log-probability' } });
  assert.equal(solution.answer, '8'); // exp(-0.1) = 0.905 against 4 exp(-3) = 0.199
  assert.ok(Math.abs((solution.confidence ?? 0) - 0.9048 / (0.9048 + 4 * 0.0498)) < 1e-3);
});

test('votes weighted by a verifier add up its scores', async () => {
  const verifier = {
    name: 'v',
    verify: async (_q: Question, { answer }: { answer?: string }) => ({ score: answer === '8' ? 0.9 : 0.2 }),
  };
  const { solution } = await vote(answering(['7', '7', '7', '8', '7']), {
    vote: { type: 'verifier', verifier },
  });
  assert.equal(solution.answer, '8'); // 0.9 against 0.8
});

test('the universal vote reads the solutions in both orders and keeps the pick with more votes', async () => {
  const prompts: string[] = [];
  const model = scripted({
    answer: ({ messages }) => {
      const text = messages.at(-1)?.text ?? '';
      prompts.push(text);
      return '2'; // the second of each order: sample 1, then sample 3
    },
  });
  const { solution, usage } = await vote(answering(['7', '8', '7', '7', '9']), {
    vote: { type: 'universal', model },
  });
  assert.equal(solution.answer, '7');
  assert.equal(usage.calls, 7);
  assert.ok(prompts.every((prompt) => prompt.includes('[5]')));
});

test('the Beta rule stops at the counts of its table', async () => {
  const calls = async (answers: readonly string[], threshold = 0.95) =>
    (await vote(answering(answers), { samples: 40, stop: { type: 'beta', threshold } })).usage.calls;
  assert.equal(await calls(Array(40).fill('7')), 4);
  assert.equal(await calls(['7', '8', ...Array(38).fill('7')]), 8); // 6 to 1 is reached at 7 samples; waves of two end at 8
  assert.equal(await calls(Array(40).fill('7'), 0.99), 6);
  assert.equal(await calls(Array.from({ length: 40 }, (_, index) => String(index % 2))), 40);
});

test('windows stop once a whole window agrees, and vote over everything drawn', async () => {
  const method = answering(['8', '8', '7', '7', '7', '7', '7', '7', '9']);
  const { solution, usage } = await vote(method, { samples: 9, stop: { type: 'windows', size: 3 } });
  assert.equal(usage.calls, 6);
  assert.equal(solution.answer, '7');
});

test('a budget that ends early votes over the samples it bought', async () => {
  const { solution, usage } = await solve(
    selfConsistency({ method: answering(['8', '7', '7', '8', '8', '8']), samples: 6 }),
    question,
    { limits: { calls: 3 } },
  );
  assert.equal(usage.calls, 3);
  assert.deepEqual([solution.answer, solution.complete, solution.exhausted], ['7', false, 'calls']);
});

test('votes on tool calls ignore the order of arguments', async () => {
  const inputs = ['{"a":1,"b":2}', '{ "b": 2, "a": 1 }', '{"a":2,"b":1}'];
  const method = answering([null, null, null], ({ index = 0 }) => ({
    toolCalls: [{ id: String(index), name: 'f', input: inputs[index] }],
    finish: 'tool-call',
  }));
  const { solution } = await vote(method, { samples: 3 });
  assert.equal(solution.toolCalls?.[0]?.input, inputs[0]);
  assert.equal(solution.confidence, 2 / 3);
});

test('a sample count that makes no sense is refused by name', () => {
  assert.throws(() => selfConsistency({ method: answering([]), samples: 0 }), /0 samples/);
});
