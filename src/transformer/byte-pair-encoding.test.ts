import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seeded, shuffle } from '../core/random.ts';
import { applyMerges } from './apply-merges.ts';
import type { Merge } from './byte-pair-encoding.ts';
import { learnMerges } from './byte-pair-encoding.ts';
import { splitPieces } from './pre-tokenizer.ts';

const text = fc.string({ unit: fc.constantFrom(...'aabbc é1'), maxLength: 80 });

function piecesOf(input: string): number[][] {
  const found: number[][] = [];
  splitPieces(input, 'single', (start, end) =>
    found.push([...new TextEncoder().encode(input.slice(start, end))]),
  );
  return found;
}

function mergeIn(symbols: readonly number[], [left, right]: Merge, product: number): number[] {
  const merged: number[] = [];
  for (let at = 0; at < symbols.length; at++)
    if (symbols[at] === left && symbols[at + 1] === right) {
      merged.push(product);
      at++;
    } else merged.push(symbols[at] as number);
  return merged;
}

/** Counts every pair afresh before each merge. */
function learnSlowly(texts: readonly string[], wanted: number): Merge[] {
  let words = texts.flatMap(piecesOf);
  const merges: Merge[] = [];
  while (merges.length < wanted) {
    const counts = new Map<string, number>();
    for (const word of words)
      for (let at = 1; at < word.length; at++) {
        const key = `${word[at - 1]} ${word[at]}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    const best = [...counts]
      .map(([key, count]) => ({ pair: key.split(' ').map(Number) as [number, number], count }))
      .sort((a, b) => b.count - a.count || a.pair[0] - b.pair[0] || a.pair[1] - b.pair[1])[0];
    if (!best || best.count < 2) break;
    words = words.map((word) => mergeIn(word, best.pair, 256 + merges.length));
    merges.push(best.pair);
  }
  return merges;
}

test('merges are those of counting every pair afresh each time', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 8 }), fc.integer({ min: 0, max: 30 }), (texts, merges) => {
      assert.deepEqual(learnMerges(texts, { merges, digits: 'single' }), learnSlowly(texts, merges));
    }),
    { numRuns: 500 },
  );
});

test('the order of the texts does not matter, nor does a single long piece', () => {
  const texts = ['one two three', 'two three four', 'three four five', 'ab ab ba ba cd'];
  const merges = learnMerges(texts, { merges: 50, digits: 'single' });
  for (let seed = 0; seed < 5; seed++)
    assert.deepEqual(learnMerges(shuffle(texts, seeded(seed)), { merges: 50, digits: 'single' }), merges);
  assert.deepEqual(learnMerges(['x'.repeat(1000)], { merges: 5, digits: 'single' }), []);
});

test('a piece is encoded by doing the merges in the order they were learned, from the left', () => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 8 }), text, (texts, input) => {
      const merges = learnMerges(texts, { merges: 40, digits: 'single' });
      const encode = applyMerges(merges);
      for (const word of piecesOf(input)) {
        let slow = word;
        for (const [rank, merge] of merges.entries()) slow = mergeIn(slow, merge, 256 + rank);
        assert.deepEqual(encode(Uint8Array.from(word)), slow);
      }
    }),
    { numRuns: 500 },
  );
});
