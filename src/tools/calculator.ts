import { ToolError } from '../core/errors.ts';
import type { Rational } from '../core/number.ts';
import { formatRational } from '../core/number.ts';
import type { Tool } from '../core/tool.ts';
import {
  add,
  divide,
  factorial,
  floor,
  fraction,
  greatestDivisor,
  leastMultiple,
  less,
  modulo,
  multiply,
  negate,
  power,
  squareRoot,
  subtract,
} from './rational-arithmetic.ts';

/** Longest expression, in characters; it is read in one pass. */
const EXPRESSION_CHARACTERS = 2_000;
const SHOWN_DECIMALS = 20;

/** Exact arithmetic as a tool: the model sends `{ "expression": … }` and reads the value. */
export function calculator(): Tool {
  return {
    name: 'calculator',
    description:
      'Computes an expression exactly: + - * / ^ ! %, parentheses, pi, e, sqrt, abs, floor, ceil, round, min, max, gcd, lcm. ' +
      'Numbers are written without separators, as in (3 + 4.5) * 2^10 / 7.',
    parameters: {
      type: 'object',
      properties: { expression: { type: 'string', maxLength: EXPRESSION_CHARACTERS } },
      required: ['expression'],
      additionalProperties: false,
    },
    reach: 'inside',
    outside: false,
    async call(input) {
      if (
        typeof input !== 'object' ||
        input === null ||
        !('expression' in input) ||
        typeof input.expression !== 'string'
      )
        throw new ToolError('The calculator needs {"expression": "<what to compute>"}');
      return calculate(input.expression);
    },
  };
}

/** The value of an expression in words: exact, with decimals where they say more. Throws ToolError for what has none. */
export function calculate(expression: string): string {
  if (expression.length > EXPRESSION_CHARACTERS)
    throw new ToolError(
      `The expression has ${expression.length} characters; at most ${EXPRESSION_CHARACTERS} are computed`,
    );
  const { value, exact } = new Reader(expression).read();
  const { text, whole } = decimals(value);
  if (!exact) return `≈ ${text}`;
  return value.denominator === 1n ? text : `${formatRational(value)} ${whole ? '=' : '≈'} ${text}`;
}

/** A number, and whether it is the exact one. */
interface Value {
  readonly value: Rational;
  readonly exact: boolean;
}

type Operator = '+' | '-' | '*' | '/' | 'mod' | '^' | 'negate';
/** An open parenthesis, and the function it belongs to. */
interface Open {
  readonly call: string; // empty for plain parentheses
  readonly values: number; // on the stack before it
}

const PRECEDENCE: Readonly<Record<Operator, number>> = {
  '+': 1,
  '-': 1,
  '*': 2,
  '/': 2,
  mod: 2,
  negate: 3,
  '^': 4,
};
const TOKEN =
  /\s*(?:(\d+(?:\.\d*)?(?:[eE][+-]?\d{1,3}(?![\d.]))?|\.\d+)|([A-Za-z]{1,20})|(\*\*|[-+*/^!%(),×·÷−]))/y;
const SAME: Readonly<Record<string, string>> = { '×': '*', '·': '*', '÷': '/', '−': '-', '**': '^' };
/** To 40 decimals. */
const CONSTANTS: ReadonlyMap<string, Rational> = new Map([
  ['pi', fraction(31415926535897932384626433832795028841972n, 10n ** 40n)],
  ['e', fraction(27182818284590452353602874713526624977572n, 10n ** 40n)],
]);

/** Functions by name: of one number, or of two and more from left to right. */
const OF_ONE: ReadonlyMap<string, (x: Rational) => Rational> = new Map([
  ['abs', (x) => (x.numerator < 0n ? negate(x) : x)],
  ['floor', floor],
  ['ceil', (x) => negate(floor(negate(x)))],
  ['round', (x) => floor(add(x, fraction(1n, 2n)))],
  ['sqrt', (x) => squareRoot(x).value],
]);
const OF_MANY: ReadonlyMap<string, (x: Rational, y: Rational) => Rational> = new Map([
  ['min', (x, y) => (less(y, x) ? y : x)],
  ['max', (x, y) => (less(x, y) ? y : x)],
  ['gcd', greatestDivisor],
  ['lcm', leastMultiple],
  ['mod', modulo],
]);

/** Shunting-yard over two stacks: one pass, and nesting costs no call stack. */
class Reader {
  readonly #text: string;
  readonly #values: Value[] = [];
  readonly #operators: (Operator | Open)[] = [];
  #at = 0;
  #wantsValue = true;

  constructor(text: string) {
    this.#text = text.trim();
  }

