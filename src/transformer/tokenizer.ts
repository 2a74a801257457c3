import { InputError } from '../core/errors.ts';
import { applyMerges } from './apply-merges.ts';
import type { Merge } from './byte-pair-encoding.ts';
import { BYTE_SYMBOLS, learnMerges, MOST_SYMBOLS } from './byte-pair-encoding.ts';
import type { DigitSplit } from './pre-tokenizer.ts';
import { splitPieces } from './pre-tokenizer.ts';

/** What special tokens are for, in the order of their ids: the first is 0. The last four each open a turn. */
export const SPECIAL_ROLES = ['pad', 'bos', 'eos', 'system', 'user', 'assistant', 'tool'] as const;
export type SpecialRole = (typeof SPECIAL_ROLES)[number];

/** How each special token is written. */
export type SpecialTokens = Readonly<Record<SpecialRole, string>>;

/** The special tokens of Reckon's own models. */
export const SPECIAL_TOKENS: SpecialTokens = {
  pad: '<|pad|>',
  bos: '<|bos|>',
  eos: '<|eos|>',
  system: '<|system|>',
  user: '<|user|>',
  assistant: '<|assistant|>',
  tool: '<|tool|>',
};

/** All that a tokenizer is made of. Ids: the special tokens, then the 256 bytes, then the product of each merge. */
export interface TokenizerDefinition {
  readonly specialTokens: SpecialTokens;
  readonly digits: DigitSplit;
  readonly merges: readonly Merge[];
}

/** Byte-level BPE: every text has ids, and every text comes back from them; only lone surrogates become U+FFFD. */
export interface Tokenizer {
  readonly definition: TokenizerDefinition;
  readonly vocabularySize: number; // ids are below it
  readonly special: Readonly<Record<SpecialRole, number>>;
  /** The ids of a text. Special tokens written in it are plain text unless `specials` is true. Nothing is added. */
  encode(text: string, options?: { readonly specials?: boolean }): Int32Array;
  /** The text of ids, without special tokens unless `specials` is true. Throws InputError for an id out of range. */
  decode(ids: Iterable<number>, options?: { readonly specials?: boolean }): string;
  /** Decodes ids as they come, without special tokens. Joined, its pieces are what `decode` gives. */
  stream(): TokenStream;
  /** The bytes of one token; a special token's are those of its name. Not to be written to. */
  bytes(id: number): Uint8Array;
}

export interface TokenStream {
  /** The text that this id completes: '' in the middle of a character, never half of one. */
  push(id: number): string;
  /** What is left: U+FFFD for a character that was never completed, else ''. */
  end(): string;
}

export interface TrainTokenizerOptions {
  readonly vocabularySize?: number; // reached unless the texts run out of pairs that occur twice
  readonly specialTokens?: SpecialTokens;
  readonly digits?: DigitSplit;
}

/** Pieces kept with their ids, in each of two generations: when the young one is full the old one is dropped. */
const CACHED_PIECES = 32_768;
/** A longer piece is not kept. UTF-16 units. */
const LONGEST_CACHED_PIECE = 64;
/** Longest token: keeps a hostile list of merges from doubling without end. Bytes. */
const LONGEST_TOKEN = 1024;
/** Pieces never hold signs and letters both, so no merge can make a name of this form. */
const SPECIAL_NAME = /^<\|[a-z0-9_]{1,32}\|>$/;

/** Learns a tokenizer from texts; see `learnMerges` for ties. Throws InputError for a size out of range. */
export function trainTokenizer(
  texts: Iterable<string>,
  { vocabularySize = 4096, specialTokens = SPECIAL_TOKENS, digits = 'single' }: TrainTokenizerOptions = {},
): Tokenizer {
  const least = SPECIAL_ROLES.length + BYTE_SYMBOLS;
  if (!Number.isInteger(vocabularySize) || vocabularySize < least || vocabularySize > MOST_SYMBOLS)
    throw new InputError(
      `A vocabulary of ${vocabularySize} tokens is not possible; choose a whole number from ${least} to ${MOST_SYMBOLS}`,
    );
  return tokenizerOf({
    specialTokens,
    digits,
    merges: learnMerges(texts, { merges: vocabularySize - least, digits }),
  });
}

