import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collect } from '../../test/collect.ts';
import { logiqaLines, logiqaText } from '../../test/fixtures/dataset-samples.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { logiqa } from './logiqa.ts';

const folder = temporaryFolder();

test('the original text: letters come off choices, and stay where they are words', async () => {
  const [dotted, bare, word] = await collect(logiqa({ path: folder.write('Test.txt', logiqaText) }), 'test');
  assert.equal(
    dotted?.messages[0]?.text,
    'All birds of the island can fly, and some of them are red.\nWhich of the following follows?\nA. All red things fly\nB. No bird is red\nC. Something red can fly\nD. Birds are red',
  );
  assert.equal(dotted?.reference, 'C');
  assert.deepEqual(
    bare?.choices?.map(({ text }) => text),
    ['It rains', 'It does not rain', 'The road is new', 'Nothing'],
  );
  assert.equal(bare?.reference, 'B');
  assert.deepEqual(
    word?.choices?.map(({ text }) => text),
    ['A cook', 'A guest', 'Both', 'Nobody'],
  );
});

test('keys of mirrors are an index from 0 or a letter', async () => {
  const problems = await collect(logiqa({ path: folder.write('m/test.jsonl', logiqaLines) }), 'test');
  assert.deepEqual(
    problems.map(({ reference }) => reference),
    ['A', 'B'],
  );
});

test('a text out of step is refused where it goes wrong', async () => {
  const lines = logiqaText.split('\r\n');
  const open = (name: string, kept: readonly string[]) =>
    collect(logiqa({ path: folder.write(name, kept.join('\n')) }), 'test');
  await assert.rejects(open('short.txt', lines.slice(0, -1)), /ends inside the question of line 18/);
  await assert.rejects(open('gap.txt', lines.toSpliced(3, 1)), /line 2: the question ends before/);
  await assert.rejects(open('label.txt', lines.toSpliced(1, 1, 'x')), /line 2: "x" is no letter/);
});
