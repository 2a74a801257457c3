/** The loops in which a graph network spends its time, for WebAssembly: some eight times as fast as the same in JavaScript. */
import type { Arena } from '../tensor/arena.ts';
import {
  addSumAt,
  addVectors,
  type Code,
  instantiate,
  integer,
  integerAt,
  multiplyVectors,
  plus,
  repeatedAt,
  storeVector,
  times,
  type Variable,
  vectorAt,
  wasmFunction,
  whileLess,
  zeroVector,
} from '../tensor/wasm-code.ts';

const FLOAT = 4; // bytes
const VECTOR = 16;

/** Facts by the rows they connect; each of the arrays has one entry for a fact. */
export interface Facts {
  readonly source: Int32Array;
  readonly relation: Int32Array;
  readonly target: Int32Array;
}

/** Sums over arrays of one arena. Rows have D floats, a multiple of 4. */
export interface GraphKernels {
  /** arrived[target] += state[source] * vectors[relation], for each fact. */
  pass(facts: Facts, state: Float32Array, vectors: Float32Array, arrived: Float32Array, width: number): void;
  /** The slopes of `pass`: those of states and vectors are added to. */
  passBack(
    facts: Facts,
    values: { readonly state: Float32Array; readonly vectors: Float32Array },
    slopes: {
      readonly state: Float32Array;
      readonly vectors: Float32Array;
      readonly arrived: Float32Array;
    },
    width: number,
  ): void;
  /** y += x · matrix, where x is [rows, inner] and the matrix [inner, columns], both sizes multiples of 4. */
  product(x: Float32Array, matrix: Float32Array, y: Float32Array, inner: number, columns: number): void;
  /** x += y · matrixᵀ, the slope of x in `product`. */
  productBack(y: Float32Array, matrix: Float32Array, x: Float32Array, inner: number, columns: number): void;
  /** matrix += xᵀ · y, the slope of the matrix in `product`. */
  outerProduct(x: Float32Array, y: Float32Array, matrix: Float32Array, inner: number, columns: number): void;
}

/** The kernels over the memory of an arena. */
export function graphKernels({ memory }: Arena): GraphKernels {
  const run = instantiate({ pass, passBack, product, productBack, outerProduct }, memory);
  const at = ({ byteOffset }: Float32Array | Int32Array): number => byteOffset;
  const end = ({ byteOffset, byteLength }: Float32Array | Int32Array): number => byteOffset + byteLength;
  return {
    pass: ({ source, relation, target }, state, vectors, arrived, width) =>
      run.pass(
        at(source),
        end(source),
        at(relation),
        at(target),
        at(state),
        at(vectors),
        at(arrived),
        width * FLOAT,
      ),
    passBack: ({ source, relation, target }, { state, vectors }, slopes, width) =>
      run.passBack(
        at(source),
        end(source),
        at(relation),
        at(target),
        at(state),
        at(vectors),
        at(slopes.state),
        at(slopes.vectors),
        at(slopes.arrived),
        width * FLOAT,
      ),
    product: (x, matrix, y, inner, columns) =>
      run.product(at(x), end(x), at(matrix), at(y), inner * FLOAT, columns * FLOAT),
    productBack: (y, matrix, x, inner, columns) =>
      run.productBack(at(x), end(x), at(matrix), at(y), inner * FLOAT, columns * FLOAT),
    outerProduct: (x, y, matrix, inner, columns) =>
      run.outerProduct(at(x), end(x), at(matrix), at(y), inner * FLOAT, columns * FLOAT),
  };
}

/** The address of the row whose place is written at another address. */
function rowAt(base: Variable, place: Variable, width: Variable): Code {
  return plus(base.value, times(integerAt(place.value), width.value));
}

function advance(variables: readonly Variable[], bytes: number): Code[] {
  return variables.map((variable) => variable.set(plus(variable.value, integer(bytes))));
}

const pass = wasmFunction(
  ['source', 'end', 'relation', 'target', 'state', 'vectors', 'arrived', 'width'],
  ({ source, end, relation, target, state, vectors, arrived, width }, fresh) => {
    const [from, by, to, stop] = [fresh.integer(), fresh.integer(), fresh.integer(), fresh.integer()];
    return [
      whileLess(source.value, end.value, [
        from.set(rowAt(state, source, width)),
        by.set(rowAt(vectors, relation, width)),
        to.set(rowAt(arrived, target, width)),
        stop.set(plus(from.value, width.value)),
        whileLess(from.value, stop.value, [
          storeVector(
            to.value,
            addVectors(vectorAt(to.value), multiplyVectors(vectorAt(from.value), vectorAt(by.value))),
          ),
          ...advance([from, by, to], VECTOR),
        ]),
        ...advance([source, relation, target], FLOAT),
      ]),
    ];
  },
);

