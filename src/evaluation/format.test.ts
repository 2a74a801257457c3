import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as format from './format.ts';

test('shares and differences', () => {
  assert.equal(format.points(0.1203), '12.0');
  assert.equal(format.points(-0.004), '−0.4');
  assert.equal(format.points(-0.0001), '0.0');
  assert.equal(format.signedPoints(0.12), '+12.0');
  assert.equal(format.signedPoints(0.0001), '0.0');
  assert.equal(format.percent(0.76), '76.0 %');
  assert.equal(format.interval([-0.004, 0.169]), '[−0.4, 16.9]');
});

test('p-values', () => {
  assert.equal(format.pValue(0), 'p < .001');
  assert.equal(format.pValue(0.00099), 'p < .001');
  assert.equal(format.pValue(0.008), 'p = .008');
  assert.equal(format.pValue(0.41), 'p = .41');
  assert.equal(format.pValue(0.996), 'p = 1');
  assert.equal(format.pFigure(0.0001), '< .001');
  assert.equal(format.pFigure(0.03), '.030');
});

test('amounts', () => {
  assert.equal(format.ratio(3.1), '3.1×');
  assert.equal(format.ratio(12.4), '12×');
  assert.equal(format.ratio(101), '101×');
  assert.equal(format.ratio(0.254), '0.25×');
  assert.equal(format.ratio(0.0387), '0.04×');
  assert.equal(format.count(1234.4), '1,234');
  assert.equal(format.compact(0), '0');
  assert.equal(format.compact(5.31), '5.3');
  assert.equal(format.compact(418), '418');
  assert.equal(format.compact(999.6), '1.00k');
  assert.equal(format.compact(1240), '1.24k');
  assert.equal(format.compact(12_345_678), '12.3M');
  assert.equal(format.money(0), '$0');
  assert.equal(format.money(0.0031), '$0.0031');
  assert.equal(format.money(12.4), '$12.40');
  assert.equal(format.money(1234.5), '$1,234.50');
  assert.equal(format.plural(1, 'problem'), '1 problem');
  assert.equal(format.plural(2000, 'problem'), '2,000 problems');
  assert.equal(format.list(['a']), 'a');
  assert.equal(format.list(['a', 'b', 'c']), 'a, b and c');
});

test('lengths of time', () => {
  assert.equal(format.duration(0.85), '850 ms');
  assert.equal(format.duration(4.21), '4.2 s');
  assert.equal(format.duration(42.26), '42.3 s');
  assert.equal(format.duration(200), '3 min 20 s');
  assert.equal(format.duration(120), '2 min');
  assert.equal(format.duration(7500), '2 h 5 min');
});

test('sentences', () => {
  assert.equal(
    format.sentence('no difference shown between a and b'),
    'No difference shown between a and b.',
  );
  assert.equal(
    format.unbroken('by 1.0, 95 % CI [0.1, 1.9], p < .001'),
    'by 1.0, 95\u00a0%\u00a0CI [0.1,\u00a01.9], p\u00a0<\u00a0.001',
  );
  assert.equal(format.sentence('notation is better than direct.'), 'notation is better than direct.');
});
