import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collect } from '../../test/collect.ts';
import { mathLines, mathSolutionLines } from '../../test/fixtures/dataset-samples.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { math } from './math.ts';

const folder = temporaryFolder();

test('the key is the answer column, the id the one published', async () => {
  const [first] = await collect(math({ path: folder.write('test.jsonl', mathLines) }), 'test');
  assert.equal(first?.id, 'math/test/prealgebra/9001.json');
  assert.equal(first?.reference, '\\frac{1}{2}');
  assert.equal(first?.answerKind, 'math');
});

test('without an answer column the key is the last box of the solution', async () => {
  const [only] = await collect(math({ path: folder.write('train.jsonl', mathSolutionLines) }), 'train');
  assert.equal(only?.reference, '32');
});

test('two rows with one id are refused', async () => {
  const path = folder.write('twice.jsonl', mathLines + mathLines);
  await assert.rejects(
    collect(math({ path }), 'test'),
    /line 3: the id math\/test\/prealgebra\/9001\.json was there before/,
  );
});
