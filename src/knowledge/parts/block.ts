/** A paragraph, list or listing of a document, and where it stood. */
export interface Block {
  readonly text: string;
  readonly start: number; // UTF-16 offsets in the document's text
  readonly end: number; // exclusive
  readonly headings: readonly string[]; // that it stands under, outermost first
}

/** A document taken apart. */
export interface ReadDocument {
  readonly title?: string; // that the document gives itself
  readonly blocks: readonly Block[];
}

/** Blocks read from one document at the most. */
export const MOST_BLOCKS = 200_000;
/** Characters of a heading or title that are kept. */
export const HEADING_CHARACTERS = 200;
/** Headings deeper than this are text like any other. */
const HEADING_LEVELS = 6;

/** Keeps the path of headings while a document is read from its beginning to its end. */
export class HeadingPath {
  readonly #levels: (string | undefined)[] = new Array(HEADING_LEVELS).fill(undefined);

  /** A heading of level 1 to 6 begins: deeper ones end. */
  open(level: number, heading: string): void {
    this.#levels.fill(undefined, level - 1);
    this.#levels[level - 1] = heading.slice(0, HEADING_CHARACTERS).trim();
  }

  get path(): string[] {
    return this.#levels.filter((heading) => heading !== undefined && heading !== '') as string[];
  }

  get first(): string | undefined {
    return this.path[0];
  }
}
