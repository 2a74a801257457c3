import type * as Jax from '@jax-js/jax';
import { MissingPackageError, TensorError } from './errors.ts';
import type { FlatExecutor } from './flat-executor.ts';
import { jaxExecutor } from './jax-executor.ts';
import { onnxExecutor } from './onnx-executor.ts';
import { elementCount, elementType, type Tensor, zeros } from './tensor.ts';
import { isTensor, type TracedFunction, trace } from './trace.ts';
import { leavesOf, mapTree, type Tree } from './tree.ts';

export interface CompileOptions {
  /** `onnx`: onnxruntime-node, several times faster on a CPU. `jax`: WebAssembly in Node, WebGPU in a browser that has it. */
  readonly backend?: 'onnx' | 'jax';
  readonly threads?: number; // of the onnx back end
  readonly profilePrefix?: string; // of the onnx back end: writes `<prefix>_<time>.json` on dispose
}

/** A function compiled for the shapes and types of one example. */
export interface Executor {
  /** Fresh arrays for one set of outputs, to pass as `into` again and again. */
  allocate(): Tree<Tensor>;
  /** Computes the outputs, into arrays of the caller where `into` is given. Throws TensorError on other shapes or types. */
  run(inputs: readonly Tree<Tensor>[], into?: Tree<Tensor>): Promise<Tree<Tensor>>;
  dispose(): Promise<void>;
}

/**
 * Traces a jax-js function on placeholders and compiles what it did. Shapes are static: another shape needs another executor.
 * Throws UnsupportedPrimitiveError, or MissingPackageError where a back end is not installed.
 *
 * @example const gradients = await compile(valueAndGrad(loss), [parameters, batch]); const [loss, slopes] = await gradients.run([parameters, batch])
 */
export async function compile(
  fn: TracedFunction,
  example: readonly Tree<Tensor>[],
  { backend = 'onnx', ...options }: CompileOptions = {},
): Promise<Executor> {
  const jax = await loadJax();
  for (const [path, { shape }] of leavesOf(example, isTensor))
    if (elementCount(shape) === 0)
      throw new TensorError(`Input "${path}" has shape [${shape}], without elements. Leave it out.`);
  const { flat, program, outputs } = trace(jax, fn, example);
  const executor: FlatExecutor =
    backend === 'onnx' ? await onnxExecutor(program, options) : jaxExecutor(jax, flat);
  const expected = described(example);
  const readInputs = treeReader(example);
  const isPath = (node: Tree<string>): node is string => typeof node === 'string';
  const allocated = new WeakMap<object, Tensor[]>(); // what needs no checking
  const allocate = (): Tree<Tensor> => {
    const leaves = program.outputs.map(({ shape, type }) => zeros(shape, type));
    const rest = leaves.values();
    const tree = mapTree(outputs, isPath, () => rest.next().value as Tensor);
    allocated.set(tree, leaves);
    return tree;
  };
  const made = described(allocate());
  return {
    allocate,
    run: async (inputs, into = allocate()) => {
      await executor.run(
        readInputs(inputs) ?? matching(expected, inputs, 'Input'),
        allocated.get(into) ?? matching(made, into, 'Output'),
      );
      return into;
    },
    dispose: executor.dispose,
  };
}

/** Reads the leaves of trees like the example, without making paths; undefined for another structure, shape or type. */
function treeReader(example: Tree<Tensor>): (tree: Tree<Tensor>) => Tensor[] | undefined {
  type Visit = (tree: Tree<Tensor> | undefined, found: Tensor[]) => boolean;
  const visitOf = (part: Tree<Tensor>): Visit => {
    if (isTensor(part)) {
      const { shape } = part;
      const type = elementType(part);
      return (tree, found) =>
        tree !== undefined &&
        isTensor(tree) &&
        found.push(tree) > 0 &&
        elementType(tree) === type &&
        tree.shape.length === shape.length &&
        tree.shape.every((size, axis) => size === shape[axis]);
    }
    const parts = Object.entries(part).map(([key, child]) => [key, visitOf(child)] as const);
    return (tree, found) =>
      tree !== undefined &&
      !isTensor(tree) &&
      Object.keys(tree).length === parts.length &&
      parts.every(([key, visit]) => visit((tree as { readonly [key: string]: Tree<Tensor> })[key], found));
  };
  const visit = visitOf(example);
  return (tree) => {
    const found: Tensor[] = [];
    return visit(tree, found) ? found : undefined;
  };
}

/** The leaves of a tree in the expected order, found by path. */
function matching(
  expected: readonly (readonly [path: string, description: string])[],
  tree: Tree<Tensor>,
  role: string,
): Tensor[] {
  const given = new Map(leavesOf(tree, isTensor));
  if (given.size !== expected.length)
    throw new TensorError(`${role}: ${given.size} tensors, the compiled function has ${expected.length}.`);
  return expected.map(([path, wanted]) => {
    const found = given.get(path);
    if (!found || describe(found) !== wanted)
      throw new TensorError(
        `${role} "${path}" is ${found ? describe(found) : 'missing'}, compiled for ${wanted}. Compile for this shape.`,
      );
    return found;
  });
}

/** Paths, types and shapes of a tree's leaves, without their data. */
function described(tree: Tree<Tensor>): [path: string, description: string][] {
  return leavesOf(tree, isTensor).map(([path, leaf]) => [path, describe(leaf)]);
}

function describe(value: Tensor): string {
  return `${elementType(value)} [${value.shape}]`;
}

/** jax-js with its WebAssembly (or, in a browser, WebGPU) back end started. */
export async function loadJax(): Promise<typeof Jax> {
  let jax: typeof Jax;
  try {
    jax = await import('@jax-js/jax');
  } catch (cause) {
    throw new MissingPackageError('@jax-js/jax', 'Tracing and gradients', cause);
  }
  const available = await jax.init();
  jax.defaultDevice(available.includes('webgpu') ? 'webgpu' : 'wasm');
  return jax;
}
