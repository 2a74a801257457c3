import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { smallRecord } from '../../test/small-record.ts';
import { seeded, shuffle } from '../core/random.ts';
import { report } from './report.ts';
import { wilson } from './statistics.ts';

function close(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);
}

test('counts, shares and costs of a small run, by hand', () => {
  const { methods, n, decision } = report(smallRecord({ direct: ['rrwwnxe.r.'], cot: ['rrrrrrwwrr'] }));
  assert.equal(n, 10);
  const [direct, cot] = methods;
  assert.ok(direct && cot);
  assert.deepEqual(
    [direct.attempts, direct.missing, direct.correct, direct.wrong, direct.extractionFailures],
    [8, 2, 3, 2, 1],
  );
  assert.deepEqual([direct.exhausted, direct.errors], [1, 1]);
  close(direct.accuracy, 3 / 8);
  close(direct.ci[0], wilson(3, 8)[0]);
  close(direct.ci[1], wilson(3, 8)[1]);
  close(direct.meanScore, 3 / 8);
  assert.equal(cot.calls, 20);
  assert.deepEqual(cot.tokens, { prompt: 2000, completion: 200, reasoning: 0, cached: 0 });
  close(cot.usd!, 0.02);
  close(cot.perAttempt.tokens, 220);
  assert.deepEqual(cot.seconds, { p50: 2, p95: 2 });
  assert.equal(direct.passAtK, undefined);
  assert.match(decision, /^no difference shown between direct and cot/);
});

test('a comparison is over the attempts both methods made', () => {
  // of the eight problems both have: both right 0, 1 and 8; only cot right 2, 3, 4 and 5; neither right 6
  const { comparisons } = report(smallRecord({ direct: ['rrwwnxe.r.'], cot: ['rrrrrrwwrr'] }));
  const [only] = comparisons;
  assert.ok(only);
  assert.equal(only.problems, 8);
  assert.deepEqual(only.discordant, [0, 4]);
  close(only.delta, 4 / 8);
  close(only.p, 0.125); // 2 · 2⁻⁴
  assert.equal(only.pHolm, only.p);
  close(only.costRatio!, 2);
  assert.equal(only.better, null);
  assert.equal(only.needed, 16); // 7.849 · 0.5 / 0.5², rounded up
});

test('a difference that the test shows is called one, with its cost', () => {
  const wins = 'r'.repeat(30) + 'w'.repeat(30);
  const { comparisons, decision } = report(smallRecord({ direct: ['w'.repeat(60)], cot: [wins] }));
  assert.equal(comparisons[0]?.better, 'b');
  assert.match(
    decision,
    /^cot is better than direct by 50\.0 points, 95 % CI \[3\d\.\d, 6\d\.\d\], p < \.001, at 2\.0× the tokens$/,
  );
  const reversed = report(smallRecord({ cot: [wins], direct: ['w'.repeat(60)] }));
  assert.match(reversed.decision, /^cot is better than direct by 50\.0 points, .* at 0\.50× the tokens$/);
});

test('Holm covers all comparisons made', () => {
  const letters = (right: number) => 'r'.repeat(right) + 'w'.repeat(40 - right);
  const { comparisons } = report(smallRecord({ a: [letters(10)], b: [letters(20)], c: [letters(22)] }));
  assert.deepEqual(
    comparisons.map(({ a, b }) => [a, b]),
    [
      ['a', 'b'],
      ['a', 'c'],
      ['b', 'c'],
    ],
  );
  const [ab, ac, bc] = comparisons;
  close(ab!.p, 2 / 2 ** 10);
  close(ac!.p, 2 / 2 ** 12);
  close(bc!.p, 0.5);
  close(ac!.pHolm, 3 * ac!.p);
  close(ab!.pHolm, 2 * ab!.p);
  close(bc!.pHolm, 0.5);
  assert.match(ac!.decision, /\(Holm\)/);
});

test('beyond six methods only the baseline is compared', () => {
  const methods = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => [name, ['rw']]));
  const { comparisons } = report(smallRecord(methods));
  assert.equal(comparisons.length, 6);
  assert.ok(comparisons.every(({ a }) => a === 'a'));
});

