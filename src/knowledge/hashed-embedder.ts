import { InputError } from '../core/errors.ts';
import type { Embedder } from '../core/retriever.ts';
import { terms } from './terms.ts';

export interface HashedEmbedderOptions {
  readonly dimensions?: number; // a power of two from 64 to 8,192; default 1,024
  /** Texts to learn from which words are rare, and so say much. Absent: all words weigh the same. */
  readonly corpus?: Iterable<string>;
}

const LEAST_DIMENSIONS = 64;
const MOST_DIMENSIONS = 8_192;
/** Runs of letters that stand for a word beside the word itself; marks at its ends count as letters. */
const GRAM_LENGTHS = [3, 4, 5];
/** All runs of one word together weigh this much against the word. */
const GRAMS_WEIGHT = 0.5;
/** Words whose rarity is learned; later ones count as new. */
const MOST_WORDS = 1_000_000;

/** What a word weighs in a text that holds it. */
type Weigh = (term: string) => number;

/**
 * The embedder for want of a better one: counts words and runs of 3 to 5 letters into signed, hashed places (Weinberger et al.
 * 2009, arXiv:0902.2206). Needs no model and no network, forgives endings and misspellings, and knows no synonyms.
 */
export function hashedEmbedder({
  dimensions = 1024,
  corpus,
}: HashedEmbedderOptions = {}): Embedder & { readonly dimensions: number } {
  if (
    !Number.isInteger(Math.log2(dimensions)) ||
    dimensions < LEAST_DIMENSIONS ||
    dimensions > MOST_DIMENSIONS
  )
    throw new InputError(
      `A hashed embedder cannot have ${dimensions} dimensions; give a power of two from ${LEAST_DIMENSIONS} to ${MOST_DIMENSIONS}`,
    );
  const learned = corpus && learnRarity(corpus);
  return {
    id: `hashed-${dimensions}${learned ? `-${learned.name}` : ''}`,
    dimensions,
    embed: async (texts, { signal } = {}) =>
      texts.map((text) => {
        signal?.throwIfAborted();
        return hashedVector(text, dimensions, learned?.weigh);
      }),
  };
}

/** The unit vector of a text; all zeros for a text without words. */
export function hashedVector(text: string, dimensions: number, weigh: Weigh = () => 1): Float32Array {
  const counts = new Map<string, number>();
  for (const term of terms(text)) counts.set(term, (counts.get(term) ?? 0) + 1);
  const vector = new Float32Array(dimensions);
  for (const [term, count] of counts) {
    const weight = weigh(term) * (1 + Math.log(count));
    put(vector, term, weight);
    const grams = gramsOf(term);
    for (const gram of grams) put(vector, gram, (GRAMS_WEIGHT * weight) / Math.sqrt(grams.length));
  }
  const length = Math.hypot(...vector);
  return length === 0 ? vector : vector.map((value) => value / length);
}

/** Inverse document frequency, with a name that differs for different corpora. */
function learnRarity(corpus: Iterable<string>): { readonly name: string; readonly weigh: Weigh } {
  const holding = new Map<string, number>();
  let texts = 0;
  for (const text of corpus) {
    texts++;
    for (const term of new Set(terms(text)))
      if (holding.has(term) || holding.size < MOST_WORDS) holding.set(term, (holding.get(term) ?? 0) + 1);
  }
  let name = texts;
  for (const [term, count] of holding) name = (name + Math.imul(hashOf(term), count)) | 0; // in any order
  return {
    name: (name >>> 0).toString(36),
    weigh: (term) => Math.log(1 + texts / ((holding.get(term) ?? 0) + 0.5)),
  };
}

function gramsOf(term: string): string[] {
  const marked = `<${term}>`;
  return GRAM_LENGTHS.flatMap((size) =>
    Array.from({ length: Math.max(0, marked.length - size + 1) }, (_, start) =>
      marked.slice(start, start + size),
    ),
  );
}

/** The low bits of the hash choose the place, its top bit the sign. */
function put(vector: Float32Array, key: string, weight: number): void {
  const hash = hashOf(key);
  vector[hash & (vector.length - 1)]! += hash < 0 ? -weight : weight;
}

/** 32-bit FNV-1a, mixed. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 12);
}
