import type { KnowledgeGraph } from './graph.ts';
import type { Frontier } from './graph-frontier.ts';

/** A chain of facts from the head of a question to an answer. */
export interface GraphPath {
  readonly weight: number; // the mean over its facts of how much the score hangs on them
  readonly links: readonly GraphLink[];
}

/** A fact as it is walked. */
export interface GraphLink {
  readonly from: number;
  readonly relation: number; // of the graph; read from `to` to `from` where it is walked backwards
  readonly to: number;
}

interface Walk {
  readonly row: number;
  readonly sum: number;
  readonly length: number;
  readonly before?: Walk;
  readonly relation?: number;
}

/** Walks kept for one row. */
const KEPT = 8;

/**
 * The chains without a repeated entity that end at `row`, those with the largest mean slope first, by a beam of 8 for each row
 * and step. Relations of the frontier count backwards ones after all forward ones.
 */
export function strongestPaths(
  { rows, source, relation, target, steps }: Frontier,
  slopes: readonly Float32Array[], // of the facts of each step
  row: number,
  most: number,
): GraphPath[] {
  let walks = new Map<number, readonly Walk[]>([[0, [{ row: 0, sum: 0, length: 0 }]]]);
  steps.forEach(({ begin, end }, step) => {
    const next = new Map([...walks].map(([at, kept]) => [at, [...kept]]));
    const slope = slopes[step] as Float32Array;
    for (let edge = begin; edge < end; edge++) {
      const to = target[edge] as number;
      for (const before of walks.get(source[edge] as number) ?? []) {
        if (visits(before, to)) continue;
        const walk = {
          row: to,
          sum: before.sum + (slope[edge - begin] as number),
          length: before.length + 1,
          before,
          relation: relation[edge] as number,
        };
        const kept = next.get(to) ?? [];
        next.set(to, kept);
        kept.push(walk);
        if (kept.length > 4 * KEPT) next.set(to, best(kept, KEPT));
      }
    }
    walks = new Map([...next].map(([at, kept]) => [at, best(kept, KEPT)]));
  });
  const found = (walks.get(row) ?? []).filter(({ length }) => length > 0);
  return best(found, most).map((walk) => ({ weight: walk.sum / walk.length, links: linksOf(walk, rows) }));
}

/** The paths in words, a line each, to be given to a model. */
export function pathsText(
  graph: Pick<KnowledgeGraph, 'entities' | 'relations'>,
  paths: readonly GraphPath[],
): string {
  const name = (entity: number): string => graph.entities[entity] ?? '';
  const half = graph.relations.length;
  const said = ({ from, relation, to }: GraphLink): string =>
    relation < half
      ? `${name(from)} — ${graph.relations[relation]} → ${name(to)}`
      : `${name(to)} — ${graph.relations[relation - half]} → ${name(from)}`;
  return paths.map(({ links }, index) => `${index + 1}. ${links.map(said).join('; ')}`).join('\n');
}

function visits(walk: Walk, row: number): boolean {
  for (let at: Walk | undefined = walk; at; at = at.before) if (at.row === row) return true;
  return false;
}

/** The best of the walks, each chain of facts once: it may be walked at different steps. */
function best(walks: readonly Walk[], most: number): Walk[] {
  const mean = ({ sum, length }: Walk): number => (length === 0 ? 0 : sum / length);
  const seen = new Set<string>();
  return [...walks]
    .sort((a, b) => mean(b) - mean(a))
    .filter((walk) => {
      const key = keyOf(walk);
      return !seen.has(key) && seen.add(key);
    })
    .slice(0, most);
}

function keyOf(walk: Walk): string {
  return walk.before ? `${keyOf(walk.before)} ${walk.relation},${walk.row}` : '';
}

function linksOf(walk: Walk, rows: Int32Array): GraphLink[] {
  if (!walk.before) return [];
  const link = {
    from: rows[walk.before.row] as number,
    relation: walk.relation as number,
    to: rows[walk.row] as number,
  };
  return [...linksOf(walk.before, rows), link];
}
