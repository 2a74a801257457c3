import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collect } from '../../test/collect.ts';
import { game24Csv } from '../../test/fixtures/dataset-samples.ts';
import { sharedData } from '../../test/shared-data.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { gameOf24, rankedPuzzles } from './game-of-24.ts';
import { solveTarget, waysToTarget } from './parts/arithmetic-search.ts';

const folder = temporaryFolder();

test('there are 1,362 solvable puzzles', () => {
  const puzzles = rankedPuzzles();
  assert.equal(puzzles.length, 1362);
  assert.equal(new Set(puzzles.map((puzzle) => puzzle.key)).size, 1362);
  for (const { numbers } of puzzles)
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
    );
});

const csv = sharedData('tot_tasks/24/24.csv');

test('they are those of the published file', { skip: csv ? false : 'the file is not at hand' }, async () => {
  const dataset = gameOf24({ path: csv as string, range: [1, 1362] });
  const key = (given: unknown) =>
    (given as { numbers: number[] }).numbers.toSorted((a, b) => a - b).join('-');
  const published = (await collect(dataset, 'test')).map(({ given }) => key(given));
  assert.deepEqual(
    published.sort(),
    rankedPuzzles()
      .map((puzzle) => puzzle.key)
      .sort(),
  );
});

test('the file gives its ranks as ids, the range the test split, the rest the train split', async () => {
  const path = folder.write('24.csv', game24Csv);
  const dataset = gameOf24({ path, range: [2, 3] });
  const [second, third] = await collect(dataset, 'test');
  assert.equal(second?.id, 'game-of-24/2');
  assert.deepEqual(third?.given, { numbers: [3, 3, 8, 8], target: 24 });
  assert.equal(third?.answerKind, 'expression');
  assert.match(third?.messages[0]?.text ?? '', /3 3 8 8/);
  assert.deepEqual(
    (await collect(dataset, 'train')).map(({ id }) => id),
    ['game-of-24/1', 'game-of-24/4'],
  );
});

test('the solver is exact and knows when there is no way', () => {
  assert.equal(solveTarget([3, 3, 8, 8], 24), '8 / (3 - (8 / 3))');
  assert.equal(solveTarget([1, 1, 1, 1], 24), undefined);
  assert.equal(waysToTarget([1, 1, 1, 1], 24), 0);
  assert.equal(solveTarget([24], 24), '24');
  assert.equal(solveTarget([0, 24], 24), '0 + 24');
  assert.equal(waysToTarget([2, 3], 6), 1);
});

test('faults of file and range are named', async () => {
  const open = (content: string) =>
    collect(gameOf24({ path: folder.write('bad.csv', content), range: [1, 9] }), 'test');
  await assert.rejects(open('Rank,Puzzles\n1,1 1 1 1\n'), /cannot make 24/);
  await assert.rejects(open('Rank,Puzzles\n1,1 2 3\n'), /line 2: .*four/);
  await assert.rejects(open('Rank,Puzzles\n1,1 2 3 4\n1,4 4 4 4\n'), /line 3: .*Rank/);
  await assert.rejects(open('Rank,Puzzles\n20,1 2 3 4\n'), /no puzzle in the range/);
  for (const range of [
    [0, 5],
    [5, 4],
    [1.5, 3],
  ] as const)
    assert.throws(() => gameOf24({ range }), /range/);
});
