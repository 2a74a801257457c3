import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { pageRank, undirected } from './page-rank.ts';

interface Edge {
  readonly from: number;
  readonly to: number;
  readonly weight: number;
}

/** The same ranks by solving the linear equations. */
function solved(
  nodes: number,
  edges: readonly Edge[],
  reset: readonly number[],
  damping: number,
  preference: readonly number[],
) {
  const flow = Array.from({ length: nodes }, () => new Array<number>(nodes).fill(0));
  for (const { from, to, weight } of edges) {
    if (from === to) continue;
    flow[from]![to]! += weight * (preference[to] as number);
    flow[to]![from]! += weight * (preference[from] as number);
  }
  const total = reset.reduce((sum, value) => sum + value, 0);
  const start = reset.map((value) => value / total);
  const rows = Array.from({ length: nodes }, (_, node) => {
    const row = new Array<number>(nodes + 1).fill(0);
    row[node] = 1;
    row[nodes] = (1 - damping) * (start[node] as number);
    return row;
  });
  flow.forEach((out, from) => {
    const sum = out.reduce((a, b) => a + b, 0);
    for (let to = 0; to < nodes; to++)
      rows[to]![from]! -= damping * (sum > 0 ? (out[to] as number) / sum : (start[to] as number));
  });
  for (let pivot = 0; pivot < nodes; pivot++) {
    const best = rows
      .slice(pivot)
      .reduce((a, row, i) => (Math.abs(row[pivot]!) > Math.abs(rows[a]![pivot]!) ? i + pivot : a), pivot);
    [rows[pivot], rows[best]] = [rows[best]!, rows[pivot]!];
    for (let other = 0; other < nodes; other++) {
      if (other === pivot) continue;
      const factor = rows[other]![pivot]! / rows[pivot]![pivot]!;
      for (let column = pivot; column <= nodes; column++)
        rows[other]![column]! -= factor * rows[pivot]![column]!;
    }
  }
  return rows.map((row, node) => row[nodes]! / row[node]!);
}

test('the ranks solve the linear equations of the walk', () => {
  const size = 7;
  const edge = fc.record({
    from: fc.integer({ min: 0, max: size - 1 }),
    to: fc.integer({ min: 0, max: size - 1 }),
    weight: fc.integer({ min: 1, max: 9 }),
  });
  const positive = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: size, maxLength: size });
  fc.assert(
    fc.property(
      fc.array(edge, { maxLength: 20 }),
      positive,
      positive,
      fc.integer({ min: 0, max: 9 }),
      (edges, reset, liked, tenths) => {
        fc.pre(reset.some((value) => value > 0));
        const damping = tenths / 10;
        const preference = liked.map((value) => value + 1);
        const ranks = pageRank(undirected(size, edges), Float64Array.from(reset), {
          damping,
          iterations: 1_000,
          tolerance: 1e-13,
          preference: Float64Array.from(preference),
        });
        const wanted = solved(size, edges, reset, damping, preference);
        wanted.forEach((value, node) => {
          assert.ok(Math.abs(value - (ranks[node] as number)) < 1e-9, `${value} ${ranks[node]}`);
        });
      },
    ),
    { numRuns: 200 },
  );
});

test('nowhere to start ranks nothing, and a damping outside its range is refused', () => {
  const graph = undirected(2, [{ from: 0, to: 1, weight: 1 }]);
  assert.deepEqual([...pageRank(graph, new Float64Array(2))], [0, 0]);
  assert.throws(() => pageRank(graph, new Float64Array([1, 0]), { damping: 1 }), /damping/);
});

test('a ring of a hundred thousand nodes ends within its iterations', () => {
  const nodes = 100_000;
  const ring = Array.from({ length: nodes }, (_, from) => ({ from, to: (from + 1) % nodes, weight: 1 }));
  const reset = new Float64Array(nodes);
  reset[0] = 1;
  const ranks = pageRank(undirected(nodes, ring), reset, { damping: 0.9 });
  assert.ok(Math.abs(ranks.reduce((a, b) => a + b, 0) - 1) < 1e-9);
  assert.ok(ranks[0]! > ranks[1]! && ranks[1]! > ranks[2]!);
});
