import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError } from '../../core/errors.ts';
import { normalCdf, normalDeviate, normalQuantile, studentQuantile } from './normal.ts';

function close(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);
}

test('normalCdf', () => {
  // scipy 1.17.1: norm.cdf
  close(normalCdf(-8), 6.22096057427174e-16, 1e-15);
  close(normalCdf(-5), 2.866515718791933e-7, 1e-14);
  close(normalCdf(-3.3), 0.00048342414238377744, 1e-14);
  close(normalCdf(-1), 0.15865525393145707, 1e-14);
  close(normalCdf(0.25), 0.5987063256829237, 1e-14);
  close(normalCdf(1.96), 0.9750021048517795, 1e-14);
  close(normalCdf(7), 0.9999999999987201, 1e-14);
  assert.equal(normalCdf(0), 0.5);
  assert.equal(normalCdf(-40), 0);
  assert.equal(normalCdf(40), 1);
});

test('normalQuantile and normalDeviate', () => {
  // scipy 1.17.1: norm.ppf
  close(normalQuantile(1e-6), -4.753424308822899, 1e-9);
  close(normalQuantile(0.001), -3.090232306167813, 1e-11);
  close(normalQuantile(0.025), -1.9599639845400545, 1e-12);
  close(normalQuantile(0.5), 0, 1e-15);
  close(normalQuantile(0.8), 0.8416212335729143, 1e-12);
  close(normalQuantile(0.9999), 3.719016485455709, 1e-11);
  close(normalDeviate(0.95), 1.959963984540054, 1e-12);
});

test('studentQuantile', () => {
  // scipy 1.17.1: t.ppf
  close(studentQuantile(0.95, 1), 6.313751514675037, 1e-9);
  close(studentQuantile(0.95, 2), 2.9199855803537242, 1e-9);
  close(studentQuantile(0.975, 3), 3.1824463052837078, 1e-9);
  close(studentQuantile(0.95, 4), 2.1318467863266495, 1e-9);
  close(studentQuantile(0.9, 9), 1.3830287383966329, 1e-9);
  close(studentQuantile(0.975, 30), 2.0422724563012378, 1e-9);
  close(studentQuantile(0.6, 7), 0.2631668613520229, 1e-9);
  close(studentQuantile(0.05, 5), -2.015048373333024, 1e-9);
});

test('a level or probability outside (0, 1) is refused by name', () => {
  assert.throws(() => normalDeviate(95), /Confidence level is 95/);
  assert.throws(() => normalQuantile(0), InputError);
  assert.throws(() => studentQuantile(0.5, 1.5), InputError);
});
