import type * as Jax from '@jax-js/jax';
import { UnsupportedPrimitiveError } from './errors.ts';
import { type Equation, literal, type Operand, type Program, type Variable } from './program.ts';
import { type ElementType, elementType, MAXIMUM_ELEMENTS, type Tensor, tensor } from './tensor.ts';
import { leavesOf, mapTree, type Tree } from './tree.ts';

/** A value inside a traced function: an array of jax-js. Each use consumes it; `x.ref` keeps it for another use. */
export type Traced = Jax.Array;

/** What the compiler takes: a pure function from trees of arrays to a tree of arrays, written with jax-js. */
export type TracedFunction = (...inputs: never[]) => unknown;

/** The program of one call, with the structure of what the call returns: paths in place of arrays. */
export interface TracedCall {
  readonly flat: (...values: Traced[]) => Traced[]; // the function on the leaves of its inputs and output
  readonly program: Program;
  readonly outputs: Tree<string>;
}

/** Runs a function on placeholders of the example's shapes and types, and records what it does. */
export function trace(jax: typeof Jax, fn: TracedFunction, example: readonly Tree<Tensor>[]): TracedCall {
  let outputs: Tree<string> = '';
  const flat = (...values: Traced[]): Traced[] => {
    const rest = values.values();
    const inputs = example.map((tree) => mapTree(tree, isTensor, () => rest.next().value as Traced));
    const result = fn(...(inputs as never[])) as Tree<Traced>;
    outputs = mapTree(result, isTraced, (_, path) => path);
    return leavesOf(result, isTraced).map(([, value]) => value);
  };
  const placeholders = leavesOf(example, isTensor).map(([, leaf]) =>
    jax.numpy.zeros([...leaf.shape], { dtype: elementType(leaf) as Jax.DType }),
  );
  const { jaxpr: closed } = jax.makeJaxpr(flat)(...placeholders);
  const program = readProgram(jax, closed);
  closed.dispose();
  for (const placeholder of placeholders) placeholder.dispose();
  return { flat, program, outputs };
}

/** Tells a tensor from a record of trees. */
export function isTensor(node: Tree<Tensor>): node is Tensor {
  return 'data' in node && ArrayBuffer.isView(node.data) && Array.isArray(node.shape);
}

/** Tells an array of jax-js from a record of trees. */
export function isTraced(node: Tree<Traced>): node is Traced {
  return !Array.isArray(node) && Object.getPrototypeOf(node) !== Object.prototype;
}

type JaxAtom = Jax.Jaxpr['outs'][number];

function readProgram(jax: typeof Jax, closed: Jax.ClosedJaxpr): Program {
  const { inBinders, eqns, outs } = closed.jaxpr.flatten().simplify();
  const variables = new Map<JaxAtom, Variable>();
  const read = (atom: JaxAtom): Operand => {
    if ('value' in atom) return literal(Number(atom.value), supportedType(atom.aval.dtype));
    const known = variables.get(atom);
    if (known) return known;
    const variable = { shape: atom.aval.shape, type: supportedType(atom.aval.dtype) };
    variables.set(atom, variable);
    return variable;
  };
  const binders = inBinders.map((binder) => read(binder) as Variable);
  const constants = new Map(
    closed.consts.map((value, index) => [binders[index] as Variable, readConstant(jax, value)]),
  );
  const equations = eqns.map(
    (equation): Equation => ({
      primitive: equation.primitive,
      inputs: equation.inputs.map(read),
      parameters: equation.params,
      outputs: equation.outBinders.map((binder) => read(binder) as Variable),
    }),
  );
  return { inputs: binders.slice(closed.consts.length), constants, equations, outputs: outs.map(read) };
}

function readConstant(jax: typeof Jax, value: Jax.ClosedJaxpr['consts'][number]): Tensor {
  if (!(value instanceof jax.Array) || value.size > MAXIMUM_ELEMENTS)
    throw new UnsupportedPrimitiveError('constant', `a constant has at most ${MAXIMUM_ELEMENTS} elements`);
  const data = value.ref.dataSync();
  const type = supportedType(value.dtype);
  if (type === 'bool') return tensor(Uint8Array.from(data), [...value.shape]);
  return tensor(data as Float32Array | Int32Array | Uint32Array, [...value.shape]);
}

function supportedType(dtype: string): ElementType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'uint32' || dtype === 'bool') return dtype;
  throw new UnsupportedPrimitiveError(dtype, 'element types are float32, int32, uint32 and bool');
}
