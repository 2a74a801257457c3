/** Raising the likelihood of given text: what pretraining and supervised fine-tuning have in common. */
import type { Json } from '../core/model.ts';
import type { Tokenizer } from '../transformer/tokenizer.ts';
import type { BatchShape } from './batch.ts';
import { packSequences, type Sequence } from './batch.ts';
import type { Learner, Objective } from './learner.ts';
import { type EncodedLesson, encodeLesson, type LessonSource } from './lesson.ts';
import { lessonPool } from './lesson-pool.ts';
import { snapshotOf } from './snapshot.ts';
import type { Trainer } from './trainer.ts';

/** The coefficient of each token is its weight: maximum likelihood. */
export const likelihood: Objective = {
  name: 'likelihood',
  columns: ['weight'],
  coefficient: (_, logProbs, { weight }) => {
    logProbs.dispose();
    return weight as NonNullable<typeof weight>;
  },
};

/** What both trainers take. */
export interface LikelihoodOptions {
  readonly learner: Learner; // made with the objective `likelihood`
  readonly tokenizer: Tokenizer;
  readonly lessons: LessonSource;
  readonly shape: BatchShape; // of batches of the longest lessons; shorter ones get more and shorter rows
  readonly steps: number; // of the whole run
  readonly learningRate: (step: number) => number; // steps count from 1
  readonly held?: Json; // of a snapshot's dataCursor: what had been drawn and not learned yet
}

/** One update a batch; batches are packed from a pool of lessons, so that little padding is left. */
export function likelihoodTrainer(
  name: string,
  trained: (lesson: EncodedLesson) => Float32Array, // 1 = learned, 0 = only read; one for each id
  { learner, tokenizer, lessons, shape, steps, learningRate, held = [] }: LikelihoodOptions,
): Trainer {
  const pool = lessonPool(
    shape,
    async () => encodeLesson(tokenizer, await lessons.next()),
    (held as unknown as { ids: number[]; promptLength: number }[]).map(({ ids, promptLength }) => ({
      ids: Int32Array.from(ids),
      promptLength,
    })),
  );

  return {
    name,
    get step() {
      return learner.state.step;
    },
    steps: async function* (signal) {
      while (learner.state.step < steps) {
        signal.throwIfAborted();
        const step = learner.state.step + 1;
        const next = await pool.next();
        const sequences = next.lessons.map((lesson): Sequence & EncodedLesson => {
          return { ...lesson, columns: { weight: trained(lesson) } };
        });
        const { batch } = packSequences(sequences, next.shape, likelihood.columns);
        const weight = (batch.columns.weight as NonNullable<(typeof batch.columns)[string]>).data;
        const tokens = weight.reduce((sum, value) => sum + value, 0);
        // not by `tokens`: a token counts the same in a batch of short answers and in one of long chains
        for (let t = 0; t < weight.length; t++) weight[t] = (weight[t] as number) / weight.length;
        const rate = learningRate(step);
        const { loss: sum } = await learner.forwardBackward(batch);
        const { gradientNorm } = await learner.optimStep({ learningRate: rate });
        const loss = sum * (weight.length / tokens); // the mean
        yield { step, loss, learningRate: rate, gradientNorm, tokens };
      }
    },
    snapshot: () => {
      const rest = pool.held.map(({ ids, promptLength }) => ({ ids: [...ids], promptLength }));
      return snapshotOf(learner, { random: null, dataCursor: { lessons: lessons.cursor, held: rest } });
    },
    dispose: () => learner.dispose(),
  };
}
