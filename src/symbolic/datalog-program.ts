import { ProgramError } from './program-error.ts';
import { MOST_PROGRAM_CHARACTERS } from './program-lines.ts';
import type { Atom, Comparison, Condition, Rule, Term } from './rules.ts';
import { variablesOf } from './rules.ts';
import { TokenReader, tokensOf } from './tokens.ts';

/** Rules and facts, and what is asked of their model. */
export interface DatalogProgram {
  readonly rules: readonly Rule[];
  readonly query: Atom;
}

const COMPARISONS: readonly Comparison[] = ['!=', '<=', '>=', '=', '<', '>'];
const SYMBOLS = [':-', '?-', ...COMPARISONS, '(', ')', ',', '.', '-'];

/** The query as a rule: its head `?` holds the values of the query's variables. */
export function askedRule(query: Atom): Rule {
  const terms = variablesOf(query.terms).map((variable) => ({ variable }));
  return { head: { predicate: '?', terms }, body: [{ kind: 'atom', atom: query }] };
}

/**
 * Reads Datalog: `ancestor(X, Z) :- parent(X, Y), ancestor(Y, Z).`, facts, `not p(X)` and comparisons in bodies, one query
 * `?- ancestor(ada, Who).` Variables begin with a capital or `_`. Throws ProgramError.
 */
export function readDatalog(text: string): DatalogProgram {
  if (text.length > MOST_PROGRAM_CHARACTERS)
    throw new ProgramError(
      `The program has ${text.length} characters; at most ${MOST_PROGRAM_CHARACTERS} are read`,
    );
  const reader = new TokenReader(tokensOf(text, { symbols: SYMBOLS, comment: '%' }));
  const rules: Rule[] = [];
  let query: Atom | undefined;
  let wildcards = 0;

  function term(): Term {
    const minus = reader.skip('-');
    const { kind, value } = reader.peek();
    if (kind === 'number') return { constant: `${minus ? '-' : ''}${reader.take().value}` };
    if (minus || (kind !== 'name' && kind !== 'text')) throw reader.unexpected('a variable or a constant');
    reader.take();
    if (kind === 'text' || !/^[\p{Lu}_]/u.test(value)) return { constant: value };
    return { variable: value === '_' ? `_${++wildcards}` : value };
  }

  function atom(): Atom {
    if (reader.peek().kind !== 'name') throw reader.unexpected('a predicate');
    const predicate = reader.take().value;
    const terms: Term[] = [];
    if (reader.skip('(')) {
      do terms.push(term());
      while (reader.skip(','));
      reader.expect(')', 'after the terms');
    }
    return { predicate, terms };
  }

  function condition(): Condition {
    const { kind, value } = reader.peek();
    const after = reader.peekAfter();
    if (kind === 'name' && value === 'not' && after.kind === 'name') {
      reader.take();
      return { kind: 'not', atom: atom() };
    }
    const compared = after.kind === 'symbol' && COMPARISONS.some((one) => one === after.value);
    if (kind === 'name' && !compared && !/^[\p{Lu}_]/u.test(value)) return { kind: 'atom', atom: atom() };
    const left = term();
    const operator = COMPARISONS.find((one) => reader.skip(one));
    if (!operator) throw reader.unexpected('a comparison');
    return { kind: 'compare', operator, left, right: term() };
  }

  while (reader.peek().kind !== 'end') {
    const { line } = reader.peek();
    if (reader.skip('?-')) {
      if (query) throw new ProgramError('there is a second query; ask one', line);
      query = atom();
    } else {
      const head = atom();
      const body: Condition[] = [];
      if (reader.skip(':-'))
        do body.push(condition());
        while (reader.skip(','));
      rules.push({ head, body, line });
    }
    reader.expect('.', 'at the end of the statement');
  }
  if (!query) throw new ProgramError('The program asks nothing; end it with ?- and an atom');
  return { rules, query };
}
