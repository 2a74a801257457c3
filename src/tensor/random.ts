import { elementCount, type Tensor } from './tensor.ts';

/** A seeded stream of numbers uniform in [0, 1); the same seed gives the same parameters on every back end. */
export interface UniformStream {
  next(): number;
}

/** Independent uniform numbers in [low, high). */
export function uniform(
  random: UniformStream,
  shape: readonly number[],
  low: number,
  high: number,
): Tensor<Float32Array> {
  const data = Float32Array.from({ length: elementCount(shape) }, () => low + (high - low) * random.next());
  return { data, shape };
}

/** Independent normal numbers with mean 0, by the transform of Box and Muller (1958). */
export function normal(
  random: UniformStream,
  shape: readonly number[],
  deviation: number,
): Tensor<Float32Array> {
  const data = new Float32Array(elementCount(shape));
  for (let index = 0; index < data.length; index += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - random.next())); // 1 - u is never 0
    const angle = 2 * Math.PI * random.next();
    data[index] = radius * Math.cos(angle);
    if (index + 1 < data.length) data[index + 1] = radius * Math.sin(angle);
  }
  return { data, shape };
}
