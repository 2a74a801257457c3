import { InputError } from '../core/errors.ts';
import type { Edge } from './graph.ts';

/** A question to a graph: where to start, and what is asked, as the places of features such as hashed words or a relation. */
export interface GraphQuestion {
  readonly head: number; // an entity
  readonly features: readonly number[];
  /** Facts that this question may not use, in neither direction: those that would give its answer away. */
  readonly without?: readonly Edge[];
}

/** Facts in both directions by the entity they leave: relation r reads r forwards and r + relations backwards. */
export interface Adjacency {
  readonly entities: number;
  readonly relations: number; // with the inverse ones
  readonly start: Int32Array; // [entities + 1], into the following
  readonly relation: Int32Array;
  readonly target: Int32Array;
  readonly scratch: Scratch;
}

/** What `frontier` writes down on its way; no question reaches more than all facts. */
interface Scratch {
  readonly rowOf: Int32Array; // [entities], -1 between two calls
  readonly rows: Int32Array; // [entities]
  readonly source: Int32Array; // [facts], as the following
  readonly relation: Int32Array;
  readonly target: Int32Array;
}

/**
 * What one question reaches: entities by local rows, the head first and nearer ones before farther ones, and the facts between
 * them. All other states are zero, so nothing is lost.
 */
export interface Frontier {
  readonly rows: Int32Array; // entities
  readonly source: Int32Array; // of each fact, a row
  readonly relation: Int32Array;
  readonly target: Int32Array;
  readonly steps: readonly FrontierStep[];
}

/** The facts that one step passes along, and what it reaches. */
export interface FrontierStep {
  readonly begin: number; // into the facts
  readonly end: number;
  readonly before: number; // rows reached before
  readonly rows: number; // and with this step
}

/** Which facts a step passes along: every one that leaves a reached entity, or those to entities first reached in this step. */
export type Reach = 'all' | 'shortest';

/** Sorts facts by the entity they leave. */
export function adjacency(graph: {
  readonly entities: readonly string[];
  readonly relations: readonly string[];
  readonly edges: readonly Edge[];
}): Adjacency {
  const [entities, relations] = [graph.entities.length, graph.relations.length];
  const start = new Int32Array(entities + 1);
  const count = (entity: number) => {
    start[entity + 1] = (start[entity + 1] as number) + 1;
  };
  for (const { from, to } of graph.edges) {
    count(from);
    count(to);
  }
  for (let entity = 0; entity < entities; entity++)
    start[entity + 1] = (start[entity + 1] as number) + (start[entity] as number);
  const next = start.slice();
  const relation = new Int32Array(2 * graph.edges.length);
  const target = new Int32Array(2 * graph.edges.length);
  const put = (from: number, by: number, to: number) => {
    const at = next[from] as number;
    next[from] = at + 1;
    relation[at] = by;
    target[at] = to;
  };
  for (const { from, relation: by, to } of graph.edges) {
    put(from, by, to);
    put(to, by + relations, from);
  }
  const scratch = {
    rowOf: new Int32Array(entities).fill(-1),
    rows: new Int32Array(entities),
    source: new Int32Array(relation.length),
    relation: new Int32Array(relation.length),
    target: new Int32Array(relation.length),
  };
  return { entities, relations: 2 * relations, start, relation, target, scratch };
}

/** What a question reaches in so many steps. Throws InputError for an unknown head. */
export function frontier(
  { entities, relations, start, relation, target, scratch }: Adjacency,
  { head, without = [] }: GraphQuestion,
  steps: number,
  reach: Reach,
): Frontier {
  if (!Number.isInteger(head) || head < 0 || head >= entities)
    throw new InputError(`Entity ${head} is not one of the ${entities} of the graph`);
  const half = relations / 2;
  const hidden = new Set(
    without.flatMap(({ from, relation: by, to }) => [`${from} ${by} ${to}`, `${to} ${by + half} ${from}`]),
  );
  const ends = new Set(without.flatMap(({ from, to }) => [from, to]));
  const { rowOf, rows, ...facts } = scratch;
  let [reached, passed] = [0, 0]; // rows and facts so far
  const rowFor = (entity: number): number => {
    rowOf[entity] = reached;
    rows[reached] = entity;
    return reached++;
  };
  rowFor(head);
  const taken: FrontierStep[] = [];
  let settled = 0; // rows whose facts have been passed along
  for (let step = 0; step < steps; step++) {
    const before = reached;
    const begin = reach === 'all' ? 0 : passed;
    for (; settled < before; settled++) {
      const from = rows[settled] as number;
      const mayHide = ends.has(from);
      const end = start[from + 1] as number;
      for (let at = start[from] as number; at < end; at++) {
        const [by, to] = [relation[at] as number, target[at] as number];
        if (mayHide && hidden.has(`${from} ${by} ${to}`)) continue;
        const known = rowOf[to] as number;
        if (known >= 0 && known < before && reach === 'shortest') continue;
        facts.source[passed] = settled;
        facts.relation[passed] = by;
        facts.target[passed] = known < 0 ? rowFor(to) : known;
        passed++;
      }
    }
    taken.push({ begin, end: passed, before, rows: reached });
  }
  const found = rows.slice(0, reached);
  for (const entity of found) rowOf[entity] = -1;
  return {
    rows: found,
    source: facts.source.slice(0, passed),
    relation: facts.relation.slice(0, passed),
    target: facts.target.slice(0, passed),
    steps: taken,
  };
}
