/**
 * Small random programs: urns, draws with and without replacement, dice, coins, and what is observed of them. A statement a
 * line, from top to bottom.
 */
import Fraction from 'fraction.js';
import type { Choose, GenerativeModel, Outcome, Value } from './generative-model.ts';
import { ProgramError } from './program-error.ts';
import type { ProgramLine } from './program-lines.ts';
import { cut } from './program-lines.ts';
import { TokenReader, tokensOf } from './tokens.ts';

type State = Map<string, Value>;
type Urns = Map<string, Map<Value, number>>;
type Evaluate = (state: ReadonlyMap<string, Value>) => Value;
type Statement = (state: State, urns: Urns, choose: Choose) => boolean; // false: an observation is broken

/** Things in one urn, sides of one die. */
const MOST_THINGS = 1_000_000;
const MOST_SIDES = 10_000;
const MOST_DEPTH = 100;
const SYMBOLS = [
  '==',
  '!=',
  '<=',
  '>=',
  '..',
  '<',
  '>',
  '=',
  '~',
  '+',
  '-',
  '*',
  '/',
  '(',
  ')',
  '[',
  ']',
  ',',
  ':',
  '|',
  '%',
  '¬',
];

/** A reader of the tokens of one line. */
export function probabilityReader(text: string, line: number): TokenReader {
  return new TokenReader(tokensOf(text, { symbols: SYMBOLS, line }));
}

/** Reads the statements of a random program. Throws ProgramError. */
export function readUrnProgram(lines: readonly ProgramLine[]): GenerativeModel {
  const statements = lines.map(readStatement);
  return (choose) => {
    const state: State = new Map();
    const urns: Urns = new Map();
    for (const statement of statements) if (!statement(state, urns, choose)) return undefined;
    return state;
  };
}

function readStatement({ text, line }: ProgramLine): Statement {
  const reader = probabilityReader(text, line);
  const { kind, value } = reader.peek();
  if (kind !== 'name') throw reader.unexpected('a name, urn or observe');
  reader.take();
  const statement =
    value === 'urn' && reader.peek().kind === 'name'
      ? readUrn(reader)
      : value === 'observe'
        ? readObservation(reader, line)
        : readDefinition(value, reader, line);
  reader.end(`"${cut(text)}"`);
  return statement;
}

/** `urn bag = red: 3, blue: 5` */
function readUrn(reader: TokenReader): Statement {
  const name = reader.take().value;
  reader.expect('=', 'after the name of the urn');
  const contents = new Map<Value, number>();
  do {
    const thing = readValue(reader);
    reader.expect(':', 'between a thing and its number');
    const count = Number(reader.take().value);
    if (!Number.isInteger(count) || count < 0 || count > MOST_THINGS)
      throw new ProgramError(`urn ${name} does not say how many ${thing} it holds`, reader.peek().line);
    contents.set(thing, count);
  } while (reader.skip(','));
  return (_state, urns) => {
    urns.set(name, new Map(contents));
    return true;
  };
}

function readObservation(reader: TokenReader, line: number): Statement {
  const condition = readCondition(reader, line);
  return (state) => condition(state) === 'true';
}

/** `a, b ~ draw(bag)`, `die ~ uniform(1..6)` or `total = a + b`. */
function readDefinition(first: string, reader: TokenReader, line: number): Statement {
  const names = [first];
  while (reader.skip(',')) names.push(reader.take().value);
  if (reader.skip('=')) {
    if (names.length > 1) throw new ProgramError('only one name can be defined with "="', line);
    const value = readCondition(reader, line);
    return (state) => {
      state.set(first, value(state));
      return true;
    };
  }
  reader.expect('~', 'or "=" after the name');
  const distribution = readDistribution(reader, line);
  return (state, urns, choose) => {
    for (const name of names) {
      const { outcomes, taken } = distribution(state, urns);
      const value = choose(name, outcomes);
      state.set(name, value);
      taken?.(value);
    }
    return true;
  };
}

