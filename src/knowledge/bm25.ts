import type { FoundPassage, Passage, Retriever } from '../core/retriever.ts';
import { passageLimit, searchText } from '../core/retriever.ts';
import { terms } from './terms.ts';

/** How Okapi BM25 weighs terms. */
export interface Bm25Options {
  readonly k1?: number; // how fast repetitions saturate, at least 0; default 1.2
  readonly b?: number; // how much length counts against a passage, in [0, 1]; default 0.75
  readonly delta?: number; // what one occurrence counts at least (BM25+), at least 0; default 0
  /**
   * What a term's rarity is worth, with N passages of which n hold it · `plus-one`: ln(1 + (N − n + ½) / (n + ½)) ·
   * `floored`: ln((N − n + ½) / (n + ½)), never below 10⁻⁶, as SQLite has it.
   */
  readonly rarity?: 'plus-one' | 'floored';
}

interface Posting {
  readonly passage: number;
  readonly count: number;
}

const LEAST_RARITY = 1e-6;

/**
 * Okapi BM25 in memory, the plain formula (Robertson and Zaragoza 2009, doi:10.1561/1500000019): the reference that the
 * faster indexes are tested against. A term counts once however often the query repeats it; equal scores keep the order of
 * the passages.
 */
export function bm25(passages: readonly Passage[], options: Bm25Options = {}): Retriever {
  const { k1 = 1.2, b = 0.75, delta = 0, rarity = 'plus-one' } = options;
  const postings = new Map<string, Posting[]>();
  const lengths = passages.map((passage, index) => {
    const found = terms(searchText(passage));
    for (const [term, count] of counted(found)) {
      const list = postings.get(term);
      if (list) list.push({ passage: index, count });
      else postings.set(term, [{ passage: index, count }]);
    }
    return found.length;
  });
  const meanLength = lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, lengths.length);

  return {
    name: 'bm25',
    async retrieve(query, retrieveOptions) {
      const scores = new Map<number, number>();
      for (const term of new Set(terms(query))) {
        const list = postings.get(term) ?? [];
        const weight = rarityOf(list.length, passages.length, rarity);
        for (const { passage, count } of list) {
          const length = (lengths[passage] as number) / meanLength;
          const gain = delta + (count * (k1 + 1)) / (count + k1 * (1 - b + b * length));
          scores.set(passage, (scores.get(passage) ?? 0) + weight * gain);
        }
      }
      return [...scores]
        .sort(([a, left], [c, right]) => right - left || a - c)
        .slice(0, passageLimit(retrieveOptions))
        .map(([index, score]): FoundPassage => ({ passage: passages[index] as Passage, score }));
    },
  };
}

function rarityOf(holding: number, all: number, rarity: 'plus-one' | 'floored'): number {
  const odds = (all - holding + 0.5) / (holding + 0.5);
  return rarity === 'plus-one' ? Math.log(1 + odds) : Math.max(LEAST_RARITY, Math.log(odds));
}

function counted(found: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const term of found) counts.set(term, (counts.get(term) ?? 0) + 1);
  return counts;
}
