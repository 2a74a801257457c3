import { TensorError } from './errors.ts';
import { MOST_PAGES } from './wasm-code.ts';

/** Arrays one after another in the memory of WebAssembly functions, given back all at once. */
export interface Arena {
  readonly memory: WebAssembly.Memory; // shared: it grows under the arrays without invalidating them
  /** Zeros. Throws TensorError when 4 GiB are used up, as `integers` does. */
  floats(count: number): Float32Array;
  /** A copy. */
  integers(values: Int32Array): Int32Array;
  /** Runs the work and takes back what it asked for: its arrays may not be used afterwards. */
  scope<Result>(work: () => Result): Result;
}

const PAGE = 65_536; // bytes
const ALIGNMENT = 16; // bytes, a vector
const STARTING_PAGES = 16;

/** An empty arena. */
export function arena(): Arena {
  const memory = new WebAssembly.Memory({ initial: STARTING_PAGES, maximum: MOST_PAGES, shared: true });
  let { buffer } = memory;
  let top = ALIGNMENT;
  const reserve = (bytes: number): number => {
    const start = top;
    const end = start + Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    if (end > buffer.byteLength) {
      // at least doubled, so that the memory grows rarely
      const wanted = Math.max(Math.ceil(end / PAGE), Math.min(MOST_PAGES, (2 * buffer.byteLength) / PAGE));
      if (wanted > MOST_PAGES)
        throw new TensorError(`${end} bytes are more than the 4 GiB of a memory. Take smaller batches.`);
      memory.grow(wanted - buffer.byteLength / PAGE);
      buffer = memory.buffer;
    }
    top = end;
    return start;
  };
  return {
    memory,
    floats: (count) => {
      const start = reserve(4 * count); // may replace the buffer
      return new Float32Array(buffer, start, count).fill(0);
    },
    integers: (values) => {
      const start = reserve(4 * values.length);
      const copy = new Int32Array(buffer, start, values.length);
      copy.set(values);
      return copy;
    },
    scope: (work) => {
      const before = top;
      try {
        return work();
      } finally {
        top = before;
      }
    },
  };
}
