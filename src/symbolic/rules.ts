/** A variable or a constant. Constants are equal when their texts are. */
export type Term = { readonly variable: string } | { readonly constant: string };

export interface Atom {
  readonly predicate: string;
  readonly terms: readonly Term[];
}

/** An atom without variables. */
export interface Fact {
  readonly predicate: string;
  readonly values: readonly string[];
}

export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>=';

/** One condition of a rule. */
export type Condition =
  | { readonly kind: 'atom'; readonly atom: Atom }
  | { readonly kind: 'not'; readonly atom: Atom } // negation as failure
  | {
      readonly kind: 'compare';
      readonly operator: Comparison;
      readonly left: Term;
      readonly right: Term;
    };

/** Where all conditions hold, the head holds. A rule without conditions states a fact. */
export interface Rule {
  readonly head: Atom;
  readonly body: readonly Condition[];
  readonly line?: number;
}

/** Whether a comparison of two constants holds. An order is one of whole numbers; between other constants none holds. */
export function compares(operator: Comparison, left: string, right: string): boolean {
  if (operator === '=') return left === right;
  if (operator === '!=') return left !== right;
  if (!WHOLE.test(left) || !WHOLE.test(right)) return false;
  const [a, b] = [BigInt(left), BigInt(right)];
  switch (operator) {
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    default:
      return operator satisfies never;
  }
}

const WHOLE = /^-?\d{1,100}$/;

/** The variables of terms, each once. */
export function variablesOf(terms: readonly Term[]): string[] {
  return [...new Set(terms.flatMap((term) => ('variable' in term ? [term.variable] : [])))];
}

/** The terms of a condition. */
export function termsOf(condition: Condition): readonly Term[] {
  return condition.kind === 'compare' ? [condition.left, condition.right] : condition.atom.terms;
}

/** A name of a predicate with its number of terms: two of one name and another number are two predicates. */
export function signature(atom: Atom | Fact): string {
  const length = 'terms' in atom ? atom.terms.length : atom.values.length;
  return `${atom.predicate}/${length}`;
}

export function factText({ predicate, values }: Fact): string {
  return values.length === 0 ? predicate : `${predicate}(${values.map(constantText).join(', ')})`;
}

export function ruleText({ head, body }: Rule): string {
  const conditions = body.map(conditionText).join(', ');
  return `${atomText(head)}${conditions === '' ? '' : ` :- ${conditions}`}.`;
}

function atomText({ predicate, terms }: Atom): string {
  return terms.length === 0 ? predicate : `${predicate}(${terms.map(termText).join(', ')})`;
}

function conditionText(condition: Condition): string {
  if (condition.kind === 'atom') return atomText(condition.atom);
  if (condition.kind === 'not') return `not ${atomText(condition.atom)}`;
  return `${termText(condition.left)} ${condition.operator} ${termText(condition.right)}`;
}

function termText(term: Term): string {
  return 'variable' in term ? term.variable : constantText(term.constant);
}

/** As Datalog writes it: quoted unless it is a number or begins with a small letter. */
function constantText(constant: string): string {
  return /^(?:-?\d+|\p{Ll}[\p{L}\p{N}_]*)$/u.test(constant) ? constant : `"${constant}"`;
}
