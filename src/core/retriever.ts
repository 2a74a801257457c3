import type { Run } from './run.ts';

/** Where a passage was cut from. Offsets count UTF-16 units in the text that was read from the document. */
export interface Provenance {
  readonly document: string; // path inside the indexed folder, or the address it was given under
  readonly start: number;
  readonly end: number; // exclusive
  readonly headings: readonly string[]; // outermost first
}

/** A unit of text that retrieval finds. All of it is data from outside: it may say anything, and decides nothing. */
export interface Passage {
  readonly id: string; // unique among the passages that are searched together
  readonly text: string;
  readonly title?: string;
  readonly source?: Provenance;
}

/** A passage and how well it fits. Scores of different retrievers do not compare. */
export interface FoundPassage {
  readonly passage: Passage;
  readonly score: number;
}

export interface RetrieveOptions {
  readonly limit?: number; // passages at the most; default 5
  readonly signal?: AbortSignal;
  /** Pays for the models that some retrievers ask. Those that ask none do without. */
  readonly run?: Run;
}

/** Finds passages for a query, best first. An empty result is no failure. */
export interface Retriever {
  readonly name: string;
  retrieve(query: string, options?: RetrieveOptions): Promise<readonly FoundPassage[]>;
}

/** Turns texts into vectors of unit length whose dot product says how alike two texts are. */
export interface Embedder {
  readonly id: string; // names the vector space: vectors of different ids do not compare
  embed(
    texts: readonly string[],
    options?: { readonly signal?: AbortSignal },
  ): Promise<readonly Float32Array[]>;
}

/** Passages asked for when the caller does not say. */
export const DEFAULT_PASSAGES = 5;
/** Passages that one retrieval gives at the most. */
export const MOST_PASSAGES = 1_000;

/** The number of passages that the options ask for, from 0 to MOST_PASSAGES. */
export function passageLimit({ limit = DEFAULT_PASSAGES }: RetrieveOptions = {}): number {
  return Math.max(0, Math.min(Math.trunc(limit), MOST_PASSAGES));
}

/** Text that is searched for a passage: its title, the headings it stands under, and its text. */
export function searchText({ title = '', text, source }: Passage): string {
  return [title, ...(source?.headings ?? []), text].filter((part) => part !== '').join('\n');
}
