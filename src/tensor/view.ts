/** Reading a buffer in another order: transposes, reshapes and broadcasts as strides, without moving an element. */
import type { ElementType } from './tensor.ts';

/** A row-major value of the graph; every view of it covers all of its elements. */
export interface Buffer {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
}

/** One loop over a buffer. Stride 0 repeats what lies inside it. */
export interface Loop {
  readonly size: number; // > 1
  readonly stride: number; // in elements
}

/** A buffer times a number under a logical shape: each axis is a nest of loops, outermost first; an axis of size 1 has none. */
export interface View {
  readonly buffer: Buffer;
  readonly axes: readonly (readonly Loop[])[];
  readonly scale: number; // a factor nobody has multiplied in yet; 1 for other types than float32
}

/** A buffer as it lies, under a shape of the same size. */
export function contiguous(buffer: Buffer, shape: readonly number[]): View {
  const axes: Loop[][] = [];
  let stride = 1;
  for (const size of shape.toReversed()) {
    axes.unshift(size === 1 ? [] : [{ size, stride }]);
    stride *= size;
  }
  return { buffer, axes, scale: 1 };
}

/** The view's logical shape. */
export function shapeOf({ axes }: View): number[] {
  return axes.map(sizeOf);
}

function sizeOf(axis: readonly Loop[]): number {
  return axis.reduce((product, { size }) => product * size, 1);
}

/** Axis `i` of the result is axis `order[i]`. */
export function transpose(view: View, order: readonly number[]): View {
  return { ...view, axes: order.map((axis) => view.axes[axis] as readonly Loop[]) };
}

/** Inserts repeated axes at the positions `inserted` of `shape`, then repeats axes of size 1. */
export function broadcast(view: View, shape: readonly number[], inserted: readonly number[]): View {
  const rest = view.axes.values();
  return {
    ...view,
    axes: shape.map((size, index) => {
      const axis = inserted.includes(index) ? [] : (rest.next().value as readonly Loop[]);
      return axis.length === 0 ? repeated(size) : axis;
    }),
  };
}

/** The view under a larger shape by NumPy's rule: new axes in front, axes of size 1 repeated. */
export function broadcastTo(view: View, shape: readonly number[]): View {
  const missing = shape.length - view.axes.length;
  return broadcast(view, shape, [...Array(missing).keys()]);
}

/** The view times a number, which whoever reads it multiplies in: for nothing where the operator has a factor of its own. */
export function scaled(view: View, factor: number): View {
  return { ...view, scale: Math.fround(view.scale * factor) };
}

function repeated(size: number): readonly Loop[] {
  return size === 1 ? [] : [{ size, stride: 0 }];
}

/** The same elements under another shape, or undefined where a loop would have to be cut at a fraction of its size. */
export function reshape(view: View, shape: readonly number[]): View | undefined {
  const rest = view.axes.flat();
  const result: Loop[][] = [];
  for (const size of shape) {
    const axis: Loop[] = [];
    let wanted = size;
    while (wanted > 1) {
      const loop = rest.shift() as Loop;
      if (wanted % loop.size === 0) {
        axis.push(loop);
        wanted /= loop.size;
      } else if (loop.size % wanted === 0) {
        const inner = loop.size / wanted;
        axis.push({ size: wanted, stride: loop.stride * inner });
        rest.unshift({ size: inner, stride: loop.stride });
        wanted = 1;
      } else return undefined;
    }
    result.push(merged(axis));
  }
  return { ...view, axes: result };
}

function merged(axis: readonly Loop[]): Loop[] {
  const result: Loop[] = [];
  for (const loop of axis) {
    const outer = result.at(-1);
    if (outer && outer.stride === loop.stride * loop.size)
      result[result.length - 1] = { size: outer.size * loop.size, stride: loop.stride };
    else result.push(loop);
  }
  return result;
}

/** A loop that several views share: the same size, one stride per view. */
export interface SharedLoop {
  readonly axis: number;
  readonly size: number;
  readonly strides: readonly number[];
}

/** Cuts the loops of views of one shape where any of them is cut; undefined where the cuts do not divide each other. */
export function align(views: readonly View[]): SharedLoop[] | undefined {
  const shared: SharedLoop[] = [];
  const axisCount = views[0]?.axes.length ?? 0;
  for (let axis = 0; axis < axisCount; axis++) {
    const queues = views.map((view) => [...(view.axes[axis] as readonly Loop[])]);
    while (queues[0]?.length) {
      const size = Math.min(...queues.map((queue) => (queue[0] as Loop).size));
      if (queues.some((queue) => (queue[0] as Loop).size % size !== 0)) return undefined;
      const strides = queues.map((queue) => {
        const loop = queue.shift() as Loop;
        const inner = loop.size / size;
        if (inner > 1) queue.unshift({ size: inner, stride: loop.stride });
        return loop.stride * inner;
      });
      shared.push({ axis, size, strides });
    }
  }
  return shared;
}

/** Loops, outermost first, as the dimensions of a shape, cut where they reach over several; undefined where they do not fit. */
export function byDimension(
  loops: readonly SharedLoop[],
  shape: readonly number[],
): SharedLoop[][] | undefined {
  const rest = [...loops];
  const dimensions: SharedLoop[][] = [];
  for (const size of shape) {
    const own: SharedLoop[] = [];
    let wanted = size;
    while (wanted > 1) {
      const loop = rest.shift();
      if (loop && wanted % loop.size === 0) {
        own.push(loop);
        wanted /= loop.size;
      } else if (loop && loop.size % wanted === 0) {
        const inner = loop.size / wanted;
        own.push({ ...loop, size: wanted, strides: loop.strides.map((stride) => stride * inner) });
        rest.unshift({ ...loop, size: inner });
        wanted = 1;
      } else return undefined;
    }
    dimensions.push(own);
  }
  return dimensions;
}

/** A view over a new row-major buffer whose loops, outermost first, are `order`; loops of `logical` outside it repeat. */
export function viewOver(
  buffer: Buffer,
  rank: number,
  logical: readonly SharedLoop[],
  order: readonly SharedLoop[],
): View {
  const strideOf = new Map<SharedLoop, number>();
  let stride = 1;
  for (const loop of order.toReversed()) {
    strideOf.set(loop, stride);
    stride *= loop.size;
  }
  const axes: Loop[][] = Array.from({ length: rank }, () => []);
  for (const loop of logical) axes[loop.axis]?.push({ size: loop.size, stride: strideOf.get(loop) ?? 0 });
  return { buffer, axes: axes.map(merged), scale: 1 };
}
