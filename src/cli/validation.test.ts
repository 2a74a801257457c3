import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { InputError } from '../core/errors.ts';
import type { Model } from '../core/model.ts';
import { noUsage } from '../core/model.ts';
import { wilson } from '../evaluation/statistics.ts';
import { openValidation } from './validation.ts';

const folder = temporaryFolder();
const never = new AbortController().signal;

/** Answers by what is asked; an Error is thrown. */
function answering(answer: (text: string) => string | Error): Model {
  return {
    id: 'answering',
    async *sample({ messages }) {
      const text = answer(messages.at(-1)?.text ?? '');
      if (text instanceof Error) throw text;
      yield { type: 'sample-end', completion: { text, finish: 'stop', usage: noUsage } };
    },
  };
}

/** Right for sums, wrong for the rest. */
const adder = answering((text) => {
  const [, a, b] = /(\d+) \+ (\d+)\?/.exec(text) ?? [];
  return a && b ? `${Number(a) + Number(b)}` : 'none';
});
const sums = { dataset: 'arithmetic{digits=1}', method: 'direct' };
const letters = { dataset: 'letters', method: 'direct' };

test('accuracy with its interval, the same problems each time, and a few texts in order', async () => {
  const validation = await openValidation({ parts: [sums], problems: 40, policy: adder });
  const found = await validation.run(never);
  assert.ok(found && found.problems === 40 && found.accuracy > 0 && found.accuracy < 1);
  assert.deepEqual([found.accuracyLow, found.accuracyHigh], wilson(found.accuracy * 40, 40));
  assert.equal(found.samples.length, 4);
  for (const { question, answer, score } of found.samples)
    assert.equal(score, /^What is \d \+ \d\?$/.test(question) && answer !== 'none' ? 1 : 0, question);
  assert.deepEqual(await validation.run(never), found);
  await validation.close();
});

test('several parts share the problems, each with an accuracy of its own', async () => {
  const validation = await openValidation({ parts: [sums, letters], problems: 30, policy: adder });
  const found = await validation.run(never);
  assert.equal(found?.problems, 30);
  const { 'arithmetic{digits=1} direct': first = 0, 'letters direct': second } = found.parts ?? {};
  assert.equal(second, 0);
  assert.ok(Math.abs(found.accuracy - first / 2) < 1e-12);
  await validation.close();
});

test('failed attempts are counted apart; where all fail there is no accuracy', async () => {
  const some = answering((text) => (text.includes('+') ? '1' : new Error('broken')));
  const validation = await openValidation({ parts: [sums], problems: 20, policy: some });
  const found = await validation.run(never);
  assert.ok(found?.errors !== undefined && found.errors > 0 && found.errors < 20);
  const none = await openValidation({
    parts: [sums],
    problems: 5,
    policy: answering(() => new Error('broken')),
  });
  await assert.rejects(none.run(never), (error: Error) => {
    assert.ok(error instanceof InputError);
    return /can be attempted: broken/.test(error.message);
  });
});

test('nothing to attempt, or a stop half-way, gives no accuracy', async () => {
  const file = folder.write('own.jsonl', '{"question":"What is 1 + 1?","answer":2}\n');
  const own = await openValidation({
    parts: [{ dataset: file, method: 'direct' }],
    problems: 5,
    policy: adder,
  });
  assert.deepEqual(own.without, [file]);
  assert.equal(await own.run(never), undefined);
  const off = await openValidation({ parts: [sums], problems: 0, policy: adder });
  assert.equal(await off.run(never), undefined);
  const stop = new AbortController();
  const stopping = answering(() => {
    stop.abort();
    return '1';
  });
  const stopped = await openValidation({ parts: [sums], problems: 100, policy: stopping });
  assert.equal(await stopped.run(stop.signal), undefined);
});