type Distribution = (
  state: ReadonlyMap<string, Value>,
  urns: Urns,
) => { readonly outcomes: readonly Outcome[]; readonly taken?: (value: Value) => void };

function readDistribution(reader: TokenReader, line: number): Distribution {
  const { value } = reader.take();
  if (value === 'if') {
    const condition = readCondition(reader, line);
    expectWord(reader, 'then');
    const yes = readDistribution(reader, line);
    expectWord(reader, 'else');
    const no = readDistribution(reader, line);
    return (state, urns) => (condition(state) === 'true' ? yes : no)(state, urns);
  }
  reader.expect('(', `after ${cut(value)}`);
  const distribution = readArguments(value, reader, line);
  reader.expect(')', `at the end of ${cut(value)}`);
  return distribution;
}

function readArguments(name: string, reader: TokenReader, line: number): Distribution {
  switch (name) {
    case 'flip': {
      const probability = readNumber(reader);
      checkProbability(probability, line);
      const outcomes = [
        { value: 'true', probability },
        { value: 'false', probability: new Fraction(1).sub(probability) },
      ];
      return () => ({ outcomes });
    }
    case 'uniform': {
      const values: Value[] = [readValue(reader)];
      if (reader.skip('..')) {
        const [from, to] = [Number(values.pop()), Number(readValue(reader))];
        if (!(to - from < MOST_SIDES))
          throw new ProgramError(`uniform gives at most ${MOST_SIDES} values`, line);
        for (let value = from; value <= to; value++) values.push(value);
      } else while (reader.skip(',')) values.push(readValue(reader));
      if (values.length === 0) throw new ProgramError('uniform needs at least one value', line);
      const outcomes = values.map((value) => ({ value, probability: new Fraction(1, values.length) }));
      return () => ({ outcomes });
    }
    case 'choose': {
      const outcomes: Outcome[] = [];
      do {
        const value = readValue(reader);
        reader.expect(':', 'between a value and its probability');
        outcomes.push({ value, probability: readNumber(reader) });
      } while (reader.skip(','));
      for (const { probability } of outcomes) checkProbability(probability, line);
      const total = outcomes.reduce((sum, one) => sum.add(one.probability), new Fraction(0));
      if (!total.equals(1))
        throw new ProgramError(`the probabilities sum to ${total.toFraction()}, not to 1`, line);
      return () => ({ outcomes });
    }
    case 'draw': {
      const urn = reader.take().value;
      const returns = reader.skip(',') && reader.take().value;
      if (returns && returns !== 'replace')
        throw new ProgramError(`draw knows "replace", not "${cut(returns)}"`, line);
      return (_state, urns) => drawFrom(urns.get(urn), urn, returns === 'replace', line);
    }
    default:
      throw new ProgramError(
        `there is no distribution ${cut(name)}; there are flip, uniform, choose and draw`,
        line,
      );
  }
}

function drawFrom(contents: Map<Value, number> | undefined, urn: string, returns: boolean, line: number) {
  if (!contents) throw new ProgramError(`there is no urn ${cut(urn)}`, line);
  const total = [...contents.values()].reduce((sum, count) => sum + count, 0);
  if (total === 0) throw new ProgramError(`urn ${urn} is empty when it is drawn from`, line);
  return {
    outcomes: [...contents].map(([value, count]) => ({ value, probability: new Fraction(count, total) })),
    taken: (value: Value) => {
      if (!returns) contents.set(value, (contents.get(value) ?? 0) - 1);
    },
  };
}

function checkProbability(probability: Fraction, line: number): void {
  if (probability.compare(0) < 0 || probability.compare(1) > 0)
    throw new ProgramError(`${probability.toString()} is no probability`, line);
}

