import { ProgramError } from './program-error.ts';
import { cut } from './program-lines.ts';

/** A word, number, quoted text or symbol of a program. */
export interface Token {
  readonly kind: 'name' | 'number' | 'text' | 'symbol' | 'end';
  readonly value: string; // of quoted text: without the quotes
  readonly start: number;
  readonly line: number;
}

const SPACE = /\s+/y;
const NAME = /[\p{L}_$@][\p{L}\p{N}_'’]*/uy;
const NUMBER = /\d+(?:\.\d+)?(?:[eE]-?\d+(?![\p{L}\p{N}_]))?/uy;
const QUOTED = /"[^"\n]*"|'[^'\n]*'/y;
/** Letters glued to a number make it a name, as in `42.3billion`. */
const GLUED = /[\p{L}_][\p{L}\p{N}_]*/uy;

/**
 * Splits a statement into tokens, in time linear in its length. `symbols` are tried in their order, so longer ones come
 * first; `comment` starts a remark to the end of the line. Throws ProgramError at a character that starts nothing.
 */
export function tokensOf(
  text: string,
  { symbols, line = 1, comment }: { symbols: readonly string[]; line?: number; comment?: string },
): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let lineAt = line;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  const push = (kind: Token['kind'], length: number, value = text.slice(at, at + length)) => {
    tokens.push({ kind, value, start: at, line: lineAt });
    at += length;
  };
  while (at < text.length) {
    const space = match(SPACE);
    if (space !== undefined) {
      at += space.length;
      for (const character of space) if (character === '\n') lineAt++;
      continue;
    }
    if (comment !== undefined && text.startsWith(comment, at)) {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end;
      continue;
    }
    const name = match(NAME);
    if (name !== undefined) {
      push('name', name.length);
      continue;
    }
    const number = match(NUMBER);
    if (number !== undefined) {
      GLUED.lastIndex = at + number.length;
      const glued = GLUED.exec(text)?.[0] ?? '';
      push(glued === '' ? 'number' : 'name', number.length + glued.length);
      continue;
    }
    const symbol = symbols.find((one) => text.startsWith(one, at));
    if (symbol !== undefined) {
      push('symbol', symbol.length);
      continue;
    }
    const quoted = match(QUOTED);
    if (quoted === undefined)
      throw new ProgramError(
        `cannot read "${cut(text.slice(at).split('\n', 1)[0] ?? '')}"; check the grammar`,
        lineAt,
      );
    push('text', quoted.length, quoted.slice(1, -1));
  }
  tokens.push({ kind: 'end', value: '', start: text.length, line: lineAt });
  return tokens;
}

/** Reads tokens from left to right. */
export class TokenReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  peek(): Token {
    return this.#tokens[this.#at] as Token;
  }

  /** The token after the next one. */
  peekAfter(): Token {
    return (this.#tokens[this.#at + 1] ?? this.#tokens.at(-1)) as Token;
  }

  take(): Token {
    const token = this.peek();
    if (token.kind !== 'end') this.#at++;
    return token;
  }

  /** Takes the next token if it is this symbol. */
  skip(symbol: string): boolean {
    const { kind, value } = this.peek();
    if (kind !== 'symbol' || value !== symbol) return false;
    this.#at++;
    return true;
  }

  /** Takes this symbol, or throws ProgramError. */
  expect(symbol: string, where: string): void {
    if (!this.skip(symbol)) throw this.unexpected(`"${symbol}" ${where}`);
  }

  /** Throws unless every token was read. */
  end(where: string): void {
    if (this.peek().kind !== 'end') throw this.unexpected(`nothing more after ${where}`);
  }

  unexpected(wanted: string): ProgramError {
    const { kind, value, line } = this.peek();
    return new ProgramError(
      `expected ${wanted}, found ${kind === 'end' ? 'the end' : `"${cut(value)}"`}`,
      line,
    );
  }
}
