import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Piece } from './think-tags.ts';
import { splitAtLooseClose, ThinkTags } from './think-tags.ts';

describe('think tags', () => {
  for (const [output, text, reasoning] of [
    ['just text', 'just text', ''],
    ['<think>hm</think>42', '42', 'hm'],
    ['\n <think>\nhm\n</think>\n\n42\n', '42\n', '\nhm\n'],
    ['<think></think>42', '42', ''],
    ['<think>never closed', '', 'never closed'],
    ['first\n<think>more</think>\nsecond', 'first\nsecond', 'more'],
    ['Write <think> to think.</think>', 'Write <think> to think.</think>', ''],
    ['<think>a</think>\n<think>b</think>c', 'c', 'ab'],
    ['a < b and <thin', 'a < b and <thin', ''],
    ['   indented', '   indented', ''],
    ['<think>a', '', 'a'],
    ['  ', '  ', ''],
    ['', '', ''],
  ] as const)
    it(`parts ${JSON.stringify(output)}`, () => {
      assert.deepEqual(part([output]), { text, reasoning });
    });

  it('does not depend on where the stream was split', () => {
    const word = fc.constantFrom(
      '<think>',
      '</think>',
      '\n',
      ' ',
      'a',
      '<',
      'think>',
      '</',
      'é',
      'two words',
    );
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 12 }),
        fc.array(fc.nat(60), { maxLength: 8 }),
        (words, cuts) => {
          const output = words.join('');
          const places = [
            0,
            ...cuts.filter((cut) => cut < output.length).sort((a, b) => a - b),
            output.length,
          ];
          const split = places.slice(1).map((end, index) => output.slice(places[index], end));
          assert.deepEqual(part(split), part([output]));
          assert.deepEqual(part([...output]), part([output]));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('takes time in proportion to the text, whatever it holds', () => {
    for (const unit of ['x<think>', '<', '<think', '</think>\n<think>', '\n', ' ', 'x</think>'])
      part([unit.repeat(200_000)]);
  });

  it('takes all before a closing tag without an opening one for thinking', () => {
    assert.deepEqual(splitAtLooseClose('so 6*7\n</think>\n\n42'), { reasoning: 'so 6*7\n', text: '42' });
    assert.equal(splitAtLooseClose('42'), undefined);
  });
});

function part(stream: readonly string[]): { text: string; reasoning: string } {
  const tags = new ThinkTags();
  const pieces: Piece[] = stream.flatMap((output) => tags.push(output));
  pieces.push(...tags.end());
  const join = (type: Piece['type']) =>
    pieces
      .filter((piece) => piece.type === type)
      .map((piece) => piece.text)
      .join('');
  return { text: join('text'), reasoning: join('reasoning') };
}