/** A decimal, a percentage or a fraction. */
export function readNumber(reader: TokenReader): Fraction {
  const minus = reader.skip('-');
  const { kind, value } = reader.peek();
  if (kind !== 'number') throw reader.unexpected('a number');
  reader.take();
  let number = new Fraction(value);
  if (reader.peek().value === '/' && reader.peekAfter().kind === 'number') {
    reader.take();
    const below = new Fraction(reader.take().value);
    if (below.equals(0)) throw reader.unexpected('a number that is not divided by 0');
    number = number.div(below);
  }
  if (reader.skip('%')) number = number.div(100);
  return minus ? number.neg() : number;
}

/** A word or a whole number. */
export function readValue(reader: TokenReader): Value {
  const minus = reader.skip('-');
  const { kind, value } = reader.peek();
  if (kind === 'symbol' || kind === 'end') throw reader.unexpected('a value');
  reader.take();
  if (kind !== 'number') return value;
  return minus ? -Number(value) : Number(value);
}

function expectWord(reader: TokenReader, word: string): void {
  if (reader.peek().value !== word) throw reader.unexpected(word);
  reader.take();
}

/** Reads a condition or a sum over the variables; a name that is no variable when it is asked for stands for itself. */
export function readCondition(reader: TokenReader, line: number, depth = 0): Evaluate {
  if (depth > MOST_DEPTH) throw new ProgramError(`the expression nests deeper than ${MOST_DEPTH}`, line);
  const word = (name: string) => {
    const found = reader.peek().kind === 'name' && reader.peek().value === name;
    if (found) reader.take();
    return found;
  };
  const truth = (value: boolean): Value => (value ? 'true' : 'false');

  function disjunction(): Evaluate {
    const parts = [conjunction()];
    while (word('or')) parts.push(conjunction());
    if (parts.length === 1) return parts[0] as Evaluate;
    return (state) => truth(parts.some((part) => part(state) === 'true'));
  }
  function conjunction(): Evaluate {
    const parts = [negation()];
    while (word('and')) parts.push(negation());
    if (parts.length === 1) return parts[0] as Evaluate;
    return (state) => truth(parts.every((part) => part(state) === 'true'));
  }
  function negation(): Evaluate {
    let negations = 0;
    while (word('not') || reader.skip('¬')) negations++;
    const of = comparison();
    return negations % 2 === 1 ? (state) => truth(of(state) !== 'true') : of;
  }
  function comparison(): Evaluate {
    const left = total();
    for (const symbol of ['==', '=', '!=', '<=', '>=', '<', '>'])
      if (reader.skip(symbol)) {
        const right = total();
        return (state) => truth(compare(symbol, left(state), right(state), line));
      }
    return left;
  }
  function total(): Evaluate {
    let left = factor();
    for (;;) {
      const symbol = ['+', '-', '*'].find((one) => reader.skip(one));
      if (symbol === undefined) return left;
      const [before, after] = [left, factor()];
      left = (state) => {
        const [a, b] = [numeric(before(state), line), numeric(after(state), line)];
        return symbol === '+' ? a + b : symbol === '-' ? a - b : a * b;
      };
    }
  }
  function factor(): Evaluate {
    if (reader.skip('(')) {
      const inner = readCondition(reader, line, depth + 1);
      reader.expect(')', 'after the expression');
      return inner;
    }
    const value = readValue(reader);
    return typeof value === 'number' ? () => value : (state) => state.get(value) ?? value;
  }
  return disjunction();
}

function compare(symbol: string, left: Value, right: Value, line: number): boolean {
  if (symbol === '==' || symbol === '=') return left === right;
  if (symbol === '!=') return left !== right;
  const [a, b] = [numeric(left, line), numeric(right, line)];
  return symbol === '<' ? a < b : symbol === '<=' ? a <= b : symbol === '>' ? a > b : a >= b;
}

function numeric(value: Value, line: number): number {
  if (typeof value === 'number') return value;
  throw new ProgramError(`${cut(value)} is no number`, line);
}