test('repeats are averaged within their problem', () => {
  // a: problem shares 1/2, 1, 0; b: 1, 1, 1/2
  const { methods, comparisons } = report(smallRecord({ a: ['rrw', 'wrw'], b: ['rrr', 'rrw'] }));
  close(methods[0]!.accuracy, 0.5);
  close(methods[1]!.accuracy, 5 / 6);
  close(comparisons[0]!.delta, 1 / 3);
  assert.deepEqual(comparisons[0]!.discordant, [0, 2]);
  close(comparisons[0]!.p, 0.5); // two problems, the same sign: 2 · 2⁻²
  const [one, two] = methods[0]!.passAtK!;
  assert.deepEqual([one!.k, two!.k], [1, 2]);
  close(one!.value, 0.5);
  close(two!.value, 2 / 3);
  close(methods[0]!.majAtK![1]!.value, 0.5); // one right and one wrong answer tie
});

test('the frontier holds what no other method beats, cheapest first', () => {
  // costs 110, 220, 330, 440
  const { frontier } = report(
    smallRecord({ cheap: ['rwww'], worse: ['wwww'], good: ['rrrw'], wasteful: ['rrrw'] }),
  );
  assert.deepEqual(frontier, ['cheap', 'good']);
});

test('unknown prices and cached times stay unknown', () => {
  const record = smallRecord({ a: ['rw'] });
  const rows = record.rows.map(({ seconds: _, ...row }) => ({
    ...row,
    usage: { calls: 1, promptTokens: 5, completionTokens: 5 },
  }));
  const [method] = report({ ...record, rows }).methods;
  assert.equal(method!.usd, null);
  assert.equal(method!.perAttempt.usd, null);
  assert.equal(method!.seconds, null);
});

test('of two rows for one attempt the last counts, and strangers do not', () => {
  const record = smallRecord({ a: ['we'] });
  const retried = { ...record.rows[1]!, outcome: 'correct' as const, score: 1 };
  const stranger = { ...record.rows[0]!, method: 'unheard of' };
  const [method] = report({ ...record, rows: [...record.rows, retried, stranger] }).methods;
  assert.equal(method!.attempts, 2);
  assert.equal(method!.errors, 0);
  assert.equal(method!.correct, 1);
});

test('what a reader should know is noted', () => {
  const { notes } = report(smallRecord({ a: ['rrne'], b: ['rx..'] }));
  assert.deepEqual(notes, [
    'Attempts are missing (b 2 of 4); comparisons leave them out',
    'Attempts failed (a 1 of 4), most often with “ModelError: out of order”; they count as not right',
    'No answer could be read in many attempts (a 1 of 4); they count as not right',
    'The limit on tokens ended many attempts before a right answer (b 1 of 2)',
  ]);
  const same = { samples: { asked: 8, returned: 8, distinct: 1 } };
  assert.match(report(smallRecord({ sc: ['rr'] }, { row: same })).notes[0]!, /ignore temperature or seed/);
});

test('no rows, one method, and nothing in common', () => {
  assert.match(report(smallRecord({ a: ['..'], b: ['..'] })).decision, /Nothing was measured/);
  assert.match(
    report(smallRecord({ a: ['rrrw'] })).decision,
    /^a got 75\.0 % of 4 problems right, 95 % CI \[30\.1, 95\.4\]; there is nothing to compare it with$/,
  );
  assert.match(report(smallRecord({ a: ['r.'], b: ['.r'] })).decision, /share no problems/);
});

test('the same record gives the same report, whatever the order of its rows', () => {
  const letters = fc.string({
    unit: fc.constantFrom('r', 'w', 'n', 'x', 'e', '.'),
    minLength: 12,
    maxLength: 12,
  });
  fc.assert(
    fc.property(letters, letters, letters, (a, b, c) => {
      const record = smallRecord({ a: [a], b: [b], c: [c] });
      const made = report(record);
      const shuffled = { ...record, rows: shuffle(record.rows, seeded(a)) };
      assert.equal(JSON.stringify(report(shuffled)), JSON.stringify(made));
      for (const method of made.methods) {
        const { correct, wrong, extractionFailures, exhausted, errors, attempts, missing } = method;
        assert.equal(correct + wrong + extractionFailures + exhausted + errors, attempts);
        assert.equal(attempts + missing, 12);
        assert.ok(method.ci[0] <= method.accuracy + 1e-12 && method.accuracy <= method.ci[1] + 1e-12);
      }
      for (const { ci, delta, p, pHolm, better } of made.comparisons) {
        assert.ok(ci[0] <= delta + 1e-9 && delta <= ci[1] + 1e-9);
        assert.ok(p <= pHolm && pHolm <= 1);
        if (better) assert.ok(pHolm < 0.05);
      }
    }),
    { numRuns: 40 },
  );
});
