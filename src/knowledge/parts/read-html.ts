import type { Block, ReadDocument } from './block.ts';
import { HEADING_CHARACTERS, HeadingPath, MOST_BLOCKS } from './block.ts';

/** What is inside these is no text for people. */
const UNREAD = new Set(
  'script style template noscript svg math iframe object canvas textarea select'.split(' '),
);
/** These end a paragraph where they begin and where they end. */
const BREAKS = new Set(
  (
    'address article aside blockquote body br dd details dialog div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 ' +
    'h6 header hr html legend li main menu nav ol option p pre section summary table tbody tfoot thead tr ul'
  ).split(' '),
);
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  ndash: '–',
  mdash: '—',
  hellip: '…',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  copy: '©',
  euro: '€',
  middot: '·',
  times: '×',
  eacute: 'é',
  egrave: 'è',
  auml: 'ä',
  ouml: 'ö',
  uuml: 'ü',
  Auml: 'Ä',
  Ouml: 'Ö',
  Uuml: 'Ü',
  szlig: 'ß',
};

/**
 * The paragraphs of an HTML page under their headings, and its title. Nothing is run, fetched or resolved: tags are skipped in
 * one pass, and what stands in scripts, styles and the like is not read. Offsets are those of the source.
 */
export function readHtml(source: string): ReadDocument {
  const page = new Page(source);
  let at = 0;
  while (at < source.length) {
    const open = source.indexOf('<', at);
    if (open < 0) break;
    page.text(at, open);
    at = page.markup(open);
  }
  page.text(at, source.length);
  return page.end();
}

class Page {
  readonly #source: string;
  readonly #lower: string;
  readonly #headings = new HeadingPath();
  readonly #blocks: Block[] = [];
  #title: string | undefined;
  #firstHeading: string | undefined;
  #pieces: string[] = [];
  #start = -1;
  #end = -1;
  #level = 0; // of the heading being read; 0 for none
  readonly #missing = new Set<string>(); // ends that the rest of the page does not hold

  constructor(source: string) {
    this.#source = source;
    this.#lower = source.toLowerCase().length === source.length ? source.toLowerCase() : source;
  }

  text(from: number, to: number): void {
    if (from >= to) return;
    if (this.#start < 0) this.#start = from;
    this.#end = to;
    this.#pieces.push(decodeEntities(this.#source.slice(from, to)));
  }

  /** Deals with what begins at a `<` and says where reading goes on. */
  markup(open: number): number {
    const source = this.#source;
    if (source.startsWith('<!--', open)) return this.#after('-->', open + 4);
    const tag = /^<(\/?)([a-z][a-z0-9]{0,15})/.exec(this.#lower.slice(open, open + 20));
    if (!tag) {
      if (/^<[!?/]/.test(source.slice(open, open + 2))) return this.#after('>', open + 2);
      this.text(open, open + 1); // a lone sign
      return open + 1;
    }
    const [, closing, name = ''] = tag;
    const after = this.#tagEnd(open + 1);
    if (closing === '' && name === 'title' && this.#title === undefined) return this.#readTitle(after);
    if (closing === '' && UNREAD.has(name) && source[after - 2] !== '/') return this.#afterEnd(name, after);
    if (BREAKS.has(name)) {
      this.#flush();
      const level = /^h[1-6]$/.test(name) ? Number(name[1]) : 0;
      if (level > 0) this.#level = closing === '' ? level : 0;
      this.#start = -1;
    } else if (name === 'td' || name === 'th') this.#pieces.push(' ');
    return after;
  }

  end(): ReadDocument {
    this.#flush();
    const title = this.#title ?? this.#firstHeading;
    return { blocks: this.#blocks, ...(title !== undefined && title !== '' && { title }) };
  }

  #flush(): void {
    const text = this.#pieces
      .join('')
      .replace(/[ \t\r\n\f]+/g, ' ')
      .trim();
    this.#pieces = [];
    if (text !== '') {
      if (this.#level > 0) {
        this.#headings.open(this.#level, text);
        this.#firstHeading ??= text.slice(0, HEADING_CHARACTERS);
      } else if (this.#blocks.length < MOST_BLOCKS)
        this.#blocks.push({ text, start: this.#start, end: this.#end, headings: this.#headings.path });
    }
    this.#start = -1;
  }

  #readTitle(from: number): number {
    const end = this.#missing.has('title') ? -1 : this.#lower.indexOf('</title', from);
    if (end < 0) {
      this.#missing.add('title');
      return from;
    }
    this.#title = decodeEntities(this.#source.slice(from, Math.min(end, from + 4 * HEADING_CHARACTERS)))
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, HEADING_CHARACTERS);
    return this.#tagEnd(end + 1);
  }

  /** Past the `>` of a tag; one in quotes does not end it, unless the quotes themselves do not end. */
  #tagEnd(from: number): number {
    const source = this.#source;
    for (let at = from; at < source.length; at++) {
      const sign = source[at];
      if (sign === '>') return at + 1;
      if (sign === '"' || sign === "'") {
        if (this.#missing.has(sign)) continue;
        const close = source.indexOf(sign, at + 1);
        if (close < 0) this.#missing.add(sign);
        else at = close;
      }
    }
    return source.length;
  }

  #after(ending: string, from: number): number {
    const end = this.#source.indexOf(ending, from);
    return end < 0 ? this.#source.length : end + ending.length;
  }

  /** Past the end tag of an element that is not read; all the rest when it has none. */
  #afterEnd(name: string, from: number): number {
    const end = this.#lower.indexOf(`</${name}`, from);
    return end < 0 ? this.#source.length : this.#tagEnd(end + 1);
  }
}

function decodeEntities(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z]{2,8}));?/g,
    (whole, decimal, hex, name) => {
      if (name !== undefined) return Object.hasOwn(ENTITIES, name) ? (ENTITIES[name] as string) : whole;
      const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
      return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
        ? String.fromCodePoint(code)
        : '�';
    },
  );
}