  read(): Value {
    while (this.#at < this.#text.length) {
      const [token, digits, word, sign] = this.#match(TOKEN) ?? [];
      if (token === undefined) this.#unexpected();
      const from = this.#at;
      this.#at += token.length;
      if (!fits(this.#wantsValue, digits ?? word, sign)) this.#unexpected(from);
      if (digits !== undefined) this.#number(digits);
      else if (word !== undefined) this.#word(word.toLowerCase());
      else this.#sign(SAME[sign as string] ?? (sign as string), from);
    }
    if (this.#wantsValue) throw new ToolError('The expression ends too early');
    if (this.#reduce(0)) throw new ToolError('A parenthesis is not closed');
    return this.#values[0] as Value;
  }

  #number(digits: string): void {
    const [, whole = '', part = '', exponent = '0'] = /^(\d*)\.?(\d*)(?:[eE](.+))?$/.exec(digits) ?? [];
    const value = fraction(BigInt(whole + part), 10n ** BigInt(part.length));
    this.#push(multiply(value, power(fraction(10n), fraction(BigInt(Number(exponent))))));
  }

  #word(word: string): void {
    const constant = CONSTANTS.get(word);
    if (constant) {
      this.#push(constant, false);
      return;
    }
    if (!OF_ONE.has(word) && !OF_MANY.has(word)) {
      const known = [...OF_ONE.keys(), ...OF_MANY.keys(), ...CONSTANTS.keys()].join(', ');
      throw new ToolError(`The calculator does not know ${JSON.stringify(word)}; it knows ${known}`);
    }
    const open = this.#match(/\s*\(/y);
    if (!open) throw new ToolError(`${word} needs its numbers in parentheses, as in ${word}(2)`);
    this.#at += open[0].length;
    this.#operators.push({ call: word, values: this.#values.length });
  }

  #sign(sign: string, from: number): void {
    // 7 % 3 is what is left of a division, 7 % alone a share of a hundred
    const binary = sign !== '%' || this.#match(/\s*[\d.A-Za-z(]/y) !== null;
    if (sign === '(') this.#operators.push({ call: '', values: this.#values.length });
    else if (sign === ')' || sign === ',') this.#close(sign, from);
    else if (sign === '!') this.#replace(factorial);
    else if (!binary) this.#replace((value) => divide(value, fraction(100n)));
    else if (!this.#wantsValue) this.#operator(sign === '%' ? 'mod' : (sign as Operator));
    else if (sign === '-') this.#operators.push('negate');
  }

  #operator(operator: Operator): void {
    // powers bind from the right: 2^3^2 is 2^9
    this.#reduce(PRECEDENCE[operator] + (operator === '^' ? 1 : 0));
    this.#operators.push(operator);
    this.#wantsValue = true;
  }

  #close(sign: string, from: number): void {
    const open = this.#reduce(0);
    if (sign === ',') {
      if (!open || open.call === '')
        throw new ToolError('A comma stands outside a function; write numbers without separators');
      this.#wantsValue = true;
      return;
    }
    if (!open) this.#unexpected(from);
    this.#operators.pop();
    if (open.call === '') return;
    const given = this.#values.splice(open.values);
    const [first] = given as [Value];
    const ofOne = OF_ONE.get(open.call);
    if (ofOne && given.length !== 1)
      throw new ToolError(`${open.call} takes one number, not ${given.length}`);
    if (!ofOne && given.length < 2) throw new ToolError(`${open.call} takes two numbers or more`);
    const value = ofOne
      ? ofOne(first.value)
      : given.map((one) => one.value).reduce(OF_MANY.get(open.call) as typeof modulo);
    const irrational = open.call === 'sqrt' && !squareRoot(first.value).exact;
    this.#push(value, !irrational && given.every(({ exact }) => exact));
  }

  /** Applies waiting operators down to a precedence, or to the nearest open parenthesis, which is returned. */
  #reduce(precedence: number): Open | undefined {
    for (let top = this.#operators.at(-1); top !== undefined; top = this.#operators.at(-1)) {
      if (typeof top === 'object') return top;
      if (PRECEDENCE[top] < precedence) return undefined;
      this.#operators.pop();
      if (top === 'negate') this.#replace(negate);
      else this.#apply(top);
    }
    return undefined;
  }

  #apply(operator: Exclude<Operator, 'negate'>): void {
    const right = this.#values.pop() as Value;
    const left = this.#values.pop() as Value;
    this.#push(BINARY[operator](left.value, right.value), left.exact && right.exact);
  }

  #replace(compute: (value: Rational) => Rational): void {
    const { value, exact } = this.#values.pop() as Value;
    this.#push(compute(value), exact);
  }

  #push(value: Rational, exact = true): void {
    this.#values.push({ value, exact });
    this.#wantsValue = false;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text);
  }

  #unexpected(at = this.#at): never {
    const rest = this.#text.slice(at).trimStart().slice(0, 20);
    throw new ToolError(`The expression is not understood at ${JSON.stringify(rest)}`);
  }
}

const BINARY: Readonly<Record<Exclude<Operator, 'negate'>, (a: Rational, b: Rational) => Rational>> = {
  '+': add,
  '-': subtract,
  '*': multiply,
  '/': divide,
  mod: modulo,
  '^': power,
};

/** Decimals as far as they are shown, rounded, and whether that is all of them. */
function decimals({ numerator, denominator }: Rational): { readonly text: string; readonly whole: boolean } {
  const scale = 10n ** BigInt(SHOWN_DECIMALS);
  const size = numerator < 0n ? -numerator : numerator;
  const scaled = (size * scale * 2n + denominator) / (denominator * 2n);
  const digits = String(scaled).padStart(SHOWN_DECIMALS + 1, '0');
  const part = digits.slice(-SHOWN_DECIMALS).replace(/0+$/, '');
  const text = `${numerator < 0n && scaled > 0n ? '-' : ''}${digits.slice(0, -SHOWN_DECIMALS)}${part && `.${part}`}`;
  return { text, whole: scaled * denominator === size * scale };
}

/** Whether a token may stand where a value is wanted, or where one has just been. */
function fits(wantsValue: boolean, value: string | undefined, sign = ''): boolean {
  if (value !== undefined || sign === '(') return wantsValue;
  return !wantsValue || /[-+−]/.test(sign);
}
