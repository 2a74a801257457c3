/**
 * Datalog: every consequence of rules and facts, with stratified negation. Semi-naive evaluation (Balbin and
 * Ramamohanarao 1987): a round joins what the last round added with everything else. Each fact keeps the rule and the
 * facts that first gave it, so that its derivation can be shown.
 */
import type { DerivationStep } from './derivation.ts';
import type { PlannedCondition } from './join-plan.ts';
import { checkSafety, planJoin } from './join-plan.ts';
import { ProgramError } from './program-error.ts';
import { Relation } from './relation.ts';
import type { Atom, Fact, Rule, Term } from './rules.ts';
import { compares, factText, signature } from './rules.ts';
import { stratify } from './stratify.ts';

/** More facts than this are refused: they would fill the memory of any machine we run on. */
export const MOST_FACTS = 20_000_000;

/** The least model of the rules, stratum by stratum. */
export interface DatalogModel {
  readonly facts: number;
  has(fact: Fact): boolean;
  /** The facts of a predicate in the order they were found. */
  rows(predicate: string, arity: number): IterableIterator<readonly string[]>;
  /**
   * Steps that lead to a fact, premises first; undefined when it does not hold. Absent fact: the whole model. Conditions
   * under `not` and comparisons appear in no step: they are true of the whole model.
   */
  derivation(fact?: Fact): readonly DerivationStep[] | undefined;
}

interface Table {
  readonly predicate: string;
  readonly relation: Relation;
  old: number; // rows before the last round
  seen: number; // rows that this round may use
}

