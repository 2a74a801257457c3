import type { FirstOrderTerm } from './first-order.ts';
import { termText } from './first-order.ts';
import type { Matrix, Sentence } from './skolem.ts';
import { substitute } from './skolem.ts';

/** A formula of propositional logic in negation normal form; an atom is a number from 1, negative where negated. */
export type Proposition =
  | { readonly kind: 'literal'; readonly literal: number }
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Proposition[] };

/** Numbers of ground atoms, shared by the instances of several sentences. */
export class Atoms {
  readonly #numbers = new Map<string, number>();
  readonly #atoms: { readonly predicate: string; readonly terms: readonly string[] }[] = [];

  get count(): number {
    return this.#atoms.length;
  }

  number(predicate: string, terms: readonly string[]): number {
    const key = JSON.stringify([predicate, ...terms]);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#atoms.push({ predicate, terms });
    this.#numbers.set(key, this.#atoms.length);
    return this.#atoms.length;
  }

  /** The atom of a number. */
  at(number: number): { readonly predicate: string; readonly terms: readonly string[] } {
    return this.#atoms[number - 1] as { predicate: string; terms: string[] };
  }
}

const TRUE: Proposition = { kind: 'all', parts: [] };
const FALSE: Proposition = { kind: 'any', parts: [] };

/** The instance of a sentence with one term for each of its variables. */
export function instanceOf(sentence: Sentence, terms: readonly FirstOrderTerm[], atoms: Atoms): Proposition {
  const values = new Map(sentence.variables.map((name, index) => [name, terms[index] as FirstOrderTerm]));
  const build = (matrix: Matrix): Proposition => {
    if (matrix.kind !== 'literal') return { kind: matrix.kind, parts: matrix.parts.map(build) };
    const texts = matrix.terms.map((term) => termText(substitute(term, values)));
    const known = knownComparison(matrix.predicate, texts);
    if (known !== undefined) return known === matrix.positive ? TRUE : FALSE;
    const number = atoms.number(matrix.predicate, texts);
    return { kind: 'literal', literal: matrix.positive ? number : -number };
  };
  return build(sentence.matrix);
}

const NUMBER = /^-?\d{1,30}(?:\.\d{1,30})?$/;

/** The truth of a comparison of two numbers; undefined for every other atom. */
export function knownComparison(predicate: string, terms: readonly string[]): boolean | undefined {
  const [left = '', right = ''] = terms;
  if (terms.length !== 2 || !NUMBER.test(left) || !NUMBER.test(right)) return undefined;
  const difference = Number(left) - Number(right);
  switch (predicate) {
    case '=':
      return difference === 0;
    case '<':
      return difference < 0;
    case '>':
      return difference > 0;
    case '≤':
      return difference <= 0;
    case '≥':
      return difference >= 0;
    default:
      return undefined;
  }
}
