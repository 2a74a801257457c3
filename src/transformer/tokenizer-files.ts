/** `tokenizer.json` and `tokenizer_config.json` as Hugging Face's libraries write and read them. */
import { join } from 'node:path';
import { bytesToSymbols, symbolsToBytes } from './byte-alphabet.ts';
import type { Merge } from './byte-pair-encoding.ts';
import { BYTE_SYMBOLS, MOST_SYMBOLS } from './byte-pair-encoding.ts';
import { chatTemplate } from './chat-turns.ts';
import type { DigitSplit } from './pre-tokenizer.ts';
import { SPLIT_PATTERNS } from './pre-tokenizer.ts';
import { orCheckpointError } from './read-text.ts';
import type { JsonObject } from './strict-json.ts';
import { isJsonObject, own, parseStrictJson } from './strict-json.ts';
import type { SpecialTokens, Tokenizer } from './tokenizer.ts';
import { SPECIAL_ROLES, tokenizerOf } from './tokenizer.ts';

export interface TokenizerFiles {
  readonly tokenizer: string; // tokenizer.json
  readonly config: string; // tokenizer_config.json
}

export const TOKENIZER_FILE = 'tokenizer.json';
export const TOKENIZER_CONFIG_FILE = 'tokenizer_config.json';

/** The two files of a tokenizer. `context` is the longest sequence of the model, in tokens. */
export function tokenizerFiles(tokenizer: Tokenizer, context: number): TokenizerFiles {
  return {
    tokenizer: JSON.stringify(tokenizerJson(tokenizer), undefined, 1),
    config: JSON.stringify(tokenizerConfig(tokenizer, context), undefined, 2),
  };
}

/**
 * The tokenizer of the two files. Only the layout that `tokenizerFiles` writes is read: another split, normaliser or
 * order of ids is refused, never approximated. Throws CheckpointError naming the file in `folder`.
 */
export function parseTokenizerFiles(files: TokenizerFiles, folder = ''): Tokenizer {
  const tokenizer = orCheckpointError(join(folder, TOKENIZER_FILE), () => {
    const json = parseStrictJson(files.tokenizer);
    const tokens = vocabulary(json);
    const read = tokenizerOf({
      specialTokens: specialTokens(tokens),
      digits: digitSplit(json),
      merges: readMerges(json, tokens),
    });
    // the vocabulary, the merges and all settings say the same thing, or the file is not what it seems
    expectSame(json, tokenizerJson(read), '');
    return read;
  });
  orCheckpointError(join(folder, TOKENIZER_CONFIG_FILE), () => {
    const json = parseStrictJson(files.config);
    const { specialTokens: names } = tokenizer.definition;
    for (const role of ['bos', 'eos', 'pad'] as const) {
      const found = own(json, `${role}_token`);
      if (found !== names[role])
        throw new SyntaxError(`${role}_token is ${shown(found)} where ${TOKENIZER_FILE} has ${names[role]}`);
    }
  });
  return tokenizer;
}

function tokenizerJson(tokenizer: Tokenizer): JsonObject {
  const { merges, digits } = tokenizer.definition;
  const names = tokenNames(tokenizer);
  const symbol = (index: number): string => names[SPECIAL_ROLES.length + index] as string;
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: names.slice(0, SPECIAL_ROLES.length).map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: SPLIT_PATTERNS[digits] }, behavior: 'Isolated', invert: false },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(names.map((name, id) => [name, id])),
      merges: merges.map(([left, right]) => `${symbol(left)} ${symbol(right)}`),
    },
  };
}

function tokenizerConfig(tokenizer: Tokenizer, context: number): JsonObject {
  const { specialTokens: names } = tokenizer.definition;
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    bos_token: names.bos,
    eos_token: names.eos,
    pad_token: names.pad,
    additional_special_tokens: [names.system, names.user, names.assistant, names.tool],
    model_max_length: context,
    clean_up_tokenization_spaces: false, // its default would delete the space before a full stop
    chat_template: chatTemplate(tokenizer),
  };
}

function tokenNames(tokenizer: Tokenizer): string[] {
  const { specialTokens: names } = tokenizer.definition;
  return Array.from({ length: tokenizer.vocabularySize }, (_, id) => {
    const role = SPECIAL_ROLES[id];
    return role ? names[role] : bytesToSymbols(tokenizer.bytes(id));
  });
}

