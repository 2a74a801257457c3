/** Raising the likelihood of given text: what pretraining and supervised fine-tuning have in common. */
import { InputError } from '../core/errors.ts';
import type { Json } from '../core/model.ts';
import type { Tokenizer } from '../transformer/tokenizer.ts';
import type { BatchShape } from './batch.ts';
import { packSequences, type Sequence } from './batch.ts';
import type { Learner, Objective } from './learner.ts';
import { type EncodedLesson, encodeLesson, type LessonSource } from './lesson.ts';
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
  readonly shape: BatchShape;
  readonly steps: number; // of the whole run
  readonly learningRate: (step: number) => number; // steps count from 1
  readonly held?: Json; // of a snapshot's dataCursor: what had been drawn and not learned yet
}

/** One update a batch; batches are packed from a pool of lessons, longest first, so that little padding is left. */
export function likelihoodTrainer(
  name: string,
  trained: (lesson: EncodedLesson) => Float32Array, // 1 = learned, 0 = only read; one for each id
  { learner, tokenizer, lessons, shape, steps, learningRate, held = [] }: LikelihoodOptions,
): Trainer {
  const pool = (held as unknown as { ids: number[]; promptLength: number }[]).map(
    ({ ids, promptLength }): EncodedLesson => ({ ids: Int32Array.from(ids), promptLength }),
  );

  async function fill(): Promise<void> {
    let tokens = pool.reduce((sum, { ids }) => sum + ids.length, 0);
    let tooLong = 0;
    while (tokens < POOL * shape.rows * shape.length) {
      const lesson = encodeLesson(tokenizer, await lessons.next());
      if (lesson.ids.length - 1 <= shape.length) {
        pool.push(lesson);
        tokens += lesson.ids.length;
      } else if (++tooLong > MOST_TOO_LONG)
        throw new InputError(
          `${tooLong} lessons in a row are longer than ${shape.length} tokens, the last has ${lesson.ids.length}. Raise the length.`,
        );
    }
  }

  /** The lessons of the next batch, taken out of the pool. */
  function take(): EncodedLesson[] {
    const room = new Array<number>(shape.rows).fill(shape.length);
    const chosen: EncodedLesson[] = [];
    const order = [...pool].sort((a, b) => b.ids.length - a.ids.length); // stable: the older of equals first
    for (const lesson of order) {
      const row = room.findIndex((left) => left >= lesson.ids.length - 1);
      if (row < 0) continue;
      room[row] = (room[row] as number) - (lesson.ids.length - 1);
      chosen.push(lesson);
    }
    const gone = new Set(chosen);
    pool.splice(0, pool.length, ...pool.filter((lesson) => !gone.has(lesson)));
    return chosen;
  }

  return {
    name,
    get step() {
      return learner.state.step;
    },
    steps: async function* (signal) {
      while (learner.state.step < steps) {
        signal.throwIfAborted();
        await fill();
        const step = learner.state.step + 1;
        const sequences = take().map((lesson): Sequence & EncodedLesson => {
          return { ...lesson, columns: { weight: trained(lesson) } };
        });
        const { batch } = packSequences(sequences, shape, likelihood.columns);
        const weight = (batch.columns.weight as NonNullable<(typeof batch.columns)[string]>).data;
        const tokens = weight.reduce((sum, value) => sum + value, 0);
        for (let t = 0; t < weight.length; t++) weight[t] = (weight[t] as number) / tokens; // the loss is a mean
        const rate = learningRate(step);
        const { loss } = await learner.forwardBackward(batch);
        const { gradientNorm } = learner.optimStep({ learningRate: rate });
        yield { step, loss, learningRate: rate, gradientNorm, tokens };
      }
    },
    snapshot: () => {
      const rest = pool.map(({ ids, promptLength }) => ({ ids: [...ids], promptLength }));
      return snapshotOf(learner, { random: null, dataCursor: { lessons: lessons.cursor, held: rest } });
    },
    dispose: () => learner.dispose(),
  };
}

/** Tokens drawn ahead, in batches; more of them pack tighter. */
const POOL = 1.5;
const MOST_TOO_LONG = 1_000;