const passBack = wasmFunction(
  [
    'source',
    'end',
    'relation',
    'target',
    'state',
    'vectors',
    'stateSlopes',
    'vectorSlopes',
    'arrived',
    'width',
  ],
  ({ source, end, relation, target, state, vectors, stateSlopes, vectorSlopes, arrived, width }, fresh) => {
    const [from, by, to, stop] = [fresh.integer(), fresh.integer(), fresh.integer(), fresh.integer()];
    const [fromSlope, bySlope, slope] = [fresh.integer(), fresh.integer(), fresh.vector()];
    const add = (to: Variable, factor: Variable): Code =>
      storeVector(
        to.value,
        addVectors(vectorAt(to.value), multiplyVectors(slope.value, vectorAt(factor.value))),
      );
    return [
      whileLess(source.value, end.value, [
        from.set(rowAt(state, source, width)),
        fromSlope.set(rowAt(stateSlopes, source, width)),
        by.set(rowAt(vectors, relation, width)),
        bySlope.set(rowAt(vectorSlopes, relation, width)),
        to.set(rowAt(arrived, target, width)),
        stop.set(plus(from.value, width.value)),
        whileLess(from.value, stop.value, [
          slope.set(vectorAt(to.value)),
          add(fromSlope, by),
          add(bySlope, from),
          ...advance([from, fromSlope, by, bySlope, to], VECTOR),
        ]),
        ...advance([source, relation, target], FLOAT),
      ]),
    ];
  },
);

const MATRIX_PARAMETERS = ['x', 'end', 'matrix', 'y', 'inner', 'columns'] as const;

const product = wasmFunction(MATRIX_PARAMETERS, ({ x, end, matrix, y, inner, columns }, fresh) => {
  const [stop, column, element, weight] = [
    fresh.integer(),
    fresh.integer(),
    fresh.integer(),
    fresh.integer(),
  ];
  const sum = fresh.vector();
  const result = plus(y.value, column.value);
  return [
    whileLess(x.value, end.value, [
      stop.set(plus(x.value, inner.value)),
      column.set(integer(0)),
      whileLess(column.value, columns.value, [
        sum.set(vectorAt(result)),
        element.set(x.value),
        weight.set(plus(matrix.value, column.value)),
        whileLess(element.value, stop.value, [
          sum.set(addVectors(sum.value, multiplyVectors(repeatedAt(element.value), vectorAt(weight.value)))),
          weight.set(plus(weight.value, columns.value)),
          ...advance([element], FLOAT),
        ]),
        storeVector(result, sum.value),
        ...advance([column], VECTOR),
      ]),
      x.set(stop.value),
      y.set(plus(y.value, columns.value)),
    ]),
  ];
});

const productBack = wasmFunction(MATRIX_PARAMETERS, ({ x, end, matrix, y, inner, columns }, fresh) => {
  const [stop, slope, weight, next] = [fresh.integer(), fresh.integer(), fresh.integer(), fresh.integer()];
  const sum = fresh.vector();
  return [
    whileLess(x.value, end.value, [
      stop.set(plus(x.value, inner.value)),
      weight.set(matrix.value),
      whileLess(x.value, stop.value, [
        sum.set(zeroVector),
        slope.set(y.value),
        next.set(plus(weight.value, columns.value)),
        whileLess(weight.value, next.value, [
          sum.set(addVectors(sum.value, multiplyVectors(vectorAt(slope.value), vectorAt(weight.value)))),
          ...advance([slope, weight], VECTOR),
        ]),
        addSumAt(x.value, sum),
        ...advance([x], FLOAT),
      ]),
      y.set(plus(y.value, columns.value)),
    ]),
  ];
});

const outerProduct = wasmFunction(MATRIX_PARAMETERS, ({ x, end, matrix, y, inner, columns }, fresh) => {
  const [stop, slope, weight, next] = [fresh.integer(), fresh.integer(), fresh.integer(), fresh.integer()];
  const value = fresh.vector();
  return [
    whileLess(x.value, end.value, [
      stop.set(plus(x.value, inner.value)),
      weight.set(matrix.value),
      whileLess(x.value, stop.value, [
        value.set(repeatedAt(x.value)),
        slope.set(y.value),
        next.set(plus(weight.value, columns.value)),
        whileLess(weight.value, next.value, [
          storeVector(
            weight.value,
            addVectors(vectorAt(weight.value), multiplyVectors(value.value, vectorAt(slope.value))),
          ),
          ...advance([slope, weight], VECTOR),
        ]),
        ...advance([x], FLOAT),
      ]),
      y.set(plus(y.value, columns.value)),
    ]),
  ];
});
