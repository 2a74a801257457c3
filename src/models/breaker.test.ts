import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { handClock } from '../../test/hand-clock.ts';
import { ModelError } from '../core/errors.ts';
import { Breaker, FAILURES_TO_OPEN } from './breaker.ts';

describe('breaker', () => {
  it('opens after five failures in a row and names the host', () => {
    const breaker = new Breaker('models.example:8080', handClock());
    for (let failure = 1; failure < FAILURES_TO_OPEN; failure++) breaker.failed();
    breaker.admit();
    breaker.succeeded();
    for (let failure = 1; failure < FAILURES_TO_OPEN; failure++) breaker.failed();
    breaker.admit();
    breaker.failed();
    assert.throws(
      () => breaker.admit(),
      (error: unknown) =>
        error instanceof ModelError &&
        error.kind === 'unavailable' &&
        error.retryable &&
        error.message.includes('models.example:8080'),
    );
  });

  it('lets one probe a second through while the upstream is down, also when probes hang', async () => {
    const clock = handClock();
    const breaker = new Breaker('host', clock);
    for (let failure = 0; failure < FAILURES_TO_OPEN; failure++) breaker.failed();
    let probes = 0;
    for (let moment = 0; moment < 30_000; moment += 10) {
      await clock.advance(10);
      try {
        breaker.admit();
        probes++;
      } catch (error) {
        assert.ok(error instanceof ModelError && (error.retryAfterSeconds ?? 9) <= 1);
      }
    }
    assert.ok(probes >= 28 && probes <= 30, `${probes} probes in 30 s`);
  });

  it('closes with the first success', async () => {
    const clock = handClock();
    const breaker = new Breaker('host', clock);
    for (let failure = 0; failure < FAILURES_TO_OPEN; failure++) breaker.failed();
    await clock.advance(1_000);
    breaker.admit();
    breaker.failed();
    assert.ok(breaker.open);
    assert.throws(() => breaker.check());
    await clock.advance(1_000);
    breaker.admit();
    breaker.succeeded();
    assert.ok(!breaker.open);
    breaker.admit();
    breaker.admit();
  });
});
