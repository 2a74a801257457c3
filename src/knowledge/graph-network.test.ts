import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Random, seeded } from '../core/random.ts';
import { knowledgeGraph } from './graph.ts';
import { adjacency, frontier } from './graph-frontier.ts';
import { graphNetwork, linkExamples } from './graph-network.ts';
import { pathsText } from './graph-paths.ts';

/** Three generations of a few families: parents only, and the grandparents that follow. */
function families(random: Random, count: number) {
  const triples = [];
  const grandparents: { child: string; grandparent: string }[] = [];
  for (let family = 0; family < count; family++) {
    const person = (role: string) => `${role}${family}`;
    const children = 1 + random.integer(3);
    triples.push({ subject: person('old'), relation: 'parent of', object: person('middle') });
    triples.push({ subject: person('middle'), relation: 'lives in', object: `town${random.integer(4)}` });
    triples.push({ subject: person('old'), relation: 'lives in', object: `town${random.integer(4)}` });
    for (let child = 0; child < children; child++) {
      triples.push({ subject: person('middle'), relation: 'parent of', object: person(`young${child}-`) });
      grandparents.push({ child: person(`young${child}-`), grandparent: person('old') });
    }
  }
  return { graph: knowledgeGraph(triples), grandparents };
}

test('composes two facts, and explains an answer by them', () => {
  const random = seeded(3);
  const { graph, grandparents } = families(random, 16);
  const place = (name: string): number => graph.entity(name) as number;
  const examples = grandparents.map(({ child, grandparent }) => ({
    head: place(child),
    features: [0],
    answers: [place(grandparent)],
  }));
  const held = examples.slice(-8);
  const network = graphNetwork(graph, { random, features: 1, width: 8, steps: 2 });
  let loss = Number.POSITIVE_INFINITY;
  for (let step = 0; step < 60; step++) loss = network.train(examples.slice(0, -8), { learningRate: 0.03 });
  assert.ok(loss < 0.2, `loss ${loss}`);
  assert.deepEqual(
    held.map((question) => network.rank(question)[0]?.entity),
    held.map(({ answers }) => answers[0]),
  );

  const [question] = held;
  assert.ok(question);
  const [strongest, ...others] = network.explain(question, question.answers[0] as number);
  assert.deepEqual(
    strongest?.links.map(({ from, to }) => [from, to]),
    [
      [question.head, place(`middle${graph.entities[question.head]?.split('-')[1]}`)],
      [place(`middle${graph.entities[question.head]?.split('-')[1]}`), question.answers[0]],
    ],
  );
  assert.ok(others.every(({ weight }) => weight <= (strongest?.weight ?? 0)));
  assert.match(
    pathsText(graph, [strongest ?? { weight: 0, links: [] }]),
    /^1\. middle\d+ — parent of → young\d-\d+; old\d+ — parent of → middle\d+$/,
  );
});

test('a seed decides the weights, with negatives and noise that are drawn', () => {
  const { graph } = families(seeded(5), 4);
  const examples = linkExamples(graph).slice(0, 12);
  const trained = (seed: number) => {
    const network = graphNetwork(graph, {
      random: seeded(seed),
      features: 2 * graph.relations.length,
      width: 4,
      steps: 3,
      negatives: 3,
      noise: 0.1,
    });
    const losses = [0, 1, 2].map(() => network.train(examples, { learningRate: 0.01 }));
    return [...losses, ...Object.values(network.weights).flatMap(({ data }) => [...data])];
  };
  assert.deepEqual(trained(1), trained(1));
  assert.notDeepEqual(trained(1), trained(2));
});

test('the loss over drawn negatives is on average not far from that over all', () => {
  const { graph } = families(seeded(5), 12);
  const examples = linkExamples(graph);
  const loss = (negatives: number) =>
    graphNetwork(graph, {
      random: seeded(1),
      features: 2 * graph.relations.length,
      width: 8,
      steps: 3,
      negatives,
    }).train(examples, { learningRate: 0 });
  assert.ok(Math.abs(loss(8) / loss(1000) - 1) < 0.1, `${loss(8)} and ${loss(1000)}`);
});

test('right answers that are not asked for count neither for nor against', () => {
  const graph = knowledgeGraph(['b', 'c', 'd'].map((object) => ({ subject: 'a', relation: 'r', object })));
  const options = { features: 1, width: 4, steps: 1 };
  const loss = (alsoRight: readonly number[]) =>
    graphNetwork(graph, { random: seeded(1), ...options }).train(
      [{ head: 0, features: [0], answers: [1], alsoRight }],
      { learningRate: 0 },
    );
  assert.ok(loss([1, 2, 3]) < loss([1, 2]));
  assert.ok(loss([1, 2]) < loss([]));
});

test('what is reached leaves hidden facts out, in both directions', () => {
  const graph = knowledgeGraph([
    { subject: 'a', relation: 'r', object: 'b' },
    { subject: 'b', relation: 'r', object: 'c' },
    { subject: 'a', relation: 's', object: 'b' },
  ]);
  const around = adjacency(graph);
  const [hidden] = graph.edges;
  assert.ok(hidden);
  const every = frontier(around, { head: 0, features: [], without: [hidden] }, 2, 'all');
  assert.deepEqual([...every.rows], [0, 1, 2]);
  assert.deepEqual([...every.source], [0, 1, 1]);
  assert.deepEqual([...every.relation], [1, 0, 3]);
  assert.deepEqual([...every.target], [1, 2, 0]);
  assert.deepEqual(every.steps, [
    { begin: 0, end: 1, before: 1, rows: 2 },
    { begin: 0, end: 3, before: 2, rows: 3 },
  ]);
  const shortest = frontier(around, { head: 0, features: [] }, 2, 'shortest');
  assert.deepEqual([...shortest.target], [1, 1, 2]);
  assert.deepEqual(shortest.steps, [
    { begin: 0, end: 2, before: 1, rows: 2 },
    { begin: 2, end: 3, before: 2, rows: 3 },
  ]);
});

test('a fact that is asked for is hidden from its own question', () => {
  const { graph } = families(seeded(2), 2);
  const [forwards, backwards] = linkExamples(graph);
  assert.deepEqual(forwards?.without, [graph.edges[0]]);
  assert.deepEqual(backwards?.without, [graph.edges[0]]);
  assert.equal(backwards?.head, graph.edges[0]?.to);
  assert.deepEqual(backwards?.answers, [graph.edges[0]?.from]);
});

test('says what is out of range', () => {
  const { graph } = families(seeded(2), 1);
  const options = { random: seeded(0), features: 1 };
  assert.throws(
    () => graphNetwork(graph, { ...options, steps: 0 }),
    /steps of a graph network is a whole number from 1 to 64, not 0/,
  );
  assert.throws(() => graphNetwork(graph, { ...options, width: 6 }), /a multiple of 4, not 6/);
  const network = graphNetwork(graph, { ...options, width: 4, steps: 1 });
  assert.throws(() => network.rank({ head: 99, features: [0] }), /Entity 99 is not one of/);
  assert.throws(() => network.rank({ head: 0, features: [4] }), /Feature 4 is not one of 1/);
  assert.throws(() => network.train([], { learningRate: 1 }), /at least one example/);
});
