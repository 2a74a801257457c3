import { InputError } from '../core/errors.ts';
import type { Embedder, Retriever } from '../core/retriever.ts';
import { upstreamOf } from './models.ts';

/** How an index is searched: PageRank over names in the passages that BM25 finds, BM25 alone, vectors, or both joined. */
export const SEARCHES = ['page-rank', 'bm25', 'nearest', 'hybrid'] as const;
export type Search = (typeof SEARCHES)[number];

export interface OpenedKnowledge {
  readonly retriever: Retriever;
  close(): Promise<void>;
}

/** An embedder by spec: `hashed` needs no model and no network, anything else is a model spec with an API. */
export async function openEmbedder(spec: string): Promise<Embedder & { close?(): Promise<void> }> {
  if (spec === 'hashed') {
    const { hashedEmbedder } = await import('../knowledge/hashed-embedder.ts');
    return hashedEmbedder();
  }
  const { embeddingsEndpoint } = await import('../models/embeddings-endpoint.ts');
  return embeddingsEndpoint(upstreamOf(spec));
}

/**
 * Opens an index of `reckon index` for searching. Throws InputError when there is none, or when a search by vectors is asked for
 * and the index has none or has those of another embedder.
 */
export async function openKnowledge(
  path: string,
  { search = 'page-rank', embeddings }: { readonly search?: Search; readonly embeddings?: string } = {},
): Promise<OpenedKnowledge> {
  const { openPassageStore } = await import('../knowledge/passage-store.ts');
  const store = await openPassageStore(path, { mustExist: true });
  let embedder: (Embedder & { close?(): Promise<void> }) | undefined;
  const nearest = async () => {
    if (embeddings === undefined)
      throw new InputError(`Search ${search} needs --embeddings: the model that the index was made with`);
    embedder = await openEmbedder(embeddings);
    return store.nearest(embedder);
  };
  const makers: Readonly<Record<Search, () => Promise<Retriever>>> = {
    bm25: async () => store.bm25(),
    nearest,
    hybrid: async () => {
      const { hybrid } = await import('../knowledge/hybrid.ts');
      return hybrid({ retrievers: [store.bm25(), await nearest()] });
    },
    'page-rank': async () => {
      const { pageRankRetriever } = await import('../knowledge/page-rank-retriever.ts');
      return pageRankRetriever({ first: store.bm25() });
    },
  };
  const close = async () => {
    store.close();
    await embedder?.close?.();
  };
  try {
    return { retriever: await makers[search](), close };
  } catch (cause) {
    await close();
    throw cause;
  }
}
