import { ProgramError } from './program-error.ts';
import type { ProgramLine } from './program-lines.ts';
import { programSections } from './program-lines.ts';
import type { Token } from './tokens.ts';
import { tokensOf } from './tokens.ts';

/** A variable, or a function with its arguments; a constant is a function without any. */
export type FirstOrderTerm =
  | { readonly variable: string }
  | { readonly name: string; readonly terms: readonly FirstOrderTerm[] };

export type Connective = 'and' | 'or' | 'xor' | 'implies' | 'iff';

export type Formula =
  | { readonly kind: 'atom'; readonly predicate: string; readonly terms: readonly FirstOrderTerm[] }
  | { readonly kind: 'not'; readonly body: Formula }
  | { readonly kind: Connective; readonly left: Formula; readonly right: Formula }
  | { readonly kind: 'forall' | 'exists'; readonly variable: string; readonly body: Formula };

/** Premises and the conclusion that may follow from them. */
export interface FirstOrderProgram {
  readonly premises: readonly Formula[];
  readonly conclusion: Formula;
  /** What each premise says, in the author's words where there are some. */
  readonly sources: readonly string[];
}

/** Tokens of one statement; and how deep its parentheses may nest. */
const MOST_TOKENS = 5_000;
const MOST_DEPTH = 200;

const ALIASES: Readonly<Record<string, string>> = {
  '<->': '↔',
  '<=>': '↔',
  '⇔': '↔',
  '->': '→',
  '=>': '→',
  '⇒': '→',
  '>>>': '→',
  '&&': '∧',
  '&': '∧',
  '||': '∨',
  '|': '∨',
  '!=': '≠',
  '<=': '≤',
  '>=': '≥',
  '~': '¬',
  '!': '¬',
  '-': '¬',
};
const WORDS: Readonly<Record<string, string>> = { forall: '∀', exists: '∃', xor: '⊕' };
/** Predicates written between their two terms. Those of numbers are computed where both terms are numbers. */
const INFIX = ['=', '≠', '≤', '≥', '<', '>', '∈'];
const SYMBOLS = [
  ...Object.keys(ALIASES),
  '∀',
  '∃',
  '¬',
  '∧',
  '∨',
  '⊕',
  '→',
  '↔',
  ...INFIX,
  '(',
  ')',
  ',',
  '.',
];

/** From what binds loosest to what binds tightest. */
const LEVELS: readonly { readonly symbol: string; readonly kind: Connective; readonly rightFirst?: true }[] =
  [
    { symbol: '↔', kind: 'iff' },
    { symbol: '→', kind: 'implies', rightFirst: true },
    { symbol: '⊕', kind: 'xor' },
    { symbol: '∨', kind: 'or' },
    { symbol: '∧', kind: 'and' },
  ];

/**
 * Reads sections Premises and Conclusion (Predicates is for the author) of first-order formulas with ∀ ∃ ¬ ∧ ∨ ⊕ → ↔ or
 * forall exists ! & | xor -> <->. Throws ProgramError.
 */
export function readFirstOrder(text: string): FirstOrderProgram {
  const sections = programSections(
    text,
    ['Predicates', 'Premises', 'Conclusion'],
    ['Predicates', 'Premises'],
  );
  const [conclusion, second] = sections.Conclusion;
  if (!conclusion) throw new ProgramError('The section Conclusion: is empty; state one formula');
  if (second) throw new ProgramError('there is a second conclusion; state one formula', second.line);
  const program = {
    premises: sections.Premises.map(readFormula),
    conclusion: readFormula(conclusion),
    sources: sections.Premises.map(({ text: statement, note }) => note ?? statement),
  };
  checkArities([...program.premises, program.conclusion]);
  return program;
}

