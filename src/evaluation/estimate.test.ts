import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InputError } from '../core/errors.ts';
import { estimateCost, renderEstimate } from './estimate.ts';
import type { Row } from './row.ts';

function probe(problem: string, method: string, completionTokens: number, extra: Partial<Row> = {}): Row {
  return {
    problem,
    method,
    repeat: 0,
    outcome: 'correct',
    score: 1,
    usage: { calls: 2, promptTokens: 100, completionTokens, usd: completionTokens / 1000 },
    seconds: 3,
    ...extra,
  };
}

test('expected amounts are means times problems, added over methods', () => {
  const rows = [probe('1', 'a', 100), probe('2', 'a', 300), probe('1', 'b', 900), probe('2', 'b', 1100)];
  const { methods, total, probes } = estimateCost(rows, 100);
  assert.equal(probes, 2);
  assert.deepEqual(
    methods.map(({ name, tokens }) => [name, Math.round(tokens.expected)]),
    [
      ['a', 30_000],
      ['b', 110_000],
    ],
  );
  assert.equal(Math.round(total.tokens.expected), 140_000);
  assert.equal(Math.round(total.calls.expected), 400);
  assert.ok(Math.abs(total.usd!.expected - 120) < 1e-9);
  assert.ok(Math.abs(total.seconds!.expected - 600) < 1e-9);
  assert.equal(total.tokens.low, methods[0]!.tokens.low + methods[1]!.tokens.low);
});

test('the range, by hand', () => {
  // mean 200, relative squares 2 · 0.5² = 0.5; (2 · 0.64 + 0.5) / 3 = 0.5933; error sqrt(0.5933 · (1/2 − 1/100)) = 0.5392;
  // t(0.95, 3) = 2.3534; factor exp(1.2689) = 3.557
  const { low, high } = estimateCost([probe('1', 'a', 0), probe('2', 'a', 200)], 100).methods[0]!.tokens;
  assert.ok(Math.abs(high - 20_000 * 3.557) < 20, `high is ${high}`);
  assert.ok(Math.abs(low - 20_000 / 3.557) < 2, `low is ${low}`);
});

test('repeats of a problem are added up before the spread is measured', () => {
  const once = [probe('1', 'a', 150), probe('2', 'a', 350)];
  const twice = once.flatMap((row) => [row, { ...row, repeat: 1 }]);
  const [one, two] = [estimateCost(once, 50).total.tokens, estimateCost(twice, 50).total.tokens];
  assert.ok(Math.abs(two.expected - 2 * one.expected) < 1e-9);
  assert.ok(Math.abs(two.high - 2 * one.high) < 1e-9);
});

test('unknown stays unknown', () => {
  const usage = { calls: 1, promptTokens: 10, completionTokens: 10 };
  const { seconds: _, ...cached } = probe('1', 'a', 10, { usage });
  const { total } = estimateCost([cached, probe('2', 'a', 10)], 10);
  assert.equal(total.usd, null);
  assert.equal(total.seconds, null);
  assert.match(renderEstimate(estimateCost([cached], 10)), /price unknown; 90 % ranges from 1 probe$/);
});

test('attempts at a time share the seconds', () => {
  const rows = [probe('1', 'a', 10), probe('2', 'a', 20)];
  const alone = estimateCost(rows, 10).total.seconds!.expected;
  assert.equal(estimateCost(rows, 10, { concurrency: 4 }).total.seconds!.expected, alone / 4);
});

test('the range holds the expectation and what was spent, and is a point when all was probed', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 1000 }),
      (amounts, problems) => {
        const rows = amounts.map((amount, index) => probe(String(index), 'a', amount));
        const { low, expected, high } = estimateCost(rows, problems).total.tokens;
        const spent = amounts.reduce((sum, amount) => sum + amount + 100, 0);
        assert.ok(spent <= low + 1e-6 && low <= expected + 1e-6 && expected <= high + 1e-6);
        if (problems <= amounts.length) assert.ok(Math.abs(high - spent) < 1e-6);
      },
    ),
  );
});

test('the line a person reads', () => {
  // mean 1,100; relative squares 0.0165; factor exp(2.1318 · sqrt((1.28 + 0.0165) / 4 · (1/3 − 1/200))) = 2.005
  const rows = [probe('1', 'a', 900), probe('2', 'a', 1100), probe('3', 'a', 1000)];
  assert.equal(
    renderEstimate(estimateCost(rows, 200)),
    '200 problems: about 400 calls, 220k tokens (110k to 441k), $200.00 ($99.68 to $401.30), ' +
      '10 min (5 min 1 s to 19 min 57 s); 90 % ranges from 3 probes',
  );
});

test('nothing to go by is refused', () => {
  assert.throws(() => estimateCost([], 10), InputError);
  assert.throws(() => estimateCost([probe('1', 'a', 1)], 0), /Cannot estimate 0 problems/);
});
