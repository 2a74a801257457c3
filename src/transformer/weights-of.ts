import { type Tensor, tensor } from '../tensor/tensor.ts';
import { type DecoderConfig, parameterShapes } from './decoder-config.ts';

/** The named tensors of a checkpoint's arrays, in the configuration's order. */
export function weightsOf(
  config: DecoderConfig,
  parameters: ReadonlyMap<string, Float32Array>,
): { readonly [name: string]: Tensor<Float32Array> } {
  const named = [...parameterShapes(config)].map(([name, shape]) => [
    name,
    tensor(parameters.get(name) ?? new Float32Array(), shape),
  ]);
  return Object.fromEntries(named);
}
