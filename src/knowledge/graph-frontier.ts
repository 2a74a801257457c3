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
}

/**
 * What one question reaches: entities by local rows, the head first, and for each step the facts that leave a row reached
 * before. All other states are zero, so nothing is lost.
 */
export interface Frontier {
  readonly rows: readonly number[]; // entities
  readonly steps: readonly FrontierEdges[];
}

/** Facts between local rows. */
export interface FrontierEdges {
  readonly source: readonly number[];
  readonly relation: readonly number[];
  readonly target: readonly number[];
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
  return { entities, relations: 2 * relations, start, relation, target };
}

/** What a question reaches in so many steps. Throws InputError for an unknown head. */
export function frontier(
  { entities, relations, start, relation, target }: Adjacency,
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
  const rows = [head];
  const rowOf = new Map([[head, 0]]);
  const edges: { source: number[]; relation: number[]; target: number[] }[] = [];
  let settled = 0; // rows whose facts have been passed along
  let current = { source: [] as number[], relation: [] as number[], target: [] as number[] };
  for (let step = 0; step < steps; step++) {
    const before = rows.length;
    if (reach === 'shortest') current = { source: [], relation: [], target: [] };
    else if (settled < before)
      current = {
        source: [...current.source],
        relation: [...current.relation],
        target: [...current.target],
      };
    for (let row = settled; row < before; row++) {
      const from = rows[row] as number;
      for (let at = start[from] as number; at < (start[from + 1] as number); at++) {
        const [by, to] = [relation[at] as number, target[at] as number];
        if (ends.has(from) && hidden.has(`${from} ${by} ${to}`)) continue;
        let place = rowOf.get(to);
        if (place !== undefined && reach === 'shortest' && place < before) continue;
        if (place === undefined) {
          place = rows.length;
          rowOf.set(to, place);
          rows.push(to);
        }
        current.source.push(row);
        current.relation.push(by);
        current.target.push(place);
      }
    }
    settled = before;
    edges.push(current);
  }
  return { rows, steps: edges };
}
