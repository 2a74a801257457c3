import { ProgramError } from './program-error.ts';
import type { Ask, ProgramLine } from './program-lines.ts';
import { cut, programSections, readOption, readQuery } from './program-lines.ts';
import { TokenReader, tokensOf } from './tokens.ts';

/** Variables of one constraint program, and values of one variable. */
export const MOST_VARIABLES = 500;
export const MOST_VALUES = 10_000;

export type Relation = '==' | '!=' | '<' | '<=' | '>' | '>=';

/** A condition or a number over variables; conditions have the values 1 and 0. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: '+' | '-' | '*'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'abs' | 'not'; readonly of: Expression }
  | {
      readonly kind: 'compare';
      readonly relation: Relation;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] }
  | { readonly kind: 'different'; readonly parts: readonly Expression[] };

export interface Constraint {
  readonly expression: Expression;
  readonly source: string; // in the author's words where there are some
}

export interface ConstraintProgram {
  readonly variables: ReadonlyMap<string, readonly number[]>; // name → values
  readonly constraints: readonly Constraint[];
  /** What must hold of the option that is sought. */
  readonly ask: Ask;
  /** Absent: the values of the variables are asked for. */
  readonly options?: readonly { readonly label: string; readonly expression: Expression }[];
  /** What a number stands for, where the domain lists words. */
  readonly words: ReadonlyMap<number, string>;
}

/** Numbers that stand for words start here, far from numbers that people write. */
const FIRST_WORD = 1_000_001;
const LARGEST_NUMBER = 1_000_000;
const SYMBOLS = [
  '[IN]',
  '==',
  '!=',
  '<=',
  '>=',
  '->',
  '=>',
  '&&',
  '||',
  '<',
  '>',
  '=',
  '≠',
  '≤',
  '≥',
  '∧',
  '∨',
  '¬',
  '!',
  '→',
  '+',
  '-',
  '*',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  ',',
  ':',
];
const RELATIONS: Readonly<Record<string, Relation>> = {
  '==': '==',
  '=': '==',
  '!=': '!=',
  '≠': '!=',
  '<': '<',
  '<=': '<=',
  '≤': '<=',
  '>': '>',
  '>=': '>=',
  '≥': '>=',
};

/**
 * Reads sections Domain (remarks), Variables (`name [IN] [1, 2, 3]`), Constraints, Ask (entailed, possible or impossible)
 * and Query (`A) expression`, or `solve`). Throws ProgramError.
 */
export function readConstraints(text: string): ConstraintProgram {
  const sections = programSections(
    text,
    ['Domain', 'Variables', 'Constraints', 'Ask', 'Query'],
    ['Domain', 'Constraints', 'Ask'],
  );
  const words = new Map<string, number>();
  const variables = new Map<string, readonly number[]>();
  for (const line of sections.Variables) {
    const { name, values } = readDomain(line, words);
    if (variables.has(name)) throw new ProgramError(`the variable ${name} comes a second time`, line.line);
    variables.set(name, values);
  }
  if (variables.size === 0 || variables.size > MOST_VARIABLES)
    throw new ProgramError(`The program has ${variables.size} variables; it needs 1 to ${MOST_VARIABLES}`);
  const read = (line: ProgramLine, from = line.text) =>
    new ExpressionReader(from, line.line, variables, words).read();
  const { ask, solve } = readQuery(sections);
  return {
    variables,
    constraints: sections.Constraints.map((line) => ({
      expression: read(line),
      source: line.note ?? line.text,
    })),
    ask,
    ...(!solve && { options: readOptions(sections.Query, read) }),
    words: new Map([...words].map(([word, code]) => [code, word])),
  };
}

function readOptions(lines: readonly ProgramLine[], read: (line: ProgramLine, from: string) => Expression) {
  const options = lines.map((line) => {
    const { label, rest } = readOption(line);
    return { label, expression: read(line, rest) };
  });
  if (new Set(options.map(({ label }) => label)).size < options.length)
    throw new ProgramError('Two options have one label; give each its own', lines[0]?.line);
  return options;
}

/** `name [IN] [1, 2, 3]`, `name in {red, green}` or `name in 1:9`. */
function readDomain(
  { text, line }: ProgramLine,
  words: Map<string, number>,
): { name: string; values: readonly number[] } {
  const reader = new TokenReader(tokensOf(text, { symbols: SYMBOLS, line }));
  const { kind, value: name } = reader.take();
  if (kind !== 'name') throw new ProgramError(`"${cut(text)}" does not begin with a variable`, line);
  if (!reader.skip('[IN]') && reader.take().value.toLowerCase() !== 'in')
    throw new ProgramError(`"${cut(text)}" lacks [IN] after the variable`, line);
  const item = (): number => {
    const sign = reader.skip('-') ? -1 : 1;
    const token = reader.take();
    if (token.kind === 'number') return sign * wholeNumber(token.value, line);
    if (token.kind === 'symbol' || token.kind === 'end')
      throw new ProgramError(`"${cut(text)}" lacks a value`, line);
    return codeOf(token.value, words);
  };
  const values: number[] = [];
  if (reader.skip('[') || reader.skip('{')) {
    do values.push(item());
    while (reader.skip(','));
    if (!reader.skip(']')) reader.expect('}', 'after the values');
  } else {
    const from = item();
    reader.expect(':', 'between the least and the largest value');
    const to = item();
    if (to - from >= MOST_VALUES) throw new ProgramError(`${name} has more than ${MOST_VALUES} values`, line);
    for (let value = from; value <= to; value++) values.push(value);
  }
  reader.end('the values');
  if (values.length === 0 || values.length > MOST_VALUES)
    throw new ProgramError(`${name} has ${values.length} values; it needs 1 to ${MOST_VALUES}`, line);
  return { name, values: [...new Set(values)] };
}

