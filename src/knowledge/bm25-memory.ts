import MiniSearch from 'minisearch';
import { InputError } from '../core/errors.ts';
import type { FoundPassage, Passage, Retriever } from '../core/retriever.ts';
import { passageLimit, searchText } from '../core/retriever.ts';
import { terms } from './terms.ts';

export interface Bm25MemoryOptions {
  readonly k1?: number; // default 1.2
  readonly b?: number; // in [0, 1]; default 0.75
  readonly delta?: number; // default 0.5
  /** Finds words that are up to this share of their length away from the query's, in [0, 0.5]; default 0: none. */
  readonly fuzzy?: number;
  /** Finds words that begin with a query's word as well. Default false. */
  readonly prefix?: boolean;
}

/** An index that changes: passages come and go. */
export interface ChangingRetriever extends Retriever {
  /** Throws InputError for an id that is there already. */
  add(passage: Passage): void;
  /** Without effect on an id that is not there. */
  remove(id: string): void;
}

interface Entry {
  readonly id: string;
  readonly text: string;
}

/**
 * BM25+ in memory on MiniSearch, for corpora that change and for words that are only nearly right. Lengths count different
 * terms; apart from that it gives the scores of `bm25` with the same options.
 */
export function bm25Memory(
  passages: readonly Passage[] = [],
  { k1 = 1.2, b = 0.75, delta = 0.5, fuzzy = 0, prefix = false }: Bm25MemoryOptions = {},
): ChangingRetriever {
  const held = new Map<string, Passage>();
  const order = new Map<string, number>();
  let added = 0;
  const index = new MiniSearch<Entry>({
    fields: ['text'],
    tokenize: terms,
    processTerm: (term) => term,
    searchOptions: { bm25: { k: k1, b, d: delta }, fuzzy, prefix, combineWith: 'OR' },
  });
  const add = (passage: Passage) => {
    if (held.has(passage.id))
      throw new InputError(`A passage ${passage.id} is there already; remove it first`);
    held.set(passage.id, passage);
    order.set(passage.id, added++);
    index.add({ id: passage.id, text: searchText(passage) });
  };
  for (const passage of passages) add(passage);

  return {
    name: 'bm25-memory',
    add,
    remove(id) {
      const passage = held.get(id);
      if (!passage) return;
      index.remove({ id, text: searchText(passage) });
      held.delete(id);
      order.delete(id);
    },
    async retrieve(query, options) {
      const asked = [...new Set(terms(query))].join(' ');
      if (asked === '') return [];
      return (
        index
          .search(asked)
          // MiniSearch multiplies by the number of query terms that matched, which is no part of BM25
          .map(({ id, score, queryTerms }) => ({ id: String(id), score: score / queryTerms.length }))
          .sort((x, y) => y.score - x.score || (order.get(x.id) ?? 0) - (order.get(y.id) ?? 0))
          .slice(0, passageLimit(options))
          .map(({ id, score }): FoundPassage => ({ passage: held.get(id) as Passage, score }))
      );
    },
  };
}
