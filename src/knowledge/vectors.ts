import type { Embedder, FoundPassage, Passage, Retriever } from '../core/retriever.ts';
import { passageLimit, searchText } from '../core/retriever.ts';

/** Texts that one call of an embedder gets. */
export const EMBEDDING_BATCH = 64;

/** The vectors of passages, a batch at a time. */
export async function embedPassages(
  passages: readonly Passage[],
  embedder: Embedder,
  signal?: AbortSignal,
): Promise<Float32Array[]> {
  const vectors: Float32Array[] = [];
  for (let start = 0; start < passages.length; start += EMBEDDING_BATCH) {
    signal?.throwIfAborted();
    const texts = passages.slice(start, start + EMBEDDING_BATCH).map(searchText);
    vectors.push(...(await embedder.embed(texts, signal ? { signal } : {})));
  }
  return vectors;
}

/** Passages in memory, ranked by the dot product with the query's vector: an exact scan. */
export async function nearest(
  passages: readonly Passage[],
  embedder: Embedder,
  signal?: AbortSignal,
): Promise<Retriever> {
  const vectors = await embedPassages(passages, embedder, signal);
  return {
    name: 'nearest',
    async retrieve(query, options = {}) {
      if (query.trim() === '') return [];
      const [asked] = await embedder.embed([query], options.signal ? { signal: options.signal } : {});
      if (!asked) return [];
      return vectors
        .map(
          (vector, index): FoundPassage => ({
            passage: passages[index] as Passage,
            score: dot(asked, vector),
          }),
        )
        .filter(({ score }) => score > 0)
        .sort((a, b) => b.score - a.score)
        .slice(0, passageLimit(options));
    },
  };
}

/** The dot product of two vectors; of unit vectors their cosine. */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += (a[index] as number) * (b[index] ?? 0);
  return sum;
}
