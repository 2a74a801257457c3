/** The meaning of SMT-LIB terms, for checks: exact numbers, truth values, functions given by definitions. */
import Fraction from 'fraction.js';
import type { SExpression } from './s-expressions.ts';

export type SmtValue = Fraction | boolean | string; // text: an element of a declared sort

/** A function with its parameters; a constant has none. */
export interface Definition {
  readonly parameters: readonly string[];
  readonly body: SExpression;
}

/** The check cannot follow the term: quantifiers, division, bit vectors, strings. */
export class BeyondError extends RangeError {}

/** Steps of one evaluation. */
const MOST_STEPS = 200_000;
const NUMBER = /^\d{1,1000}(?:\.\d{1,1000})?$/;

/** What no definition may change. */
const BUILT_IN = new Set('not and or xor => = distinct < <= > >= + * - abs to_real / true false'.split(' '));

/** Reads `define-fun` commands. */
export function definitionsOf(commands: readonly SExpression[]): Map<string, Definition> {
  const definitions = new Map<string, Definition>();
  for (const command of commands) {
    if (!Array.isArray(command) || command[0] !== 'define-fun' || command.length !== 5) continue;
    const [, name, parameters, , body] = command as SExpression[];
    const names = Array.isArray(parameters)
      ? parameters.map((one) => String(Array.isArray(one) ? one[0] : one))
      : [];
    definitions.set(String(name), { parameters: names, body: body as SExpression });
  }
  return definitions;
}

/** The value of a term. Throws BeyondError for what is not known here. */
export function evaluateSmt(term: SExpression, definitions: ReadonlyMap<string, Definition>): SmtValue {
  let steps = 0;
  const evaluate = (one: SExpression, scope: ReadonlyMap<string, SmtValue>): SmtValue => {
    if (++steps > MOST_STEPS) throw new BeyondError(`The term needs more than ${MOST_STEPS} steps`);
    if (typeof one === 'string') {
      const local = scope.get(one);
      if (local !== undefined) return local;
      if (one === 'true' || one === 'false') return one === 'true';
      if (NUMBER.test(one)) return new Fraction(one);
      const definition = definitions.get(one);
      if (definition) return evaluate(definition.body, new Map());
      return one; // an element of a declared sort names itself
    }
    const [head, ...parts] = one;
    if (head === 'let') {
      const inner = new Map(scope);
      for (const pair of parts[0] as readonly SExpression[][])
        inner.set(String(pair[0]), evaluate(pair[1] as SExpression, scope));
      return evaluate(parts[1] as SExpression, inner);
    }
    if (head === 'ite')
      return evaluate(
        (truth(evaluate(parts[0] as SExpression, scope)) ? parts[1] : parts[2]) as SExpression,
        scope,
      );
    if (typeof head !== 'string' || head === 'forall' || head === 'exists' || head === 'as')
      throw new BeyondError('The check does not follow quantifiers');
    const values = parts.map((part) => evaluate(part, scope));
    const definition = BUILT_IN.has(head) ? undefined : definitions.get(head);
    if (definition)
      return evaluate(
        definition.body,
        new Map(definition.parameters.map((name, index) => [name, values[index] as SmtValue])),
      );
    return apply(head, values);
  };
  return evaluate(term, new Map());
}

function apply(head: string, values: readonly SmtValue[]): SmtValue {
  const numbers = () => values.map(number);
  const pairs = (test: (a: Fraction, b: Fraction) => boolean) => {
    const all = numbers();
    return all.every((value, index) => index === 0 || test(all[index - 1] as Fraction, value));
  };
  const [first] = values;
  switch (head) {
    case 'not':
      return !truth(first as SmtValue);
    case 'and':
      return values.every(truth);
    case 'or':
      return values.some(truth);
    case 'xor':
      return values.filter(truth).length % 2 === 1;
    case '=>':
      return truth(values.at(-1) as SmtValue) || !values.slice(0, -1).every(truth);
    case '=':
      return values.every((value) => same(value, first as SmtValue));
    case 'distinct':
      return values.every((value, index) => values.findIndex((other) => same(value, other)) === index);
    case '<':
      return pairs((a, b) => a.compare(b) < 0);
    case '<=':
      return pairs((a, b) => a.compare(b) <= 0);
    case '>':
      return pairs((a, b) => a.compare(b) > 0);
    case '>=':
      return pairs((a, b) => a.compare(b) >= 0);
    case '+':
      return numbers().reduce((sum, value) => sum.add(value));
    case '*':
      return numbers().reduce((product, value) => product.mul(value));
    case '-':
      return values.length === 1
        ? number(first as SmtValue).neg()
        : numbers().reduce((left, value) => left.sub(value));
    case 'abs':
      return number(first as SmtValue).abs();
    case 'to_real':
      return number(first as SmtValue);
    case '/': {
      const [above, below] = numbers() as [Fraction, Fraction];
      if (below.equals(0)) throw new BeyondError('The check does not divide by 0');
      return above.div(below);
    }
    default:
      throw new BeyondError(`The check does not know ${head.slice(0, 50)}`);
  }
}

function same(left: SmtValue, right: SmtValue): boolean {
  return left instanceof Fraction && right instanceof Fraction ? left.equals(right) : left === right;
}

export function truth(value: SmtValue): boolean {
  if (typeof value === 'boolean') return value;
  throw new BeyondError('A truth value was expected');
}

function number(value: SmtValue): Fraction {
  if (value instanceof Fraction) return value;
  throw new BeyondError('A number was expected');
}