/** Reads one formula. Free variables named u to z, with or without a number, are meant for everything: ∀ in front. */
export function readFormula({ text, line }: ProgramLine): Formula {
  const tokens = tokensOf(text, { symbols: SYMBOLS, line }).map((token): Token => {
    const { kind, value } = token;
    if (kind === 'symbol') return { ...token, value: ALIASES[value] ?? value };
    const word = kind === 'name' && Object.hasOwn(WORDS, value) ? WORDS[value] : undefined;
    return word === undefined ? token : { ...token, kind: 'symbol', value: word };
  });
  if (tokens.length > MOST_TOKENS)
    throw new ProgramError(`the formula has more than ${MOST_TOKENS} parts; split it`, line);
  if (tokens.at(-2)?.value === '.' && tokens.at(-2)?.kind === 'symbol') tokens.splice(-2, 1);
  return new FormulaReader(tokens, line).read();
}

class FormulaReader {
  readonly #tokens: readonly Token[];
  readonly #line: number;
  readonly #bound: string[] = [];
  readonly #free = new Set<string>();
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], line: number) {
    this.#tokens = tokens;
    this.#line = line;
  }

  read(): Formula {
    const formula = this.#level(0);
    if (this.#token().kind !== 'end') throw this.#unexpected('a connective or the end');
    return [...this.#free].reduceRight<Formula>(
      (body, variable) => ({ kind: 'forall', variable, body }),
      formula,
    );
  }

  #token(ahead = 0): Token {
    return (this.#tokens[this.#at + ahead] ?? this.#tokens.at(-1)) as Token;
  }

  #skip(symbol: string): boolean {
    const { kind, value } = this.#token();
    if (kind !== 'symbol' || value !== symbol) return false;
    this.#at++;
    return true;
  }

  #unexpected(wanted: string): ProgramError {
    const { kind, value } = this.#token();
    return new ProgramError(
      `expected ${wanted}, found ${kind === 'end' ? 'the end' : `"${value}"`}`,
      this.#line,
    );
  }

  #deeper<T>(read: () => T): T {
    if (++this.#depth > MOST_DEPTH)
      throw new ProgramError(`the formula nests deeper than ${MOST_DEPTH}; split it`, this.#line);
    const result = read();
    this.#depth--;
    return result;
  }

  #level(index: number): Formula {
    const level = LEVELS[index];
    if (!level) return this.#unary();
    let left = this.#level(index + 1);
    while (this.#skip(level.symbol)) {
      const right = this.#deeper(() => this.#level(level.rightFirst ? index : index + 1));
      left = { kind: level.kind, left, right };
    }
    return left;
  }

  #unary(): Formula {
    if (this.#skip('¬')) return { kind: 'not', body: this.#deeper(() => this.#unary()) };
    if (this.#skip('∀')) return this.#quantified('forall');
    if (this.#skip('∃')) return this.#quantified('exists');
    if (this.#skip('(')) {
      const body = this.#deeper(() => this.#level(0));
      if (!this.#skip(')')) throw this.#unexpected('")"');
      return body;
    }
    return this.#atom();
  }

  #quantified(kind: 'forall' | 'exists'): Formula {
    const { kind: token, value: variable } = this.#token();
    if (token !== 'name') throw this.#unexpected('a variable after the quantifier');
    this.#at++;
    if (this.#skip(','))
      return this.#within(variable, () => ({ kind, variable, body: this.#quantified(kind) }));
    this.#skip('.');
    const wide = this.#reachesFar(variable);
    return this.#within(variable, () => ({
      kind,
      variable,
      body: this.#deeper(() => (wide ? this.#level(0) : this.#unary())),
    }));
  }

  #within<T>(variable: string, read: () => T): T {
    this.#bound.push(variable);
    const result = read();
    this.#bound.pop();
    return result;
  }

  /**
   * How far a quantifier reaches: over the parentheses behind it, unless its variable is used after them; over everything up
   * to the next closing parenthesis where there are none.
   */
  #reachesFar(variable: string): boolean {
    let at = this.#at;
    for (; ; at++) {
      const { kind, value } = this.#tokens[at] as Token;
      if (kind === 'symbol' && (value === '¬' || value === '.')) continue;
      if (kind === 'symbol' && (value === '∀' || value === '∃')) {
        at++;
        continue;
      }
      if (kind !== 'symbol' || value !== '(') return true;
      break;
    }
    let depth = 0;
    let closed = false;
    for (; at < this.#tokens.length; at++) {
      const { kind, value } = this.#tokens[at] as Token;
      if (kind === 'symbol' && value === '(') depth++;
      else if (kind === 'symbol' && value === ')' && --depth <= 0) {
        if (depth < 0) return false;
        closed = true;
      } else if (closed && kind === 'name' && value === variable) {
        const before = this.#tokens[at - 1];
        return !(before?.kind === 'symbol' && (before.value === '∀' || before.value === '∃'));
      }
    }
    return false;
  }

  #isInfix(): boolean {
    const { kind, value } = this.#token();
    return kind === 'symbol' && INFIX.includes(value);
  }

  #atom(): Formula {
    const left = this.#term();
    if (this.#isInfix()) {
      const { value } = this.#token();
      this.#at++;
      const right = this.#term();
      if (value === '≠') return { kind: 'not', body: { kind: 'atom', predicate: '=', terms: [left, right] } };
      return { kind: 'atom', predicate: value, terms: [left, right] };
    }
    if ('variable' in left) throw this.#unexpected(`a predicate instead of the variable ${left.variable}`);
    return { kind: 'atom', predicate: left.name, terms: left.terms };
  }

  #term(): FirstOrderTerm {
    const { kind, value } = this.#token();
    if (kind === 'symbol' || kind === 'end') throw this.#unexpected('a predicate or a term');
    if (value === '_') throw this.#unexpected('a quantified variable or a constant');
    this.#at++;
    if (kind === 'name' && this.#skip('(')) {
      const terms: FirstOrderTerm[] = [];
      if (!this.#skip(')')) {
        do terms.push(this.#deeper(() => this.#term()));
        while (this.#skip(','));
        if (!this.#skip(')')) throw this.#unexpected('"," or ")"');
      }
      return { name: value, terms };
    }
    if (kind === 'name' && this.#bound.includes(value)) return { variable: value };
    if (kind === 'name' && /^[u-z]\d{0,3}$/.test(value)) {
      this.#free.add(value);
      return { variable: value };
    }
    return { name: value, terms: [] };
  }
}

/** An atomic formula. */
export type FirstOrderAtom = Extract<Formula, { readonly kind: 'atom' }>;

/** The atoms of a formula, from left to right. */
export function atomsOf(formula: Formula): FirstOrderAtom[] {
  if (formula.kind === 'atom') return [formula];
  if ('body' in formula) return atomsOf(formula.body);
  return [...atomsOf(formula.left), ...atomsOf(formula.right)];
}

/** The functions of a term with their numbers of arguments, constants among them. */
export function functionsOf(term: FirstOrderTerm): [name: string, arity: number][] {
  return 'variable' in term ? [] : [[term.name, term.terms.length], ...term.terms.flatMap(functionsOf)];
}

/** Throws ProgramError where one predicate comes with two numbers of terms: nothing would follow from one to the other. */
function checkArities(formulas: readonly Formula[]): void {
  const arities = new Map<string, number>();
  for (const { predicate, terms } of formulas.flatMap(atomsOf)) {
    const known = arities.get(predicate) ?? terms.length;
    if (known !== terms.length)
      throw new ProgramError(
        `The predicate ${predicate} is used with ${known} terms and with ${terms.length}; give it one number`,
      );
    arities.set(predicate, known);
  }
}

export function formulaText(formula: Formula): string {
  switch (formula.kind) {
    case 'atom': {
      const terms = formula.terms.map(termText);
      if (INFIX.includes(formula.predicate)) return terms.join(` ${formula.predicate} `);
      return terms.length === 0 ? formula.predicate : `${formula.predicate}(${terms.join(', ')})`;
    }
    case 'not':
      return `¬${formulaText(formula.body)}`;
    case 'forall':
    case 'exists':
      return `${formula.kind === 'forall' ? '∀' : '∃'}${formula.variable} ${formulaText(formula.body)}`;
    default: {
      const { symbol } = LEVELS.find(({ kind }) => kind === formula.kind) as { symbol: string };
      return `(${formulaText(formula.left)} ${symbol} ${formulaText(formula.right)})`;
    }
  }
}

export function termText(term: FirstOrderTerm): string {
  if ('variable' in term) return term.variable;
  return term.terms.length === 0 ? term.name : `${term.name}(${term.terms.map(termText).join(', ')})`;
}