/** Tokens by id: the ids are 0 to n - 1, each once. */
function vocabulary(json: JsonObject): string[] {
  const vocab = own(objectAt(json, 'model'), 'vocab');
  if (!isJsonObject(vocab)) throw new SyntaxError('model.vocab is no object');
  const entries = Object.entries(vocab);
  if (entries.length > MOST_SYMBOLS)
    throw new SyntaxError(`it has ${entries.length} tokens; at most ${MOST_SYMBOLS} are read`);
  const tokens = new Array<string | undefined>(entries.length).fill(undefined);
  for (const [name, id] of entries) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= tokens.length)
      throw new SyntaxError(
        `token ${shown(name)} has the id ${shown(id)}; ids are 0 to ${tokens.length - 1}`,
      );
    if (tokens[id] !== undefined) throw new SyntaxError(`two tokens have the id ${id}`);
    tokens[id] = name;
  }
  return tokens as string[];
}

function specialTokens(tokens: readonly string[]): SpecialTokens {
  return Object.fromEntries(SPECIAL_ROLES.map((role, id) => [role, tokens[id]])) as unknown as SpecialTokens;
}

function digitSplit(json: JsonObject): DigitSplit {
  const parts = own(objectAt(json, 'pre_tokenizer'), 'pretokenizers');
  const split: unknown = Array.isArray(parts) ? parts[0] : undefined;
  const pattern = isJsonObject(split) ? own(split, 'pattern') : undefined;
  const regex = isJsonObject(pattern) ? own(pattern, 'Regex') : undefined;
  for (const digits of ['single', 'runs'] as const) if (SPLIT_PATTERNS[digits] === regex) return digits;
  throw new SyntaxError('its pre_tokenizer is not one of the two splits that Reckon writes');
}

function readMerges(json: JsonObject, tokens: readonly string[]): Merge[] {
  const merges = own(objectAt(json, 'model'), 'merges');
  const wanted = tokens.length - SPECIAL_ROLES.length - BYTE_SYMBOLS;
  if (!Array.isArray(merges) || merges.length !== wanted)
    throw new SyntaxError(`its ${tokens.length} tokens need a list of ${wanted} merges`);
  const symbols = new Map(
    tokens.slice(SPECIAL_ROLES.length).map((name, index) => [symbolsToBytes(name) ? name : undefined, index]),
  );
  return merges.map((merge: unknown, rank) => {
    // either form is in use: "a b" and ["a", "b"]
    const pair: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
    const [left, right, ...more]: unknown[] = Array.isArray(pair) ? pair : [];
    const ids = [symbols.get(left as string), symbols.get(right as string)] as const;
    if (ids[0] === undefined || ids[1] === undefined || more.length > 0)
      throw new SyntaxError(`merge ${rank} is ${shown(merge)}, which are not two of its tokens`);
    return [ids[0], ids[1]];
  });
}

/** The keys that decide on ids must be what we would write for the same tokenizer; `merges` has two spellings. */
function expectSame(found: unknown, wanted: unknown, path: string): void {
  if (path === '.model.merges' || (path === '.post_processor' && addsNothing(found))) return;
  if (typeof wanted !== 'object' || wanted === null) {
    if (found !== wanted)
      throw new SyntaxError(`${path.slice(1)} is ${shown(found)} instead of ${shown(wanted)}`);
    return;
  }
  const names = Object.keys(wanted);
  if (
    typeof found !== 'object' ||
    found === null ||
    Array.isArray(found) !== Array.isArray(wanted) ||
    Object.keys(found).length !== names.length
  )
    throw new SyntaxError(
      `${path.slice(1) || 'the file'} does not have the entries ${names.slice(0, 12).join(', ')}`,
    );
  for (const name of names)
    expectSame(own(found as JsonObject, name), own(wanted as JsonObject, name), `${path}.${name}`);
}

/** What transformers writes on saving again for a tokenizer without a post-processor. */
function addsNothing(postProcessor: unknown): boolean {
  if (!isJsonObject(postProcessor) || own(postProcessor, 'type') !== 'TemplateProcessing') return false;
  const specials = own(postProcessor, 'special_tokens');
  const single = own(postProcessor, 'single');
  return (
    isJsonObject(specials) &&
    Object.keys(specials).length === 0 &&
    Array.isArray(single) &&
    single.length === 1
  );
}

function objectAt(json: JsonObject, key: string): JsonObject {
  const value = own(json, key);
  if (!isJsonObject(value)) throw new SyntaxError(`${key} is ${shown(value)} instead of an object`);
  return value;
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'missing').slice(0, 80);
}
