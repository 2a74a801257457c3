import { InputError } from '../core/errors.ts';
import type { FoundPassage, Retriever } from '../core/retriever.ts';
import { MOST_PASSAGES, passageLimit } from '../core/retriever.ts';

export interface HybridOptions {
  readonly retrievers: readonly Retriever[];
  readonly depth?: number; // passages taken from each, 1 to 1,000; default 100
  readonly constant?: number; // added to each rank, at least 0; default 60, as in the paper
}

/**
 * Joins retrievers by reciprocal rank fusion (Cormack et al. 2009, doi:10.1145/1571941.1572114): a passage scores the sum of
 * 1 / (60 + rank) over the lists that hold it, so that scores which do not compare need not.
 */
export function hybrid({ retrievers, depth = 100, constant = 60 }: HybridOptions): Retriever {
  if (retrievers.length === 0) throw new InputError('A hybrid needs at least one retriever');
  if (!Number.isInteger(depth) || depth < 1 || depth > MOST_PASSAGES)
    throw new InputError(`The depth is ${depth}; it must be a whole number from 1 to ${MOST_PASSAGES}`);
  return {
    name: `hybrid(${retrievers.map(({ name }) => name).join(', ')})`,
    async retrieve(query, options = {}) {
      const lists = await Promise.all(
        retrievers.map((retriever) => retriever.retrieve(query, { ...options, limit: depth })),
      );
      return fuse(lists, constant).slice(0, passageLimit(options));
    },
  };
}

/** Ranked lists joined by reciprocal rank; equal scores keep the order of the first list. */
export function fuse(lists: readonly (readonly FoundPassage[])[], constant = 60): FoundPassage[] {
  const fused = new Map<string, { found: FoundPassage; score: number }>();
  for (const list of lists)
    list.forEach((found, index) => {
      const entry = fused.get(found.passage.id) ?? { found, score: 0 };
      entry.score += 1 / (constant + index + 1);
      fused.set(found.passage.id, entry);
    });
  return [...fused.values()]
    .sort((a, b) => b.score - a.score)
    .map(({ found, score }) => ({ passage: found.passage, score }));
}
