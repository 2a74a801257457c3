import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError } from '../core/errors.ts';
import type { Method } from '../core/method.ts';
import type { Question } from '../core/problem.ts';
import { questionText } from '../core/problem.ts';
import { solve } from '../core/solve.ts';
import type { Verifier } from '../core/verifier.ts';
import { scripted } from '../models/scripted.ts';
import { experienceMemory, reflexion } from './experience.ts';

const question: Question = {
  id: 'q',
  messages: [{ role: 'user', text: 'How many legs have three spiders?' }],
};
const verifier: Verifier<Question> = {
  name: 'is 24',
  verify: async (_question, { answer }) => ({ score: answer === '24' ? 1 : 0 }),
};
/** Counts six legs until it has been told. */
const method: Method = {
  name: 'counting',
  solve: async (asked) => {
    const answer = questionText(asked).includes('eight legs') ? '24' : '18';
    return { steps: [`a spider has ${Number(answer) / 3} legs`], answer, complete: true };
  },
};
const model = scripted({ answer: () => 'It counted six legs. A spider has eight legs.' });

test('a lesson from a failure solves the next trial, and the next question like it at once', async () => {
  const memory = experienceMemory();
  const first = await solve(reflexion({ method, model, memory, verifier }), question);
  assert.deepEqual([first.solution.answer, first.usage.calls], ['24', 1]);
  assert.deepEqual(
    memory.all().map(({ solved }) => solved),
    [false, true],
  );
  const alike: Question = {
    id: 'r',
    messages: [{ role: 'user', text: 'Three more spiders: how many legs?' }],
  };
  const second = await solve(reflexion({ method, model, memory, verifier, trials: 1 }), alike);
  assert.deepEqual([second.solution.answer, second.usage.calls], ['24', 0]);
});

test('without success the best attempt comes back, and the trials end', async () => {
  const never: Verifier<Question> = { name: 'never', verify: async () => ({ score: 0.25 }) };
  const { solution, usage } = await solve(
    reflexion({ method, model, memory: experienceMemory(), verifier: never, trials: 3 }),
    question,
  );
  assert.deepEqual([solution.confidence, usage.calls], [0.25, 2]);
});

test('the memory is bounded, and forgets nothing else', async () => {
  const memory = experienceMemory([], { most: 2 });
  for (const name of ['ant', 'bee', 'cat', 'cat'])
    memory.add({ question: `about the ${name}`, solved: true, lesson: `know the ${name}` });
  memory.add({ question: 'nothing learned', solved: false, lesson: '  ' });
  assert.deepEqual(
    memory.all().map(({ lesson }) => lesson),
    ['know the bee', 'know the cat'],
  );
  assert.equal((await memory.alike('a cat'))[0]?.lesson, 'know the cat');
  assert.throws(() => experienceMemory([], { most: 0 }), InputError);
});
