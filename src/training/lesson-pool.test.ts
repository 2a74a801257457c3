import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InputError } from '../core/errors.ts';
import { seeded } from '../core/random.ts';
import type { EncodedLesson } from './lesson.ts';
import { lessonPool } from './lesson-pool.ts';

const lesson = (length: number, id = 0): EncodedLesson => ({
  ids: Int32Array.from({ length }, () => id),
  promptLength: 1,
});

/** Lessons of chance lengths, numbered from 1. */
function stream(seed: string, most: number) {
  const random = seeded(seed);
  let given = 0;
  return async () => lesson(2 + random.integer(most - 1), ++given);
}

const placesOf = (lessons: readonly EncodedLesson[]): number =>
  lessons.reduce((sum, { ids }) => sum + ids.length - 1, 0);

test('every lesson comes in one batch whose rows hold it, and none is left behind', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), async (seed) => {
      const pool = lessonPool({ rows: 2, length: 256 }, stream(seed, 257));
      const seen = new Set<number>();
      for (let batch = 0; batch < 30; batch++) {
        const { shape, lessons } = await pool.next();
        assert.equal(shape.rows * shape.length, 512);
        assert.ok([256, 128, 64].includes(shape.length));
        assert.ok(placesOf(lessons) > 256, 'more than half full'); // what is left out fits in no row, so no row is half empty
        for (const { ids } of lessons) {
          assert.ok(ids.length - 1 <= shape.length);
          assert.ok(!seen.has(ids[0] as number));
          seen.add(ids[0] as number);
        }
      }
      assert.ok(pool.held.reduce((sum, { ids }) => sum + ids.length, 0) < 4 * 1.5 * 512);
    }),
    { numRuns: 20 },
  );
});

test('batches are nearly full', async () => {
  const pool = lessonPool({ rows: 2, length: 256 }, stream('full', 257));
  let places = 0;
  for (let batch = 0; batch < 200; batch++) places += placesOf((await pool.next()).lessons);
  assert.ok(places > 0.9 * 200 * 512, `${places}`);
});

test('short lessons come in short rows, as often as they are drawn', async () => {
  const random = seeded('mixed');
  const pool = lessonPool({ rows: 4, length: 256 }, async () => lesson(random.integer(10) > 0 ? 40 : 200));
  const lengths: number[] = [];
  for (let batch = 0; batch < 200; batch++) lengths.push((await pool.next()).shape.length);
  const short = lengths.filter((length) => length === 64).length;
  assert.deepEqual([...new Set(lengths)].sort(), [256, 64]);
  assert.ok(short > 80 && short < 160, `${short}`); // two thirds of the tokens, some of them beside long ones
});

test('a pool over what another one held goes on with the same batches', async () => {
  const draw = stream('again', 257);
  const first = lessonPool({ rows: 2, length: 256 }, draw);
  for (let batch = 0; batch < 5; batch++) await first.next();
  const held = structuredClone(first.held) as EncodedLesson[];
  const rest: EncodedLesson[] = [];
  const recorded = async (): Promise<EncodedLesson> => {
    const next = await draw();
    rest.push(next);
    return next;
  };
  const recording = lessonPool({ rows: 2, length: 256 }, recorded, held);
  const batches = [await recording.next(), await recording.next(), await recording.next()];
  const replayed = lessonPool({ rows: 2, length: 256 }, async () => rest.shift() as EncodedLesson, held);
  for (const batch of batches) assert.deepEqual(await replayed.next(), batch);
});

test('lesson after lesson that is too long is an error that says so', async () => {
  const pool = lessonPool({ rows: 2, length: 64 }, async () => lesson(66));
  await assert.rejects(
    pool.next(),
    (error) => error instanceof InputError && /the last has 66/.test(error.message),
  );
});