/** The tokenizer of a definition. Throws InputError when the definition contradicts itself. */
export function tokenizerOf(definition: TokenizerDefinition): Tokenizer {
  const { specialTokens, digits, merges } = definition;
  checkSpecialTokens(specialTokens);
  const specials = SPECIAL_ROLES.length;
  const tokens = [...SPECIAL_ROLES.map((role) => utf8.encode(specialTokens[role])), ...symbolBytes(merges)];
  const special = Object.fromEntries(SPECIAL_ROLES.map((role, id) => [role, id])) as Record<
    SpecialRole,
    number
  >;
  const idOfName = new Map(SPECIAL_ROLES.map((role) => [specialTokens[role], special[role]]));
  const names = new RegExp([...idOfName.keys()].map((name) => name.replaceAll('|', '\\|')).join('|'), 'g');
  const merge = applyMerges(merges);
  let young = new Map<string, readonly number[]>();
  let old: typeof young = new Map();

  function idsOf(piece: string): readonly number[] {
    const kept = young.get(piece);
    if (kept) return kept;
    const ids = old.get(piece) ?? merge(utf8.encode(piece)).map((symbol) => specials + symbol);
    if (piece.length > LONGEST_CACHED_PIECE) return ids;
    if (young.size >= CACHED_PIECES) {
      old = young;
      young = new Map();
    }
    // a slice keeps its whole text alive; gluing and cutting makes a copy that does not
    young.set(` ${piece}`.slice(1), ids);
    return ids;
  }

  function encodePlain(text: string, into: number[]): void {
    splitPieces(text, digits, (start, end) => {
      const unit = text.charCodeAt(start);
      if (end - start === 1 && unit < 0x80) into.push(specials + unit);
      else for (const id of idsOf(text.slice(start, end))) into.push(id);
    });
  }

  function bytesOf(id: number): Uint8Array {
    const bytes = tokens[id];
    if (!bytes)
      throw new InputError(
        `There is no token ${id}; the ids of this tokenizer are 0 to ${tokens.length - 1}`,
      );
    return bytes;
  }

  return {
    definition,
    vocabularySize: tokens.length,
    special,

    encode(text, { specials: parse = false } = {}) {
      const ids: number[] = [];
      let from = 0;
      if (parse)
        for (const match of text.matchAll(names)) {
          encodePlain(text.slice(from, match.index), ids);
          ids.push(idOfName.get(match[0]) as number);
          from = match.index + match[0].length;
        }
      encodePlain(text.slice(from), ids);
      return Int32Array.from(ids);
    },

    decode(ids, { specials: write = false } = {}) {
      const decoder = utf8Decoder();
      let text = '';
      for (const id of ids) {
        if (id >= 0 && id < specials) {
          // a written special token ends a character that was not complete
          if (write) text += decoder.decode() + decoder.decode(bytesOf(id));
        } else text += decoder.decode(bytesOf(id), { stream: true });
      }
      return text + decoder.decode();
    },

    stream() {
      const decoder = utf8Decoder();
      return {
        push: (id) => (id >= 0 && id < specials ? '' : decoder.decode(bytesOf(id), { stream: true })),
        end: () => decoder.decode(),
      };
    },

    bytes: bytesOf,
  };
}

const utf8 = new TextEncoder();

/** Without `ignoreBOM` a decoder would swallow a U+FEFF at the start. */
function utf8Decoder(): TextDecoder {
  return new TextDecoder('utf-8', { ignoreBOM: true });
}

function checkSpecialTokens(names: SpecialTokens): void {
  for (const role of SPECIAL_ROLES)
    if (typeof names[role] !== 'string' || !SPECIAL_NAME.test(names[role]))
      throw new InputError(
        `The ${role} token ${JSON.stringify(names[role])} is not of the form <|name|> in lower-case letters; rename it`,
      );
  const all = SPECIAL_ROLES.map((role) => names[role]);
  const twice = all.find((name, index) => all.indexOf(name) !== index);
  if (twice !== undefined)
    throw new InputError(`Two special tokens are both written ${twice}; give each its own name`);
}

/** The bytes of every symbol, in order. Throws InputError for a merge of symbols that do not exist yet, or one too many. */
function symbolBytes(merges: readonly Merge[]): Uint8Array[] {
  if (merges.length > MOST_SYMBOLS - BYTE_SYMBOLS - SPECIAL_ROLES.length)
    throw new InputError(`${merges.length} merges; a tokenizer has at most ${MOST_SYMBOLS} tokens`);
  const symbols = Array.from({ length: BYTE_SYMBOLS }, (_, byte) => Uint8Array.of(byte));
  for (const [rank, [left, right]] of merges.entries()) {
    const [first, second] = [symbols[left], symbols[right]];
    if (!first || !second)
      throw new InputError(
        `Merge ${rank} joins ${left} and ${right}, which are not both symbols made before it`,
      );
    const bytes = new Uint8Array(first.length + second.length);
    if (bytes.length > LONGEST_TOKEN)
      throw new InputError(`Merge ${rank} makes a token of ${bytes.length} bytes; at most ${LONGEST_TOKEN}`);
    bytes.set(first);
    bytes.set(second, first.length);
    symbols.push(bytes);
  }
  return symbols;
}
