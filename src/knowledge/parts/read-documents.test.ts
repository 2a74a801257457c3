import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readHtml } from './read-html.ts';
import { readMarkdown, readPlain } from './read-markdown.ts';

const texts = (read: { blocks: readonly { text: string }[] }) => read.blocks.map(({ text }) => text);

test('markdown: paragraphs under their headings, listings whole, offsets into the source', () => {
  const source =
    '---\ntitle: "The guide"\n---\n# Start\nOne\ntwo.\n\n## Deep ##\n```js\n# no heading\n\nstill code\n```\nAfter\n\nUnder\n-----\nLine\n';
  const { title, blocks } = readMarkdown(source);
  assert.equal(title, 'The guide');
  assert.deepEqual(
    blocks.map(({ text, headings }) => [text, headings.join(' > ')]),
    [
      ['One\ntwo.', 'Start'],
      ['```js\n# no heading\n\nstill code\n```', 'Start > Deep'],
      ['After', 'Start > Deep'],
      ['Line', 'Start > Under'],
    ],
  );
  for (const { text, start, end } of blocks) assert.equal(source.slice(start, end), text);
});

test('markdown: the first heading is the title, Windows line ends and no text are fine', () => {
  assert.equal(readMarkdown('Title\r\n=====\r\ntext\r\n').title, 'Title');
  assert.deepEqual(readMarkdown('').blocks, []);
  assert.deepEqual(texts(readMarkdown('---\nno front matter')), ['---\nno front matter']);
  assert.deepEqual(texts(readPlain('# no heading\n\n\nsecond')), ['# no heading', 'second']);
});

test('html: text, headings and title, without scripts, comments and tags', () => {
  const source = `<!doctype html><html><head><title>A &amp; B</title><script>if (a < b) alert("x")</script>
    <style>p { color: red }</style></head><body><h1>Top</h1><p>One <b>bold</b> word &#8211; and &eacute;.<!-- hidden --></p>
    <h2>Sub</h2><ul><li>first<li>second</ul><a title="a > b" onclick='evil()'>link</a> 3 < 4 <template>no</template></body></html>`;
  const { title, blocks } = readHtml(source);
  assert.equal(title, 'A & B');
  assert.deepEqual(
    blocks.map(({ text, headings }) => [text, headings.join(' > ')]),
    [
      ['One bold word – and é.', 'Top'],
      ['first', 'Top > Sub'],
      ['second', 'Top > Sub'],
      ['link 3 < 4', 'Top > Sub'],
    ],
  );
  for (const { start, end } of blocks) assert.ok(start >= 0 && end > start && end <= source.length);
});

test('hostile pages end in time', () => {
  const many = 300_000;
  const pages = [
    '<'.repeat(many),
    '<a '.repeat(many),
    '<title>'.repeat(many),
    '<a "'.repeat(many),
    '<!--'.repeat(many),
    '<script>'.repeat(many),
    '<div>'.repeat(many),
    '&#x110000;&amp'.repeat(many),
    '<p>x'.repeat(many),
    '</'.repeat(many),
  ];
  for (const page of pages) assert.ok(readHtml(page).blocks.length <= 200_000);
  for (const text of [
    '#'.repeat(many),
    '# '.repeat(many),
    '`'.repeat(many),
    '\n'.repeat(many),
    '---\n'.repeat(many),
    ' #'.repeat(many),
  ])
    assert.ok(readMarkdown(text).blocks.length <= 200_000);
});

test('whatever the text, blocks lie inside it in order', () => {
  const piece = fc.constantFrom(
    '<p>',
    '</p>',
    '<h1>',
    '<',
    '>',
    '"',
    "'",
    '&amp;',
    '<!--',
    '-->',
    '# ',
    '\n',
    '\n\n',
    '```',
    '---',
    'word ',
    '=',
    '\ud800',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (parts) => {
      const source = parts.join('');
      for (const { blocks } of [readHtml(source), readMarkdown(source)]) {
        let last = 0;
        for (const { start, end, text } of blocks) {
          assert.ok(text.trim() !== '' && start >= last && end > start && end <= source.length);
          last = start;
        }
      }
    }),
    { numRuns: 1_000 },
  );
});
