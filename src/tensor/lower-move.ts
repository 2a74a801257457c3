/** Primitives that choose, join or cut elements: gather, scatter, concatenate, split, shrink, pad, flip. */
import { UnsupportedPrimitiveError } from './errors.ts';
import type { GraphBuilder } from './graph-builder.ts';
import { broadcastShape } from './lower-elementwise.ts';
import { type ElementType, elementCount } from './tensor.ts';
import {
  type Buffer,
  broadcastTo,
  contiguous,
  type Loop,
  scaled,
  shapeOf,
  transpose,
  type View,
} from './view.ts';

/** Elements of `view` at integer positions along `axes`; the positions' shape comes to stand at axis `outDim`. */
export function lowerGather(
  graph: GraphBuilder,
  view: View,
  positions: readonly View[],
  axes: readonly number[],
  outDim: number,
): View {
  const others = [...view.axes.keys()].filter((axis) => !axes.includes(axis));
  const source = graph.written(transpose(view, [...axes, ...others]));
  const rest = source.shape.slice(axes.length);
  const index = stackedPositions(graph, positions, source.shape);
  const shape = [...index.shape.slice(0, -1), ...rest];
  const { type } = source;
  const single = axes.length === 1;
  const inputs = [source.name, single ? graph.shaped(index, index.shape.slice(0, -1)) : index.name];
  const result = graph.emit({ operator: single ? 'Gather' : 'GatherND', inputs, type, shape });
  return transpose(contiguous(result, shape), placeAt(index.shape.length - 1, rest.length, outDim));
}

/** Zeros of a shape with `updates` added, or put, at integer positions along `axes`: what `gather` reads, written back. */
export function lowerScatter(
  graph: GraphBuilder,
  updates: View,
  positions: readonly View[],
  {
    op,
    shape,
    axes,
    outDim,
  }: { op: string; shape: readonly number[]; axes: readonly number[]; outDim: number },
): View {
  if (op !== 'add' && op !== 'update') throw new UnsupportedPrimitiveError(`scatter ${op}`);
  const others = [...shape.keys()].filter((axis) => !axes.includes(axis));
  const order = [...axes, ...others];
  const target = order.map((axis) => shape[axis] as number);
  const places = target.slice(0, axes.length);
  const index = flatPositions(graph, positions, places);
  const toFront = placeAt(index.shape.length, others.length, outDim);
  const source = graph.written(transpose(updates, inverse(toFront)));
  const { type } = source;
  const [count, rows] = [elementCount(index.shape), elementCount(places)];
  const width = elementCount(target.slice(axes.length));
  const zeros = graph.emit({
    operator: 'Expand',
    inputs: [graph.scalar(0, type), graph.integers([rows, width])],
    type,
    shape: [rows, width],
  });
  const indices = graph.emit({
    operator: 'Expand',
    inputs: [graph.shaped(index, [count, 1]), graph.integers([count, width])],
    type: index.type,
    shape: [count, width],
  });
  // not ScatterND: its threads add to one place at the same time and lose some of the updates
  const result = graph.emit({
    operator: 'ScatterElements',
    inputs: [zeros.name, indices.name, graph.shaped(source, [count, width])],
    attributes: { axis: 0, reduction: op === 'add' ? 'add' : 'none' },
    type,
    shape: [rows, width],
  });
  const shaped = { name: graph.shaped(result, target), type, shape: target };
  return transpose(contiguous(shaped, target), inverse(order));
}

/** Positions along several axes side by side in a last axis, as the *ND operators read them. */
function stackedPositions(
  graph: GraphBuilder,
  positions: readonly View[],
  target: readonly number[],
): Buffer {
  const shape = broadcastShape(positions);
  const columns = positions.map((view) => {
    const written = graph.written(broadcastTo(view, shape));
    const wide = { operator: 'Cast', inputs: [written.name], attributes: { to: INT64 } };
    const cast = graph.emit({ ...wide, type: 'int32', shape });
    return graph.shaped(cast, [...shape, 1]);
  });
  if (positions.length > target.length)
    throw new UnsupportedPrimitiveError('gather', 'more positions than axes');
  const stacked = { type: 'int32' as ElementType, shape: [...shape, positions.length] };
  if (columns.length === 1) return { ...stacked, name: columns[0] as string };
  return graph.emit({ operator: 'Concat', inputs: columns, attributes: { axis: shape.length }, ...stacked });
}

/** Positions along several axes as one position along all of them in row-major order, cast for the indexing operators. */
function flatPositions(graph: GraphBuilder, positions: readonly View[], sizes: readonly number[]): Buffer {
  const shape = broadcastShape(positions);
  const type: ElementType = 'int32';
  const combine = (operator: string, ...inputs: string[]): Buffer =>
    graph.emit({ operator, inputs, type, shape });
  const flat = positions
    .map((view) => graph.written(broadcastTo(view, shape)))
    .reduce((sum, next, axis) => {
      const scaledSum = combine('Mul', sum.name, graph.scalar(sizes[axis] as number, type));
      return combine('Add', scaledSum.name, next.name);
    });
  return graph.emit({ operator: 'Cast', inputs: [flat.name], attributes: { to: INT64 }, type, shape });
}

