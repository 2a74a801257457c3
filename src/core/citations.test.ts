import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claimsIn, passageDetails, shownPassages } from './citations.ts';

test('claims are sentences with the passages they cite', () => {
  assert.deepEqual(
    claimsIn(
      'Lyon lies on the Rhône [1]. It was founded by J. Smith in St. Olaf. [2, 3]\nSo the answer is Lyon',
    ),
    [
      { text: 'Lyon lies on the Rhône.', citations: [1] },
      { text: 'It was founded by J. Smith in St. Olaf.', citations: [2, 3] },
      { text: 'So the answer is Lyon', citations: [] },
    ],
  );
});

test('numbers in brackets that are no citations, and hostile text, do no harm', () => {
  assert.deepEqual(claimsIn('[see 4] a [12345] b [-1]')[0]?.citations, []);
  for (const text of [
    '['.repeat(10 ** 6),
    '[1'.repeat(10 ** 5),
    '. '.repeat(10 ** 6),
    `[${'1,'.repeat(10 ** 5)}`,
    ' '.repeat(10 ** 6),
    'a.\n'.repeat(10 ** 5),
  ])
    assert.ok(claimsIn(text).length <= 500);
});

test('a solution keeps the passages that were shown, and reads back only what it wrote', () => {
  const source = { document: 'a.md', start: 3, end: 9, headings: [] };
  const details = {
    passages: passageDetails([{ passage: { id: 'x', text: 'text', title: 'T', source }, score: 1 }]),
  };
  assert.deepEqual(shownPassages({ steps: [], complete: true, details }), [
    { number: 1, id: 'x', text: 'text', title: 'T', document: 'a.md', start: 3, end: 9 },
  ]);
  assert.deepEqual(
    shownPassages({ steps: [], complete: true, details: { passages: [7, null, { text: 'x' }] } }),
    [],
  );
  assert.deepEqual(shownPassages({ steps: [], complete: true }), []);
});
