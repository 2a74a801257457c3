import type { ReadStream } from 'node:fs';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { InputError, MissingPackageError } from '../core/errors.ts';
import { openRegularFile } from '../host/regular-file.ts';
import type { Triple } from './extraction.ts';

export interface ReadTriplesOptions {
  readonly most?: number; // triples; more are an error; default 5,000,000
  readonly signal?: AbortSignal;
}

/** Largest file, longest line and longest part of a triple that are read. */
const FILE_BYTES = 2 * 2 ** 30;
const RDF_BYTES = 64 * 2 ** 20;
const LINE_CHARACTERS = 100_000;
const PART_CHARACTERS = 10_000;
const RDF_FORMATS: Readonly<Record<string, string>> = {
  '.ttl': 'text/turtle',
  '.nt': 'application/n-triples',
  '.nq': 'application/n-quads',
  '.trig': 'application/trig',
  '.n3': 'text/n3',
};

/**
 * The triples of a file: tab- or `|`-separated (`.tsv`, `.txt`: subject, relation, object), JSONL with those three fields, or RDF
 * (`.ttl`, `.nt`, `.nq`, `.trig`, `.n3`), whose addresses are shortened to their last part. Throws InputError with the line that
 * is none, and MissingPackageError for RDF without n3.
 */
export async function readTriples(
  path: string,
  { most = 5_000_000, signal }: ReadTriplesOptions = {},
): Promise<Triple[]> {
  const format = RDF_FORMATS[extname(path).toLowerCase()];
  const { handle, size } = await openRegularFile(path);
  try {
    const limit = format ? RDF_BYTES : FILE_BYTES;
    if (size > limit)
      throw new InputError(`${path} has ${size} bytes, and ${limit} are read at the most; split it`);
    if (format) return await readRdf(path, await handle.readFile('utf8'), format, most);
    return await readLines(
      path,
      handle.createReadStream({ encoding: 'utf8', autoClose: false }),
      most,
      signal,
    );
  } finally {
    await handle.close();
  }
}

async function readLines(
  path: string,
  stream: ReadStream,
  most: number,
  signal: AbortSignal | undefined,
): Promise<Triple[]> {
  const triples: Triple[] = [];
  const json = /\.(?:jsonl|ndjson)$/i.test(path);
  let number = 0;
  let begun = 0; // characters since the last line end: a line without an end may not fill the memory
  stream.on('data', (piece) => {
    const text = String(piece);
    const newline = text.lastIndexOf('\n');
    begun = newline < 0 ? begun + text.length : text.length - newline - 1;
    if (begun > 10 * LINE_CHARACTERS)
      stream.destroy(new InputError(`${path} holds a line without an end; is it a list of triples?`));
  });
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    if (number % 10_000 === 0) signal?.throwIfAborted();
    if (line.trim() === '') continue;
    const triple = line.length > LINE_CHARACTERS ? undefined : json ? fromJson(line) : fromColumns(line);
    if (!triple) throw new InputError(`${path}, line ${number} is no triple of subject, relation and object`);
    if (triples.length >= most) throw tooMany(path, most);
    triples.push(triple);
  }
  return triples;
}

function fromColumns(line: string): Triple | undefined {
  const parts = line.split(line.includes('\t') ? '\t' : '|').map((part) => part.trim());
  const [subject = '', relation = '', object = ''] = parts;
  return parts.length === 3 ? checked({ subject, relation, object }) : undefined;
}

function fromJson(line: string): Triple | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined; // the caller names the line
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const part = (name: string): string => {
    const field = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
    return typeof field === 'string' ? field.trim() : '';
  };
  return checked({ subject: part('subject'), relation: part('relation'), object: part('object') });
}

function checked(triple: Triple): Triple | undefined {
  const parts = [triple.subject, triple.relation, triple.object];
  return parts.every((part) => part !== '' && part.length <= PART_CHARACTERS) ? triple : undefined;
}

async function readRdf(path: string, text: string, format: string, most: number): Promise<Triple[]> {
  const n3 = await import('n3').catch((cause: unknown) => {
    throw new MissingPackageError('n3', 'Reading RDF', cause);
  });
  const triples: Triple[] = [];
  return new Promise((resolve, reject) => {
    try {
      new n3.Parser({ format }).parse(text, (error, quad) => {
        if (error)
          reject(new InputError(`${path} is no ${format}: ${error.message.slice(0, 200)}`, { cause: error }));
        else if (!quad) resolve(triples);
        else if (triples.length < most)
          triples.push({
            subject: localName(quad.subject.value),
            relation: localName(quad.predicate.value),
            object:
              quad.object.termType === 'Literal'
                ? quad.object.value.slice(0, PART_CHARACTERS)
                : localName(quad.object.value),
          });
        else reject(tooMany(path, most));
      });
    } catch (cause) {
      reject(new InputError(`${path} is no ${format}: ${(cause as Error).message.slice(0, 200)}`, { cause }));
    }
  });
}

/** `http://example.org/films#Silent_Harbour` is called `Silent Harbour`. */
function localName(address: string): string {
  const last = address.slice(0, PART_CHARACTERS).replace(/[#/]+$/, '');
  const name = last.slice(Math.max(last.lastIndexOf('#'), last.lastIndexOf('/')) + 1);
  try {
    return decodeURIComponent(name).replaceAll('_', ' ').trim() || address;
  } catch {
    return name.replaceAll('_', ' ') || address; // a percent sign that begins no code
  }
}

function tooMany(path: string, most: number): InputError {
  return new InputError(`${path} holds more than ${most} triples; take a part of it, or raise the limit`);
}
