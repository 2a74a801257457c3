import { createHash } from 'node:crypto';
import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { InputError } from '../core/errors.ts';
import type { Passage } from '../core/retriever.ts';
import { isSafeRelativePath, openRegularFile } from '../host/regular-file.ts';
import type { ChunkOptions } from './chunk.ts';
import { chunk } from './chunk.ts';
import { readHtml } from './parts/read-html.ts';
import { readJsonLines } from './parts/read-json-lines.ts';
import { readMarkdown, readPlain } from './parts/read-markdown.ts';

/** A document that was read. `checksum` changes with its bytes and with how they are cut. */
export interface SourceDocument {
  readonly document: string; // path below the folder, with forward slashes
  readonly checksum: string;
  readonly passages: readonly Passage[];
}

/** Something that was not read, and why. */
export interface Skipped {
  readonly document: string;
  readonly reason: string;
}

export interface DocumentsOptions extends ChunkOptions {
  readonly signal?: AbortSignal;
}

/** Largest file that is read, in bytes. */
export const DOCUMENT_BYTES = 64 * 2 ** 20;
/** Files taken from one folder, and folders inside each other. */
const MOST_FILES = 100_000;
const MOST_DEPTH = 32;
/** Raise it when documents are cut differently: everything is then indexed again. */
const CUTTING = 1;

type Read = (text: string, document: string) => { readonly passages: Passage[]; readonly skipped: Skipped[] };

/** What is read, by extension; everything else is passed over. */
function readers(options: ChunkOptions): Readonly<Record<string, Read>> {
  const markdown: Read = (text, document) => ({
    passages: chunk(document, readMarkdown(text), options),
    skipped: [],
  });
  const html: Read = (text, document) => ({
    passages: chunk(document, readHtml(text), options),
    skipped: [],
  });
  const plain: Read = (text, document) => ({
    passages: chunk(document, { title: basename(document, extname(document)), ...readPlain(text) }, options),
    skipped: [],
  });
  const rows: Read = (text, document) => readJsonLines(text, document, options);
  return {
    '.md': markdown,
    '.markdown': markdown,
    '.html': html,
    '.htm': html,
    '.xhtml': html,
    '.txt': plain,
    '.text': plain,
    '.jsonl': rows,
    '.ndjson': rows,
  };
}

/**
 * Reads a folder's text, Markdown, HTML and JSONL files, or one such file, in the order of their paths. What cannot be read is
 * told and left out: links, binary files, files that are too large or not UTF-8. Hidden files and node_modules are passed over.
 * Throws InputError when there is nothing at the path.
 */
export async function* readDocuments(
  path: string,
  { signal, ...options }: DocumentsOptions = {},
): AsyncGenerator<SourceDocument | Skipped> {
  const stats = await lstat(path).catch((cause: unknown) => {
    throw new InputError(`There is nothing to index at ${path}; name a folder or a file`, { cause });
  });
  const root = stats.isDirectory() ? path : dirname(path);
  const reading = readers(options);
  for await (const found of stats.isDirectory() ? filesIn(path, signal) : [basename(path)]) {
    signal?.throwIfAborted();
    if (typeof found !== 'string') {
      yield found;
      continue;
    }
    const read = reading[extname(found).toLowerCase()];
    if (!read) {
      if (!stats.isDirectory())
        throw new InputError(
          `${path} is not of a kind that is read; there are ${Object.keys(reading).join(' ')}`,
        );
      continue;
    }
    try {
      const bytes = await bytesOf(join(root, found), root);
      const { passages, skipped } = read(decode(bytes), found);
      yield { document: found, checksum: checksumOf(bytes, options), passages };
      yield* skipped;
    } catch (cause) {
      if (!(cause instanceof InputError)) throw cause;
      yield { document: found, reason: cause.message };
    }
  }
}

/** Paths of files below a folder in order, with forward slashes, and what is left out. */
async function* filesIn(root: string, signal: AbortSignal | undefined): AsyncGenerator<string | Skipped> {
  let files = 0;
  const open: string[] = [''];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    signal?.throwIfAborted();
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(
      (cause: NodeJS.ErrnoException) => cause,
    );
    if (entries instanceof Error) {
      yield { document: folder, reason: `Cannot list the folder: ${entries.code ?? entries.message}` };
      continue;
    }
    const folders: string[] = [];
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (!isSafeRelativePath(path))
        yield { document: path, reason: 'The path holds characters that no index should' };
      else if (entry.isSymbolicLink())
        yield { document: path, reason: 'It is a link; index what it leads to by itself' };
      else if (entry.isDirectory()) {
        if (path.split('/').length < MOST_DEPTH) folders.push(path);
        else yield { document: path, reason: `It lies more than ${MOST_DEPTH} folders deep` };
      } else if (entry.isFile()) {
        if (++files > MOST_FILES)
          throw new InputError(`${root} holds more than ${MOST_FILES} files; index its folders one by one`);
        yield path;
      }
    }
    open.push(...folders.reverse());
  }
}

async function bytesOf(path: string, root: string): Promise<Buffer> {
  const { handle, size } = await openRegularFile(path, { root });
  try {
    if (size > DOCUMENT_BYTES) throw tooLarge(size);
    // a file may grow while it is read, and some claim no size at all: one byte more than allowed is enough to know
    const bytes = Buffer.allocUnsafe(Math.min(DOCUMENT_BYTES, Math.max(size, 64 * 1024)) + 1);
    let read = 0;
    for (;;) {
      const { bytesRead } = await handle.read(bytes, read, bytes.length - read);
      read += bytesRead;
      if (bytesRead === 0) return bytes.subarray(0, read);
      if (read === bytes.length) throw tooLarge(read);
    }
  } finally {
    await handle.close();
  }
}

function tooLarge(bytes: number): InputError {
  return new InputError(
    `It has ${bytes} bytes or more, and ${DOCUMENT_BYTES} are read at the most; split it`,
  );
}

function decode(bytes: Uint8Array): string {
  if (bytes.includes(0)) throw new InputError('It holds NUL bytes, so it is no text; save it as UTF-8');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InputError('It is not UTF-8; save it as UTF-8', { cause });
  }
}

function checksumOf(bytes: Uint8Array, { characters = 0 }: ChunkOptions): string {
  return createHash('sha256')
    .update(`${CUTTING} ${characters} `)
    .update(bytes)
    .digest('base64url')
    .slice(0, 24);
}
