/** The calls of rollouts as sequences that a learner reads. */
import type { NamedTensors } from '../tensor/optimizer.ts';
import type { BatchShape, Sequence } from './batch.ts';
import type { Learner } from './learner.ts';
import { packAll } from './pack-all.ts';
import type { SampledCall } from './rollout.ts';

/** A call with one column of numbers for each of the objective's. */
export interface CallSequence extends Sequence {
  readonly call: SampledCall;
}

/** What each token of a call gets: a number for all sampled ones, or a number for each token of the record. */
export type CallColumns = { readonly [name: string]: number | Float32Array };

/** The prompt and what followed, with columns that are 0 where the policy did not choose the token. */
export function callSequence(call: SampledCall, columns: CallColumns): CallSequence {
  const { promptIds, tokens } = call;
  const start = promptIds.length;
  const ids = new Int32Array(start + tokens.ids.length);
  ids.set(promptIds);
  ids.set(tokens.ids, start);
  const filled = Object.entries(columns).map(([name, value]) => {
    const column = new Float32Array(ids.length);
    for (const [t, sampled] of tokens.sampled.entries())
      if (sampled) column[start + t] = typeof value === 'number' ? value : (value[t] as number);
    return [name, column] as const;
  });
  return { call, ids, columns: Object.fromEntries(filled) };
}

/** log π of every token that followed a prompt, in nats: under the learner's weights, or those of a reference. */
export async function callLogProbs(
  learner: Learner,
  calls: readonly SampledCall[],
  shape: BatchShape,
  weights?: NamedTensors,
): Promise<ReadonlyMap<SampledCall, Float32Array>> {
  const found = new Map<SampledCall, Float32Array>();
  const sequences = calls.map((call) => callSequence(call, {}));
  for (const { batch, sequences: packed, placements } of packAll(sequences, shape, [])) {
    const logProbs = await learner.logProbabilities(batch, weights);
    for (const [index, { call }] of packed.entries()) {
      const { offset, length } = placements[index] as (typeof placements)[number];
      const end = offset + length;
      found.set(call, logProbs.slice(end - call.tokens.ids.length, end));
    }
  }
  return found;
}
