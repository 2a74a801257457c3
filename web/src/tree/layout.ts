import { hierarchy, tree } from 'd3-hierarchy';
import type { PictureNode } from './picture.ts';

/** A node with its place; `x` is its left side and `y` its middle, in pixels. `order` counts along its depth. */
export interface PlacedNode {
  readonly node: PictureNode;
  readonly parent: PlacedNode | undefined;
  readonly depth: number; // 0 = root
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly slim: boolean; // one line: a leaf that matters less
  readonly order: number;
}

/** A tree with a place for each node. */
export interface Layout {
  readonly nodes: readonly PlacedNode[]; // parents before children
  readonly byId: ReadonlyMap<number, PlacedNode>; // by every trace node that a drawn one stands for
  readonly radial: boolean; // dots on rings instead of cards in columns
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export const NODE = { width: 212, height: 50, slimHeight: 25, column: 270 } as const;
const GAP = { siblings: 6, cousins: 13 } as const;
/** With more leaves than this, leaves take one line each unless they are on the way to the answer. */
const ROOMY_LEAVES = 24;

/** Places the nodes: columns by depth, siblings close together, no two on top of each other (Reingold and Tilford's tidy tree). */
export function layOut(picture: PictureNode): Layout {
  const root = hierarchy(picture, ({ children }) => children as PictureNode[]);
  const crowded = root.leaves().length > ROOMY_LEAVES;
  const isSlim = (node: PictureNode) =>
    node.children.length === 0 && !node.chosen && (crowded || node.status === 'pruned');
  const heightOf = (node: PictureNode) => (isSlim(node) ? NODE.slimHeight : NODE.height);
  const placed = tree<PictureNode>()
    .nodeSize([1, NODE.column])
    .separation(
      (a, b) =>
        (heightOf(a.data) + heightOf(b.data)) / 2 + (a.parent === b.parent ? GAP.siblings : GAP.cousins),
    )(root);
  const nodes: PlacedNode[] = [];
  const byId = new Map<number, PlacedNode>();
  let [top, bottom, right] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  placed.each((point) => {
    const { data, depth, parent } = point;
    const height = heightOf(data);
    const made: PlacedNode = {
      node: data,
      parent: parent ? byId.get(parent.data.id) : undefined,
      depth,
      x: point.y,
      y: point.x,
      width: NODE.width,
      height,
      slim: isSlim(data),
      order: point.x,
    };
    nodes.push(made);
    for (const id of data.members) byId.set(id, made);
    top = Math.min(top, made.y - height / 2);
    bottom = Math.max(bottom, made.y + height / 2);
    right = Math.max(right, made.x + made.width);
  });
  return { nodes, byId, radial: false, left: 0, top, width: right, height: bottom - top };
}

/** The line from a node's parent to it. */
export function linkPath({ parent, x, y }: PlacedNode): string {
  if (!parent) return 'M0 0';
  const start = parent.x + parent.width;
  const middle = (start + x) / 2;
  return `M${start} ${parent.y}C${middle} ${parent.y} ${middle} ${y} ${x} ${y}`;
}

/** Where the arrow keys lead from a node; undefined: nowhere. */
export function neighbour({ nodes }: Layout, from: PlacedNode, key: string): PlacedNode | undefined {
  switch (key) {
    case 'ArrowLeft':
      return from.parent;
    case 'ArrowRight':
      return nodes.find(({ parent }) => parent === from);
    case 'ArrowUp':
    case 'ArrowDown': {
      const column = nodes.filter(({ depth }) => depth === from.depth).sort((a, b) => a.order - b.order);
      return column[column.indexOf(from) + (key === 'ArrowDown' ? 1 : -1)];
    }
    case 'Home':
      return nodes[0];
    default:
      return undefined;
  }
}
