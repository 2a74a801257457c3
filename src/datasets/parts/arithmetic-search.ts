/** A value that some of the numbers make, as an exact fraction, and how. */
interface Term {
  readonly numerator: number;
  readonly denominator: number; // never 0
  readonly text: string;
}

/** An expression over all the numbers, each used once, whose exact value is `target`; undefined when there is none. */
export function solveTarget(numbers: readonly number[], target: number): string | undefined {
  let solution: string | undefined;
  search(leaves(numbers), target, (text) => {
    solution = text.replace(/^\((.*)\)$/, '$1');
    return true;
  });
  return solution;
}

/** In how many ways pairs can be combined, one after the other, into `target`: the more, the easier the puzzle. */
export function waysToTarget(numbers: readonly number[], target: number): number {
  let ways = 0;
  search(leaves(numbers), target, () => {
    ways++;
    return false;
  });
  return ways;
}

function leaves(numbers: readonly number[]): readonly Term[] {
  return numbers.map((number) => ({ numerator: number, denominator: 1, text: String(number) }));
}

/** Depth first: replaces two terms by what they make, until one is left. Ends when `found` says it has enough. */
function search(terms: readonly Term[], target: number, found: (text: string) => boolean): boolean {
  if (terms.length === 1) {
    const only = terms[0] as Term;
    return only.numerator === target * only.denominator && found(only.text);
  }
  for (const [j, b] of terms.entries())
    for (const [i, a] of terms.slice(0, j).entries()) {
      const others = terms.filter((_, index) => index !== i && index !== j);
      for (const made of combinations(a, b)) if (search([...others, made], target, found)) return true;
    }
  return false;
}

function combinations(a: Term, b: Term): readonly Term[] {
  const term = (numerator: number, denominator: number, operator: string, left = a, right = b): Term => ({
    numerator,
    denominator,
    text: `(${left.text} ${operator} ${right.text})`,
  });
  const { numerator: an, denominator: ad } = a;
  const { numerator: bn, denominator: bd } = b;
  const made = [
    term(an * bd + bn * ad, ad * bd, '+'),
    term(an * bn, ad * bd, '*'),
    term(an * bd - bn * ad, ad * bd, '-'),
    term(bn * ad - an * bd, ad * bd, '-', b, a),
  ];
  if (bn !== 0) made.push(term(an * bd, ad * bn, '/'));
  if (an !== 0) made.push(term(bn * ad, bd * an, '/', b, a));
  return made;
}
