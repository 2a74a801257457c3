import type { Embedder } from '../core/retriever.ts';
import { searchText } from '../core/retriever.ts';
import type { DocumentsOptions, Skipped, SourceDocument } from './documents.ts';
import { readDocuments } from './documents.ts';
import type { PassageStore } from './passage-store.ts';
import { embedPassages } from './vectors.ts';

/** What indexing would do, and what it did. */
export interface IndexReport {
  readonly documents: number; // that were read
  readonly unchanged: number; // of these: indexed before, with the same content
  readonly removed: number; // indexed before and gone now
  readonly passages: number; // of documents that are new or changed
  readonly characters: number; // of those passages
  /** Tokens that an embedder would read, at four characters each. */
  readonly tokens: number;
  readonly skipped: readonly Skipped[];
  readonly moreSkipped: number; // beyond those listed
}

export interface IndexOptions extends DocumentsOptions {
  readonly embedder?: Embedder; // for an index with vectors
  /** Called after each document that was read, with the count of them. */
  readonly onDocument?: (document: string, documents: number) => void;
}

const MOST_SKIPPED_LISTED = 1_000;
const CHARACTERS_PER_TOKEN = 4;

/** What `indexDocuments` would have to do: reads everything, writes nothing, asks no embedder. */
export async function previewIndex(
  path: string,
  store: PassageStore,
  options: Omit<IndexOptions, 'embedder'> = {},
): Promise<IndexReport> {
  return (await walk(path, store, options, async () => {})).report;
}

/**
 * Brings an index up to date with a folder: new and changed documents are read anew, unchanged ones left alone, gone ones
 * removed; what cannot be read any more stays as it was. Each document is written at once, so indexing that was interrupted goes
 * on where it stopped.
 */
export async function indexDocuments(
  path: string,
  store: PassageStore,
  { embedder, ...options }: IndexOptions = {},
): Promise<IndexReport> {
  const { report, gone } = await walk(path, store, options, async ({ document, checksum, passages }) => {
    const vectors = embedder && (await embedPassages(passages, embedder, options.signal));
    store.replace(document, checksum, passages, vectors);
  });
  for (const document of gone) store.remove(document);
  return report;
}

/** Reads every document, hands new and changed ones to `take`, and counts. */
async function walk(
  path: string,
  store: PassageStore,
  { onDocument, ...reading }: Omit<IndexOptions, 'embedder'>,
  take: (read: SourceDocument) => Promise<void>,
): Promise<{ readonly report: IndexReport; readonly gone: readonly string[] }> {
  const before = store.documents();
  const skipped: Skipped[] = [];
  const left = new Set(before.keys()); // indexed before, not met yet
  const counts = { documents: 0, unchanged: 0, passages: 0, characters: 0, moreSkipped: 0 };
  for await (const read of readDocuments(path, reading)) {
    left.delete(read.document);
    if ('reason' in read) {
      // of a folder that cannot be listed everything stays
      for (const document of left) if (document.startsWith(`${read.document}/`)) left.delete(document);
      if (skipped.length < MOST_SKIPPED_LISTED) skipped.push(read);
      else counts.moreSkipped++;
      continue;
    }
    counts.documents++;
    if (before.get(read.document) === read.checksum) counts.unchanged++;
    else {
      counts.passages += read.passages.length;
      for (const passage of read.passages) counts.characters += searchText(passage).length;
      await take(read);
    }
    onDocument?.(read.document, counts.documents);
  }
  const tokens = Math.ceil(counts.characters / CHARACTERS_PER_TOKEN);
  return { report: { ...counts, removed: left.size, tokens, skipped }, gone: [...left] };
}
