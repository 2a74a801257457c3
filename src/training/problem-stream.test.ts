import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError } from '../core/errors.ts';
import type { Dataset, Problem } from '../core/problem.ts';
import { problemStream } from './problem-stream.ts';

function dataset(count: number): Dataset<Problem<string>> {
  return {
    name: 'rows',
    splits: ['train', 'test'],
    verifier: { name: 'none', verify: async () => ({ score: 0 }) },
    async *load(split) {
      for (let row = 0; row < count; row++) yield { id: `${split}-${row}`, messages: [], reference: '' };
    },
  };
}

const ids = (problems: readonly Problem[]): string[] => problems.map(({ id }) => id);

test('after the last problem comes the first', async () => {
  const stream = problemStream(dataset(3));
  assert.deepEqual(ids(await stream.take(2)), ['train-0', 'train-1']);
  assert.deepEqual(ids(await stream.take(3)), ['train-2', 'train-0', 'train-1']);
  assert.equal(stream.cursor, 5);
});

test('a stream opened at a cursor goes on there', async () => {
  const stream = problemStream(dataset(3), { from: 5 });
  assert.equal(stream.cursor, 5);
  assert.deepEqual(ids(await stream.take(2)), ['train-2', 'train-0']);
  assert.equal(stream.cursor, 7);
});

test('a dataset that cannot be trained on is refused', async () => {
  assert.throws(() => problemStream({ ...dataset(3), splits: ['test'] }), InputError);
  await assert.rejects(problemStream(dataset(0)).take(1), InputError);
});
