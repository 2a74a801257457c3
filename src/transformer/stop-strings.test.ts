import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InputError } from '../core/errors.ts';
import { stopFinder } from './stop-strings.ts';

test('gives what a search of the whole text gives, however it is cut', () => {
  const letters = fc.constantFrom('a', 'b', 'ab', 'ba', 'aa', 'c');
  const text = fc.array(letters, { maxLength: 12 });
  const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 }), {
    maxLength: 3,
  });
  fc.assert(
    fc.property(text, stops, (pieces, wanted) => {
      const finder = stopFinder(wanted);
      let read = '';
      let given = '';
      for (const piece of pieces) {
        read += piece;
        const { text: fresh, stopped } = finder.push(piece);
        given += fresh;
        const ends = wanted.map((stop) => read.indexOf(stop)).filter((at) => at >= 0);
        assert.equal(stopped, ends.length > 0);
        if (stopped) {
          assert.equal(given, read.slice(0, Math.min(...ends)));
          return;
        }
        assert.ok(read.startsWith(given));
      }
      assert.equal(given + finder.end(), read);
    }),
    { numRuns: 500 },
  );
});

test('holds back no more than could begin a stop string', () => {
  const finder = stopFinder(['\n\nQ']);
  assert.deepEqual(finder.push('one\n'), { text: 'one', stopped: false });
  assert.deepEqual(finder.push('two\n\n'), { text: '\ntwo', stopped: false });
  assert.deepEqual(finder.push('Question'), { text: '', stopped: true });
});

test('refuses stop strings that cannot be', () => {
  assert.throws(() => stopFinder(['']), InputError);
  assert.throws(() => stopFinder(['x'.repeat(1025)]), InputError);
  assert.throws(() => stopFinder(Array(65).fill('x')), /65 stop strings/);
});
