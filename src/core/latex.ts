import { lexLatex } from './latex-lexer.ts';

/** Longer values are cut: no short answer needs more, and every pass below stays cheap. */
export const LATEX_CHARACTERS = 4000;
/** Braces nested deeper than this are left as they are. */
const DEPTH = 50;

/**
 * A LaTeX or plain-text mathematical value in one spelling: no delimiters, boxes, sizes or spacing, one name per
 * command, braces only where they group, numbers without digit grouping. Meant for comparing, not for display.
 */
export function normaliseLatex(text: string): string {
  return joinTokens(latexTokens(text));
}

/** The tokens that `normaliseLatex` joins: numbers, letters, `\commands`, `\text{words}` and signs. */
export function latexTokens(text: string): string[] {
  return tidy(lexLatex(text.slice(0, LATEX_CHARACTERS)));
}

/** Writes tokens as text, with a space where a command would run into a letter. */
export function joinTokens(tokens: readonly string[]): string {
  let joined = '';
  let afterCommand = false;
  for (const token of tokens) {
    if (afterCommand && /^[a-zA-Z]/.test(token)) joined += ' ';
    joined += token;
    afterCommand = /^\\[a-zA-Z]+$/.test(token);
  }
  return joined;
}

/** Gives every argument its braces and drops braces that group nothing; `{1,2}` becomes the set it stands for. */
function tidy(tokens: readonly string[], depth = 0): string[] {
  if (depth > DEPTH) return [...tokens];
  const source = [...tokens];
  const output: string[] = [];
  let index = 0;
  /** The next argument: a group, a bracketed group after `^`, or one token (one digit for a fraction). */
  const argument = (oneDigit: boolean): string[] => {
    const token = source[index];
    if (token === undefined) return [];
    if (token === '{') {
      const end = closing(source, index);
      const inner = source.slice(index + 1, end);
      index = end + 1;
      return tidy(inner, depth + 1);
    }
    index++;
    if (oneDigit && /^\d{2,}$/.test(token)) {
      source.splice(index, 0, token.slice(1));
      return [token[0] as string];
    }
    if (token.startsWith('\\') && /^\\(?:frac|sqrt|binom)$/.test(token)) {
      index--;
      const start = output.length;
      command();
      return output.splice(start);
    }
    return [token];
  };
  const braced = (inner: readonly string[]) => output.push('{', ...inner, '}');
  const command = () => {
    const token = source[index++] as string;
    output.push(token);
    if (token === '\\sqrt' && source[index] === '[') {
      const end = source.indexOf(']', index);
      if (end > 0) {
        output.push(...source.slice(index, end + 1));
        index = end + 1;
      }
    }
    if (token === '\\sqrt' && source[index] === '(') {
      const end = closing(source, index);
      braced(tidy(source.slice(index + 1, end), depth + 1));
      index = end + 1;
      return;
    }
    braced(argument(token !== '\\sqrt'));
    if (token !== '\\sqrt') braced(argument(true));
  };
  const script = (mark: string) => {
    index++;
    const signed = mark === '^' && /^[-+]$/.test(source[index] ?? '') ? [source[index++] as string] : [];
    let inner: string[];
    if (mark === '^' && source[index] === '(') {
      const end = closing(source, index);
      inner = tidy(source.slice(index + 1, end), depth + 1);
      index = end + 1;
    } else inner = argument(false);
    inner = [...signed.filter((sign) => sign === '-'), ...inner];
    if (mark === '^' && inner.length === 1 && (inner[0] === '\\degree' || inner[0] === "'"))
      output.push(inner[0]);
    else if (inner.length === 1) output.push(mark, inner[0] as string);
    else {
      output.push(mark);
      braced(inner);
    }
  };
  while (index < source.length) {
    const token = source[index] as string;
    if (token === '^' || token === '_') script(token);
    else if (/^\\(?:frac|sqrt|binom)$/.test(token)) command();
    else if (token === '{') {
      const end = closing(source, index);
      const inner = tidy(source.slice(index + 1, end), depth + 1);
      index = end + 1;
      const before = output.at(-1) ?? '';
      if (/^\\[a-zA-Z]+$/.test(before)) braced(inner);
      else if (splitTokens(inner, [',', ';']).length > 1) output.push('\\{', ...inner, '\\}');
      else output.push(...inner);
    } else if (token === '}') index++;
    else if (token === ',' && output.at(-1) === ',') index++;
    else {
      output.push(token);
      index++;
    }
  }
  return output;
}

const OPENING = new Set(['(', '[', '{', '\\{']);
const CLOSING = new Set([')', ']', '}', '\\}']);

/** Index of the token that closes the bracket at `start`; the end of the tokens when nothing does. */
export function closing(tokens: readonly string[], start: number): number {
  let depth = 0;
  for (let index = start; index < tokens.length; index++) {
    const token = tokens[index] as string;
    if (OPENING.has(token)) depth++;
    else if (CLOSING.has(token) && --depth === 0) return index;
  }
  return tokens.length;
}

/** Splits at separators outside of brackets and matrices; empty parts are dropped. */
export function splitTokens(tokens: readonly string[], separators: readonly string[]): string[][] {
  const parts: string[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (OPENING.has(token) || token.startsWith('\\begin')) depth++;
    else if (CLOSING.has(token) || token.startsWith('\\end')) depth = Math.max(0, depth - 1);
    if (depth === 0 && separators.includes(token)) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts.filter((part) => part.length > 0);
}
