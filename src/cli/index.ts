import { join } from 'node:path';
import { Command } from 'commander';
import { InputError } from '../core/errors.ts';
import type { IndexReport } from '../knowledge/index-documents.ts';
import { stateFolder, wholeNumber } from './options.ts';
import { plain, printJson } from './terminal.ts';

interface Flags {
  to?: string;
  state?: string;
  embeddings?: string;
  characters: number;
  dryRun?: boolean;
  json?: boolean;
}

/** The index that is meant when none is named. */
export function knowledgeFile(state: string): string {
  return join(state, 'knowledge.sqlite');
}

/** `reckon index`: makes a folder's documents searchable, or brings their index up to date. */
export function indexCommand(): Command {
  return new Command('index')
    .description(
      'Index documents for ask --knowledge: text, Markdown, HTML, JSONL. Run it again after changes.',
    )
    .argument('<folder>', 'a folder, or one file')
    .option('--to <file>', 'the index (default: knowledge.sqlite in the state folder)')
    .option('--state <folder>', 'where runs and indexes are kept (default .reckon)')
    .option(
      '--embeddings <spec>',
      'add vectors: hashed (offline), or a model such as ollama/nomic-embed-text',
    )
    .option('--characters <n>', 'of a passage at the most', wholeNumber(200, 20_000), 1_200)
    .option('--dry-run', 'only say what there is to do and what it would cost')
    .option('--json', 'print one JSON document')
    .action(async (folder: string, flags: Flags) => {
      const { openPassageStore } = await import('../knowledge/passage-store.ts');
      const { indexDocuments, previewIndex } = await import('../knowledge/index-documents.ts');
      const { openEmbedder } = await import('../catalog/knowledge.ts');
      const path = flags.to ?? knowledgeFile(stateFolder(flags.state));
      const interrupted = new AbortController();
      process.once('SIGINT', () => interrupted.abort(new Error('Interrupted; run it again to go on')));
      const options = { characters: flags.characters, signal: interrupted.signal };
      const embedder = flags.embeddings === undefined ? undefined : await openEmbedder(flags.embeddings);
      try {
        const dimensions = embedder && !flags.dryRun ? ((await embedder.embed(['size']))[0]?.length ?? 0) : 0;
        const store = await openPassageStore(flags.dryRun ? ':memory:' : path, {
          ...(embedder && !flags.dryRun && { embedder: { id: embedder.id, dimensions } }),
        });
        try {
          const known = flags.dryRun ? await openExisting(path) : store;
          const preview = await previewIndex(folder, known ?? store, options);
          if (known !== store) known?.close();
          console.error(plain(describe(preview, embedder?.id)));
          if (flags.dryRun) {
            if (flags.json) printJson({ index: path, ...preview });
            return;
          }
          if (!embedder && store.summary().embedder !== undefined)
            throw new InputError(
              `The index ${path} has vectors of ${store.summary().embedder}; give --embeddings to keep them up to date`,
            );
          const report = await indexDocuments(folder, store, { ...options, ...(embedder && { embedder }) });
          const summary = store.summary();
          if (flags.json) printJson({ index: path, ...report, total: summary });
          else {
            for (const { document, reason } of report.skipped)
              console.error(plain(`left out: ${document}: ${reason}`));
            console.log(plain(`${path}: ${summary.documents} documents, ${summary.passages} passages`));
            console.error(plain(`Ask: reckon ask "<question>" --knowledge ${path}`));
          }
        } finally {
          store.close();
        }
      } finally {
        await embedder?.close?.();
        if (interrupted.signal.aborted) process.exitCode = 130;
      }
    });
}

/** What is there already, for a preview that writes nothing. */
async function openExisting(path: string) {
  const { existsSync } = await import('node:fs');
  if (!existsSync(path)) return undefined;
  const { openPassageStore } = await import('../knowledge/passage-store.ts');
  return openPassageStore(path);
}

function describe(preview: IndexReport, embedder: string | undefined): string {
  const { documents, unchanged, removed, passages, tokens, skipped, moreSkipped } = preview;
  const cost =
    embedder === undefined
      ? 'no model is asked'
      : embedder.startsWith('hashed')
        ? 'vectors are made here, without a model'
        : `about ${tokens} tokens to embed by ${embedder}, price unknown`;
  return `${documents} documents, ${documents - unchanged} new or changed, ${removed} gone, ${skipped.length + moreSkipped} left out; ${passages} passages to index; ${cost}`;
}
