import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { MissingPackageError } from '../core/errors.ts';
import type { Question } from '../core/problem.ts';
import { solve } from '../core/solve.ts';
import type { TraceEvent } from '../core/trace.ts';
import { scripted } from '../models/scripted.ts';
import { solvers } from '../symbolic/solvers.ts';
import { direct } from './direct.ts';
import { answerOf, solverAided } from './solver-aided.ts';

const solver = solvers({ processes: 1 });
after(() => solver.close());

const question: Question = {
  id: 'q',
  messages: [
    { role: 'user', text: 'Tom is a cat. Cats are mammals. Tom is a mammal: true, false or unknown?' },
  ],
  answerKind: 'choice',
  choices: [
    { label: 'A', text: 'True' },
    { label: 'B', text: 'False' },
    { label: 'C', text: 'Unknown' },
  ],
};
const program = (query: string) =>
  `\`\`\`logic-program\nFacts:\nCat(Tom, True)\nRules:\nCat($x, True) >>> Mammal($x, True)\nQuery:\n${query}\n\`\`\``;

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

test('the model chooses the language and writes the program, the solver answers with a proof in the trace', async () => {
  const { model, prompts } = replying('logic-program', program('Mammal(Tom, True)'));
  const events: TraceEvent[] = [];
  const { solution, usage } = await solve(solverAided({ model, solver }), question, {
    onEvent: (one) => events.push(one),
  });
  assert.deepEqual([solution.answer, usage.calls], ['A', 2]);
  assert.match(prompts[0] ?? '', /Which language fits best\?\nlogic-program: /);
  assert.match(prompts[1] ?? '', /write a logic-program program .*Facts: predicates of constants/s);
  const call = events.find((event) => event.type === 'tool-call');
  assert.match(call?.output ?? '', /^true \(certificate accepted\)\n1\. Cat\("Tom"\)/);
  const details = solution.details as { certificate: unknown; checked: boolean };
  assert.equal(details.checked, true);
  assert.ok(details.certificate);
});

test('errors of the grammar go back to the model, which repairs the program', async () => {
  const { model, prompts } = replying(program('Mammal(Tom'), program('Mammal(Tom, False)'));
  const { solution } = await solve(solverAided({ model, solver, formalism: 'logic-program' }), question);
  assert.equal(solution.answer, 'B');
  assert.match(prompts[1] ?? '', /The program failed: Line 6: expected "\)" after the terms, found the end/);
});

test('after three repairs the fallback answers', async () => {
  const { model, prompts } = replying('no program at all');
  const fallback = direct({ model: scripted({ answer: () => 'The answer is C' }) });
  const { solution, usage } = await solve(
    solverAided({ model, solver, formalism: 'logic-program', fallback }),
    question,
  );
  assert.deepEqual([solution.answer, prompts.length, usage.calls], ['C', 4, 5]);
});

test('a solver that cannot be started is not the fault of the program', async () => {
  const missing = new MissingPackageError('z3-solver', 'Solving constraints');
  const broken = { ...solver, solve: () => Promise.reject(missing) };
  const { model, prompts } = replying(program('Mammal(Tom, True)'));
  await assert.rejects(
    solve(solverAided({ model, solver: broken, formalism: 'constraints' }), question),
    missing,
  );
  assert.equal(prompts.length, 1);
});

test('several translations vote', async () => {
  const { model } = replying(
    program('Mammal(Tom, True)'),
    program('Dog(Tom, True)'),
    program('Mammal(Tom, True)'),
  );
  const { solution } = await solve(
    solverAided({ model, solver, formalism: 'logic-program', translations: 3 }),
    question,
  );
  assert.equal(solution.answer, 'A');
  assert.deepEqual(
    solution.votes?.map(({ answer, count }) => [answer, count]),
    [
      ['A', 2],
      ['C', 1],
    ],
  );
});

test('answers of solvers as questions want them', () => {
  const [yes, no] = [
    { label: 'A', text: 'Yes' },
    { label: 'B', text: 'No' },
  ];
  assert.equal(answerOf('true', { choices: [yes, no] }), 'A');
  assert.equal(answerOf('unknown', { choices: [yes, no] }), 'B');
  assert.equal(answerOf('unknown', { choices: question.choices ?? [] }), 'C');
  assert.equal(answerOf('B', { choices: [yes, no] }), 'B');
  assert.equal(answerOf('A; B', { choices: [yes, no] }), undefined);
  assert.equal(answerOf('none', { choices: [yes, no] }), undefined);
  assert.equal(answerOf('3/28 (0.1071428571)', {}), '3/28');
});
