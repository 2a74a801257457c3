import { TensorError } from './errors.ts';

/** What an element is; `bool` is stored as one byte, 0 or 1. */
export type ElementType = 'float32' | 'int32' | 'uint32' | 'bool';

/** The array that holds the elements of a tensor. */
export type TensorData = Float32Array | Int32Array | Uint32Array | Uint8Array;

/** A dense array in row-major order; the data belongs to whoever made it. */
export interface Tensor<Data extends TensorData = TensorData> {
  readonly data: Data;
  readonly shape: readonly number[]; // [] = a scalar
}

/** Elements one tensor may have. */
export const MAXIMUM_ELEMENTS = 2 ** 28;

/** Data under a shape. Throws TensorError when their sizes differ or exceed `MAXIMUM_ELEMENTS`. */
export function tensor<Data extends TensorData>(data: Data, shape: readonly number[]): Tensor<Data> {
  const size = elementCount(shape);
  if (size !== data.length)
    throw new TensorError(`Shape [${shape}] has ${size} elements, the data ${data.length}. Make them equal.`);
  return { data, shape };
}

/** A tensor of zeros. Throws TensorError as `tensor` does. */
export function zeros(shape: readonly number[]): Tensor<Float32Array>;
export function zeros(shape: readonly number[], type: ElementType): Tensor;
export function zeros(shape: readonly number[], type: ElementType = 'float32'): Tensor {
  return { data: new ARRAY[type](elementCount(shape)), shape };
}

/** One number as a tensor of shape []. */
export function scalar(value: number): Tensor<Float32Array> {
  return { data: Float32Array.of(value), shape: [] };
}

/** The type that the array of a tensor stands for. */
export function elementType({ data }: Tensor): ElementType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof Uint32Array) return 'uint32';
  return 'bool';
}

/** How many elements a shape has. Throws TensorError on sizes that are not whole, or too many elements. */
export function elementCount(shape: readonly number[]): number {
  const count = shape.reduce((product, size) => product * size, 1);
  if (shape.some((size) => !Number.isInteger(size) || size < 0) || count > MAXIMUM_ELEMENTS)
    throw new TensorError(
      `Shape [${shape}] is not made of whole sizes with at most ${MAXIMUM_ELEMENTS} elements.`,
    );
  return count;
}

const ARRAY = { float32: Float32Array, int32: Int32Array, uint32: Uint32Array, bool: Uint8Array } as const;