/** Computes the model. Throws ProgramError for unsafe or unstratified rules and for more than `MOST_FACTS` facts. */
export function datalog(rules: readonly Rule[]): DatalogModel {
  for (const rule of rules) checkSafety(rule);
  const constants = new Map<string, number>();
  const texts: string[] = [];
  const code = (constant: string): number => {
    const known = constants.get(constant);
    if (known !== undefined) return known;
    constants.set(constant, texts.length);
    texts.push(constant);
    return texts.length - 1;
  };
  const tables = new Map<string, Table>();
  const table = (name: string, arity: number): Table => {
    const key = `${name}/${arity}`;
    let found = tables.get(key);
    if (!found) {
      found = { predicate: name, relation: new Relation(arity), old: 0, seen: 0 };
      tables.set(key, found);
    }
    return found;
  };
  const tableOf = (atom: Atom) => table(atom.predicate, atom.terms.length);
  const reasons = new Reasons();
  const ruleNumbers = new Map(rules.map((rule, index) => [rule, index]));
  let facts = 0;

  function add(to: Table, values: ArrayLike<number>, rule: number, premises: ArrayLike<number>): void {
    if (!to.relation.add(values, reasons.size)) return;
    reasons.push(rule, premises);
    if (++facts > MOST_FACTS)
      throw new ProgramError(`The rules give more than ${MOST_FACTS} facts; narrow them down`);
  }

  const values = (terms: readonly Term[], slots: ReadonlyMap<string, number>) =>
    terms.map((term) =>
      'variable' in term ? -1 - (slots.get(term.variable) as number) : code(term.constant),
    );

  /**
   * A rule as a chain of loops, one a condition. `delta` is the place that takes only what the last round added; the places
   * in `growing` before it take older rows only, so that no combination is joined twice.
   */
  function compile(rule: Rule, delta?: number, growing: readonly number[] = []): () => void {
    const { order } = planJoin(rule, delta);
    const slots = new Map<string, number>();
    for (const { condition } of order)
      if (condition.kind === 'atom')
        for (const term of condition.atom.terms)
          if ('variable' in term && !slots.has(term.variable)) slots.set(term.variable, slots.size);
    const registers = new Int32Array(slots.size);
    const positives = rule.body.flatMap(({ kind }, place) => (kind === 'atom' ? [place] : []));
    const premises = new Int32Array(positives.length);
    const read = (value: number): number => (value < 0 ? (registers[-1 - value] as number) : value);
    const number = ruleNumbers.get(rule) as number;
    const head = values(rule.head.terms, slots);
    const headTable = tableOf(rule.head);
    const row = new Int32Array(head.length);
    let next: () => void = () => {
      for (let place = 0; place < head.length; place++) row[place] = read(head[place] as number);
      add(headTable, row, number, premises);
    };
    for (const planned of order.toReversed()) next = step(planned, next);
    return next;

    function step({ condition, place, bound }: PlannedCondition, then: () => void): () => void {
      if (condition.kind === 'compare') {
        const [left = 0, right = 0] = values([condition.left, condition.right], slots);
        const { operator } = condition;
        return () => {
          if (compares(operator, texts[read(left)] as string, texts[read(right)] as string)) then();
        };
      }
      const { relation } = tableOf(condition.atom);
      const terms = values(condition.atom.terms, slots);
      if (condition.kind === 'not') {
        const key = new Int32Array(terms.length);
        return () => {
          for (let at = 0; at < terms.length; at++) key[at] = read(terms[at] as number);
          if (relation.find(key) < 0) then();
        };
      }
      const own = tableOf(condition.atom);
      const premise = positives.indexOf(place);
      const known = condition.atom.terms.flatMap((term, column) =>
        'constant' in term || bound.has(term.variable) ? [column] : [],
      );
      const rest = terms.flatMap((value, column) => (known.includes(column) ? [] : [{ column, value }]));
      /** Takes a row's values into the registers; a variable that comes twice must come with one value. */
      const first = rest.filter(({ value }, index) => rest.findIndex((one) => one.value === value) === index);
      const again = rest.filter((one) => !first.includes(one));
      const arity = terms.length;
      const visit = (at: number) => {
        const { data } = relation;
        const base = at * arity;
        for (const { column, value } of first) registers[-1 - value] = data[base + column] as number;
        for (const { column, value } of again) if (registers[-1 - value] !== data[base + column]) return;
        premises[premise] = at;
        then();
      };
      const older = delta !== undefined && place < delta && growing.includes(place);
      const from = () => (place === delta ? own.old : 0);
      const to = () => (older ? own.old : own.seen);
      if (known.length === 0)
        return () => {
          const end = to();
          for (let at = from(); at < end; at++) visit(at);
        };
      const index = relation.index(known);
      const key = new Int32Array(known.length);
      return () => {
        for (let at = 0; at < known.length; at++) key[at] = read(terms[known[at] as number] as number);
        const least = from();
        const end = to();
        for (let at = index.first(key); at >= least; at = index.next(at)) if (at < end) visit(at);
      };
    }
  }

  const none = new Int32Array(0);
  for (const rule of rules)
    for (const atom of [rule.head, ...rule.body.flatMap((one) => (one.kind === 'compare' ? [] : [one.atom]))])
      tableOf(atom);
  for (const rule of rules)
    if (rule.body.length === 0)
      add(tableOf(rule.head), values(rule.head.terms, new Map()), ruleNumbers.get(rule) as number, none);
  for (const stratum of stratify(rules)) {
    const own = [...tables.entries()].filter(([key]) => stratum.predicates.has(key)).map(([, one]) => one);
    const recursive: (() => void)[] = [];
    for (const one of tables.values()) one.seen = one.relation.count;
    for (const one of own) one.old = 0;
    for (const rule of stratum.rules.filter(({ body }) => body.length > 0)) {
      const deltas = rule.body.flatMap((condition, place) =>
        condition.kind === 'atom' && stratum.predicates.has(signature(condition.atom)) ? [place] : [],
      );
      if (deltas.length === 0) compile(rule)();
      else recursive.push(...deltas.map((delta) => compile(rule, delta, deltas)));
    }
    for (const one of tables.values()) one.seen = one.relation.count;
    while (recursive.length > 0 && own.some((one) => one.old < one.seen)) {
      for (const join of recursive) join();
      for (const one of own) {
        one.old = one.seen;
        one.seen = one.relation.count;
      }
    }
  }

  const textsOf = ({ arity, data }: Relation, row: number): string[] =>
    Array.from(data.subarray(row * arity, (row + 1) * arity), (value) => texts[value] as string);
  const rowOf = ({ predicate, values: wanted }: Fact): [Table, number] | undefined => {
    const found = tables.get(`${predicate}/${wanted.length}`);
    const codes = wanted.map((value) => constants.get(value) ?? -1);
    const row = found && !codes.includes(-1) ? found.relation.find(codes) : -1;
    return found && row >= 0 ? [found, row] : undefined;
  };

  return {
    facts,
    has: (fact) => rowOf(fact) !== undefined,
    *rows(predicate, arity) {
      const found = tables.get(`${predicate}/${arity}`)?.relation;
      for (let row = 0; row < (found?.count ?? 0); row++) yield textsOf(found as Relation, row);
    },
    derivation(fact) {
      const numbers = new Map<string, number>(); // step of a row
      const steps: DerivationStep[] = [];
      const starts: [Table, number][] = [];
      if (fact) {
        const start = rowOf(fact);
        if (!start) return undefined;
        starts.push(start);
      } else
        for (const one of tables.values())
          for (let row = 0; row < one.relation.count; row++) starts.push([one, row]);
      const keyOf = (one: Table, row: number) => `${one.predicate}/${one.relation.arity} ${row}`;
      for (const start of starts) {
        const path = [start];
        while (path.length > 0) {
          const [one, row] = path.at(-1) as [Table, number];
          const key = keyOf(one, row);
          if (numbers.has(key)) {
            path.pop();
            continue;
          }
          const { rule, premises } = reasons.at(one.relation.why(row), rules);
          const used = premises.map(([atom, at]): [Table, number] => [tableOf(atom), at]);
          const missing = used.filter(([of, at]) => !numbers.has(keyOf(of, at)));
          if (missing.length > 0) {
            path.push(...missing);
            continue;
          }
          path.pop();
          numbers.set(key, steps.length);
          steps.push({
            fact: { predicate: one.predicate, values: textsOf(one.relation, row) },
            rule: rule,
            premises: used.map(([of, at]) => numbers.get(keyOf(of, at)) as number),
          });
        }
      }
      return steps;
    },
  };
}

