import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadJax } from '../tensor/compile.ts';
import { type KlPenalty, klCoefficient, klEstimate } from './kl.ts';

const jax = await loadJax();

const coefficient = (penalty: KlPenalty, logProb: number, reference: number): number =>
  klCoefficient(jax, penalty, jax.numpy.array([logProb]), jax.numpy.array([reference])).dataSync()[0]!;

function close(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} instead of ${expected}`);
}

test('hand values', () => {
  const [logProb, reference] = [Math.log(0.5), Math.log(0.25)];
  close(klEstimate('k1', logProb, reference), Math.LN2, 1e-12);
  close(klEstimate('k2', logProb, reference), Math.LN2 ** 2 / 2, 1e-12);
  close(klEstimate('k3', logProb, reference), 0.5 - 1 + Math.LN2, 1e-12);
  close(coefficient('k2', logProb, reference), -Math.LN2, 1e-6);
  close(coefficient('k3', logProb, reference), -0.5, 1e-6);
});

test('where the policy is the reference every estimate and every coefficient is 0', () => {
  for (const estimator of ['k1', 'k2', 'k3'] as const) assert.equal(klEstimate(estimator, -3, -3), 0);
  for (const penalty of ['k2', 'k3'] as const) close(coefficient(penalty, -3, -3), 0, 0);
});

test('a coefficient is minus the slope of its estimate, by finite differences', () => {
  const step = 1e-5;
  for (const penalty of ['k2', 'k3'] as const)
    for (const [logProb, reference] of [
      [-0.1, -2],
      [-2, -0.1],
      [-1, -1.01],
      [-5, -1],
    ] as const) {
      const slope =
        (klEstimate(penalty, logProb + step, reference) - klEstimate(penalty, logProb - step, reference)) /
        (2 * step);
      const found = coefficient(penalty, logProb, reference);
      close(found, -slope, 1e-5 * Math.max(1, Math.abs(slope)));
    }
});

/** A policy over four tokens and a reference. */
const logits = [0.3, -1.2, 0.8, 0.1];
const reference = [0.4, 0.3, 0.2, 0.1];

function softmax(values: readonly number[]): number[] {
  const powers = values.map(Math.exp);
  const total = powers.reduce((sum, value) => sum + value, 0);
  return powers.map((value) => value / total);
}

const divergence = (p: readonly number[], q: readonly number[]): number =>
  p.reduce((sum, value, index) => sum + value * Math.log(value / q[index]!), 0);

test('over all tokens, k1 and k3 are exactly the divergence and k2 is not', () => {
  const policy = softmax(logits);
  const mean = (estimator: 'k1' | 'k2' | 'k3'): number =>
    policy.reduce((sum, p, id) => sum + p * klEstimate(estimator, Math.log(p), Math.log(reference[id]!)), 0);
  const exact = divergence(policy, reference);
  close(mean('k1'), exact, 1e-12);
  close(mean('k3'), exact, 1e-12);
  assert.ok(Math.abs(mean('k2') - exact) > 0.01);
});

test('as penalties, k2 descends KL(π ‖ π_ref) and k3 descends KL(π_ref ‖ π)', () => {
  const policy = softmax(logits);
  const descent = (penalty: KlPenalty): number[] =>
    logits.map((_, j) =>
      policy.reduce((sum, p, id) => {
        const slope = (id === j ? 1 : 0) - policy[j]!; // of log π(id) by logit j
        return sum + p * coefficient(penalty, Math.log(p), Math.log(reference[id]!)) * slope;
      }, 0),
    );
  const slopes = (value: (policy: readonly number[]) => number): number[] =>
    logits.map((_, j) => {
      const at = (change: number): number =>
        value(softmax(logits.map((logit, index) => (index === j ? logit + change : logit))));
      return (at(1e-5) - at(-1e-5)) / 2e-5;
    });
  const forward = slopes((p) => divergence(p, reference));
  const backward = slopes((p) => divergence(reference, p));
  for (const j of logits.keys()) {
    close(descent('k2')[j]!, -forward[j]!, 1e-6);
    close(descent('k3')[j]!, -backward[j]!, 1e-6);
  }
});

test('a token that the reference excludes stays finite', () => {
  assert.equal(klEstimate('k1', 0, -1e9), 20);
  assert.ok(Number.isFinite(klEstimate('k3', -1e9, 0)));
  assert.ok(Number.isFinite(coefficient('k3', -100, 0)));
  assert.equal(coefficient('k2', 0, Number.NEGATIVE_INFINITY), -20);
});
