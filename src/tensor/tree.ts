import { TensorError } from './errors.ts';

/** Leaves under names and indices: a single leaf, a list of trees, or a record of trees. */
export type Tree<Leaf> = Leaf | readonly Tree<Leaf>[] | { readonly [name: string]: Tree<Leaf> };

/** How deep trees may nest. */
const MAXIMUM_DEPTH = 32;

/** Tells leaves from records; both are objects. */
export type IsLeaf<Leaf> = (node: Tree<Leaf>) => node is Leaf;

/** The leaves with their paths (`layers.0.gate`), in the order of the tree. Throws TensorError past a depth of 32. */
export function leavesOf<Leaf>(tree: Tree<Leaf>, isLeaf: IsLeaf<Leaf>): [path: string, leaf: Leaf][] {
  const leaves: [string, Leaf][] = [];
  visit(tree, isLeaf, '', 0, (path, leaf) => leaves.push([path, leaf]));
  return leaves;
}

/** A tree of the same structure with `change(leaf, path)` in place of each leaf. */
export function mapTree<Leaf, Changed>(
  tree: Tree<Leaf>,
  isLeaf: IsLeaf<Leaf>,
  change: (leaf: Leaf, path: string) => Changed,
): Tree<Changed> {
  return visit(tree, isLeaf, '', 0, (path, leaf) => change(leaf, path));
}

function visit<Leaf, Changed>(
  node: Tree<Leaf>,
  isLeaf: IsLeaf<Leaf>,
  path: string,
  depth: number,
  change: (path: string, leaf: Leaf) => Changed,
): Tree<Changed> {
  if (isLeaf(node)) return change(path, node);
  if (depth === MAXIMUM_DEPTH)
    throw new TensorError(`The tree at "${path}" is deeper than ${MAXIMUM_DEPTH}.`);
  const below = (key: string | number, child: Tree<Leaf>): Tree<Changed> =>
    visit(child, isLeaf, path === '' ? `${key}` : `${path}.${key}`, depth + 1, change);
  if (Array.isArray(node)) return node.map((child, index) => below(index, child));
  const entries = Object.entries(node as { readonly [name: string]: Tree<Leaf> });
  return Object.fromEntries(entries.map(([key, child]) => [key, below(key, child)]));
}
