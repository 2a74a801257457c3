import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError } from '../core/errors.ts';
import { rankExplanations } from './abduction.ts';

const rules = `wet(grass) :- rain.
wet(road) :- rain.
wet(grass) :- sprinkler.
slippery(X) :- wet(X).`;

test('the explanation that contradicts nothing and explains all comes first, with its derivation', () => {
  const [best, ...others] = rankExplanations({
    rules,
    observed: ['slippery(grass)'],
    absent: ['wet(road)'],
    candidates: [['rain'], ['snow'], ['sprinkler', 'holiday'], ['sprinkler']],
  });
  assert.deepEqual(best?.assumed, ['sprinkler']);
  assert.equal(best?.complete, true);
  assert.deepEqual(
    best?.proof.map((line) => line.slice(0, 12)),
    ['1. sprinkler', '2. wet(grass', '3. slippery('],
  );
  assert.deepEqual(
    others.map(({ assumed }) => assumed[0]),
    ['sprinkler', 'snow', 'rain'],
  );
  assert.match(others[2]?.proof.at(-1) ?? '', /^wet\(road\) would follow, but was not seen$/);
});

test('what is no fact is refused', () => {
  for (const observed of ['wet(X)', 'wet(grass) :- rain', 'wet(grass). wet(road)'])
    assert.throws(
      () => rankExplanations({ rules, observed: [observed], candidates: [['rain']] }),
      InputError,
    );
  assert.throws(() => rankExplanations({ rules, observed: [], candidates: [] }), InputError);
});
