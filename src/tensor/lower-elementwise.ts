import { UnsupportedPrimitiveError } from './errors.ts';
import { type GraphBuilder, isInOrder } from './graph-builder.ts';
import type { Literal } from './program.ts';
import { type ElementType, elementCount } from './tensor.ts';
import { byDimension, type SharedLoop, scaled, shapeOf, type View, viewOver } from './view.ts';

/** Primitives with an operator of their own; the rest of the element-wise ones are below. */
const OPERATOR: Readonly<Record<string, string>> = {
  add: 'Add',
  mul: 'Mul',
  divide: 'Div',
  min: 'Min',
  max: 'Max',
  neg: 'Neg',
  reciprocal: 'Reciprocal',
  sqrt: 'Sqrt',
  exp: 'Exp',
  log: 'Log',
  sin: 'Sin',
  cos: 'Cos',
  asin: 'Asin',
  atan: 'Atan',
  erf: 'Erf',
  floor: 'Floor',
  ceil: 'Ceil',
  sigmoid: 'Sigmoid',
  where: 'Where',
  cast: 'Cast',
};

const COMPARISON: Readonly<Record<string, string>> = {
  less: 'Less',
  less_equal: 'LessOrEqual',
  equal: 'Equal',
  not_equal: 'Equal', // negated below
};

/** ONNX's codes of the element types, for Cast. */
const TYPE_CODE: Readonly<Record<ElementType, number>> = { float32: 1, int32: 6, bool: 9, uint32: 12 };

/** Whether a primitive works element by element. */
export function isElementwise(primitive: string): boolean {
  return primitive in OPERATOR || primitive === 'compare';
}

/** One element-wise equation. Operands keep the order they lie in; repeats stay repeats; factors and signs stay pending. */
export function lowerElementwise(
  graph: GraphBuilder,
  primitive: string,
  operands: readonly (View | Literal)[],
  parameters: Readonly<Record<string, unknown>>,
  type: ElementType,
): View {
  const [a, b] = operands as [View | Literal, View | Literal];
  if (type === 'float32') {
    if (primitive === 'neg' && isView(a)) return scaled(a, -1);
    if (primitive === 'mul') return multiply(graph, a, b);
    if (primitive === 'add') return add(graph, a, b);
  }
  if (primitive === 'compare') return compare(graph, String(parameters.op), operands);
  const operator = (type === 'bool' ? BOOLEAN[primitive] : undefined) ?? (OPERATOR[primitive] as string);
  const attributes = primitive === 'cast' ? { to: TYPE_CODE[type] } : {};
  return applyElementwise(graph, operator, operands, type, attributes);
}

/** `x * sigmoid(x)`, as it lies. */
export function lowerSilu(graph: GraphBuilder, pending: View): View {
  const view = graph.settled(pending);
  const { name, type, shape } = view.buffer;
  const attributes = { alpha: { float: 1 } };
  const node = { operator: 'QuickGelu', domain: 'com.microsoft', inputs: [name], attributes, type, shape };
  return { ...view, buffer: graph.emit(node) };
}

/** The product of two operands; numbers and pending factors are carried on. */
export function multiply(graph: GraphBuilder, a: View | Literal, b: View | Literal): View {
  if (isView(a) && isView(b)) {
    const product = applyElementwise(
      graph,
      'Mul',
      [
        { ...a, scale: 1 },
        { ...b, scale: 1 },
      ],
      a.buffer.type,
    );
    return scaled(product, a.scale * b.scale);
  }
  if (isView(a))
    return a.buffer.type === 'float32'
      ? scaled(a, (b as Literal).value)
      : applyElementwise(graph, 'Mul', [a, b], a.buffer.type);
  return multiply(graph, b, a);
}

/** The sum of two operands; a pending sign becomes a subtraction, a pending factor of both is carried on. */
function add(graph: GraphBuilder, a: View | Literal, b: View | Literal): View {
  if (isView(a) && isView(b)) {
    if (a.scale === b.scale && a.scale !== 1)
      return scaled(add(graph, { ...a, scale: 1 }, { ...b, scale: 1 }), a.scale);
  }
  if (isView(b) && b.scale === -1) return applyElementwise(graph, 'Sub', [a, { ...b, scale: 1 }], 'float32');
  if (isView(a) && a.scale === -1) return applyElementwise(graph, 'Sub', [b, { ...a, scale: 1 }], 'float32');
  return applyElementwise(graph, 'Add', [a, b], 'float32');
}

function compare(graph: GraphBuilder, comparison: string, operands: readonly (View | Literal)[]): View {
  const operator = COMPARISON[comparison];
  if (operator === undefined) throw new UnsupportedPrimitiveError(`compare ${comparison}`);
  const compared = applyElementwise(graph, operator, operands, 'bool');
  return comparison === 'not_equal' ? applyElementwise(graph, 'Not', [compared], 'bool') : compared;
}

function isView(operand: View | Literal): operand is View {
  return 'buffer' in operand;
}

/** Arithmetic on booleans, as jax-js defines it. */
const BOOLEAN: Readonly<Record<string, string>> = { add: 'Or', max: 'Or', mul: 'And', min: 'And' };

