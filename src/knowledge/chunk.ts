import { InputError } from '../core/errors.ts';
import type { Passage } from '../core/retriever.ts';
import type { Block, ReadDocument } from './parts/block.ts';

export interface ChunkOptions {
  readonly characters?: number; // a passage has about this many at the most, 200 to 20,000; default 1,200
}

const LEAST_CHARACTERS = 200;
const MOST_CHARACTERS = 20_000;
/** Passages made of one document at the most. */
const MOST_PASSAGES_PER_DOCUMENT = 100_000;

/**
 * Cuts a document into passages that know where they stood. Blocks under the same headings are put together while they fit; a
 * longer block is cut at the end of a sentence, or of a word, where there is one. Throws InputError for sizes out of range.
 */
export function chunk(
  document: string,
  { title, blocks }: ReadDocument,
  { characters = 1_200 }: ChunkOptions = {},
): Passage[] {
  if (!Number.isInteger(characters) || characters < LEAST_CHARACTERS || characters > MOST_CHARACTERS)
    throw new InputError(
      `Passages of ${characters} characters were asked for; ask for ${LEAST_CHARACTERS} to ${MOST_CHARACTERS}`,
    );
  const passages: Passage[] = [];
  let open: Block | undefined;
  const flush = () => {
    if (open && passages.length < MOST_PASSAGES_PER_DOCUMENT) {
      const { text, ...place } = open;
      passages.push({
        id: `${document}#${passages.length}`,
        text,
        ...(title !== undefined && { title }),
        source: { document, ...place },
      });
    }
    open = undefined;
  };
  for (const block of blocks.flatMap((whole) => pieces(whole, characters))) {
    const fits =
      open !== undefined &&
      open.text.length + block.text.length + 2 <= characters &&
      open.headings.join('\n') === block.headings.join('\n');
    if (!fits) flush();
    open = open ? { ...open, text: `${open.text}\n\n${block.text}`, end: block.end } : block;
  }
  flush();
  return passages;
}

/** A block in pieces that fit. Where the text is not a part of the source, the pieces share the place of the whole. */
function pieces(block: Block, characters: number): Block[] {
  const { text, start, end } = block;
  if (text.length <= characters) return [block];
  const exact = end - start === text.length;
  const found: Block[] = [];
  for (let from = 0; from < text.length; ) {
    const to = cutBefore(text, from, characters);
    const piece = text.slice(from, to);
    if (piece.trim() !== '')
      found.push({ ...block, text: piece.trim(), ...(exact && { start: start + from, end: start + to }) });
    from = to;
  }
  return found;
}

/** Where to cut: after the last sentence of the second half of what fits, else after its last word, else where it is full. */
function cutBefore(text: string, from: number, characters: number): number {
  const full = from + characters;
  if (full >= text.length) return text.length;
  const half = from + Math.floor(characters / 2);
  for (const ends of [/[.!?\n]/, /\s/])
    for (let at = full - 1; at >= half; at--)
      if (ends.test(text[at] as string) && /\s/.test(text[at + 1] ?? ' ')) return at + 1;
  const unit = text.charCodeAt(full - 1);
  return unit >= 0xd800 && unit <= 0xdbff ? full - 1 : full; // not between the halves of one character
}