function codeOf(word: string, words: Map<string, number>): number {
  const code = words.get(word) ?? FIRST_WORD + words.size;
  words.set(word, code);
  return code;
}

function wholeNumber(text: string, line: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value > LARGEST_NUMBER)
    throw new ProgramError(`${text} is no whole number up to ${LARGEST_NUMBER}`, line);
  return value;
}

/** How deep expressions may nest. */
const MOST_DEPTH = 200;

class ExpressionReader {
  readonly #reader: TokenReader;
  readonly #line: number;
  readonly #variables: ReadonlyMap<string, unknown>;
  readonly #words: ReadonlyMap<string, number>;
  #depth = 0;

  constructor(
    text: string,
    line: number,
    variables: ReadonlyMap<string, unknown>,
    words: ReadonlyMap<string, number>,
  ) {
    this.#reader = new TokenReader(tokensOf(text, { symbols: SYMBOLS, line }));
    this.#line = line;
    this.#variables = variables;
    this.#words = words;
  }

  read(): Expression {
    const expression = this.#implication();
    this.#reader.end('the expression');
    return expression;
  }

  #word(...forms: string[]): boolean {
    const { kind, value } = this.#reader.peek();
    const found = (kind === 'symbol' || kind === 'name') && forms.includes(value);
    if (found) this.#reader.take();
    return found;
  }

  #implication(): Expression {
    if (++this.#depth > MOST_DEPTH)
      throw new ProgramError(`the expression nests deeper than ${MOST_DEPTH}; split it`, this.#line);
    const left = this.#disjunction();
    const result: Expression = this.#word('->', '=>', '→')
      ? { kind: 'or', parts: [{ kind: 'not', of: left }, this.#implication()] }
      : left;
    this.#depth--;
    return result;
  }

  #disjunction(): Expression {
    const parts = [this.#conjunction()];
    while (this.#word('or', '||', '∨')) parts.push(this.#conjunction());
    return parts.length === 1 ? (parts[0] as Expression) : { kind: 'or', parts };
  }

  #conjunction(): Expression {
    const parts = [this.#negation()];
    while (this.#word('and', '&&', '∧')) parts.push(this.#negation());
    return parts.length === 1 ? (parts[0] as Expression) : { kind: 'and', parts };
  }

  #negation(): Expression {
    let negations = 0;
    while (this.#word('not', '!', '¬')) negations++;
    const of = this.#comparison();
    return negations % 2 === 1 ? { kind: 'not', of } : of;
  }

  /** `a < b < c` holds where each neighbouring pair does. */
  #comparison(): Expression {
    const parts: Expression[] = [];
    let left = this.#sum();
    for (;;) {
      const { kind, value } = this.#reader.peek();
      const relation = kind === 'symbol' && Object.hasOwn(RELATIONS, value) ? RELATIONS[value] : undefined;
      if (!relation) break;
      this.#reader.take();
      const right = this.#sum();
      parts.push({ kind: 'compare', relation, left, right });
      left = right;
    }
    if (parts.length === 0) return left;
    return parts.length === 1 ? (parts[0] as Expression) : { kind: 'and', parts };
  }

  #sum(): Expression {
    let left = this.#product();
    for (;;) {
      if (this.#word('+')) left = { kind: '+', left, right: this.#product() };
      else if (this.#word('-')) left = { kind: '-', left, right: this.#product() };
      else return left;
    }
  }

  #product(): Expression {
    let left = this.#factor();
    while (this.#word('*')) left = { kind: '*', left, right: this.#factor() };
    return left;
  }

  #factor(): Expression {
    const reader = this.#reader;
    if (this.#word('-')) return { kind: '-', left: { kind: 'number', value: 0 }, right: this.#factor() };
    if (reader.skip('(')) {
      const inner = this.#implication();
      reader.expect(')', 'after the expression');
      return inner;
    }
    const { kind, value } = reader.peek();
    if (kind === 'symbol' || kind === 'end') throw reader.unexpected('a variable or a number');
    reader.take();
    if (kind === 'number') return { kind: 'number', value: wholeNumber(value, this.#line) };
    if (kind === 'name' && reader.skip('(')) return this.#call(value);
    if (this.#variables.has(value)) return { kind: 'variable', name: value };
    const code = this.#words.get(value);
    if (code !== undefined) return { kind: 'number', value: code };
    throw new ProgramError(
      `${cut(value)} is neither a variable nor a value; the variables are ${cut([...this.#variables.keys()].join(', '))}`,
      this.#line,
    );
  }

  #call(name: string): Expression {
    const parts: Expression[] = [];
    const bracket = this.#reader.skip('[');
    do parts.push(this.#implication());
    while (this.#reader.skip(','));
    if (bracket) this.#reader.expect(']', 'after the list');
    this.#reader.expect(')', `at the end of ${name}`);
    const [only] = parts;
    if (name.toLowerCase() === 'abs' && only && parts.length === 1) return { kind: 'abs', of: only };
    if (/^alldifferent(?:constraint)?$/i.test(name)) return { kind: 'different', parts };
    throw new ProgramError(
      `${cut(name)} is no function; there are abs(x) and AllDifferent([x, y])`,
      this.#line,
    );
  }
}
