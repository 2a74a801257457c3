import { UnsupportedPrimitiveError } from './errors.ts';
import { type GraphBuilder, isInOrder } from './graph-builder.ts';
import { mergeNeighbours, multiply } from './lower-elementwise.ts';
import type { OnnxAttribute } from './onnx-model.ts';
import { literal } from './program.ts';
import { elementCount } from './tensor.ts';
import {
  align,
  byDimension,
  contiguous,
  type SharedLoop,
  scaled,
  shapeOf,
  type View,
  viewOver,
} from './view.ts';

const OPERATOR: Readonly<Record<string, string>> = {
  Add: 'ReduceSum',
  Max: 'ReduceMax',
  Min: 'ReduceMin',
  Mul: 'ReduceProd',
};

/** Reduces axes away; a repeated axis is counted, not walked. */
export function lowerReduce(
  graph: GraphBuilder,
  pending: View,
  operation: string,
  axes: readonly number[],
): View {
  const view = operation === 'Add' ? pending : graph.settled(pending);
  const operator = OPERATOR[operation];
  if (operator === undefined || view.buffer.type === 'bool')
    throw new UnsupportedPrimitiveError(`reduce ${operation}`);
  const rank = view.axes.length - axes.length;
  const kept = (loop: SharedLoop): boolean => !axes.includes(loop.axis);
  const loops = align([view]) as SharedLoop[];
  const repeats = loops.filter((loop) => !kept(loop) && loop.strides[0] === 0);
  if (repeats.length > 0 && operation === 'Mul')
    return lowerReduce(graph, contiguous(graph.written(view), shapeOf(view)), operation, axes);
  const lying = loops.filter(({ strides }) => (strides[0] as number) > 0);
  lying.sort((a, b) => (b.strides[0] as number) - (a.strides[0] as number));
  const reduced = reduceLoops(graph, view, operator, lying, kept);
  const renumbered = loops
    .filter(kept)
    .map((loop) => ({ loop, axis: loop.axis - axes.filter((axis) => axis < loop.axis).length }));
  const logical = renumbered.map(({ loop, axis }) => ({ ...loop, axis }));
  const order = lying
    .filter(kept)
    .map((loop) => logical[renumbered.findIndex((entry) => entry.loop === loop)] as SharedLoop);
  const result = scaled(viewOver(reduced, rank, logical, order), view.scale);
  const count = repeats.reduce((product, { size }) => product * size, 1);
  return operation === 'Add' && count > 1
    ? multiply(graph, result, literal(count, view.buffer.type))
    : result;
}

function reduceLoops(
  graph: GraphBuilder,
  { buffer }: View,
  operator: string,
  lying: readonly SharedLoop[],
  kept: (loop: SharedLoop) => boolean,
): View['buffer'] {
  const dimensions = byDimension(lying, buffer.shape);
  const isKept = (loops: readonly SharedLoop[]): boolean => loops.every(kept);
  if (dimensions?.every((loops) => isKept(loops) || !loops.some(kept))) {
    const axes = dimensions.flatMap((loops, axis) => (isKept(loops) ? [] : [axis]));
    if (axes.length === 0) return buffer;
    const shape = buffer.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
    const inputs = [buffer.name, graph.integers(axes)];
    return graph.emit({ operator, inputs, attributes: { keepdims: 1 }, type: buffer.type, shape });
  }
  const groups: { loops: SharedLoop[]; kept: boolean }[] = [];
  for (const loop of lying) {
    const group = groups.at(-1);
    if (group?.kept === kept(loop)) group.loops.push(loop);
    else groups.push({ loops: [loop], kept: kept(loop) });
  }
  const sizes = groups.map(({ loops }) => loops.reduce((product, { size }) => product * size, 1));
  const axes = groups.flatMap((group, index) => (group.kept ? [] : [index]));
  if (axes.length === 0) return { ...buffer, name: graph.shaped(buffer, sizes), shape: sizes };
  const inputs = [graph.shaped(buffer, sizes), graph.integers(axes)];
  const shape = sizes.filter((_, index) => groups[index]?.kept);
  return graph.emit({ operator, inputs, attributes: { keepdims: 0 }, type: buffer.type, shape });
}

/** Softmax over the last axis. */
export function lowerSoftmax(graph: GraphBuilder, view: View): View {
  return lowerRowWise(graph, view, { operator: 'Softmax', attributes: {} });
}

/** `x / sqrt(mean(x²) + epsilon) * weight` over the last axis, as the runtime's one operator. */
export function lowerRmsNorm(graph: GraphBuilder, view: View, weight: View, epsilon: number): View {
  return lowerRowWise(graph, view, {
    operator: 'SimplifiedLayerNormalization',
    attributes: { epsilon: { float: epsilon } },
    others: [graph.written(weight).name],
  });
}

/** An operator on the rows of the last axis, which is moved to the end of memory where it lies elsewhere. */
function lowerRowWise(
  graph: GraphBuilder,
  pending: View,
  rowWise: {
    readonly operator: string;
    readonly attributes: Readonly<Record<string, OnnxAttribute>>;
    readonly others?: readonly string[]; // what else it reads
  },
): View {
  const view = graph.settled(pending);
  const loops = align([view]) as SharedLoop[];
  const last = view.axes.length - 1;
  const stride = ({ strides }: SharedLoop): number => strides[0] as number;
  if (loops.some((loop) => loop.axis === last && stride(loop) === 0)) {
    const shape = shapeOf(view);
    return lowerRowWise(graph, contiguous(graph.written(view), shape), rowWise);
  }
  const rows = loops.filter((loop) => loop.axis !== last && stride(loop) > 0);
  const order = [
    ...rows.sort((a, b) => stride(b) - stride(a)),
    ...loops.filter((loop) => loop.axis === last),
  ];
  const grouped = mergeNeighbours(order).map(({ size, strides }) => ({ size, stride: strides[0] as number }));
  const width = shapeOf(view)[last] as number;
  const { buffer } = view;
  const lying = isInOrder(grouped)
    ? buffer
    : { ...buffer, name: graph.arranged(buffer, grouped), shape: grouped.map(({ size }) => size) };
  const shape = lying.shape.at(-1) === width ? lying.shape : [elementCount(lying.shape) / width, width];
  const { operator, others = [] } = rowWise;
  const inputs = [graph.shaped(lying, shape), ...others];
  const attributes = { ...rowWise.attributes, axis: shape.length - 1 };
  const result = graph.emit({ operator, inputs, attributes, type: buffer.type, shape });
  return viewOver(result, view.axes.length, loops, order);
}
