import { ProgramError } from './program-error.ts';
import type { Token } from './tokens.ts';
import { tokensOf } from './tokens.ts';

/** A variable, a whole number, or a name with arguments: an atom has none. */
export type PrologTerm =
  | { readonly variable: string }
  | { readonly number: bigint }
  | { readonly name: string; readonly args: readonly PrologTerm[] };

const SYMBOLS = [
  '=..',
  '\\==',
  '\\=',
  '=:=',
  '=\\=',
  '=<',
  '>=',
  '==',
  ':-',
  '?-',
  '-->',
  '->',
  '\\+',
  '//',
  '**',
  '@<',
  '@>',
  '=',
  '<',
  '>',
  '+',
  '-',
  '*',
  '/',
  '!',
  '|',
  ';',
  ',',
  '.',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  '^',
  ':',
];

/** Priority and how the sides compare with it: `x` below, `y` up to it. */
const INFIX: Readonly<Record<string, readonly [priority: number, type: 'xfx' | 'xfy' | 'yfx']>> = {
  ':-': [1200, 'xfx'],
  ';': [1100, 'xfy'],
  '->': [1050, 'xfy'],
  ',': [1000, 'xfy'],
  '=': [700, 'xfx'],
  '\\=': [700, 'xfx'],
  '==': [700, 'xfx'],
  '\\==': [700, 'xfx'],
  is: [700, 'xfx'],
  '=:=': [700, 'xfx'],
  '=\\=': [700, 'xfx'],
  '<': [700, 'xfx'],
  '>': [700, 'xfx'],
  '=<': [700, 'xfx'],
  '>=': [700, 'xfx'],
  '=..': [700, 'xfx'],
  '+': [500, 'yfx'],
  '-': [500, 'yfx'],
  '*': [400, 'yfx'],
  '/': [400, 'yfx'],
  '//': [400, 'yfx'],
  mod: [400, 'yfx'],
  rem: [400, 'yfx'],
  '**': [200, 'xfx'],
  '^': [200, 'xfy'],
};
const MOST_DEPTH = 1_000;

/** Reads the terms of a text, each ended by a full stop: the operators of arithmetic and control, lists, quoted names. */
export function readPrologTerms(text: string): PrologTerm[] {
  const tokens = tokensOf(text, { symbols: SYMBOLS, comment: '%' });
  const reader = new PrologReader(tokens);
  const terms: PrologTerm[] = [];
  while (!reader.ended) terms.push(reader.clause());
  return terms;
}

class PrologReader {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;
  #wildcards = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get ended(): boolean {
    return this.#peek().kind === 'end';
  }

  clause(): PrologTerm {
    const term = this.#term(1200);
    if (!this.#skip('.')) throw this.#unexpected('a full stop');
    return term;
  }

  #peek(): Token {
    return this.#tokens[this.#at] as Token;
  }

  #skip(symbol: string): boolean {
    const { kind, value } = this.#peek();
    if (kind !== 'symbol' || value !== symbol) return false;
    this.#at++;
    return true;
  }

  #unexpected(wanted: string): ProgramError {
    return new ProgramError(`expected ${wanted}, found "${this.#peek().value}"`, this.#peek().line);
  }

  #term(most: number): PrologTerm {
    if (++this.#depth > MOST_DEPTH) throw new RangeError(`The term nests deeper than ${MOST_DEPTH}`);
    let [left, priority] = this.#primary();
    for (;;) {
      const { kind, value } = this.#peek();
      const operator =
        (kind === 'symbol' || kind === 'name') && Object.hasOwn(INFIX, value) ? INFIX[value] : undefined;
      if (!operator) break;
      const [own, type] = operator;
      const leftMost = type === 'yfx' ? own : own - 1;
      if (own > most || priority > leftMost) break;
      this.#at++;
      const right = this.#term(type === 'xfy' ? own : own - 1);
      left = { name: value, args: [left, right] };
      priority = own;
    }
    this.#depth--;
    return left;
  }

  #primary(): [PrologTerm, number] {
    const token = this.#peek();
    const { kind, value } = token;
    if (kind === 'end') throw this.#unexpected('a term');
    this.#at++;
    if (kind === 'number') return [{ number: whole(value, token) }, 0];
    if (kind === 'text') return [this.#named(value), 0];
    if (kind === 'name') {
      if (!/^[\p{Lu}_]/u.test(value)) return [this.#named(value), 0];
      return [{ variable: value === '_' ? `_ ${++this.#wildcards}` : value }, 0];
    }
    if (value === '(') {
      const inner = this.#term(1200);
      if (!this.#skip(')')) throw this.#unexpected('")"');
      return [inner, 0];
    }
    if (value === '[') return [this.#list(), 0];
    const glued = this.#peek().start === token.start + 1;
    if (value === '-' && this.#peek().kind === 'number' && glued) {
      const number = this.#peek();
      this.#at++;
      return [{ number: -whole(number.value, number) }, 0];
    }
    if (this.#peek().value === '(' && this.#peek().start === token.start + value.length)
      return [this.#named(value), 0];
    if (value === '-' || value === '\\+' || value === ':-')
      return [
        { name: value, args: [this.#term(value === '-' ? 200 : value === ':-' ? 1199 : 900)] },
        value === '-' ? 200 : 900,
      ];
    return [{ name: value, args: [] }, 0];
  }

  #named(name: string): PrologTerm {
    if (!this.#skip('(')) return { name, args: [] };
    const args: PrologTerm[] = [];
    do args.push(this.#term(999));
    while (this.#skip(','));
    if (!this.#skip(')')) throw this.#unexpected('")"');
    return { name, args };
  }

  #list(): PrologTerm {
    const empty: PrologTerm = { name: '[]', args: [] };
    if (this.#skip(']')) return empty;
    const items: PrologTerm[] = [];
    do items.push(this.#term(999));
    while (this.#skip(','));
    const tail = this.#skip('|') ? this.#term(999) : empty;
    if (!this.#skip(']')) throw this.#unexpected('"]"');
    return items.reduceRight<PrologTerm>((rest, item) => ({ name: '[|]', args: [item, rest] }), tail);
  }
}

function whole(text: string, { line }: Token): bigint {
  if (!/^\d{1,1000}$/.test(text)) throw new ProgramError(`${text.slice(0, 30)} is no whole number`, line);
  return BigInt(text);
}
