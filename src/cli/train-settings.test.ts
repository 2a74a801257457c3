/** What a stage of a recipe learns from, is examined on and begins with. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import type { TrainingSettings } from '../catalog/training.ts';
import { stagesOf } from './train-settings.ts';

const folder = temporaryFolder();
const MIXTURE = [
  { dataset: 'letters', method: 'direct', weight: 2 },
  { dataset: 'recall', options: { fewest: 2, most: 3 }, method: 'direct', weight: 1 },
  { dataset: 'recall', method: 'chain-of-thought', weight: 3 },
];

async function settingsOf(recipe: object): Promise<readonly TrainingSettings[]> {
  const file = folder.write('recipe.json', JSON.stringify(recipe));
  const { stages } = await stagesOf({ objective: 'pretrain', options: {}, recipe: file });
  return Promise.all(stages.map((stage, index) => stage.settings(index === 0 ? undefined : 'before')));
}

const datasetsOf = (parts: readonly { readonly dataset: string }[]): readonly string[] =>
  parts.map(({ dataset }) => dataset.replace(/\{.*/, ''));

function partsOf({ data }: TrainingSettings): readonly { readonly dataset: string }[] {
  assert.ok('mixture' in data);
  return data.mixture;
}

test('a stage that learns one dataset only is examined on it; the tokenizer is made for all', async () => {
  const [first, second] = await settingsOf({
    mixture: MIXTURE,
    stages: [{ objective: 'pretrain', only: 'recall' }, { objective: 'sft' }],
  });
  assert.ok(first && second);
  assert.deepEqual(datasetsOf(partsOf(first)), ['recall', 'recall']);
  assert.deepEqual(new Set(datasetsOf(first.evaluation)), new Set(['recall']));
  assert.ok('model' in first.start);
  assert.deepEqual(datasetsOf(first.start.tokenizer.mixture ?? []), datasetsOf(MIXTURE));
  assert.deepEqual(datasetsOf(partsOf(second)), datasetsOf(MIXTURE));
  assert.deepEqual(new Set(datasetsOf(second.evaluation)), new Set(['letters', 'recall']));
  assert.deepEqual(second.start, { from: 'before' });
});

test('a dataset that the mixture has not, and one of a grpo stage, are refused', async () => {
  await assert.rejects(
    settingsOf({ mixture: MIXTURE, stages: [{ objective: 'pretrain', only: 'recal' }] }),
    /The mixture has no part about "recal"/,
  );
  await assert.rejects(
    settingsOf({
      mixture: MIXTURE,
      stages: [{ objective: 'pretrain' }, { objective: 'grpo', dataset: 'letters', only: 'letters' }],
    }),
    /"only" chooses from the mixture; a grpo stage has a dataset of its own/,
  );
});
