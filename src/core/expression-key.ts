/** Terms of a sum, each a product: the factors above and below its line, as written. */
interface Product {
  readonly negative: boolean;
  readonly above: readonly string[];
  readonly below: readonly string[];
}

/** Parentheses within parentheses that are still looked into. */
const MOST_DEPTH = 64;

/**
 * One writing for expressions that differ only in the order of sums and products and in parentheses that change nothing:
 * `3*(5+2)-1` for `((2+5)*3)-1`. The numbers and the value stay the same. Undefined for what is not + - * / over numbers.
 */
export function expressionKey(expression: string): string | undefined {
  const tokens = expression.match(/\d+(?:\.\d+)?|\S/g) ?? [];
  let at = 0;
  let depth = 0;

  function sum(): Product[] | undefined {
    const terms: Product[] = [];
    do {
      const minus = at > 0 && tokens[at - 1] === '-' && terms.length > 0;
      const term = product();
      if (!term) return undefined;
      terms.push(...(minus ? term.map(negated) : term));
    } while (tokens[at] === '+' || tokens[at] === '-' ? ++at : false);
    return terms;
  }

  function product(): Product[] | undefined {
    let left = atom();
    while (left && (tokens[at] === '*' || tokens[at] === '/')) {
      const inverse = tokens[at++] === '/';
      const right = atom();
      left = right && [times(asProduct(left), inverse ? inverted(asProduct(right)) : asProduct(right))];
    }
    return left;
  }

  function atom(): Product[] | undefined {
    const token = tokens[at++] ?? '';
    if (/^\d/.test(token)) return [{ negative: false, above: [token], below: [] }];
    if ((token !== '-' && token !== '(') || ++depth > MOST_DEPTH) return undefined;
    const inner = token === '-' ? atom()?.map(negated) : sum();
    depth--;
    if (token === '(' && tokens[at++] !== ')') return undefined;
    return inner;
  }

  const terms = sum();
  return terms && at === tokens.length ? written(terms) : undefined;
}

function negated(product: Product): Product {
  return { ...product, negative: !product.negative };
}

function inverted({ negative, above, below }: Product): Product {
  return { negative, above: below, below: above };
}

function times(a: Product, b: Product): Product {
  return {
    negative: a.negative !== b.negative,
    above: [...a.above, ...b.above],
    below: [...a.below, ...b.below],
  };
}

/** A sum of several terms is one factor. */
function asProduct(terms: readonly Product[]): Product {
  const [only] = terms;
  return only && terms.length === 1 ? only : { negative: false, above: [`(${written(terms)})`], below: [] };
}

function written(terms: readonly Product[]): string {
  const texts = (sign: boolean): string[] =>
    terms
      .filter(({ negative }) => negative === sign)
      .map(({ above, below }) => [above.toSorted().join('*'), ...below.toSorted()].join('/'))
      .sort();
  return [texts(false).join('+'), ...texts(true)].join('-');
}
