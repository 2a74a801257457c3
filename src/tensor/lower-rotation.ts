import type { GraphBuilder } from './graph-builder.ts';
import {
  align,
  broadcastTo,
  contiguous,
  type SharedLoop,
  scaled,
  shapeOf,
  type View,
  viewOver,
} from './view.ts';

/**
 * `a c - b s` beside `b c + a s` for the halves a and b of the last axis. The runtime's operator wants cosines and sines for each
 * outer and inner row [B, T, D / 2] and repeats them for the rows between [B, H, T, D]; what lies otherwise is written out.
 */
export function lowerRotation(graph: GraphBuilder, pending: View, cosine: View, sine: View): View {
  const shape = shapeOf(pending);
  const x = { ...pending, scale: 1 };
  const half = [...shape.slice(0, -1), (shape.at(-1) as number) / 2];
  const tables = [cosine, sine].map((table) => broadcastTo(graph.settled(table), half)) as [View, View];
  const placed = place(x, tables);
  if (!placed) {
    const rows = contiguous(graph.written(x), shape);
    const whole = place(rows, tables)
      ? tables
      : (tables.map((table) => contiguous(graph.written(table), half)) as [View, View]);
    return scaled(lowerRotation(graph, rows, ...whole), pending.scale);
  }
  const { rows, outer, between, inner } = placed;
  const size = (loops: readonly SharedLoop[]): number =>
    loops.reduce((product, loop) => product * loop.size, 1);
  const sizes = [size(outer), size(between), size(inner)] as const;
  const turns = tables.map(({ axes, buffer }, index) => {
    const loops = [...outer, ...inner].map(({ size, strides }) => ({
      size,
      stride: strides[index + 1] as number,
    }));
    const own = [...loops, ...(axes.at(-1) ?? [])];
    const name = graph.arranged(buffer, own);
    const arranged = { name, type: buffer.type, shape: own.map(({ size }) => size) };
    return graph.shaped(arranged, [sizes[0], sizes[2], half.at(-1) as number]);
  });
  const whole = [...sizes, shape.at(-1) as number];
  const result = graph.emit({
    operator: 'RotaryEmbedding',
    inputs: [graph.shaped(x.buffer, whole), ...turns],
    type: 'float32',
    shape: whole,
  });
  const last = { axis: shape.length - 1, size: shape.at(-1) as number, strides: [1] };
  const order = [...outer, ...between, ...inner, last];
  return scaled(viewOver(result, shape.length, [...rows, last], order), pending.scale);
}

interface Placed {
  readonly rows: readonly SharedLoop[]; // in the order of the axes
  readonly outer: readonly SharedLoop[]; // as they lie
  readonly between: readonly SharedLoop[]; // where cosines and sines repeat
  readonly inner: readonly SharedLoop[];
}

/** How rows lie, or undefined where they do not lie as the operator reads them. */
function place(view: View, tables: readonly [View, View]): Placed | undefined {
  const isRow = ({ axes }: View): boolean => {
    const own = axes.at(-1) ?? [];
    return own.length === 0 || (own.length === 1 && own[0]?.stride === 1);
  };
  const all = [view, ...tables];
  const rows = align(all.map((one) => ({ ...one, axes: one.axes.slice(0, -1) })));
  if (!rows || !all.every(isRow)) return undefined;
  const stride = ({ strides }: SharedLoop): number => strides[0] as number;
  const repeats = ({ strides }: SharedLoop): boolean => strides[1] === 0;
  const alike = rows.every(({ strides }) => (strides[1] === 0) === (strides[2] === 0));
  if (!alike || rows.some((row) => stride(row) === 0)) return undefined;
  const lying = rows.toSorted((a, b) => stride(b) - stride(a));
  const first = lying.findIndex(repeats);
  const [start, end] = first < 0 ? [lying.length, lying.length] : [first, lying.findLastIndex(repeats) + 1];
  const between = lying.slice(start, end);
  if (!between.every(repeats)) return undefined;
  return { rows, outer: lying.slice(0, start), between, inner: lying.slice(end) };
}
