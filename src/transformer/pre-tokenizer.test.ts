import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DigitSplit } from './pre-tokenizer.ts';
import { SPLIT_PATTERNS, splitPieces } from './pre-tokenizer.ts';

/** Text rich in the characters that the split treats apart. */
const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      ...` '\t\n\u00a0\u0085\ufeff\u3000srtvemld1²٣é中ß!?.-_<|>`,
      '\ud800',
      '\udc00',
      '𝒳',
      '𝟙',
      '🙂',
    ),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 60,
});

function pieces(input: string, digits: DigitSplit): string[] {
  const found: string[] = [];
  splitPieces(input, digits, (start, end) => found.push(input.slice(start, end)));
  return found;
}

/** The published pattern; in JavaScript `\s` is not quite White_Space. */
function byPattern(input: string, digits: DigitSplit): string[] {
  const pattern = SPLIT_PATTERNS[digits]
    .replaceAll('[^\\s', '[^\\p{White_Space}')
    .replaceAll('\\s', '\\p{White_Space}')
    .replaceAll('\\S', '\\P{White_Space}');
  return input.match(new RegExp(pattern, 'gu')) ?? [];
}

test('the scanner and the published pattern cut every text alike', () => {
  for (const digits of ['single', 'runs'] as const)
    fc.assert(
      fc.property(text, (input) => {
        assert.deepEqual(pieces(input, digits), byPattern(input, digits));
        assert.equal(pieces(input, digits).join(''), input);
      }),
      { numRuns: 3000 },
    );
});

test('single digits are the two steps of SmolLM: isolate each number, then the split of GPT-2', () => {
  fc.assert(
    fc.property(text, (input) => {
      const steps = input
        .split(/(\p{N})/u)
        .filter((part) => part !== '')
        .flatMap((part) => pieces(part, 'runs'));
      assert.deepEqual(pieces(input, 'single'), steps);
    }),
    { numRuns: 3000 },
  );
});

test('words take their space, digits stand alone, lines end by themselves', () => {
  assert.deepEqual(pieces("It's 12 + 3.\n\n So 15", 'single'), [
    ...['It', "'s", ' ', '1', '2', ' +', ' ', '3', '.', '\n\n', ' So', ' ', '1', '5'],
  ]);
  assert.deepEqual(pieces('a 12  b', 'runs'), ['a', ' 12', ' ', ' b']);
});

test('the work grows with the length of the text, whatever it is made of', () => {
  for (const unit of [' ', '\n', 'a', '1', '!', "'", " '", '\ud800', ' \n', '𝒳']) {
    const input = unit.repeat(200_000);
    let reads = 0;
    const counted = new Proxy(new String(input), {
      get(target, key) {
        if (key === 'charCodeAt')
          return (at: number) => {
            reads++;
            return input.charCodeAt(at);
          };
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    let covered = 0;
    splitPieces(counted as unknown as string, 'single', (start, end) => {
      assert.equal(start, covered);
      covered = end;
    });
    assert.equal(covered, input.length);
    assert.ok(reads <= 8 * input.length, `${JSON.stringify(unit)}: ${reads} reads`);
  }
});
