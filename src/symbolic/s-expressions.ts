import { ProgramError } from './program-error.ts';

/** A symbol, number or quoted text as written, or a list. */
export type SExpression = string | readonly SExpression[];

/** How deep lists may nest. */
const MOST_DEPTH = 500;
const TOKEN = /\s+|;[^\n]*|[()]|\|[^|]*\||"(?:[^"]|"")*"|[^\s();|"]+/y;

/** Reads all expressions of a text, in linear time. Throws ProgramError where parentheses do not match. */
export function readSExpressions(text: string): SExpression[] {
  const stack: SExpression[][] = [[]];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const token = TOKEN.exec(text)?.[0];
    if (token === undefined) throw new ProgramError('A quoted name or text is not closed');
    if (/^[\s;]/.test(token)) continue;
    if (token === '(') {
      if (stack.push([]) > MOST_DEPTH) throw new ProgramError(`Lists nest deeper than ${MOST_DEPTH}`);
    } else if (token === ')') {
      const list = stack.pop() as SExpression[];
      const outer = stack.at(-1);
      if (!outer) throw new ProgramError('There is a ")" too many');
      outer.push(list);
    } else (stack.at(-1) as SExpression[]).push(token);
  }
  if (stack.length > 1) throw new ProgramError('A "(" is not closed');
  return stack[0] as SExpression[];
}

export function sExpressionText(expression: SExpression): string {
  return typeof expression === 'string' ? expression : `(${expression.map(sExpressionText).join(' ')})`;
}
