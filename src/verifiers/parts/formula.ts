import { closing } from '../../core/latex.ts';

/** A mathematical expression over real or complex numbers. Numbers keep the digits they were written with. */
export type Formula =
  | { readonly type: 'number'; readonly digits: string } // '12', '0.5', '0.(3)'
  | { readonly type: 'symbol'; readonly name: string } // 'x', 'x_1', '\pi'
  | { readonly type: 'negate'; readonly of: Formula }
  | { readonly type: Operation; readonly left: Formula; readonly right: Formula }
  | { readonly type: 'call'; readonly name: string; readonly arguments: readonly Formula[] }
  | { readonly type: 'matrix'; readonly rows: readonly (readonly Formula[])[] };

export type Operation = 'add' | 'subtract' | 'multiply' | 'divide' | 'power';

/** Formulas nested deeper, or with more tokens, are not read. */
const DEPTH = 60;
const TOKENS = 300;

const FUNCTIONS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '\\sin': 'Sin',
    '\\cos': 'Cos',
    '\\tan': 'Tan',
    '\\cot': 'Cot',
    '\\sec': 'Sec',
    '\\csc': 'Csc',
    '\\arcsin': 'Arcsin',
    '\\arccos': 'Arccos',
    '\\arctan': 'Arctan',
    '\\sinh': 'Sinh',
    '\\cosh': 'Cosh',
    '\\tanh': 'Tanh',
    '\\exp': 'Exp',
    '\\ln': 'Ln',
    '\\log': 'Log',
    '\\lg': 'Log',
  }),
);
const NUMBER = /^\d+(?:\.\d+|\.\d*\(\d+\))?$/;
const LETTERS = new Set(
  'alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho sigma tau phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega pi infty'.split(
    ' ',
  ),
);

/** Reads tokens of `latexTokens` as one formula; undefined when they are more, or something it does not know. */
export function parseFormula(tokens: readonly string[]): Formula | undefined {
  if (tokens.length > TOKENS) return undefined;
  try {
    const reader = new Reader(tokens, 0);
    const formula = reader.sum();
    return reader.done ? formula : undefined;
  } catch (cause) {
    if (cause instanceof Unreadable) return undefined;
    throw cause;
  }
}

class Unreadable extends Error {}

class Reader {
  readonly #tokens: readonly string[];
  readonly #depth: number;
  #index = 0;
  #bars = 0; // open absolute values

  constructor(tokens: readonly string[], depth: number) {
    if (depth > DEPTH) throw new Unreadable();
    this.#tokens = tokens;
    this.#depth = depth;
  }

  get done(): boolean {
    return this.#index >= this.#tokens.length;
  }