/** Applies an ONNX operator element by element to broadcasting operands. */
export function applyElementwise(
  graph: GraphBuilder,
  operator: string,
  operands: readonly (View | Literal)[],
  type: ElementType,
  attributes: Readonly<Record<string, number>> = {},
): View {
  const views = operands.filter(isView).map((view) => graph.settled(view));
  const shape = broadcastShape(views);
  const { views: wide, loops } = graph.aligned(views, shape);
  const used = loops.filter(({ strides }) => strides.some((stride) => stride > 0));
  const order = cheapestOrder(used);
  const readable = readableShapes(graph, wide, order);
  const grouped = mergeNeighbours(order);
  const names = wide.map(({ buffer }, index) =>
    readable
      ? graph.shaped(buffer, readable.operands[index] as number[])
      : graph.arranged(
          buffer,
          grouped.map(({ size, strides }) => ({ size, stride: strides[index] as number })),
        ),
  );
  const rest = names.values();
  const inputs = operands.map((operand) =>
    'value' in operand ? graph.scalar(operand.value, operand.type) : (rest.next().value as string),
  );
  const made = readable?.result ?? grouped.map(({ size }) => size);
  const result = graph.emit({ operator, inputs, attributes, type, shape: made });
  return viewOver(result, shape.length, loops, order);
}

interface ReadableShapes {
  readonly operands: readonly (readonly number[])[];
  readonly result: readonly number[];
}

/** Shapes under which operands that lie in one order broadcast: those of one of them, or few dimensions, whichever takes the fewest nodes. */
function readableShapes(
  graph: GraphBuilder,
  views: readonly View[],
  order: readonly SharedLoop[],
): ReadableShapes | undefined {
  const asLying = views.every((_, operand) =>
    isInOrder(
      order
        .map(({ size, strides }) => ({ size, stride: strides[operand] as number }))
        .filter(({ stride }) => stride > 0),
    ),
  );
  if (!asLying) return undefined;
  const size = elementCount(order.map((loop) => loop.size));
  const whole = views.map(({ buffer }) => buffer.shape).filter((shape) => elementCount(shape) === size);
  const options = [...whole, mergeNeighbours(order).map((loop) => loop.size)].flatMap((result) => {
    const operands = views.map((_, operand) => underShape(order, result, operand));
    if (operands.includes(undefined)) return [];
    const known = operands as number[][];
    const nodes = views.filter(
      ({ buffer }, index) => !graph.hasShape(buffer, known[index] as number[]),
    ).length;
    return [{ operands: known, result, nodes }];
  });
  return options.toSorted((a, b) => a.nodes - b.nodes || a.result.length - b.result.length)[0];
}

/** What a shape is for one operand: 1 where that one repeats; undefined where it does so in a part of a dimension. */
function underShape(
  order: readonly SharedLoop[],
  shape: readonly number[],
  operand: number,
): number[] | undefined {
  const dimensions = byDimension(order, shape)?.map((loops) => {
    const steps = loops.filter(({ strides }) => (strides[operand] as number) > 0);
    if (steps.length > 0 && steps.length < loops.length) return 0;
    return elementCount(steps.map(({ size }) => size));
  });
  return dimensions?.includes(0) ? undefined : dimensions;
}

/** NumPy's rule: shapes line up at their last axes, and size 1 repeats. */
export function broadcastShape(views: readonly View[]): number[] {
  const shapes = views.map(shapeOf);
  const rank = Math.max(0, ...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, axis) =>
    Math.max(...shapes.map((shape) => shape[axis - rank + shape.length] ?? 1)),
  );
}

/** The order of loops that transposes the fewest elements: that of the operand whose order costs the others least. */
export function cheapestOrder(loops: readonly SharedLoop[]): SharedLoop[] {
  const operands = loops[0]?.strides.keys() ?? [];
  const candidates = [...operands].map((reference) => orderOf(loops, reference));
  const costs = candidates.map((order) => transposedElements(order));
  return candidates[costs.indexOf(Math.min(...costs))] ?? [];
}

/** The order in which one operand lies; loops it repeats come where the logical order puts them. */
function orderOf(loops: readonly SharedLoop[], operand: number): SharedLoop[] {
  const stride = (loop: SharedLoop): number => loop.strides[operand] as number;
  const order = loops.filter((loop) => stride(loop) > 0).sort((a, b) => stride(b) - stride(a));
  for (const [index, loop] of [...loops.entries()].reverse()) {
    if (stride(loop) > 0) continue;
    const next = loops[index + 1];
    order.splice(next ? order.indexOf(next) : order.length, 0, loop);
  }
  return order;
}

function transposedElements(order: readonly SharedLoop[]): number {
  let total = 0;
  for (const operand of order[0]?.strides.keys() ?? []) {
    const own = order.filter(({ strides }) => (strides[operand] as number) > 0);
    const strides = own.map((loop) => loop.strides[operand] as number);
    const inOrder = strides.every((stride, index) => index === 0 || stride < (strides[index - 1] as number));
    if (!inOrder) total += own.reduce((product, { size }) => product * size, 1);
  }
  return total;
}

/** Joins neighbouring loops that are one loop for every operand, so that the runtime sees few dimensions. */
export function mergeNeighbours(order: readonly SharedLoop[]): SharedLoop[] {
  const grouped: SharedLoop[] = [];
  for (const loop of order) {
    const outer = grouped.at(-1);
    if (outer?.strides.every((stride, index) => stride === (loop.strides[index] as number) * loop.size))
      grouped[grouped.length - 1] = { ...loop, size: outer.size * loop.size };
    else grouped.push(loop);
  }
  return grouped;
}
