import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answered, judgeAlone } from '../../test/judge-alone.ts';
import { multipleChoice } from './multiple-choice.ts';

const choices = [
  { label: 'A', text: 'rust' },
  { label: 'B', text: 'Tin' },
  { label: 'C', text: '-5' },
  { label: 'D', text: '5' },
];

async function score(reference: string, answer: string): Promise<number> {
  const problem = { id: 'p', messages: [], choices, reference };
  return (await judgeAlone(multipleChoice(), problem, answered(answer))).score;
}

describe('multipleChoice', () => {
  it('takes the label or the text', async () => {
    for (const answer of ['B', 'b', '(B)', 'B.', '**B**', 'tin', 'The tin', 'B) tin'])
      assert.equal(await score('B', answer), 1, answer);
  });

  it('takes nothing else', async () => {
    for (const answer of ['A', 'rust', 'E', 'A or B', 'AB', 'steel', '?'])
      assert.equal(await score('B', answer), 0, answer);
    assert.equal(await score('D', '-5'), 0);
    assert.equal(await score('C', '−5.0'), 1);
  });

  it('says what was chosen', async () => {
    const problem = { id: 'p', messages: [], choices, reference: 'B' };
    const chosen = await judgeAlone(multipleChoice(), problem, answered('rust'));
    assert.deepEqual(chosen, { score: 0, note: 'chose A' });
    const none = await judgeAlone(multipleChoice(), problem, answered('gold'));
    assert.match(none.note ?? '', /none of the options/);
  });
});
