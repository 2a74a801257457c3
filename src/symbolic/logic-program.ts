import { ProgramError } from './program-error.ts';
import type { ProgramLine } from './program-lines.ts';
import { cut, programSections } from './program-lines.ts';
import type { Atom, Condition, Fact, Rule, Term } from './rules.ts';
import { signature } from './rules.ts';
import { TokenReader, tokensOf } from './tokens.ts';

/**
 * Facts and rules over signed literals and a question about one. In an open world what does not follow is unknown; in a
 * closed one it is false, and a negative condition asks for that.
 */
export interface LogicProgram {
  readonly world: 'open' | 'closed';
  readonly rules: readonly Rule[];
  /** The asked fact and its opposite, as predicates of the rules name them. */
  readonly query: Fact;
  readonly opposite: Fact;
  /** The statement behind each rule, in the author's words where there are some. */
  readonly sources: readonly string[];
}

/** An atom with its truth value. */
interface Literal {
  readonly atom: Atom;
  readonly positive: boolean;
}

const SECTIONS = ['World', 'Predicates', 'Facts', 'Rules', 'Query'] as const;
const SYMBOLS = ['&&', '>>>', '->', '→', '∧', '!', '¬', '(', ')', ',', '-'];
/** Before the name of a predicate: the literal is negative. No name of a program can begin with it. */
const NEGATIVE = '¬';

/**
 * Reads the grammar of Logic-LM for logic programs (Pan et al. 2023, arXiv:2305.12295): sections Predicates, Facts, Rules
 * and Query; literals end in `True` or `False`; `&&` joins conditions and `>>>` leads to the conclusions. Throws ProgramError.
 */
export function readLogicProgram(text: string): LogicProgram {
  const sections = programSections(text, SECTIONS, ['World', 'Predicates', 'Facts', 'Rules']);
  const world = readWorld(sections.World);
  const declared = declaredPredicates(sections.Predicates);
  const rules: Rule[] = [];
  const sources: string[] = [];
  const add = (rule: Rule, { text: statement, note }: ProgramLine) => {
    if (world === 'closed' && rule.head.predicate.startsWith(NEGATIVE))
      throw new ProgramError(
        `"${cut(statement)}" concludes something false, but in a closed world only what is true is stated`,
        rule.line,
      );
    rules.push(rule);
    sources.push(note ?? statement);
  };
  for (const statement of sections.Facts) {
    const reader = readerOf(statement);
    const { atom, positive } = literal(reader, declared);
    reader.end('the fact');
    for (const term of atom.terms)
      if ('variable' in term)
        throw new ProgramError(
          `the fact "${cut(statement.text)}" has the variable ${term.variable}`,
          statement.line,
        );
    add({ head: signed(atom, positive), body: [], line: statement.line }, statement);
  }
  for (const statement of sections.Rules) {
    const reader = readerOf(statement);
    const conditions = literals(reader, declared);
    if (!['>>>', '->', '→'].some((arrow) => reader.skip(arrow))) throw reader.unexpected('"&&" or ">>>"');
    const conclusions = literals(reader, declared);
    reader.end('the rule');
    const body = conditions.map(
      ({ atom, positive }): Condition =>
        world === 'closed' && !positive
          ? { kind: 'not', atom }
          : { kind: 'atom', atom: signed(atom, positive) },
    );
    for (const { atom, positive } of conclusions)
      add({ head: signed(atom, positive), body, line: statement.line }, statement);
  }
  const [asked, second] = sections.Query;
  if (!asked) throw new ProgramError('The section Query: is empty; ask about one literal');
  if (second) throw new ProgramError('the query has a second statement; ask about one literal', second.line);
  const reader = readerOf(asked);
  const { atom, positive } = literal(reader, declared);
  reader.end('the query');
  const fact = (sign: boolean): Fact => {
    const { predicate, terms } = signed(atom, sign);
    return {
      predicate,
      values: terms.map((term) => {
        if ('constant' in term) return term.constant;
        throw new ProgramError(
          `the query has the variable ${term.variable}; ask about one thing`,
          asked.line,
        );
      }),
    };
  };
  return { world, rules, sources, query: fact(positive), opposite: fact(!positive) };
}

function readWorld([line]: readonly ProgramLine[]): 'open' | 'closed' {
  const said = line?.text.toLowerCase() ?? 'open';
  if (said !== 'open' && said !== 'closed')
    throw new ProgramError(`the world is "${cut(said)}"; write open or closed`, line?.line);
  return said;
}

/** Numbers of terms by name. Only those that were declared are checked: models forget declarations more than they misuse them. */
function declaredPredicates(lines: readonly ProgramLine[]): ReadonlyMap<string, ReadonlySet<string>> {
  const declared = new Map<string, Set<string>>();
  for (const line of lines) {
    const reader = readerOf(line);
    const { atom } = rawLiteral(reader);
    reader.end('the predicate');
    const known = declared.get(atom.predicate) ?? new Set();
    declared.set(atom.predicate, known.add(signature({ ...atom, terms: withoutTruth(atom.terms) })));
  }
  return declared;
}

function readerOf({ text, line }: ProgramLine): TokenReader {
  return new TokenReader(tokensOf(text, { symbols: SYMBOLS, line }));
}

function literals(reader: TokenReader, declared: ReadonlyMap<string, ReadonlySet<string>>): Literal[] {
  const found = [literal(reader, declared)];
  while (reader.skip('&&') || reader.skip('∧')) found.push(literal(reader, declared));
  return found;
}

function literal(reader: TokenReader, declared: ReadonlyMap<string, ReadonlySet<string>>): Literal {
  const { line } = reader.peek();
  const { atom, negations } = rawLiteral(reader);
  const last = atom.terms.at(-1);
  const truth = last && 'constant' in last ? last.constant.toLowerCase() : undefined;
  const bare = { predicate: atom.predicate, terms: withoutTruth(atom.terms) };
  const known = declared.get(atom.predicate);
  if (known && !known.has(signature(bare)))
    throw new ProgramError(
      `${atom.predicate} is used with ${bare.terms.length} terms, but declared as ${[...known].join(', ')}`,
      line,
    );
  return { atom: bare, positive: (truth === 'false') === (negations % 2 === 1) };
}

/** The terms before the truth value, or before the word `bool` of a declaration. */
function withoutTruth(terms: readonly Term[]): readonly Term[] {
  const last = terms.at(-1);
  const isTruth =
    last && 'constant' in last && ['true', 'false', 'bool'].includes(last.constant.toLowerCase());
  return isTruth ? terms.slice(0, -1) : terms;
}

function rawLiteral(reader: TokenReader): { readonly atom: Atom; readonly negations: number } {
  let negations = 0;
  while (reader.skip('!') || reader.skip('¬')) negations++;
  if (reader.peek().kind !== 'name') throw reader.unexpected('a predicate');
  const predicate = reader.take().value;
  const terms: Term[] = [];
  reader.expect('(', `after ${predicate}`);
  do {
    const minus = reader.skip('-');
    const { kind, value } = reader.peek();
    if (kind === 'symbol' || kind === 'end') throw reader.unexpected('a term');
    reader.take();
    const isVariable = kind === 'name' && value.startsWith('$');
    terms.push(isVariable ? { variable: value } : { constant: `${minus ? '-' : ''}${value}` });
  } while (reader.skip(','));
  reader.expect(')', 'after the terms');
  return { atom: { predicate, terms }, negations };
}

function signed({ predicate, terms }: Atom, positive: boolean): Atom {
  return { predicate: positive ? predicate : `${NEGATIVE}${predicate}`, terms };
}
