import { InputError } from '../core/errors.ts';

/** A weighted directed graph in compressed rows: the edges of node u are offsets[u] up to offsets[u + 1]. */
export interface WalkGraph {
  readonly nodes: number;
  readonly offsets: Int32Array; // [nodes + 1]
  readonly targets: Int32Array;
  readonly weights: Float32Array; // at least 0
}

export interface PageRankOptions {
  readonly damping?: number; // chance to follow an edge instead of starting again, in [0, 1); default 0.5
  readonly iterations?: number; // at the most; default 50
  readonly tolerance?: number; // stops when the ranks move by less than this in sum; default 1e-6
  /** Makes the walk prefer some nodes: each edge weighs times the value of the node it leads to, at least 0. */
  readonly preference?: Float64Array; // [nodes]
}

const MOST_ITERATIONS = 1_000;

/**
 * Personalised PageRank by power iteration (Page et al. 1999; Haveliwala 2002): the share of its time that a random walk
 * spends at each node when it keeps starting again at `reset`. From a node without edges the walk starts again. The ranks sum
 * to 1; all are 0 when `reset` is. Throws InputError for a damping outside [0, 1).
 */
export function pageRank(graph: WalkGraph, reset: Float64Array, options: PageRankOptions = {}): Float64Array {
  const { damping = 0.5, iterations = 50, tolerance = 1e-6, preference } = options;
  if (!(damping >= 0 && damping < 1))
    throw new InputError(`The damping of a PageRank is ${damping}; it must be at least 0 and below 1`);
  const { nodes, offsets, targets } = graph;
  const total = reset.reduce((sum, value) => sum + value, 0);
  if (!(total > 0)) return new Float64Array(nodes);
  const start = reset.map((value) => value / total);
  const chances = transitions(graph, preference);

  let ranks = start.slice();
  for (let round = 0; round < Math.min(iterations, MOST_ITERATIONS); round++) {
    const next = new Float64Array(nodes);
    let followed = 0; // chance that an edge was followed
    for (let node = 0; node < nodes; node++) {
      const rank = ranks[node] as number;
      if (rank === 0) continue;
      const end = offsets[node + 1] as number;
      for (let edge = offsets[node] as number; edge < end; edge++) {
        const flow = damping * rank * (chances[edge] as number);
        next[targets[edge] as number]! += flow;
        followed += flow;
      }
    }
    let moved = 0;
    for (let node = 0; node < nodes; node++) {
      next[node]! += (1 - followed) * (start[node] as number);
      moved += Math.abs((next[node] as number) - (ranks[node] as number));
    }
    ranks = next;
    if (moved < tolerance) break;
  }
  return ranks;
}

/** The chance of each edge among those of its node; 0 where all weigh nothing. */
function transitions(
  { nodes, offsets, targets, weights }: WalkGraph,
  preference?: Float64Array,
): Float64Array {
  const chances = new Float64Array(weights.length);
  for (let node = 0; node < nodes; node++) {
    const [begin, end] = [offsets[node] as number, offsets[node + 1] as number];
    let sum = 0;
    for (let edge = begin; edge < end; edge++) {
      const weight = (weights[edge] as number) * (preference?.[targets[edge] as number] ?? 1);
      chances[edge] = weight;
      sum += weight;
    }
    if (sum > 0) for (let edge = begin; edge < end; edge++) chances[edge]! /= sum;
  }
  return chances;
}

/** A walk graph of edges that lead both ways. Edges of weight 0 and loops are left out. */
export function undirected(
  nodes: number,
  edges: Iterable<{ readonly from: number; readonly to: number; readonly weight: number }>,
): WalkGraph {
  const kept = [...edges].filter(({ from, to, weight }) => weight > 0 && from !== to);
  const offsets = new Int32Array(nodes + 1);
  for (const { from, to } of kept) {
    offsets[from + 1]! += 1;
    offsets[to + 1]! += 1;
  }
  for (let node = 0; node < nodes; node++) offsets[node + 1]! += offsets[node] as number;
  const targets = new Int32Array(2 * kept.length);
  const weights = new Float32Array(2 * kept.length);
  const next = offsets.slice();
  const put = (from: number, to: number, weight: number) => {
    const slot = next[from] as number;
    next[from] = slot + 1;
    targets[slot] = to;
    weights[slot] = weight;
  };
  for (const { from, to, weight } of kept) {
    put(from, to, weight);
    put(to, from, weight);
  }
  return { nodes, offsets, targets, weights };
}
