import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { InputError, ModelError } from '../core/errors.ts';
import { solve } from '../core/solve.ts';
import { chainOfThought } from '../methods/chain-of-thought.ts';
import { selfConsistency } from '../methods/self-consistency.ts';
import { recorded, withRecording } from './recorded.ts';
import { scripted } from './scripted.ts';

const question = {
  id: 'q',
  messages: [{ role: 'user' as const, text: 'What is 2 + 2?' }],
  answerKind: 'number' as const,
};
const method = (model: ReturnType<typeof recorded>) =>
  selfConsistency({ method: chainOfThought({ model, temperature: 0.7 }), samples: 5 });

function inFolder(work: (path: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), 'reckon-'));
    try {
      await work(join(folder, 'recording.jsonl'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
}

test(
  'a recorded run replays to the same solution without the model',
  inFolder(async (path) => {
    const live = scripted({ answer: ({ seed = 0 }) => `The answer is ${seed % 3}` });
    const recording = withRecording(live, path);
    const first = await solve(method(recording), question, { seed: 3 });
    recording.close();
    const again = await solve(method(recorded(path)), question, { seed: 3 });
    assert.deepEqual(again.solution, first.solution);
    assert.deepEqual(again.usage, first.usage);
  }),
);

test(
  'a request that was not recorded is an error that names it',
  inFolder(async (path) => {
    writeFileSync(path, '');
    await assert.rejects(solve(method(recorded(path)), question, { seed: 4 }), (error: unknown) => {
      assert.ok(error instanceof ModelError);
      assert.equal(error.kind, 'not-recorded');
      assert.match(error.message, /What is 2 \+ 2\?/);
      return true;
    });
  }),
);

test(
  'half a last line is passed over, a damaged line before it is named by number',
  inFolder(async (path) => {
    const recording = withRecording(scripted({ answer: () => 'The answer is 4' }), path);
    await solve(method(recording), question);
    recording.close();
    appendFileSync(path, '{"key":"abc","compl');
    assert.equal((await solve(method(recorded(path)), question)).solution.answer, '4');
    writeFileSync(path, `{"key":}\n${readFileSync(path, 'utf8')}`);
    assert.throws(
      () => recorded(path),
      (error: unknown) => error instanceof InputError && /Line 1 /.test(error.message),
    );
  }),
);

test('imported samples are found by their words and index, whatever the sampling settings', async () => {
  const messages = [
    {
      role: 'user' as const,
      text: 'What is 2 + 2?\n\nThink step by step, then end with "The answer is" and the answer (a number).',
    },
  ];
  const model = recorded(
    [0, 1, 2, 3, 4].map((index) => ({ request: { messages, index }, text: `The answer is ${index % 2}` })),
  );
  const { solution, usage } = await solve(method(model), question, { seed: 99 });
  assert.equal(solution.answer, '0');
  assert.deepEqual(
    solution.votes?.map((vote) => vote.count),
    [3, 2],
  );
  assert.equal(usage.usd, undefined);
});
