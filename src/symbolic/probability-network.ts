/**
 * A discrete Bayesian network, and the worlds that interventions make of it: `Y[X = 1]` is Y in the world in which X was
 * set to 1 (Pearl 2009, chapter 7). What an intervention does not reach is shared between the worlds.
 */
import Fraction from 'fraction.js';
import type { Asked, Choose, Outcome, Value, World } from './generative-model.ts';
import { ProgramError } from './program-error.ts';

/** `P(variable = value | given) = probability`. */
export interface ProbabilityRow {
  readonly variable: string;
  readonly value: Value;
  readonly given: ReadonlyMap<string, Value>;
  readonly probability: Fraction;
  readonly line: number;
}

/** A variable in the world of some interventions. */
export interface Reference {
  readonly variable: string;
  readonly set: ReadonlyMap<string, Value | Reference>;
}

/** `reference = value`. */
export interface Assignment {
  readonly reference: Reference;
  readonly value: Value;
}

interface NetworkVariable {
  readonly values: readonly Value[];
  readonly rows: readonly ProbabilityRow[];
  readonly parents: readonly string[];
}

/** A copy of a variable in one world: its values are chances, or fixed by an intervention. */
interface Node {
  readonly key: string;
  readonly variable: string;
  readonly parents: readonly Node[]; // in the order of the variable's parents
}

/** Worlds may nest this deep: the value that V would have if X were set to the value that … */
const MOST_NESTING = 20;
/** Nodes of one question. */
const MOST_NODES = 10_000;

export class ProbabilityNetwork {
  readonly #variables = new Map<string, NetworkVariable>();

