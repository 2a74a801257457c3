/**
 * Lessons for the embedded model: an endless, seeded stream of calls as our own methods make them, each with the reply of a
 * teacher that knows the worked solution. No prompt is written here: the methods are run, and what they ask is the lesson.
 * Only the train split of a dataset is read.
 */
import type { DatasetEntry, OptionValues } from '../core/catalog-entry.ts';
import { InputError } from '../core/errors.ts';
import type { Json } from '../core/model.ts';
import type { Dataset, Problem } from '../core/problem.ts';
import { seeded } from '../core/random.ts';
import type { Worked } from '../datasets/parts/worked.ts';
import type { Lesson, LessonSource } from '../training/lesson.ts';
import { datasetEntries } from './datasets.ts';
import { pick } from './entries.ts';
import { treeOfThoughtCourse } from './lessons/countdown-tree.ts';
import { chainOfThoughtCourse, directCourse, programAidedCourse } from './lessons/one-call.ts';
import type { Course } from './lessons/plan.ts';
import { callsOf } from './lessons/plan.ts';
import { verdictCourse } from './lessons/verdict.ts';
import { defaults, readOptions } from './options.ts';

/** The calls that can be taught, by the method or verifier that makes them. */
const COURSES = {
  direct: directCourse,
  'chain-of-thought': chainOfThoughtCourse,
  'program-aided': programAidedCourse,
  'tree-of-thought': treeOfThoughtCourse,
  judge: verdictCourse,
} as const satisfies Readonly<Record<string, Course>>;

/** One ingredient of a mixture: a generated dataset, taught by one kind of call. */
export interface MixturePart {
  readonly dataset: string; // a catalog name
  readonly options?: OptionValues; // of the dataset; its seed is ours
  readonly method: keyof typeof COURSES;
  readonly weight: number; // share of the lessons, relative to the other parts
}

export interface LessonsOptions {
  readonly mixture: readonly MixturePart[];
  readonly seed?: number | string; // default 0
  /** Where to go on: the cursor of a stream of the same mixture and seed. */
  readonly cursor?: Json;
}

/** A lesson with where it comes from. */
export interface TaughtLesson extends Lesson {
  readonly part: number; // of the mixture
  readonly problem: Problem<Worked>;
}

/** An endless stream; `cursor` is where the next lesson comes from. */
export interface LessonStream extends LessonSource {
  next(): Promise<TaughtLesson>;
}

/** Where a part is: lessons given of the problem with this number. */
interface Place {
  readonly problem: number;
  readonly lesson: number;
}

/** Problems drawn from a dataset under one seed; seeking passes over fewer than these. */
const BLOCK = 128;
/** Problems in a row that may have nothing to teach. */
const MOST_EMPTY = 1_000;

/** Opens the stream of a mixture. Throws InputError for an unknown part, a weight that is not positive, or a foreign cursor. */
export async function lessons({ mixture, seed = 0, cursor }: LessonsOptions): Promise<LessonStream> {
  const all = await datasetEntries();
  const from = readCursor(cursor, mixture.length);
  const parts = mixture.map((part, index) =>
    openPart(part, pick(all, part.dataset, 'dataset'), seed, from.places[index] as Place),
  );
  const total = mixture.reduce((sum, { weight }) => sum + weight, 0);
  if (mixture.length === 0 || !mixture.every(({ weight }) => weight > 0 && Number.isFinite(weight)))
    throw new InputError('A mixture needs parts, each with a weight above 0');
  let { drawn } = from;

  /** Which part gives lesson number `drawn`. */
  function choose(): number {
    let left = seeded(`${seed} part of lesson ${drawn}`).next() * total;
    const found = mixture.findIndex(({ weight }) => {
      left -= weight;
      return left < 0;
    });
    return found < 0 ? mixture.length - 1 : found;
  }

  return {
    async next() {
      const part = choose();
      const lesson = await (parts[part] as Part).next();
      drawn++;
      return { ...lesson, part };
    },
    get cursor() {
      return { drawn, places: parts.map(({ place }) => ({ ...place })) };
    },
  };
}

interface Part {
  next(): Promise<Omit<TaughtLesson, 'part'>>;
  readonly place: Place;
}

function openPart(
  { options = {}, method, dataset: name }: MixturePart,
  entry: DatasetEntry,
  seed: number | string,
  from: Place,
): Part {
  const course: Course | undefined = Object.hasOwn(COURSES, method) ? COURSES[method] : undefined;
  if (!course)
    throw new InputError(`"${method}" cannot be taught; there are ${Object.keys(COURSES).join(', ')}`);
  if (!entry.options.seed) throw new InputError(`Dataset ${name} is not generated, so it has no lessons`);
  const key = `${seed} ${entry.name} ${JSON.stringify(options)} ${method}`;
  const given = { ...defaults(entry), ...readOptions(entry, options) };
  let block:
    | { dataset: Dataset<Problem<Worked>>; problems: AsyncIterator<Problem<Worked>>; end: number }
    | undefined;
  let place = from;
  let open: { readonly number: number; readonly lessons: readonly Omit<TaughtLesson, 'part'>[] } | undefined;

  /** The dataset and the problem of this number; cheap where numbers go up. */
  async function problemAt(number: number) {
    const start = number - (number % BLOCK);
    if (!block || block.end > number || block.end < start) {
      const blockSeed = seeded(`${key} ${start}`).integer(2 ** 31);
      const dataset = (await entry.build({ ...given, seed: blockSeed }, {})) as Dataset<Problem<Worked>>;
      block = { dataset, problems: dataset.load('train')[Symbol.asyncIterator](), end: start };
    }
    const { dataset, problems } = block;
    for (;;) {
      const { value, done } = await problems.next();
      if (done)
        throw new InputError(`${entry.name} has fewer than ${BLOCK} train problems under these options`);
      if (block.end++ === number) return { dataset, problem: value };
    }
  }

  async function lessonsAt(number: number) {
    const { dataset, problem } = await problemAt(number);
    const plan = course?.(problem, seeded(`${key} teacher ${number}`), dataset);
    const calls = plan ? await callsOf(plan, problem) : [];
    return calls.map((call) => ({ ...call, problem }));
  }

  return {
    async next() {
      for (let empty = 0; empty < MOST_EMPTY; empty++) {
        if (open?.number !== place.problem)
          open = { number: place.problem, lessons: await lessonsAt(place.problem) };
        const lesson = open.lessons[place.lesson];
        if (lesson) {
          place = { ...place, lesson: place.lesson + 1 };
          return lesson;
        }
        place = { problem: place.problem + 1, lesson: 0 };
      }
      throw new InputError(`${method} finds nothing to teach in ${MOST_EMPTY} problems of ${entry.name}`);
    },
    get place() {
      return place;
    },
  };
}

function readCursor(cursor: Json | undefined, parts: number): { drawn: number; places: readonly Place[] } {
  if (cursor === undefined)
    return { drawn: 0, places: Array.from({ length: parts }, () => ({ problem: 0, lesson: 0 })) };
  const { drawn, places } = (cursor ?? {}) as Record<string, unknown>;
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
  const isPlace = (value: unknown): value is Place =>
    typeof value === 'object' &&
    value !== null &&
    isCount(Reflect.get(value, 'problem')) &&
    isCount(Reflect.get(value, 'lesson'));
  if (!isCount(drawn) || !Array.isArray(places) || places.length !== parts || !places.every(isPlace))
    throw new InputError(
      `The cursor is not of a stream of lessons with ${parts} parts; start again without it`,
    );
  return { drawn, places };
}
