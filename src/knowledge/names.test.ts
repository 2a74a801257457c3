import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namesIn, phraseKey, titleKeys } from './names.ts';

test('names are runs of capitals with joining words between them', () => {
  assert.deepEqual(namesIn('Who wrote the Journal of Psychotherapy Integration in Ann Arbor?'), [
    'journal of psychotherapy integration in ann arbor',
  ]);
  assert.deepEqual(namesIn('The river Tekeze, which Sudan calls Setit, ends there. It is long.'), [
    'tekeze',
    'sudan',
    'setit',
  ]);
  assert.deepEqual(namesIn("Pan Am Flight 103 was Harris W. Fawell's last."), [
    'pan am flight 103',
    'harris w fawell',
  ]);
});

test('a sentence or a sign ends a name', () => {
  assert.deepEqual(namesIn('She left Paris. London was next (Kent, too).'), ['paris', 'london', 'kent']);
});

test('keys forget articles, accents and what a bracket adds', () => {
  assert.equal(phraseKey('The Café  Müller'), 'cafe muller');
  assert.equal(phraseKey('The'), 'the');
  assert.deepEqual(titleKeys('Brand (play)'), ['brand play', 'brand']);
  assert.deepEqual(titleKeys('(untitled)'), ['untitled']);
});

test('hostile text ends in time and in bounds', () => {
  for (const text of [
    'A'.repeat(10 ** 6),
    'A '.repeat(10 ** 6),
    '('.repeat(10 ** 6),
    "A'".repeat(10 ** 6),
    'A.-'.repeat(10 ** 5),
  ])
    assert.ok(namesIn(text).length <= 512);
});
