import { InputError } from '../core/errors.ts';
import { type Tensor, tensor } from '../tensor/tensor.ts';

/** One conversation to learn from. Each column has a number for each token: at t, about predicting `ids[t]`; the first is unused. */
export interface Sequence {
  readonly ids: Int32Array; // [T], with bos
  readonly columns: { readonly [name: string]: Float32Array }; // each [T]
}

/** Rows of sequences laid end to end; attention stays inside a sequence. */
export interface Batch {
  readonly ids: Tensor<Int32Array>; // [B, T], what is read
  readonly targets: Tensor<Int32Array>; // [B, T], what comes next
  readonly positions: Tensor<Int32Array>; // [B, T], from 0 in each sequence
  readonly segments: Tensor<Int32Array>; // [B, T], which sequence of the row; 0 = padding
  readonly columns: { readonly [name: string]: Tensor<Float32Array> }; // each [B, T], about `targets`; 0 in padding
}

export interface BatchShape {
  readonly rows: number; // B
  readonly length: number; // T, tokens
}

/** Where a sequence went: its first target in the flattened [B, T] of the batch. */
export interface Placement {
  readonly offset: number;
  readonly length: number; // targets: one less than its ids
}

/**
 * Packs sequences into one batch, each into the first row with room. Throws InputError when one is longer than a row or they do
 * not fit.
 */
export function packSequences(
  sequences: readonly Sequence[],
  { rows, length }: BatchShape,
  columns: readonly string[],
): { readonly batch: Batch; readonly placements: readonly Placement[] } {
  const size = rows * length;
  const [ids, targets, positions, segments] = [0, 1, 2, 3].map(() => new Int32Array(size)) as Ints;
  const values = columns.map((name) => [name, new Float32Array(size)] as const);
  const used = new Array<number>(rows).fill(0);
  const counts = new Array<number>(rows).fill(0);
  const placements = sequences.map((sequence) => {
    const pairs = sequence.ids.length - 1;
    if (pairs < 1 || pairs > length)
      throw new InputError(
        `A sequence has ${sequence.ids.length} tokens; a row takes 2 to ${length + 1}. Raise the length or shorten it.`,
      );
    const row = used.findIndex((taken) => length - taken >= pairs);
    if (row < 0)
      throw new InputError(`The sequences do not fit in ${rows} rows of ${length} tokens. Pass fewer.`);
    const offset = row * length + (used[row] as number);
    counts[row] = (counts[row] as number) + 1;
    used[row] = (used[row] as number) + pairs;
    ids.set(sequence.ids.subarray(0, pairs), offset);
    targets.set(sequence.ids.subarray(1), offset);
    segments.fill(counts[row] as number, offset, offset + pairs);
    for (let t = 0; t < pairs; t++) positions[offset + t] = t;
    for (const [name, into] of values) into.set(column(sequence, name).subarray(1), offset);
    return { offset, length: pairs };
  });
  const shape = [rows, length];
  return {
    batch: {
      ids: tensor(ids, shape),
      targets: tensor(targets, shape),
      positions: tensor(positions, shape),
      segments: tensor(segments, shape),
      columns: Object.fromEntries(values.map(([name, data]) => [name, tensor(data, shape)])),
    },
    placements,
  };
}

type Ints = [Int32Array, Int32Array, Int32Array, Int32Array];

function column({ ids, columns }: Sequence, name: string): Float32Array {
  const values = columns[name];
  if (values?.length !== ids.length)
    throw new InputError(
      `Column "${name}" has ${values?.length ?? 'no'} values for ${ids.length} tokens. Give one for each token.`,
    );
  return values;
}
