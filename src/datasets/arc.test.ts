import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collect } from '../../test/collect.ts';
import { arcInstructionArray, arcLines, arcQueryLines } from '../../test/fixtures/dataset-samples.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { arc } from './arc.ts';

const folder = temporaryFolder();

test('labels, choices and keys are as published, each choice on its line', async () => {
  const [first, second] = await collect(arc({ path: folder.write('test.jsonl', arcLines) }), 'test');
  assert.equal(first?.id, 'arc-challenge/Made_1');
  assert.equal(
    first?.messages[0]?.text,
    'Which of these melts at room temperature?\nA. ice\nB. iron\nC. salt\nD. glass',
  );
  assert.equal(first?.reference, 'A');
  assert.deepEqual(
    second?.choices?.map(({ label }) => label),
    ['1', '2', '3'],
  );
  assert.equal(second?.reference, '2');
});

test('the layouts of mirrors give the same questions', async () => {
  const [query] = await collect(
    arc({ path: folder.write('query.jsonl', arcQueryLines), set: 'easy' }),
    'test',
  );
  assert.equal(query?.id, 'arc-easy/test/0');
  assert.equal(query?.messages[0]?.text, 'Which of these is hottest?\nA. ice\nB. steam');
  assert.equal(query?.reference, 'B');
  const [instruction] = await collect(
    arc({ path: folder.write('instruction.json', arcInstructionArray) }),
    'test',
  );
  assert.equal(instruction?.messages[0]?.text, 'Which one swims?\nA. a trout\nB. a wren\nC. a mole');
  assert.equal(instruction?.reference, 'A');
});

test('a set is a folder', async () => {
  folder.write('both/ARC-Easy/test.jsonl', arcQueryLines);
  folder.write('both/ARC-Challenge/test.jsonl', arcLines);
  const path = `${folder.path}/both`;
  assert.equal((await collect(arc({ path, set: 'easy' }), 'test'))[0]?.reference, 'B');
  assert.equal((await collect(arc({ path }), 'test'))[0]?.id, 'arc-challenge/Made_1');
});

test('a key that is no choice is refused', async () => {
  for (const row of [
    { question: 'q', choices: { text: ['a', 'b'], label: ['A', 'B'] }, answerKey: 'E' },
    { question: 'q', choices: { text: ['a'], label: ['A'] }, answerKey: 'A' },
    { question: 'q', choices: { text: ['a', 'b'], label: ['A', 'A'] }, answerKey: 'A' },
    { query: 'q', choices: ['a', 'b'], gold: 2 },
    { instruction: 'Which?', answer: 'answer1' },
    { other: 1 },
  ])
    await assert.rejects(
      collect(arc({ path: folder.write('wrong.jsonl', JSON.stringify(row)) }), 'test'),
      /wrong\.jsonl, line 1: /,
    );
});
