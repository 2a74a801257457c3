import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fitText } from './fit-text.ts';
import { layOut, neighbour } from './layout.ts';
import type { PictureNode } from './picture.ts';
import { layOutInRings } from './rings.ts';
import { fitted, revealed, zoomed } from './view.ts';

/** A tree by the parent of each node after the first: the one at that index, modulo those there are. */
function treeOf(parents: readonly number[]): PictureNode {
  const nodes = [...parents, 0].map((_, id): PictureNode & { children: PictureNode[] } => ({
    id,
    text: 'text',
    title: 'state',
    status: id % 3 === 2 ? 'pruned' : 'done',
    score: undefined,
    tokens: 0,
    calls: [],
    members: [id],
    chosen: false,
    children: [],
  }));
  parents.forEach((parent, index) => {
    nodes[parent % (index + 1)]?.children.push(nodes[index + 1] as PictureNode);
  });
  return nodes[0] as PictureNode;
}

const parents = fc.array(fc.nat(), { maxLength: 60 });

test('no two nodes lie on top of each other, and all lie in the box', () => {
  fc.assert(
    fc.property(parents, (given) => {
      const layout = layOut(treeOf(given));
      assert.equal(layout.nodes.length, given.length + 1);
      for (const a of layout.nodes) {
        assert.ok(a.x >= layout.left && a.x + a.width <= layout.left + layout.width);
        assert.ok(a.y - a.height / 2 >= layout.top - 1e-6);
        assert.ok(a.y + a.height / 2 <= layout.top + layout.height + 1e-6);
        for (const b of layout.nodes)
          if (a !== b && a.depth === b.depth)
            assert.ok(Math.abs(a.y - b.y) >= (a.height + b.height) / 2 - 1e-6, `${a.node.id} ${b.node.id}`);
      }
    }),
  );
});

test('rings hold every node, each depth at one distance from the root, farther out than the one before', () => {
  fc.assert(
    fc.property(parents, (given) => {
      const layout = layOutInRings(treeOf(given));
      assert.equal(layout.nodes.length, given.length + 1);
      const distance = ({ x, y, width }: (typeof layout.nodes)[number]) => Math.hypot(x + width / 2, y);
      for (const placed of layout.nodes) {
        assert.ok(distance(placed) <= layout.width / 2);
        if (placed.parent) assert.ok(distance(placed) > distance(placed.parent) + 100);
      }
      for (const a of layout.nodes)
        for (const b of layout.nodes)
          if (a.depth === b.depth) assert.ok(Math.abs(distance(a) - distance(b)) < 1e-6);
    }),
  );
});

test('arrow keys reach every node', () => {
  fc.assert(
    fc.property(parents, fc.boolean(), (given, rings) => {
      const layout = rings ? layOutInRings(treeOf(given)) : layOut(treeOf(given));
      const reached = new Set([layout.nodes[0]]);
      for (const from of reached)
        for (const key of ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home']) {
          const to = from && neighbour(layout, from, key);
          if (to) reached.add(to);
        }
      assert.equal(reached.size, layout.nodes.length);
    }),
  );
});

test('a fitted tree lies in the window, and zooming leaves the point under the pointer where it is', () => {
  const length = fc.double({ min: 1, max: 20_000, noNaN: true });
  fc.assert(
    fc.property(length, length, fc.double({ min: 0.1, max: 5, noNaN: true }), (width, height, factor) => {
      const window = { width: 900, height: 700 };
      const view = fitted({ left: 0, top: -height / 2, width, height }, window);
      assert.ok(view.scale <= 1);
      if (view.scale > 0.02) {
        assert.ok(view.x >= 0 && view.x + width * view.scale <= window.width + 1e-6);
        assert.ok(view.y - (height / 2) * view.scale >= -1e-6);
      }
      const next = zoomed(view, factor, 300, 200);
      const before = (300 - view.x) / view.scale;
      assert.ok(Math.abs((300 - next.x) / next.scale - before) < 1e-3 * Math.max(1, Math.abs(before)));
    }),
  );
});

test('what is revealed is seen, and what is seen already does not move', () => {
  const window = { width: 900, height: 700 };
  const view = { x: 0, y: 0, scale: 1 };
  const box = { x: 2000, y: -500, width: 200, height: 50 };
  const next = revealed(view, box, window);
  assert.ok(2000 + next.x + 200 <= 900 && -525 + next.y >= 0);
  assert.deepEqual(revealed(next, box, window), next);
});

test('text is cut to its lines', () => {
  assert.deepEqual(fitText('25 * 3 = 75', 20, 2), ['25 * 3 = 75']);
  assert.deepEqual(fitText('one two three four five six', 10, 2), ['one two', 'three fou…']);
  assert.deepEqual(fitText('', 10, 2), []);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), (text) => {
      const lines = fitText(text, 12, 2);
      assert.ok(lines.length <= 2 && lines.every((line) => [...line].length <= 12));
      assert.ok(lines.every((line) => line.isWellFormed()));
    }),
  );
});
