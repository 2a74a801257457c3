/** A piece of Python source that is neither space nor comment. */
export interface PythonToken {
  readonly kind: 'name' | 'string' | 'number' | 'operator';
  readonly text: string;
  readonly start: number; // offset in the source
  readonly end: number;
}

/** A simple statement, or the header of a compound one; `a; b` are two. */
export interface PythonStatement {
  readonly tokens: readonly PythonToken[];
  readonly start: number; // offset in the source, after the indentation
  readonly end: number;
  readonly indented: boolean;
}

const NAME = /[\p{ID_Start}_][\p{ID_Continue}]*/uy;
const NUMBER = /(?:\d|\.\d)(?:[eE][+-]|[\w.])*/y;
const STRING_START = /[rbftuRBFTU]{0,2}(?:"""|'''|"|')/y;
const OPENING = '([{';
const CLOSING = ')]}';

/**
 * Splits Python source into statements, in one pass of linear time. Not a parser: it knows strings, comments, brackets and
 * line joining, which is enough to find imports and the last expression. Wrong source gives some list, never a throw.
 */
export function pythonStatements(source: string): PythonStatement[] {
  const statements: PythonStatement[] = [];
  let tokens: PythonToken[] = [];
  let depth = 0;
  let lineStart = 0;
  let indented = false;
  let at = 0;
  const endStatement = () => {
    const first = tokens[0];
    const last = tokens.at(-1);
    if (first && last) statements.push({ tokens, start: first.start, end: last.end, indented });
    tokens = [];
  };
  const take = (kind: PythonToken['kind'], end: number) => {
    if (tokens.length === 0 && source.slice(lineStart, at).trim() === '') indented = at > lineStart;
    tokens.push({ kind, text: source.slice(at, end), start: at, end });
    at = end;
  };
  while (at < source.length) {
    const character = source[at] as string;
    if (character === '\n') {
      at++;
      if (depth > 0) continue;
      endStatement();
      lineStart = at;
    } else if (character === '#') at = indexOrEnd(source, '\n', at);
    else if (character === '\\') at += 2;
    else if (/\s/.test(character)) at++;
    else if (matches(STRING_START, source, at)) take('string', stringEnd(source, at, STRING_START.lastIndex));
    else if (matches(NUMBER, source, at)) take('number', NUMBER.lastIndex);
    else if (matches(NAME, source, at)) take('name', NAME.lastIndex);
    else if (character === ';' && depth === 0) {
      endStatement();
      at++;
    } else {
      if (OPENING.includes(character)) depth++;
      else if (CLOSING.includes(character)) depth = Math.max(0, depth - 1);
      take('operator', at + 1);
    }
  }
  endStatement();
  return statements;
}

function matches(pattern: RegExp, source: string, at: number): boolean {
  pattern.lastIndex = at;
  return pattern.test(source);
}

function stringEnd(source: string, start: number, contentStart: number): number {
  const opening = source.slice(start, contentStart);
  const quote = opening.endsWith('"""') || opening.endsWith("'''") ? opening.slice(-3) : opening.slice(-1);
  for (let at = contentStart; at < source.length; at++) {
    if (source[at] === '\\') at++;
    else if (source.startsWith(quote, at)) return at + quote.length;
    else if (source[at] === '\n' && quote.length === 1) return at; // unterminated: a syntax error for Python
  }
  return source.length;
}

function indexOrEnd(source: string, text: string, from: number): number {
  const index = source.indexOf(text, from);
  return index < 0 ? source.length : index;
}

const IDENTIFIER = /[\p{ID_Start}_][\p{ID_Continue}]*/gu;

/** The names a token mentions. The text of an f-string counts as code, since it may hold expressions. */
export function namesIn(token: PythonToken): readonly string[] {
  if (token.kind === 'name') return [token.text];
  if (token.kind === 'string' && /^[rR]?[fFtT]/.test(token.text)) return token.text.match(IDENTIFIER) ?? [];
  return [];
}
