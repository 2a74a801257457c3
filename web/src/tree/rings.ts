import { hierarchy, tree } from 'd3-hierarchy';
import type { Layout, PlacedNode } from './layout.ts';
import type { PictureNode } from './picture.ts';

/** Diameter of a dot, room for one along its ring, and the least distance between two rings, pixels. */
const DOT = { size: 12, room: 15, ring: 150 } as const;

/** Places a large tree on rings around its root: a dot a node, each ring as wide as its nodes need. */
export function layOutInRings(picture: PictureNode): Layout {
  const root = tree<PictureNode>()
    .size([2 * Math.PI, 1])
    .separation((a, b) => (a.parent === b.parent ? 1 : 2) / Math.max(1, a.depth))(
    hierarchy(picture, ({ children }) => children as PictureNode[]),
  );
  const radii = ringRadii(root.descendants().map(({ depth }) => depth));
  const nodes: PlacedNode[] = [];
  const byId = new Map<number, PlacedNode>();
  root.each((point) => {
    const { data, depth, parent, x: angle } = point;
    const radius = radii[depth] ?? 0;
    const made: PlacedNode = {
      node: data,
      parent: parent ? byId.get(parent.data.id) : undefined,
      depth,
      x: radius * Math.sin(angle) - DOT.size / 2,
      y: -radius * Math.cos(angle),
      width: DOT.size,
      height: DOT.size,
      slim: true,
      order: angle,
    };
    nodes.push(made);
    for (const id of data.members) byId.set(id, made);
  });
  const reach = (radii.at(-1) ?? 0) + DOT.size;
  return { nodes, byId, radial: true, left: -reach, top: -reach, width: 2 * reach, height: 2 * reach };
}

/** The radius of each depth: rings evenly apart, each with room for its nodes. */
function ringRadii(depths: readonly number[]): number[] {
  const counts: number[] = [];
  for (const depth of depths) counts[depth] = (counts[depth] ?? 0) + 1;
  const needed = counts.map((count) => (count * DOT.room) / (2 * Math.PI));
  const apart = Math.max(DOT.ring, Math.max(...needed) / Math.max(1, counts.length - 1));
  const radii = [0];
  for (const least of needed.slice(1)) radii.push(Math.max((radii.at(-1) ?? 0) + apart, least));
  return radii;
}
