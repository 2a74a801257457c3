import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError } from '../core/errors.ts';
import { chunk } from './chunk.ts';
import { readMarkdown } from './parts/read-markdown.ts';

test('blocks under one heading are put together while they fit, never across headings', () => {
  const passages = chunk('a.md', readMarkdown('# T\nOne.\n\nTwo.\n\n## S\nThree.'), { characters: 200 });
  assert.deepEqual(
    passages.map(({ id, title, text, source }) => [id, title, text, source?.headings.join('/')]),
    [
      ['a.md#0', 'T', 'One.\n\nTwo.', 'T'],
      ['a.md#1', 'T', 'Three.', 'T/S'],
    ],
  );
});

test('a long block is cut at sentences, and each piece is what stands at its place', () => {
  const source = 'A sentence of some words stands here. '.repeat(40).trim();
  const passages = chunk('a.md', readMarkdown(source), { characters: 300 });
  assert.ok(passages.length >= 5);
  for (const { text, source: place } of passages) {
    assert.ok(text.length <= 300 && text.endsWith('.'));
    assert.equal(source.slice(place?.start, place?.end).trim(), text);
  }
  assert.equal(passages.map(({ text }) => text).join(' '), source);
});

test('a text without spaces is cut between characters', () => {
  const source = '😀'.repeat(500);
  const passages = chunk('a', readMarkdown(source), { characters: 201 });
  assert.equal(passages.map(({ text }) => text).join(''), source);
  assert.ok(passages.every(({ text }) => !/^[\udc00-\udfff]/.test(text)));
  assert.throws(() => chunk('a', readMarkdown(''), { characters: 10 }), InputError);
});
