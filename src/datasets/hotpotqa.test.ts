import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collect } from '../../test/collect.ts';
import { hotpotqaArray, hotpotqaHubLines } from '../../test/fixtures/dataset-samples.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { hotpotqa } from './hotpotqa.ts';

const folder = temporaryFolder();
const path = folder.write('dev.json', hotpotqaArray);

test('the question stands alone unless passages are asked for', async () => {
  const [first] = await collect(hotpotqa({ path }), 'validation');
  assert.deepEqual(first, {
    id: 'hotpotqa/made0001',
    messages: [{ role: 'user', text: 'In which country was the author of The Grey Tower born?' }],
    answerKind: 'text',
    reference: 'Norway',
  });
});

test('passages come before the question, from either layout', async () => {
  const [first] = await collect(hotpotqa({ path, passages: true }), 'validation');
  assert.equal(
    first?.messages[0]?.text,
    'The Grey Tower\nThe Grey Tower is a novel by Ida Holm. It is long.\n\nIda Holm\nIda Holm was born in Norway.\n\nQuestion: In which country was the author of The Grey Tower born?',
  );
  const [hub] = await collect(
    hotpotqa({ path: folder.write('train.jsonl', hotpotqaHubLines), passages: true }),
    'train',
  );
  assert.match(
    hub?.messages[0]?.text ?? '',
    /^Brill\nIts hymn is by Otto Lund\.\n\nOtto Lund\nA composer\. He lived long\.\n\nQuestion: /,
  );
});

test('rows without paragraphs are refused when passages are asked for', async () => {
  const bare = folder.write('test.jsonl', '{"question":"q?","answer":"a"}\n');
  await assert.rejects(collect(hotpotqa({ path: bare, passages: true }), 'test'), /leave out passages/);
  assert.equal((await collect(hotpotqa({ path: bare }), 'test'))[0]?.id, 'hotpotqa/test/0');
});
