import type * as Jax from '@jax-js/jax';
import type { FlatExecutor } from './flat-executor.ts';
import { elementType, type Tensor } from './tensor.ts';
import type { Traced } from './trace.ts';

/** Runs the function through jax-js's own just-in-time compiler: WebAssembly in Node, WebGPU in a browser that has it. */
export function jaxExecutor(jax: typeof Jax, flat: (...values: Traced[]) => Traced[]): FlatExecutor {
  const compiled = jax.jit(flat);
  return {
    run: async (inputs, into) => {
      const results = compiled(...inputs.map((value) => toJax(jax, value)));
      for (const [index, result] of results.entries()) {
        const data = await result.data();
        (into[index] as Tensor).data.set(data as Float32Array);
      }
    },
    dispose: async () => compiled.dispose(),
  };
}

function toJax(jax: typeof Jax, value: Tensor): Traced {
  const type = elementType(value);
  const dtype = type as Jax.DType;
  const shape = [...value.shape];
  if (type === 'bool') return jax.numpy.array(Array.from(value.data, Boolean), { shape, dtype });
  return jax.numpy.array(value.data as Float32Array<ArrayBuffer>, { shape, dtype });
}
