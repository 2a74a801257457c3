import type { Passage } from '../core/retriever.ts';
import type { Run } from '../core/run.ts';
import { namesIn } from './names.ts';

/** One fact: subject, relation and object in words. */
export interface Triple {
  readonly subject: string;
  readonly relation: string;
  readonly object: string;
}

/** What a passage speaks of. */
export interface Extraction {
  readonly phrases: readonly string[]; // keys of names.ts
  readonly triples: readonly Triple[];
}

/** Reads from a passage what it speaks of. */
export interface Extractor {
  readonly name: string;
  readonly asksModel: boolean;
  /** `run` pays for the model of those that ask one. */
  extract(passage: Passage, run?: Run): Promise<Extraction> | Extraction;
}

/** The extractor that needs no model: capitalised names, no triples. */
export function nameExtractor(): Extractor {
  return {
    name: 'names',
    asksModel: false,
    extract: ({ text }) => ({ phrases: namesIn(text), triples: [] }),
  };
}
