/** A stretch of a model's output: text for the reader, or thinking. */
export interface Piece {
  readonly type: 'text' | 'reasoning';
  readonly text: string;
}

const OPEN = '<think>';
const CLOSE = '</think>';

/**
 * Parts thinking between `<think>` and `</think>` from the text as it streams in, also when a tag is split between two
 * pieces. A tag opens only at the start of the text or of a line, so that prose may mention it.
 */
export class ThinkTags {
  #held = ''; // may be the beginning of a tag
  #thinking = false;
  #closed = false; // a think block has ended before this text
  #lineBlank = true; // only spaces since the line began
  #blank: string | undefined = ''; // spaces before the first word of the text; undefined: the first word was there

  /** Takes the next stretch of output and returns what is certain by now. */
  push(output: string): Piece[] {
    const pieces: Piece[] = [];
    let rest = this.#held + output;
    this.#held = '';
    while (rest !== '') {
      const tag = this.#thinking ? CLOSE : OPEN;
      const found = this.#thinking ? rest.indexOf(CLOSE) : this.#findOpen(rest);
      if (found < 0) {
        const keep = partialTag(rest, tag);
        this.#emit(pieces, rest.slice(0, rest.length - keep));
        this.#held = rest.slice(rest.length - keep);
        break;
      }
      this.#emit(pieces, rest.slice(0, found));
      rest = rest.slice(found + tag.length);
      this.#closed = this.#thinking;
      this.#thinking = !this.#thinking;
      this.#blank = '';
      this.#lineBlank = true;
    }
    return pieces;
  }

  /** The output has ended: what was held back is what it looks like. */
  end(): Piece[] {
    const pieces: Piece[] = [];
    this.#emit(pieces, this.#held);
    this.#held = '';
    if (this.#blank && !this.#closed && !this.#thinking) pieces.push({ type: 'text', text: this.#blank });
    return pieces;
  }

  #findOpen(rest: string): number {
    let lineBlank = this.#lineBlank;
    let from = 0;
    for (;;) {
      const at = rest.indexOf(OPEN, from);
      if (at < 0) return -1;
      const line = rest.lastIndexOf('\n', at) + 1;
      if ((lineBlank || line > from) && rest.slice(Math.max(line, from), at).trim() === '') return at;
      const newline = rest.indexOf('\n', at);
      if (newline < 0) return -1;
      from = newline + 1;
      lineBlank = true;
    }
  }

  #emit(pieces: Piece[], text: string): void {
    if (text === '') return;
    if (this.#thinking) {
      pieces.push({ type: 'reasoning', text });
      return;
    }
    const newline = text.lastIndexOf('\n');
    this.#lineBlank = (newline >= 0 || this.#lineBlank) && text.slice(newline + 1).trim() === '';
    if (this.#blank === undefined) {
      pieces.push({ type: 'text', text });
      return;
    }
    if (text.trim() === '') {
      this.#blank += text;
      return;
    }
    // spaces around a think block belong to neither part
    pieces.push({ type: 'text', text: this.#closed ? text.trimStart() : this.#blank + text });
    this.#blank = undefined;
  }
}

/**
 * Some servers put the opening tag into the prompt, so that only `</think>` shows up: all before it was thinking.
 * Returns undefined when there is no such tag.
 */
export function splitAtLooseClose(text: string): { reasoning: string; text: string } | undefined {
  const at = text.indexOf(CLOSE);
  if (at < 0) return undefined;
  return { reasoning: text.slice(0, at), text: text.slice(at + CLOSE.length).trimStart() };
}

/** Length of the longest end of `text` that begins `tag`. */
function partialTag(text: string, tag: string): number {
  for (let length = Math.min(text.length, tag.length - 1); length > 0; length--)
    if (text.endsWith(tag.slice(0, length))) return length;
  return 0;
}
