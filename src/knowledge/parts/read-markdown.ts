import type { Block, ReadDocument } from './block.ts';
import { HeadingPath, MOST_BLOCKS } from './block.ts';

/** Paragraphs of plain text: what blank lines separate. */
export function readPlain(text: string): ReadDocument {
  return { blocks: paragraphs(text, () => undefined).blocks };
}

/**
 * Paragraphs of Markdown under their headings (`# …` and underlined ones); a fenced listing stays one block, whatever it
 * holds. The title is the first heading, or `title:` of the front matter. Marks inside lines stay as they are.
 */
export function readMarkdown(text: string): ReadDocument {
  const front = frontMatter(text);
  const { blocks, headings } = paragraphs(text, headingOf, front.end);
  const title = front.title ?? headings.first;
  return { blocks, ...(title !== undefined && { title }) };
}

interface Line {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

interface Heading {
  readonly level: number;
  readonly text: string;
}

/** Reads lines from `from` on. `headingOf` says whether a line, with the one after it, is a heading. */
function paragraphs(
  text: string,
  heading: (line: string, next: string | undefined) => Heading | undefined,
  from = 0,
): { readonly blocks: Block[]; readonly headings: HeadingPath } {
  const headings = new HeadingPath();
  const seen = new HeadingPath(); // keeps the first heading of all
  const blocks: Block[] = [];
  let open: Line[] = [];
  let fence: string | undefined;
  const flush = () => {
    const first = open[0];
    const last = open.at(-1);
    open = [];
    if (!first || !last || blocks.length >= MOST_BLOCKS) return;
    const content = text.slice(first.start, last.end);
    if (content.trim() !== '')
      blocks.push({ text: content, start: first.start, end: last.end, headings: headings.path });
  };
  let previous: Line | undefined;
  for (const line of linesOf(text, from)) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line.text)?.[1];
    if (fence !== undefined) {
      open.push(line);
      if (mark?.startsWith(fence)) {
        fence = undefined;
        flush();
      }
    } else if (mark !== undefined) {
      flush();
      fence = mark;
      open.push(line);
    } else if (line.text.trim() === '') flush();
    else {
      const underlined = open.length === 1 && previous ? heading(previous.text, line.text) : undefined;
      const found = underlined ?? heading(line.text, undefined);
      if (found) {
        if (underlined) open = [];
        flush();
        headings.open(found.level, found.text);
        if (seen.first === undefined) seen.open(1, found.text);
      } else open.push(line);
    }
    previous = line;
  }
  flush();
  return { blocks, headings: seen };
}

function* linesOf(text: string, from: number): Generator<Line> {
  for (let start = from; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    yield { text: text.slice(start, end).replace(/\r$/, ''), start, end };
    start = end + 1;
  }
}

function headingOf(line: string, next: string | undefined): Heading | undefined {
  if (next !== undefined) {
    if (/^ {0,3}=+ *$/.test(next)) return { level: 1, text: line.trim() };
    if (/^ {0,3}-{2,} *$/.test(next)) return { level: 2, text: line.trim() };
    return undefined;
  }
  const found = /^ {0,3}(#{1,6})(?:[ \t]|$)/.exec(line);
  if (!found?.[1]) return undefined;
  return {
    level: found[1].length,
    text: line
      .slice(found[0].length)
      .trim()
      .replace(/[ \t]#+$/, ''),
  };
}

/** Front matter: lines between two lines of `---` at the very beginning. Only a title is read from it. */
function frontMatter(text: string): { readonly end: number; readonly title?: string } {
  const begin = /^---[ \t]*\r?\n/.exec(text);
  if (!begin) return { end: 0 };
  const close = text.indexOf('\n---', begin[0].length - 1);
  if (close < 0) return { end: 0 };
  const lineEnd = text.indexOf('\n', close + 1);
  const end = lineEnd < 0 ? text.length : lineEnd + 1;
  const title = /^title:[ \t]*(\S[^\r\n]{0,199})/m.exec(text.slice(0, close))?.[1];
  const bare = title?.trim().replace(/^(["'])(.*)\1$/, '$2');
  return { end, ...(bare !== undefined && bare !== '' && { title: bare }) };
}
