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

test('composes two facts, and explains an answer by them', async () => {
  const random = seeded(3);
  const { graph, grandparents } = families(random, 16);
  const place = (name: string): number => graph.entity(name) as number;
  const examples = grandparents.map(({ child, grandparent }) => ({
    head: place(child),
    features: [0],
    answers: [place(grandparent)],
  }));
  const held = examples.slice(-8);
  const network = await graphNetwork(graph, { random, features: 1, width: 8, steps: 2 });
  let loss = Number.POSITIVE_INFINITY;
  for (let step = 0; step < 60; step++)
    loss = await network.train(examples.slice(0, -8), { learningRate: 0.03 });
  assert.ok(loss < 0.2, `loss ${loss}`);
  const ranked = await network.rank(held);
  assert.deepEqual(
    ranked.map(([first]) => first?.entity),
    held.map(({ answers }) => answers[0]),
  );

  const [question] = held;
  assert.ok(question);
  const [strongest, ...others] = await network.explain(question, question.answers[0] as number);
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
  await network.dispose();
});

test('both back ends train to the same weights, with several facts that arrive at one entity', async () => {
  const { graph } = families(seeded(5), 4);
  const examples = linkExamples(graph).slice(0, 12);
  const weights = [];
  for (const backend of ['onnx', 'jax'] as const) {
    const network = await graphNetwork(graph, {
      random: seeded(1),
      features: 2 * graph.relations.length,
      width: 4,
      steps: 3,
      backend,
    });
    const losses = [];
    for (let step = 0; step < 3; step++) losses.push(await network.train(examples, { learningRate: 0.01 }));
    weights.push({ ...network.weights, losses: { data: Float32Array.from(losses), shape: [3] } });
    await network.dispose();
  }
  const [onnx, jax] = weights;
  assert.ok(onnx && jax);
  for (const [name, { data }] of Object.entries(onnx)) {
    const other = (jax as typeof onnx & { [name: string]: { data: Float32Array } })[name]?.data;
    data.forEach((value, index) => {
      const difference = Math.abs(value - (other?.[index] as number));
      assert.ok(difference < 2e-3, `${name}[${index}]: ${value} and ${other?.[index]}`);
    });
  }
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
  const { rows, steps } = frontier(around, { head: 0, features: [], without: [hidden] }, 2, 'all');
  assert.deepEqual(rows, [0, 1, 2]);
  assert.deepEqual(steps[0], { source: [0], relation: [1], target: [1] });
  assert.deepEqual(steps[1]?.relation, [1, 0, 3]);
  const shortest = frontier(around, { head: 0, features: [] }, 2, 'shortest').steps;
  assert.deepEqual(shortest[0]?.target, [1, 1]);
  assert.deepEqual(shortest[1], { source: [1], relation: [0], target: [2] });
});

test('a fact that is asked for is hidden from its own question', () => {
  const { graph } = families(seeded(2), 2);
  const [forwards, backwards] = linkExamples(graph);
  assert.deepEqual(forwards?.without, [graph.edges[0]]);
  assert.deepEqual(backwards?.without, [graph.edges[0]]);
  assert.equal(backwards?.head, graph.edges[0]?.to);
  assert.deepEqual(backwards?.answers, [graph.edges[0]?.from]);
});

test('says what is out of range', async () => {
  const { graph } = families(seeded(2), 1);
  const options = { random: seeded(0), features: 1 };
  await assert.rejects(
    graphNetwork(graph, { ...options, steps: 0 }),
    /steps of a graph network is a whole number from 1 to 64, not 0/,
  );
  const network = await graphNetwork(graph, { ...options, width: 2, steps: 1 });
  await assert.rejects(network.rank([{ head: 99, features: [0] }]), /Entity 99 is not one of/);
  await assert.rejects(network.rank([{ head: 0, features: [4] }]), /Feature 4 is not one of 1/);
  await assert.rejects(network.rank([]), /at least one question/);
  await network.dispose();
});
