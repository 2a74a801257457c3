import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TERM_CHARACTERS, terms, words } from './terms.ts';

test('terms are lower case, without accents, stop words and plural endings', () => {
  assert.deepEqual(terms('The Café’s owners live in São Paulo'), ['cafe', 'owner', 'live', 'sao', 'paulo']);
  assert.deepEqual(terms('cities class bus analysis glass'), ['city', 'class', 'bus', 'analysis', 'glass']);
  assert.deepEqual(words('The ﬁrst of 2024!'), ['the', 'first', 'of', '2024']);
});

test('repetitions stay, and a text of signs has none', () => {
  assert.deepEqual(terms('dog dog, dogs'), ['dog', 'dog', 'dog']);
  assert.deepEqual(terms('… !? \u0000 \ud800'), []);
});

test('what is read of a text is bounded, and so is a word', () => {
  assert.equal(terms(`${'x'.repeat(1_000_000)} end`)[0]?.length, 64);
  assert.ok(terms('word '.repeat(TERM_CHARACTERS)).length <= TERM_CHARACTERS / 5);
});