/** Why each fact was added: a rule and the rows its positive conditions matched. One flat array for all facts. */
class Reasons {
  size = 0;
  #data = new Int32Array(64);

  push(rule: number, premises: ArrayLike<number>): void {
    if (this.size + premises.length + 1 > this.#data.length) {
      const grown = new Int32Array(Math.max(this.#data.length * 2, this.size + premises.length + 1));
      grown.set(this.#data);
      this.#data = grown;
    }
    this.#data[this.size++] = rule;
    for (let index = 0; index < premises.length; index++) this.#data[this.size++] = premises[index] as number;
  }

  at(offset: number, rules: readonly Rule[]): { rule: number; premises: [Atom, number][] } {
    const rule = this.#data[offset] as number;
    let at = offset + 1;
    const premises: [Atom, number][] = [];
    for (const condition of (rules[rule] as Rule).body)
      if (condition.kind === 'atom') premises.push([condition.atom, this.#data[at++] as number]);
    return { rule, premises };
  }
}

/** A derivation in lines: each fact with the numbers of the lines it follows from. */
export function derivationText(steps: readonly DerivationStep[], sources: readonly string[] = []): string[] {
  return steps.map(({ fact, rule, premises }, index) => {
    const from = premises.length > 0 ? ` from ${premises.map((premise) => premise + 1).join(', ')}` : '';
    const source = sources[rule];
    return `${index + 1}. ${factText(fact)}${from}${source === undefined ? '' : ` (${source})`}`;
  });
}
