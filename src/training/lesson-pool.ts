import { InputError } from '../core/errors.ts';
import type { BatchShape } from './batch.ts';
import type { EncodedLesson } from './lesson.ts';

/** What one batch is made of: lessons that fit together into its rows. */
export interface LessonBatch {
  readonly shape: BatchShape;
  readonly lessons: readonly EncodedLesson[];
}

/** Lessons drawn ahead, so that a batch finds some that fit together. */
export interface LessonPool {
  /** Takes out the lessons of the next batch. Rejects with InputError where lesson after lesson is too long. */
  next(): Promise<LessonBatch>;
  /** What was drawn and is not taken yet, the oldest first: a pool over these goes on where this one is. */
  readonly held: readonly EncodedLesson[];
}

/**
 * A pool over a stream. Batches have as many tokens as `longest`, in rows of its length, half or a quarter of it: attention works
 * over whole rows, so short lessons cost less in short rows. The kind of row with the most tokens waiting comes next.
 */
export function lessonPool(
  longest: BatchShape,
  draw: () => Promise<EncodedLesson>,
  held: readonly EncodedLesson[] = [],
): LessonPool {
  const pool = [...held];
  const shapes = shapesOf(longest);
  const size = longest.rows * longest.length;
  const shapeOf = (lesson: EncodedLesson): BatchShape | undefined =>
    shapes.findLast(({ length }) => length >= pairsOf(lesson));

  /** Draws until one kind of row has enough to choose from. */
  async function fill(): Promise<BatchShape> {
    const waiting = new Map<BatchShape | undefined, number>(shapes.map((shape) => [shape, 0]));
    const most = (): BatchShape =>
      shapes.reduce((best, shape) => ((waiting.get(shape) ?? 0) > (waiting.get(best) ?? 0) ? shape : best));
    const count = (lesson: EncodedLesson): void => {
      const shape = shapeOf(lesson);
      waiting.set(shape, (waiting.get(shape) ?? 0) + pairsOf(lesson));
    };
    for (const lesson of pool) count(lesson);
    let tooLong = 0;
    while ((waiting.get(most()) ?? 0) < AHEAD * size) {
      const lesson = await draw();
      if (shapeOf(lesson)) {
        pool.push(lesson);
        count(lesson);
        tooLong = 0;
      } else if (++tooLong > MOST_TOO_LONG)
        throw new InputError(
          `${tooLong} lessons in a row are longer than ${longest.length} tokens, the last has ${lesson.ids.length}. Raise the length.`,
        );
    }
    return most();
  }

  return {
    next: async () => {
      const shape = await fill();
      const room = new Array<number>(shape.rows).fill(shape.length);
      const fitting = pool.filter((lesson) => pairsOf(lesson) <= shape.length);
      const lessons: EncodedLesson[] = [];
      for (const lesson of fitting.sort((a, b) => b.ids.length - a.ids.length)) {
        // stable: the older of equals first
        const row = room.findIndex((left) => left >= pairsOf(lesson));
        if (row < 0) continue;
        room[row] = (room[row] as number) - pairsOf(lesson);
        lessons.push(lesson);
      }
      const gone = new Set(lessons);
      pool.splice(0, pool.length, ...pool.filter((lesson) => !gone.has(lesson)));
      return { shape, lessons };
    },
    get held() {
      return pool;
    },
  };
}

/** Tokens drawn ahead, in batches; more of them pack tighter. */
const AHEAD = 1.5;
const MOST_TOO_LONG = 1_000;
/** Rows are halved at most so often, and are no shorter than this many tokens then. */
const HALVINGS = 2;
const SHORTEST_ROW = 64;

function shapesOf({ rows, length }: BatchShape): BatchShape[] {
  const shapes = [{ rows, length }];
  for (let parts = 2; parts <= 2 ** HALVINGS; parts *= 2)
    if (length % parts === 0 && length / parts >= SHORTEST_ROW)
      shapes.push({ rows: rows * parts, length: length / parts });
  return shapes;
}

/** Places that a lesson takes in a row. */
function pairsOf({ ids }: EncodedLesson): number {
  return ids.length - 1;
}