/** ONNX's code of 64-bit integers, which its indexing operators ask for. */
const INT64 = 7;

/** Axis order that moves `front` leading axes to stand at `position` among `rest` others. */
function placeAt(front: number, rest: number, position: number): number[] {
  const others = Array.from({ length: rest }, (_, index) => front + index);
  return [...others.slice(0, position), ...Array(front).keys(), ...others.slice(position)];
}

function inverse(order: readonly number[]): number[] {
  return order.map((_, axis) => order.indexOf(axis));
}

/** Joins views along an axis. */
export function lowerConcatenate(graph: GraphBuilder, views: readonly View[], axis: number): View {
  const factors = new Set(views.map(({ scale }) => scale));
  const common = factors.size === 1 ? (views[0] as View).scale : 1;
  const written = views.map((view) => graph.written(common === 1 ? view : { ...view, scale: 1 }));
  const { type, shape: first } = written[0] as Buffer;
  const size = written.reduce((sum, { shape }) => sum + (shape[axis] as number), 0);
  const shape = first.with(axis, size);
  const inputs = written.map(({ name }) => name);
  const joined = graph.emit({ operator: 'Concat', inputs, attributes: { axis }, type, shape });
  return scaled(contiguous(joined, shape), common);
}

/** Cuts an axis into pieces, in whatever order the view lies. */
export function lowerSplit(graph: GraphBuilder, view: View, axis: number, sizes: readonly number[]): View[] {
  const loops = view.axes.flatMap((nest, at) => nest.map((loop) => ({ at, loop })));
  const own = view.axes[axis] as readonly Loop[];
  const [cut] = own;
  if (own.length !== 1 || cut === undefined || cut.stride === 0) {
    const shape = shapeOf(view);
    return shape[axis] === 1 && sizes.length === 1
      ? [view]
      : lowerSplit(graph, contiguous(graph.written(view), shape), axis, sizes);
  }
  const { shape } = view.buffer;
  const asItLies = shape.findIndex(
    (size, axis) => size === cut.size && elementCount(shape.slice(axis + 1)) === cut.stride,
  );
  const lying = loops.filter(({ loop }) => loop.stride > 0).sort((a, b) => b.loop.stride - a.loop.stride);
  const dimension = asItLies < 0 ? lying.findIndex(({ loop }) => loop === cut) : asItLies;
  const full = asItLies < 0 ? lying.map(({ loop }) => loop.size) : shape;
  const pieces = graph.emitMany(
    {
      operator: 'Split',
      inputs: [graph.shaped(view.buffer, full), graph.integers(sizes)],
      attributes: { axis: dimension },
      type: view.buffer.type,
      shape: full,
    },
    sizes.map((size) => full.with(dimension, size)),
  );
  return pieces.map((buffer, index) => {
    const size = sizes[index] as number;
    const rescale = (loop: Loop): Loop[] => {
      if (loop === cut) return size === 1 ? [] : [{ size, stride: cut.stride }];
      const outside = loop.stride > cut.stride;
      return [{ size: loop.size, stride: outside ? (loop.stride / cut.size) * size : loop.stride }];
    };
    return { ...view, buffer, axes: view.axes.map((nest) => nest.flatMap(rescale)) };
  });
}

/** Keeps `slice[i] = [from, to)` of each axis. */
export function lowerShrink(
  graph: GraphBuilder,
  view: View,
  slice: readonly (readonly [number, number])[],
): View {
  const from = slice.map(([start]) => start);
  const to = slice.map(([, end]) => end);
  return moved(
    graph,
    'Slice',
    view,
    [graph.integers(from), graph.integers(to)],
    slice.map(([start, end]) => end - start),
  );
}

/** Adds `width[i] = [before, after]` zeros around each axis. */
export function lowerPad(
  graph: GraphBuilder,
  view: View,
  width: readonly (readonly [number, number])[],
): View {
  const amounts = [...width.map(([before]) => before), ...width.map(([, after]) => after)];
  const shape = shapeOf(view).map((size, axis) => size + (width[axis]?.[0] ?? 0) + (width[axis]?.[1] ?? 0));
  return moved(graph, 'Pad', view, [graph.integers(amounts)], shape);
}

/** Reverses axes. */
export function lowerFlip(graph: GraphBuilder, view: View, axes: readonly number[]): View {
  const shape = shapeOf(view);
  const every = (value: number): string => graph.integers(axes.map(() => value));
  const beforeFirst = every(-(2 ** 31)); // past the first element, counted from the end
  return moved(graph, 'Slice', view, [every(-1), beforeFirst, graph.integers(axes), every(-1)], shape);
}

function moved(
  graph: GraphBuilder,
  operator: string,
  view: View,
  inputs: readonly string[],
  shape: readonly number[],
): View {
  elementCount(shape);
  const source = graph.written(view);
  const result = graph.emit({ operator, inputs: [source.name, ...inputs], type: source.type, shape });
  return contiguous(result, shape);
}
