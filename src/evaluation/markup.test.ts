import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { html, nothing } from './markup.ts';

test('text is escaped, markup is not, lists are joined', () => {
  const inner = html`<b>${'<&>'}</b>`;
  assert.equal(
    html`<p title="${'a"b'}">${inner}${[inner, nothing]}${7}</p>`.markup,
    '<p title="a&#34;b"><b>&#60;&#38;&#62;</b><b>&#60;&#38;&#62;</b>7</p>',
  );
});

test('no text can open a tag, an entity or leave an attribute', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const { markup } = html`${`${text}<&"'\``}`;
      assert.ok(!/[<>"'`]|&(?!#\d+;)/.test(markup));
      assert.ok(markup.isWellFormed());
    }),
  );
});
