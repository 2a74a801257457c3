import type { Json } from '../core/model.ts';
import type { NamedTensors } from '../tensor/optimizer.ts';
import type { DecoderConfig } from '../transformer/decoder-config.ts';
import type { TrainingState } from '../transformer/training-state.ts';
import { weightsOf } from '../transformer/weights-of.ts';
import type { Learner, LearnerState } from './learner.ts';
import type { TrainerSnapshot } from './trainer.ts';

/** What a checkpoint keeps of a learner and its trainer's place. The arrays are live. */
export function snapshotOf(
  { state: { step, weights, moments } }: Learner,
  { random, dataCursor }: { readonly random: Json; readonly dataCursor: Json },
): TrainerSnapshot {
  const arrays = (tensors: NamedTensors): Map<string, Float32Array> =>
    new Map(Object.entries(tensors).map(([name, { data }]) => [name, data]));
  const kept = new Map([
    ['first', arrays(moments.first)],
    ['second', arrays(moments.second)],
  ]);
  return { step, random, dataCursor, parameters: arrays(weights), moments: kept };
}

/** Where a learner goes on from a checkpoint. */
export function learnerState(
  config: DecoderConfig,
  parameters: ReadonlyMap<string, Float32Array>,
  { step, moments }: Pick<TrainingState, 'step' | 'moments'>,
): LearnerState {
  const of = (kind: string): NamedTensors => weightsOf(config, moments.get(kind) ?? new Map());
  return {
    step,
    weights: weightsOf(config, parameters),
    moments: { first: of('first'), second: of('second') },
  };
}
