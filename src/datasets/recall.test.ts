import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRecallSteps } from './recall.ts';

const asked = (text: string) => ({ id: '1', messages: [{ role: 'user' as const, text }] });

test('only what the question says is a step', () => {
  const list = asked('fog, ice, rust. What comes after ice?');
  assert.deepEqual(checkRecallSteps(list, ['ice, rust', 'The answer is rust']), [1, 1]);
  for (const step of ['quux, fog', 'fog, rust', ', fog', 'ice, rust, fog'])
    assert.deepEqual(checkRecallSteps(list, [step]), [0], step);
  const likes = asked('Ada likes fog. Ben likes ice. Who likes ice?');
  assert.deepEqual(checkRecallSteps(likes, ['Ben likes ice.', 'The answer is Ben']), [1, 1]);
  for (const step of ['da likes fog.', 'Ada likes ice.', 'Ben likes ice'])
    assert.deepEqual(checkRecallSteps(likes, [step]), [0], step);
});
