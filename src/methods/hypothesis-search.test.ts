import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Question } from '../core/problem.ts';
import { solve } from '../core/solve.ts';
import { scripted } from '../models/scripted.ts';
import { python } from '../tools/python.ts';
import { direct } from './direct.ts';
import { hypothesisSearch } from './hypothesis-search.ts';

const interpreter = python({ processes: 1 });
after(() => interpreter.close());

const given = {
  examples: [
    [
      [1, 2, 3],
      [3, 2, 1],
    ],
    [
      [4, 5],
      [5, 4],
    ],
    [[], []],
  ],
  ask: [7, 8, 9],
};
const question: Question = {
  id: 'q',
  messages: [
    { role: 'user', text: '1 2 3 gives 3 2 1, 4 5 gives 5 4, nothing gives nothing. What does 7 8 9 give?' },
  ],
  answerKind: 'text',
  given,
};
const rule = (body: string) => `\`\`\`python\ndef rule(x):\n    return ${body}\n\`\`\``;
const replying = (...replies: string[]) => {
  const prompts: string[] = [];
  const model = scripted({
    answer: ({ messages }) => {
      prompts.push(messages.at(-1)?.text ?? '');
      return replies[prompts.length - 1] ?? replies.at(-1) ?? '';
    },
  });
  return { model, prompts };
};

test('a rule that fits every example answers; those that do not are left out', async () => {
  const { model } = replying(rule('sorted(x)'), rule('x[::-1]'), rule('x[1] * 2'));
  const { solution, usage } = await solve(hypothesisSearch({ model, interpreter, hypotheses: 3 }), question);
  assert.deepEqual([solution.answer, usage.calls], ['[9, 8, 7]', 3]);
});

test('when none fits, the best goes back with the example it misses', async () => {
  const { model, prompts } = replying(rule('x'), rule('sorted(x)[::-1]'));
  const { solution } = await solve(hypothesisSearch({ model, interpreter, hypotheses: 1 }), question);
  assert.match(
    prompts[1] ?? '',
    /That rule is wrong: for \[1,2,3\] it gives \[1, 2, 3\] instead of \[3,2,1\]/,
  );
  assert.equal(solution.answer, '[9, 8, 7]');
});

test('examples in words are copied by the model first', async () => {
  const { given: _given, ...words } = question;
  const { model } = replying(`Here: ${JSON.stringify(given)}`, rule('list(reversed(x))'));
  const { solution, usage } = await solve(hypothesisSearch({ model, interpreter, hypotheses: 1 }), words);
  assert.deepEqual([solution.answer, usage.calls], ['[9, 8, 7]', 2]);
});

test('without examples, or when no rule ever fits, the fallback answers', async () => {
  const fallback = direct({ model: scripted({ answer: () => 'The answer is blue' }) });
  const { given: _given, ...words } = question;
  for (const [asked, reply] of [
    [words, 'There are none.'],
    [question, rule('1')],
  ] as const) {
    const { model } = replying(reply);
    const { solution } = await solve(
      hypothesisSearch({ model, interpreter, hypotheses: 1, rounds: 1, fallback }),
      asked,
    );
    assert.equal(solution.answer, 'blue');
  }
});
