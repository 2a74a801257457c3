import { binaryHeap } from './binary-heap.ts';
import type { Merge } from './byte-pair-encoding.ts';
import { BYTE_SYMBOLS, MOST_SYMBOLS } from './byte-pair-encoding.ts';

/** A queued merge is one number, its rank times this plus its place; 2^32 places and 2^18 ranks stay exact. */
const PLACES = 2 ** 32;

/**
 * The byte-pair encoding of one piece: the merge that was learned first is done first, of equal ones the leftmost.
 * O(n log n) in the bytes of the piece, so a megabyte without a space is no trap.
 */
export function applyMerges(merges: readonly Merge[]): (bytes: Uint8Array) => number[] {
  const ranks = new Map<number, number>();
  for (const [rank, [left, right]] of merges.entries()) ranks.set(left * MOST_SYMBOLS + right, rank);

  return (bytes) => {
    const symbols = Int32Array.from(bytes); // -1 where a symbol was merged into the one before it
    const next = Int32Array.from(bytes, (_, at) => at + 1);
    const previous = Int32Array.from(bytes, (_, at) => at - 1);
    const queue = binaryHeap<number>((a, b) => a < b);
    const rankAt = (at: number): number | undefined => {
      const after = next[at] as number;
      if (after >= symbols.length) return undefined;
      return ranks.get((symbols[at] as number) * MOST_SYMBOLS + (symbols[after] as number));
    };
    const consider = (at: number): void => {
      const rank = rankAt(at);
      if (rank !== undefined) queue.push(rank * PLACES + at);
    };

    for (let at = 0; at + 1 < symbols.length; at++) consider(at);
    for (let item = queue.pop(); item !== undefined; item = queue.pop()) {
      const rank = Math.floor(item / PLACES);
      const at = item - rank * PLACES;
      // a neighbour may have been merged since this was queued
      if (symbols[at] === -1 || rankAt(at) !== rank) continue;
      const gone = next[at] as number;
      symbols[at] = BYTE_SYMBOLS + rank;
      symbols[gone] = -1;
      const after = next[gone] as number;
      next[at] = after;
      if (after < symbols.length) previous[after] = at;
      const before = previous[at] as number;
      if (before >= 0) consider(before);
      consider(at);
    }
    const result: number[] = [];
    for (let at = 0; at < symbols.length; at = next[at] as number) result.push(symbols[at] as number);
    return result;
  };
}