  /** Throws ProgramError where the rows are no network: a cycle, or a distribution that is incomplete. */
  constructor(rows: readonly ProbabilityRow[], declared: ReadonlyMap<string, readonly Value[]>) {
    const byVariable = Map.groupBy(rows, ({ variable }) => variable);
    const mentioned = new Map<string, Set<Value>>();
    const mention = (variable: string, value: Value) =>
      mentioned.set(variable, (mentioned.get(variable) ?? new Set()).add(value));
    for (const { variable, value, given } of rows) {
      mention(variable, value);
      for (const [name, one] of given) mention(name, one);
    }
    for (const [variable, own] of byVariable) {
      const values = declared.get(variable) ?? withOpposite([...(mentioned.get(variable) ?? [])]);
      const strange = own.find(({ value }) => !values.includes(value));
      if (strange)
        throw new ProgramError(
          `${variable} has no value ${strange.value}; it has ${values.join(', ')}`,
          strange.line,
        );
      const parents = [...new Set(own.flatMap(({ given }) => [...given.keys()]))];
      this.#variables.set(variable, { values, rows: own, parents });
    }
    for (const [variable, { parents, rows: own }] of this.#variables)
      for (const parent of parents)
        if (!this.#variables.has(parent))
          throw new ProgramError(`${variable} depends on ${parent}, which has no probability`, own[0]?.line);
    this.#checkOrder();
  }

  get names(): readonly string[] {
    return [...this.#variables.keys()];
  }

  values(variable: string): readonly Value[] {
    const found = this.#variables.get(variable);
    if (!found)
      throw new ProgramError(
        `There is no variable ${variable}; there are ${this.names.join(', ').slice(0, 200)}`,
      );
    return found.values;
  }

  /** The question of the probability of some assignments given others, as a model of the variables that matter to it. */
  ask(holds: readonly Assignment[], given: readonly Assignment[]): Asked {
    const nodes = new Map<string, Node | Value>();
    const of = (assignment: Assignment): { node: Node | Value; value: Value } => {
      const { variable } = assignment.reference;
      if (!this.values(variable).includes(assignment.value))
        throw new ProgramError(
          `${variable} has no value ${assignment.value}; it has ${this.values(variable).join(', ')}`,
        );
      return { node: this.#node(assignment.reference, nodes, 0), value: assignment.value };
    };
    const wanted = holds.map(of);
    const known = given.map(of);
    const order: Node[] = [];
    const seen = new Set<string>();
    const visit = (node: Node | Value): void => {
      if (typeof node !== 'object' || seen.has(node.key)) return;
      seen.add(node.key);
      node.parents.forEach(visit);
      order.push(node);
    };
    for (const { node } of [...wanted, ...known]) visit(node);
    this.#checkCopies(order);
    const valueIn = (world: ReadonlyMap<string, Value>, node: Node | Value) =>
      typeof node === 'object' ? world.get(node.key) : node;
    const evidence = new Map(
      known.flatMap(({ node, value }) => (typeof node === 'object' ? [[node.key, value]] : [])),
    );
    const agree = (world: ReadonlyMap<string, Value>, list: typeof wanted) =>
      list.every(({ node, value }) => valueIn(world, node) === value);
    return {
      model: (choose: Choose): World => {
        const world = new Map<string, Value>();
        for (const node of order) {
          const parents = node.parents.map((parent) => valueIn(world, parent) as Value);
          world.set(node.key, choose(node.key, this.#distribution(node.variable, parents)));
        }
        return world;
      },
      holds: (world) => agree(world, wanted),
      given: (world) => agree(world, known),
      evidence,
    };
  }

  /** The copy of a variable in the world of a reference: shared with every world whose interventions do not reach it. */
  #node(reference: Reference, nodes: Map<string, Node | Value>, depth: number): Node | Value {
    if (depth > MOST_NESTING || nodes.size > MOST_NODES)
      throw new ProgramError('The interventions nest too deep; write a simpler question');
    const { variable } = reference;
    const set = new Map(
      [...reference.set].filter(([name]) => name === variable || this.#reaches(name, variable)),
    );
    for (const name of set.keys()) this.values(name);
    const fixed = set.get(variable);
    if (fixed !== undefined) return typeof fixed === 'object' ? this.#node(fixed, nodes, depth + 1) : fixed;
    const key = keyOf({ variable, set });
    const known = nodes.get(key);
    if (known !== undefined) return known;
    const { parents } = this.#variables.get(variable) as NetworkVariable;
    const node: Node = {
      key,
      variable,
      parents: parents.map((parent) => this.#node({ variable: parent, set }, nodes, depth) as Node),
    };
    nodes.set(key, node);
    return node;
  }

  #reaches(from: string, to: string): boolean {
    const seen = new Set([to]);
    for (const name of seen) {
      if (name === from) return true;
      for (const parent of this.#variables.get(name)?.parents ?? []) seen.add(parent);
    }
    return false;
  }

  /** Two copies of one chance: how it would have fallen out in the other world is not given by its probabilities. */
  #checkCopies(order: readonly Node[]): void {
    for (const [variable, copies] of Map.groupBy(order, (node) => node.variable)) {
      const certain = this.#variables
        .get(variable)
        ?.rows.every(({ probability }) => probability.equals(0) || probability.equals(1));
      if (copies.length > 1 && !certain)
        throw new ProgramError(
          `The question needs ${variable} in two worlds at once, and the probabilities do not say how they go together`,
        );
    }
  }

  /** Throws ProgramError for a cycle, and fills in every distribution once so that faulty ones are found. */
  #checkOrder(): void {
    const state = new Map<string, 'open' | 'done'>();
    const visit = (variable: string): void => {
      if (state.get(variable) === 'done') return;
      if (state.get(variable) === 'open') throw new ProgramError(`${variable} depends on itself`);
      state.set(variable, 'open');
      for (const parent of this.#variables.get(variable)?.parents ?? []) visit(parent);
      state.set(variable, 'done');
    };
    for (const name of this.names) visit(name);
    for (const [name, { parents }] of this.#variables) {
      const counts = parents.map((parent) => this.values(parent).length);
      const cases = counts.reduce((product, count) => product * count, 1);
      if (cases > MOST_NODES)
        throw new ProgramError(`${name} has ${cases} cases; at most ${MOST_NODES} are read`);
      for (let index = 0; index < cases; index++) {
        let rest = index;
        const values = parents.map((parent, place) => {
          const count = counts[place] as number;
          const value = this.values(parent)[rest % count] as Value;
          rest = Math.floor(rest / count);
          return value;
        });
        this.#distribution(name, values);
      }
    }
  }

  readonly #distributions = new Map<string, readonly Outcome[]>();

  /** Probabilities of a variable given its parents: the rows that say most about the case; one value may be left out. */
  #distribution(variable: string, parents: readonly Value[]): readonly Outcome[] {
    const key = JSON.stringify([variable, ...parents]);
    const known = this.#distributions.get(key);
    if (known) return known;
    const { values, rows, parents: names } = this.#variables.get(variable) as NetworkVariable;
    const fitting = rows.filter(({ given }) =>
      [...given].every(([name, value]) => parents[names.indexOf(name)] === value),
    );
    const most = Math.max(...fitting.map(({ given }) => given.size));
    const decisive = fitting.filter(({ given }) => given.size === most);
    const where = `P(${variable} | ${names.map((name, index) => `${name} = ${parents[index]}`).join(', ')})`;
    let left = new Fraction(1);
    const probabilities = new Map<Value, Fraction>();
    for (const { value, probability, line } of decisive) {
      if (probabilities.has(value)) throw new ProgramError(`${where} is given twice for ${value}`, line);
      probabilities.set(value, probability);
      left = left.sub(probability);
    }
    const missing = values.filter((value) => !probabilities.has(value));
    const [rest] = missing;
    if (
      missing.length > 1 ||
      (rest === undefined && left.abs().compare(ROUNDING) > 0) ||
      left.compare(ROUNDING.neg()) < 0
    )
      throw new ProgramError(
        `${where} ${decisive.length === 0 ? 'is not given' : missing.length > 1 ? `lacks the values ${missing.join(', ')}` : `sums to ${new Fraction(1).sub(left).toString()}`}`,
        (decisive[0] ?? rows[0])?.line,
      );
    if (rest !== undefined) probabilities.set(rest, left.compare(0) < 0 ? new Fraction(0) : left);
    const outcomes = values.map((value) => ({ value, probability: probabilities.get(value) as Fraction }));
    this.#distributions.set(key, outcomes);
    return outcomes;
  }
}

/** What is written with decimals may miss 1 by this much. */
const ROUNDING = new Fraction(1, 1_000_000);

function keyOf({ variable, set }: Reference): string {
  if (set.size === 0) return variable;
  const parts = [...set].map(
    ([name, value]) => `${name}=${typeof value === 'object' ? keyOf(value) : value}`,
  );
  return `${variable}[${parts.sort().join(',')}]`;
}

const OPPOSITES: readonly (readonly [Value, Value])[] = [
  ['true', 'false'],
  ['yes', 'no'],
  [1, 0],
];

/** The values that were named, with the opposite of one that stands alone. */
function withOpposite(values: readonly Value[]): readonly Value[] {
  const pair = OPPOSITES.find((one) => values.every((value) => one.includes(value)));
  if (pair) return pair;
  return values.length === 1 ? [...values, `not ${values[0]}`] : values;
}
