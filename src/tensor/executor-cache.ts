import { type CompileOptions, compile, type Executor } from './compile.ts';
import { elementType, type Tensor } from './tensor.ts';
import { isTensor, type TracedFunction } from './trace.ts';
import { leavesOf, type Tree } from './tree.ts';

/** Executors of one function, one for each set of input shapes that is in use. */
export interface ExecutorCache {
  /** The executor for inputs shaped like these; compiled on first use. */
  for(inputs: readonly Tree<Tensor>[]): Promise<Executor>;
  dispose(): Promise<void>;
}

/** Executors a cache keeps when not told otherwise. */
export const DEFAULT_CAPACITY = 8;

/** Compiles a function once per set of shapes, and disposes of the executor used longest ago past `capacity` of them. */
export function executorCache(
  fn: TracedFunction,
  { capacity = DEFAULT_CAPACITY, ...options }: CompileOptions & { readonly capacity?: number } = {},
): ExecutorCache {
  const executors = new Map<string, Promise<Executor>>(); // in order of last use
  const drop = async (key: string): Promise<void> => {
    const executor = executors.get(key);
    executors.delete(key);
    await (await executor)?.dispose();
  };
  return {
    for: async (inputs) => {
      const key = leavesOf(inputs, isTensor)
        .map(([path, leaf]) => `${path}:${elementType(leaf)}[${leaf.shape}]`)
        .join(' ');
      const executor = executors.get(key) ?? compile(fn, inputs, options);
      executors.delete(key);
      executors.set(key, executor);
      const [oldest] = executors.keys();
      if (executors.size > capacity) await drop(oldest as string);
      return executor.catch((error: unknown) => {
        executors.delete(key);
        throw error;
      });
    },
    dispose: async () => {
      for (const key of [...executors.keys()]) await drop(key);
    },
  };
}