  /** A method, not a getter: what it gives changes as the reader moves. */
  #peek(): string {
    return this.#tokens[this.#index] ?? '';
  }

  sum(): Formula {
    let left = this.#product();
    while (this.#peek() === '+' || this.#peek() === '-') {
      const type = this.#tokens[this.#index++] === '+' ? 'add' : 'subtract';
      left = { type, left, right: this.#product() };
    }
    return left;
  }

  #product(): Formula {
    let left = this.#signed();
    for (;;) {
      if (this.#peek() === '*' || this.#peek() === '/') {
        const type = this.#tokens[this.#index++] === '*' ? 'multiply' : 'divide';
        left = { type, left, right: this.#signed() };
      } else if (this.#startsFactor()) left = this.#juxtaposed(left);
      else return left;
    }
  }

  /** Side by side means multiplied, except that a whole number and a fraction are a mixed number. */
  #juxtaposed(left: Formula): Formula {
    const before = this.#tokens[this.#index - 1] ?? '';
    const here = this.#peek();
    const wholeBefore = left.type === 'number' && /^\d+$/.test(before);
    if (wholeBefore && here === '\\frac') {
      const right = this.#power();
      const isNumber = (part: Formula) => part.type === 'number' && /^\d+$/.test(part.digits);
      const mixed = right.type === 'divide' && isNumber(right.left) && isNumber(right.right);
      return { type: mixed ? 'add' : 'multiply', left, right };
    }
    if (NUMBER.test(here)) {
      const [slash, below] = [this.#tokens[this.#index + 1], this.#tokens[this.#index + 2] ?? ''];
      if (!wholeBefore || slash !== '/' || !/^\d+$/.test(here + below)) {
        if (NUMBER.test(before)) throw new Unreadable(); // '3 4' is no product
        return { type: 'multiply', left, right: this.#power() };
      }
      this.#index += 3;
      const fraction = { type: 'divide', left: number(here), right: number(below) } as const;
      return { type: 'add', left, right: fraction };
    }
    return { type: 'multiply', left, right: this.#power() };
  }

  #startsFactor(): boolean {
    const token = this.#peek();
    if (token === '|') return this.#bars === 0;
    return (
      /^[a-zA-Z([]$/.test(token) ||
      NUMBER.test(token) ||
      /^\\(?:frac|sqrt|binom|begin\{matrix\})$/.test(token) ||
      FUNCTIONS.has(token) ||
      (token.startsWith('\\') && LETTERS.has(token.slice(1)))
    );
  }

  #signed(): Formula {
    if (this.#peek() === '-' || this.#peek() === '+') {
      const negative = this.#tokens[this.#index++] === '-';
      const of = this.#signed();
      return negative ? { type: 'negate', of } : of;
    }
    return this.#power();
  }

  #power(): Formula {
    const base = this.#postfix(this.#atom());
    if (this.#peek() !== '^') return base;
    this.#index++;
    return this.#postfix({ type: 'power', left: base, right: this.#argument() });
  }

  #postfix(formula: Formula): Formula {
    let result = formula;
    for (; ; this.#index++) {
      if (this.#peek() === '!') result = call('Factorial', result);
      else if (this.#peek() === '%') result = { type: 'divide', left: result, right: number('100') };
      else if (this.#peek() === '\\degree')
        result = {
          type: 'divide',
          left: { type: 'multiply', left: result, right: { type: 'symbol', name: '\\pi' } },
          right: number('180'),
        };
      else return result;
    }
  }

  #atom(): Formula {
    const token = this.#peek();
    this.#index++;
    if (NUMBER.test(token)) return number(token);
    if (/^[a-zA-Z]$/.test(token) || (token.startsWith('\\') && LETTERS.has(token.slice(1))))
      return { type: 'symbol', name: token + this.#subscript() };
    if (token === '(' || token === '[') return this.#group(this.#index - 1, token === '(' ? ')' : ']');
    if (token === '|') {
      this.#bars++;
      const inner = this.sum();
      if (this.#peek() !== '|') throw new Unreadable();
      this.#index++;
      this.#bars--;
      return call('Abs', inner);
    }
    if (token === '\\frac') return { type: 'divide', left: this.#argument(), right: this.#argument() };
    if (token === '\\binom') return call('Binomial', this.#argument(), this.#argument());
    if (token === '\\sqrt') return this.#root();
    if (token === '\\begin{matrix}') return this.#matrix();
    const name = FUNCTIONS.get(token);
    if (name !== undefined) return this.#function(name);
    throw new Unreadable();
  }

  #subscript(): string {
    if (this.#peek() !== '_') return '';
    const start = this.#index++;
    if (this.#peek() === '{') this.#index = closing(this.#tokens, this.#index);
    this.#index++;
    return this.#tokens.slice(start, this.#index).join('');
  }

  /** The bracketed tokens that begin at `start`. */
  #group(start: number, close: string): Formula {
    const end = closing(this.#tokens, start);
    if (this.#tokens[end] !== close) throw new Unreadable();
    this.#index = end + 1;
    return this.#within(this.#tokens.slice(start + 1, end));
  }

  #within(tokens: readonly string[]): Formula {
    const reader = new Reader(tokens, this.#depth + 1);
    const formula = reader.sum();
    if (!reader.done) throw new Unreadable();
    return formula;
  }

  #argument(): Formula {
    if (this.#peek() === '{') return this.#group(this.#index, '}');
    return this.#within([this.#tokens[this.#index++] ?? '']);
  }

  #root(): Formula {
    if (this.#peek() !== '[') return call('Sqrt', this.#argument());
    const degree = this.#group(this.#index, ']');
    return call('Root', this.#argument(), degree);
  }

  #function(name: string): Formula {
    let base: Formula | undefined;
    if (name === 'Log' && this.#peek() === '_') {
      this.#index++;
      base = this.#argument();
    }
    let exponent: Formula | undefined;
    if (this.#peek() === '^') {
      this.#index++;
      exponent = this.#argument();
      // \sin^{-1} is the inverse function; reading it as a power would be wrong, reading it as arcsin may be
      if (exponent.type === 'negate' || (exponent.type === 'number' && exponent.digits.startsWith('-')))
        throw new Unreadable();
    }
    let argument: Formula;
    if (this.#peek() === '(') argument = this.#group(this.#index, ')');
    else {
      argument = this.#power();
      while (this.#startsFactor() && !FUNCTIONS.has(this.#peek())) argument = this.#juxtaposed(argument);
    }
    const applied = base ? call(name, argument, base) : call(name, argument);
    return exponent ? { type: 'power', left: applied, right: exponent } : applied;
  }

  #matrix(): Formula {
    const end = this.#tokens.indexOf('\\end{matrix}', this.#index);
    if (end < 0) throw new Unreadable();
    const rows: Formula[][] = [];
    for (const row of split(this.#tokens.slice(this.#index, end), '\\\\'))
      if (row.length > 0) rows.push(split(row, '&').map((cell) => this.#within(cell)));
    this.#index = end + 1;
    return { type: 'matrix', rows };
  }
}

function number(digits: string): Formula {
  return { type: 'number', digits };
}

function call(name: string, ...parts: Formula[]): Formula {
  return { type: 'call', name, arguments: parts };
}

function split(tokens: readonly string[], separator: string): string[][] {
  const parts: string[][] = [[]];
  for (const token of tokens) {
    if (token === separator) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

/** The names of a formula's unknowns; `\pi`, `e` and `\infty` are none. */
export function unknowns(formula: Formula): Set<string> {
  const names = new Set<string>();
  const visit = (part: Formula): void => {
    switch (part.type) {
      case 'number':
        break;
      case 'symbol':
        if (!CONSTANTS.has(part.name)) names.add(part.name);
        break;
      case 'negate':
        visit(part.of);
        break;
      case 'call':
        part.arguments.forEach(visit);
        break;
      case 'matrix':
        for (const row of part.rows) row.forEach(visit);
        break;
      default:
        visit(part.left);
        visit(part.right);
    }
  };
  visit(formula);
  return names;
}

const CONSTANTS = new Set(['\\pi', 'e', '\\infty']);
