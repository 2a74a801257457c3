import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InputError, ReasoningError } from '../core/errors.ts';
import { seeded } from '../core/random.ts';
import { checkSampling, chooseToken, sharpnessAt } from './generate-token.ts';

const LOGITS = [1, 3, 2, 3, -4];

/** Softmax by the definition. */
function softmax(values: readonly number[], temperature = 1): Float32Array {
  const powers = Array.from(values, (value) => Math.exp(value / temperature));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return Float32Array.from(powers, (power) => power / total);
}

test('temperature 0 takes the most likely token, the first of equals, and draws no chance', () => {
  const none = { next: () => assert.fail(), integer: () => assert.fail(), fork: () => assert.fail() };
  const { id, logProb } = chooseToken(softmax(LOGITS), { temperature: 0 }, none);
  assert.equal(id, 1);
  assert.ok(Math.abs(logProb - Math.log(softmax(LOGITS)[1] as number)) < 1e-6);
});

test('tokens come as often as their probabilities say', () => {
  const draws = 40_000;
  const cases: [number, number | undefined, number | undefined, number[]][] = [
    [1, undefined, undefined, [0, 1, 2, 3, 4]],
    [2.5, undefined, undefined, [0, 1, 2, 3, 4]],
    [1, 2, undefined, [1, 3]],
    [1, undefined, 0.8, [1, 2, 3]], // .395 + .395 + .145
    [1, undefined, 0.78, [1, 3]],
    [1, 1, 0.9, [1]],
    [0.5, 3, 0.99, [1, 2, 3]],
  ];
  for (const [temperature, topK, topP, kept] of cases) {
    const random = seeded(`${temperature} ${topK} ${topP}`);
    const sampling = {
      temperature,
      ...(topK !== undefined && { topK }),
      ...(topP !== undefined && { topP }),
    };
    const all = softmax(LOGITS, temperature);
    const counts = LOGITS.map(() => 0);
    for (let draw = 0; draw < draws; draw++) {
      const { id } = chooseToken(all, sampling, random);
      counts[id] = (counts[id] as number) + 1;
    }
    const mass = kept.reduce((sum, id) => sum + (all[id] as number), 0);
    for (const [id, count] of counts.entries()) {
      const expected = kept.includes(id) ? (all[id] as number) / mass : 0;
      const deviation = Math.sqrt((expected * (1 - expected)) / draws);
      assert.ok(
        Math.abs(count / draws - expected) <= 4.5 * deviation,
        `${temperature} ${topK} ${topP}: ${id}`,
      );
    }
  }
});

test('log-probabilities are those before anything is cut off, the best ones first', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -30, max: 30, noNaN: true }), { minLength: 2, maxLength: 40 }),
      fc.constantFrom(0, 0.3, 1, 2),
      fc.integer({ min: 1, max: 50 }),
      (values, temperature, topK) => {
        const probabilities = softmax(values);
        const expected = Array.from(probabilities, Math.log);
        const chosen = chooseToken(probabilities, { temperature, topK }, seeded(1), 5);
        assert.equal(chosen.logProb, expected[chosen.id]);
        const best = expected.toSorted((a, b) => b - a).slice(0, 5);
        assert.deepEqual(
          chosen.top?.map(({ logProb }) => logProb),
          best,
        );
        for (const { id, logProb } of chosen.top ?? []) assert.equal(logProb, expected[id]);
      },
    ),
    { numRuns: 300 },
  );
});

test('sharpness is the inverse of the temperature, and finite', () => {
  assert.deepEqual([0, 0.5, 1, 4].map(sharpnessAt), [1, 2, 1, 0.25]);
  assert.ok(Number.isFinite(Math.fround(sharpnessAt(1e-300))));
});

test('probabilities that are none are an error, settings out of range another', () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, 0, 3])
    assert.throws(
      () => chooseToken(Float32Array.of(0, bad, 0), { temperature: 1 }, seeded(1)),
      ReasoningError,
    );
  for (const bad of [
    { temperature: Number.NaN },
    { temperature: 101 },
    { temperature: 1, topK: 0 },
    { temperature: 1, topP: 0 },
  ])
    assert.throws(() => checkSampling(bad), InputError);
});
