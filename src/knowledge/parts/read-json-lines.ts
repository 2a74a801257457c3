import type { Passage } from '../../core/retriever.ts';
import type { ChunkOptions } from '../chunk.ts';
import { chunk } from '../chunk.ts';

const TEXT_FIELDS = ['text', 'contents', 'content', 'body', 'passage', 'paragraph', 'paragraph_text'];
const TITLE_FIELDS = ['title', 'name'];
/** Longest line that is parsed, in characters. */
const LINE_CHARACTERS = 2 ** 20;
/** Bad lines that are told one by one. */
const MOST_TOLD = 20;

/** Rows of a JSONL file as passages, `file:line` each; a bad line is told and left out. */
export function readJsonLines(
  text: string,
  document: string,
  options: ChunkOptions,
): {
  readonly passages: Passage[];
  readonly skipped: { readonly document: string; readonly reason: string }[];
} {
  const passages: Passage[] = [];
  const skipped: { document: string; reason: string }[] = [];
  let bad = 0;
  let line = 0;
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const name = `${document}:${++line}`;
    const row = end - start > LINE_CHARACTERS ? 'The line is too long' : parse(text.slice(start, end));
    if (typeof row === 'string') {
      if (++bad <= MOST_TOLD) skipped.push({ document: name, reason: row });
    } else if (row) {
      const { title, content } = row;
      const blocks = [{ text: content, start, end, headings: [] }];
      passages.push(...chunk(name, { blocks, ...(title !== undefined && { title }) }, options));
    }
    start = end + 1;
  }
  if (bad > MOST_TOLD) skipped.push({ document, reason: `${bad - MOST_TOLD} further lines cannot be read` });
  return { passages, skipped };
}

/** A row, nothing for a blank line, or what is wrong with it. */
function parse(line: string): { readonly title?: string; readonly content: string } | string | undefined {
  if (line.trim() === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'The line is no JSON'; // the parser's words would quote the line
  }
  const content = stringField(value, TEXT_FIELDS);
  if (content === undefined) return `The line has no text in ${TEXT_FIELDS.join(', ')}`;
  const title = stringField(value, TITLE_FIELDS);
  return { content, ...(title !== undefined && { title }) };
}

function stringField(value: unknown, names: readonly string[]): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const name of names) {
    const field = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
    if (typeof field === 'string' && field.trim() !== '') return field;
  }
  return undefined;
}
