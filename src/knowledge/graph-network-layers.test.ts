import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '../core/random.ts';
import { arena } from '../tensor/arena.ts';
import { blank, type NamedTensors } from '../tensor/optimizer.ts';
import { knowledgeGraph } from './graph.ts';
import { adjacency, frontier, type Reach } from './graph-frontier.ts';
import { graphNetworkLayers, initialGraphWeights } from './graph-network-layers.ts';

/** A network over a random graph of which several facts arrive at one entity, and a sum of its scores. */
function network({ tied, reach, scored }: { tied: boolean; reach: Reach; scored?: readonly number[] }) {
  const random = seeded('layers');
  const entity = () => `e${random.integer(8)}`;
  const triples = Array.from({ length: 24 }, () => ({
    subject: entity(),
    relation: `r${random.integer(3)}`,
    object: entity(),
  }));
  const graph = knowledgeGraph(triples);
  const found = frontier(adjacency(graph), { head: 0, features: [] }, 3, reach);
  const shape = { features: 5, relations: 2 * graph.relations.length, width: 8, steps: 3, tied };
  const memory = arena();
  const inMemory = (tensors: NamedTensors): NamedTensors =>
    Object.fromEntries(
      Object.entries(tensors).map(([name, { data, shape }]) => {
        const copy = memory.floats(data.length);
        copy.set(data);
        return [name, { data: copy, shape }];
      }),
    );
  const weights = inMemory(initialGraphWeights(shape, random));
  const gradients = inMemory(blank(weights));
  const layers = graphNetworkLayers(shape, weights, gradients, memory);
  const rows = Int32Array.from(scored ?? found.rows.keys());
  const coefficients = Float32Array.from(rows, () => random.next() - 0.5);
  const forward = () => layers.forward([1, 3], found, rows);
  const total = (): number =>
    memory.scope(() =>
      forward().scores.reduce((sum, score, at) => sum + score * (coefficients[at] as number), 0),
    );
  const backward = () => memory.scope(() => layers.backward(forward(), coefficients, true));
  return { weights, gradients, total, forward, backward, found };
}

for (const tied of [false, true])
  for (const reach of ['all', 'shortest'] as const)
    for (const scored of [undefined, [4, 0, 2]])
      test(`slopes agree with differences: ${tied ? 'tied' : 'untied'}, ${reach}, ${scored ?? 'all'} rows`, () => {
        const { weights, gradients, total, backward } = network({
          tied,
          reach,
          ...(scored ? { scored } : {}),
        });
        backward();
        const here = total();
        const step = 2 ** -12;
        for (const [name, { data }] of Object.entries(weights))
          for (let at = 0; at < data.length; at += Math.ceil(data.length / 24)) {
            const value = data[at] as number;
            const slope = gradients[name]?.data[at] as number;
            const errors = [step, -step].map((change) => {
              data[at] = value + change;
              return Math.abs((total() - here) / change - slope);
            });
            data[at] = value;
            // on one side a rectifier may turn
            assert.ok(
              Math.min(...errors) < 0.01 * (1 + Math.abs(slope)),
              `${name}[${at}]: ${slope}, off by ${errors}`,
            );
          }
      });

test('scores of some rows are those of all rows', () => {
  const scored = [4, 0, 2];
  for (const reach of ['all', 'shortest'] as const) {
    const { scores: all } = network({ tied: false, reach }).forward();
    const { scores: some } = network({ tied: false, reach, scored }).forward();
    assert.deepEqual(
      [...some],
      scored.map((row) => all[row]),
    );
  }
});
