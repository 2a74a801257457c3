import { InputError } from '../core/errors.ts';
import { type Batch, type BatchShape, type Placement, packSequences, type Sequence } from './batch.ts';

/** One of the batches that hold a set of sequences, with where each of its own went. */
export interface PackedBatch<S extends Sequence> {
  readonly batch: Batch;
  readonly sequences: readonly S[];
  readonly placements: readonly Placement[]; // in the order of `sequences`
}

/**
 * Packs all sequences into as many batches as they need, the longest first so that little padding is left. Throws InputError for one
 * that is longer than a row.
 */
export function packAll<S extends Sequence>(
  sequences: readonly S[],
  shape: BatchShape,
  columns: readonly string[],
): PackedBatch<S>[] {
  const batches: PackedBatch<S>[] = [];
  let rest = [...sequences].sort((a, b) => b.ids.length - a.ids.length); // stable
  const longest = rest[0]?.ids.length ?? 0;
  if (longest - 1 > shape.length)
    throw new InputError(
      `A prompt and its reply have ${longest} tokens, a row takes ${shape.length + 1}. Raise the length or lower maxTokens.`,
    );
  while (rest.length > 0) {
    const room = new Array<number>(shape.rows).fill(shape.length);
    const chosen: S[] = [];
    const left: S[] = [];
    for (const sequence of rest) {
      const pairs = sequence.ids.length - 1;
      const row = room.findIndex((free) => free >= pairs);
      if (row < 0) left.push(sequence);
      else {
        room[row] = (room[row] as number) - pairs;
        chosen.push(sequence);
      }
    }
    const { batch, placements } = packSequences(chosen, shape, columns);
    batches.push({ batch, sequences: chosen, placements });
    rest = left;
  }
  return batches;
}
