import assert from 'node:assert/strict';
import { test } from 'node:test';
import { solve } from '../../../src/core/solve.ts';
import { type TraceEvent, TraceFold } from '../../../src/core/trace.ts';
import { chainOfThought } from '../../../src/methods/chain-of-thought.ts';
import { selfConsistency } from '../../../src/methods/self-consistency.ts';
import { treeOfThought } from '../../../src/methods/tree-of-thought.ts';
import { noisySolver } from '../../../src/models/noisy-solver.ts';
import { type PictureNode, pictureOf } from './picture.ts';

const model = noisySolver({ errorRate: 0.3 });
const question = { id: 'q', messages: [{ role: 'user' as const, text: 'What is 17 + 25 * 3?' }] };

async function traced(method: Parameters<typeof solve>[0]) {
  const trace = new TraceFold();
  const events: TraceEvent[] = [];
  const { solution, usage } = await solve(method, question, {
    onEvent: (event) => {
      events.push(event);
      trace.add(event);
    },
  });
  return { trace, events, solution, usage };
}

function nodesOf(picture: PictureNode): PictureNode[] {
  return [picture, ...picture.children.flatMap(nodesOf)];
}

test('a search is drawn by its states, and the way to the answer is marked', async () => {
  const { trace, solution, usage } = await traced(treeOfThought({ model, breadth: 3 }));
  const picture = pictureOf(trace)!;
  const nodes = nodesOf(picture);
  assert.ok(nodes.slice(1).every(({ title }) => title === 'state'));
  assert.ok(nodes.some(({ status }) => status === 'pruned'));
  const chosen = nodes.filter((node) => node.chosen);
  assert.deepEqual(
    chosen.slice(1).map(({ text }) => text),
    solution.steps,
  );
  assert.equal(picture.text, `${usage.calls} calls`);
  assert.equal(picture.tokens, usage.promptTokens + usage.completionTokens);
  const members = nodes.flatMap((node) => node.members);
  assert.deepEqual(
    members.toSorted((a, b) => a - b),
    [...trace.nodes.keys()],
    'each trace node is drawn once',
  );
  assert.ok(nodesOf(pictureOf(trace, true)!).length > nodes.length);
});

test('samples are drawn with their branch as one node, in words of their last line', async () => {
  const { trace, solution } = await traced(
    selfConsistency({ method: chainOfThought({ model, temperature: 0.7 }), samples: 5 }),
  );
  const picture = pictureOf(trace)!;
  assert.equal(picture.children.length, 5);
  assert.deepEqual(
    picture.children.map(({ title }) => title),
    [1, 2, 3, 4, 5].map((number) => `sample ${number}`),
  );
  assert.ok(picture.children.every(({ text, calls }) => /^The answer is/.test(text) && calls.length === 1));
  const winner = picture.children.find(({ chosen }) => chosen);
  assert.equal(winner?.text, `The answer is ${solution.answer}.`);
});

test('every beginning of a trace can be drawn', async () => {
  const { events } = await traced(treeOfThought({ model, breadth: 2 }));
  const trace = new TraceFold();
  assert.equal(pictureOf(trace), undefined);
  for (const event of events) {
    trace.add(event);
    const nodes = nodesOf(pictureOf(trace)!);
    assert.equal(new Set(nodes.map(({ id }) => id)).size, nodes.length);
  }
});

test('a failed node says why', () => {
  const trace = new TraceFold();
  trace.add({ type: 'node-start', id: 0, parent: null, label: 'm' });
  trace.add({ type: 'node-start', id: 1, parent: 0, label: 'sample' });
  trace.add({
    type: 'node-end',
    id: 1,
    status: 'failed',
    usage: { calls: 0, promptTokens: 0, completionTokens: 0 },
    error: 'out of order',
  });
  const [child] = pictureOf(trace)!.children;
  assert.deepEqual([child?.status, child?.text], ['failed', 'out of order']);
});
