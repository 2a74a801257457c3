/**
 * Learns byte-pair merges from text (Sennrich et al. 2016, arXiv:1508.07909, on bytes as in GPT-2): the pair of neighbours
 * seen most often inside the pieces becomes a symbol, again and again. Pieces are counted once and each merge touches only
 * the pieces that hold its pair, so the cost grows with the number of distinct pieces, hardly with the text.
 */
import { binaryHeap } from './binary-heap.ts';
import type { DigitSplit } from './pre-tokenizer.ts';
import { splitPieces } from './pre-tokenizer.ts';

/** Two symbols that become one. 0..255 are bytes, 256 + k is the product of the k-th merge. */
export type Merge = readonly [left: number, right: number];

export interface LearnMergesOptions {
  readonly merges: number; // at most; fewer when no pair is left that occurs twice
  readonly digits: DigitSplit;
}

/** Symbols of one byte. */
export const BYTE_SYMBOLS = 256;
/** Largest number of symbols: two of them make one exact number, and no embedded model needs more. */
export const MOST_SYMBOLS = 262_144;

/** Distinct pieces held while counting; beyond it the rarest are forgotten. */
const MOST_PIECES = 2_000_000;
/** A longer piece (a run of base64, a line of dashes) teaches nothing and is not counted. UTF-16 units. */
const LONGEST_PIECE = 256;
/** A pair seen fewer times is not merged. */
const LEAST_COUNT = 2;

interface Pair {
  readonly left: number;
  readonly right: number;
  count: number;
  readonly words: number[]; // where it was seen; may hold words that have lost it since
}

interface Candidate {
  readonly pair: Pair;
  readonly count: number; // when it was queued
}

/**
 * The merges of a text, most useful first. The same pieces give the same merges whatever their order: of pairs with equal
 * counts the one with the smaller left symbol comes first, then the one with the smaller right symbol.
 */
export function learnMerges(
  texts: Iterable<string>,
  { merges: wanted, digits }: LearnMergesOptions,
): readonly Merge[] {
  const words = toWords(countPieces(texts, digits));
  const pairs = new Map<number, Pair>();
  const queue = binaryHeap<Candidate>(comesFirst);
  const add = (left: number, right: number, word: number): Pair => {
    const key = left * MOST_SYMBOLS + right;
    let pair = pairs.get(key);
    if (!pair) {
      pair = { left, right, count: 0, words: [] };
      pairs.set(key, pair);
    }
    pair.count += words.counts[word] as number;
    if (pair.words.at(-1) !== word) pair.words.push(word);
    return pair;
  };
  const remove = (left: number, right: number, word: number): void => {
    const pair = pairs.get(left * MOST_SYMBOLS + right);
    if (pair) pair.count -= words.counts[word] as number;
  };

  for (let word = 0; word < words.counts.length; word++) {
    const symbols = words.symbols[word] as number[];
    for (let at = 1; at < symbols.length; at++) add(symbols[at - 1] as number, symbols[at] as number, word);
  }
  for (const pair of pairs.values()) queue.push({ pair, count: pair.count });

  const merges: Merge[] = [];
  while (merges.length < wanted) {
    const best = queue.pop();
    if (!best) break;
    const { pair } = best;
    if (pair.count !== best.count) {
      // counts of queued pairs only fall, so queueing it again with the true count keeps the order right
      if (pair.count >= LEAST_COUNT) queue.push({ pair, count: pair.count });
      continue;
    }
    if (pair.count < LEAST_COUNT) break;
    const product = BYTE_SYMBOLS + merges.length;
    merges.push([pair.left, pair.right]);
    pairs.delete(pair.left * MOST_SYMBOLS + pair.right);
    const fresh = new Set<Pair>();
    for (const word of pair.words) {
      const merged: number[] = [];
      const symbols = words.symbols[word] as number[];
      for (let at = 0; at < symbols.length; at++) {
        const symbol = symbols[at] as number;
        if (symbol !== pair.left || symbols[at + 1] !== pair.right) {
          merged.push(symbol);
          continue;
        }
        const before = merged.at(-1);
        const after = symbols[at + 2];
        if (before !== undefined) {
          remove(before, pair.left, word);
          fresh.add(add(before, product, word));
        }
        if (after !== undefined) {
          remove(pair.right, after, word);
          fresh.add(add(product, after, word));
        }
        merged.push(product);
        at++;
      }
      words.symbols[word] = merged;
    }
    for (const one of fresh) if (one.count > 0) queue.push({ pair: one, count: one.count });
  }
  return merges;
}

function comesFirst(a: Candidate, b: Candidate): boolean {
  if (a.count !== b.count) return a.count > b.count;
  return a.pair.left === b.pair.left ? a.pair.right < b.pair.right : a.pair.left < b.pair.left;
}

function countPieces(texts: Iterable<string>, digits: DigitSplit): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts)
    splitPieces(text, digits, (start, end) => {
      if (end - start < 2 && text.charCodeAt(start) < 0x80) return; // one byte holds no pair
      if (end - start > LONGEST_PIECE) return;
      const piece = text.slice(start, end);
      const count = counts.get(piece);
      if (count !== undefined) counts.set(piece, count + 1);
      else {
        if (counts.size >= MOST_PIECES) forgetRarest(counts);
        // a slice keeps its whole text alive; gluing and cutting makes a copy that does not
        counts.set(` ${piece}`.slice(1), 1);
      }
    });
  return counts;
}

/** Drops the pieces seen once, then those seen twice, and so on until a half is free. */
function forgetRarest(counts: Map<string, number>): void {
  for (let least = 1; counts.size > MOST_PIECES / 2; least++)
    for (const [piece, count] of counts) if (count <= least) counts.delete(piece);
}

function toWords(pieces: ReadonlyMap<string, number>): {
  readonly counts: readonly number[];
  readonly symbols: number[][];
} {
  const encoder = new TextEncoder();
  return {
    counts: [...pieces.values()],
    symbols: Array.from(pieces.keys(), (piece) => [...encoder.encode(piece)]),
  };
}
