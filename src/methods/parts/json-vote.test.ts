import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Question } from '../../core/problem.ts';
import type { Solution } from '../../core/solution.ts';
import { elect, tally } from './vote.ts';

const question: Question = {
  id: 'q',
  messages: [{ role: 'user', text: 'Which city, how many, and why?' }],
  responseFormat: {
    type: 'json-schema',
    name: 'city',
    schema: {
      type: 'object',
      properties: {
        city: { type: 'string' },
        count: { type: 'integer' },
        kind: { enum: ['big', 'small'] },
        why: { type: 'string' },
      },
    },
  },
};

function vote(documents: readonly unknown[], weights?: readonly number[]): Solution {
  const solutions = documents.map((document): Solution => {
    const text = typeof document === 'string' ? document : JSON.stringify(document);
    return { steps: [], text, answer: text, complete: true };
  });
  return elect(tally(solutions, question, weights), solutions, solutions.length);
}

test('each field has its own winner, read as the type of the schema', () => {
  const winner = vote([
    { city: 'Paris', count: 3, kind: 'big', why: 'a' },
    { city: 'paris ', count: '3', kind: 'small', why: 'b' },
    { city: 'Rome', count: 4, kind: 'big', why: 'c' },
  ]);
  assert.deepEqual(JSON.parse(winner.text ?? ''), { city: 'Paris', count: 3, kind: 'big', why: 'a' });
  assert.ok(Math.abs((winner.confidence ?? 0) - 2 / 3) < 1e-12);
});

test('a document that no sample wrote is put together from the winners of its fields', () => {
  const winner = vote([
    { city: 'Oslo', count: 1, kind: 'big' },
    { city: 'Oslo', count: 2, kind: 'small' },
    { city: 'Rome', count: 1, kind: 'small' },
  ]);
  assert.deepEqual(JSON.parse(winner.answer ?? ''), { city: 'Oslo', count: 1, kind: 'small' });
});

test('nested objects are voted on inside, lists as a whole', () => {
  const winner = vote([
    { at: { x: 1, y: 2 }, tags: ['a', 'b'] },
    { at: { x: 1, y: 3 }, tags: ['a'] },
    { at: { x: 4, y: 3 }, tags: ['a', 'b'] },
  ]);
  assert.deepEqual(JSON.parse(winner.text ?? ''), { at: { x: 1, y: 3 }, tags: ['a', 'b'] });
});

test('weights count, and what is no JSON has no vote', () => {
  const winner = vote(['I would say Paris', { count: 1 }, { count: 2 }], [5, 1, 3]);
  assert.deepEqual(JSON.parse(winner.text ?? ''), { count: 2 });
  assert.equal(winner.confidence, 0.75);
});

test('hostile documents are only values', () => {
  const winner = vote([
    `{"__proto__": {"polluted": 1}, "count": 1}`,
    `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
  ]);
  assert.equal(({} as { polluted?: number }).polluted, undefined);
  assert.equal(JSON.parse(winner.text ?? '').count, 1);
});

test('calls of tools win over documents when more samples make them', () => {
  const call = (input: string): Solution => ({
    steps: [],
    complete: true,
    toolCalls: [{ id: String(Math.random()), name: 'find', input }],
  });
  const solutions = [
    call('{"a":1,"b":2}'),
    call('{"b":2,"a":1}'),
    { steps: [], answer: '{}', text: '{}', complete: true },
  ];
  const winner = elect(tally(solutions, question), solutions, 3);
  assert.equal(winner.toolCalls?.[0]?.input, '{"a":1,"b":2}');
  assert.ok(Math.abs((winner.confidence ?? 0) - 2 / 3) < 1e-12);
});
