import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { handClock } from '../../test/hand-clock.ts';
import type { ModelErrorKind } from '../core/errors.ts';
import { InputError, ModelError } from '../core/errors.ts';
import type { Model, SampleEvent } from '../core/model.ts';
import { complete } from '../core/model.ts';
import { RetryBudget } from './retry-budget.ts';
import { scripted } from './scripted.ts';
import { withRetry } from './with-retry.ts';

const question = { messages: [{ role: 'user', text: 'What is 2 + 2?' }] } as const;

describe('withRetry', () => {
  it('tries again with growing waits until a call succeeds', async () => {
    const clock = handClock();
    const { model, triedAt } = failing(clock, [failure('server'), failure('connection'), failure('timeout')]);
    const answer = complete(withRetry(model, { clock, random: () => 0 }), question);
    await clock.advance(60_000);
    assert.equal((await answer).text, '4');
    assert.deepEqual(triedAt, [0, 500, 1_500, 3_500]);
  });

  it('spreads waits out by up to a half', async () => {
    const clock = handClock();
    const { model, triedAt } = failing(clock, [failure('server')]);
    const answer = complete(withRetry(model, { clock, random: () => 0.999 }), question);
    await clock.advance(60_000);
    await answer;
    assert.ok((triedAt[1] ?? 0) > 249 && (triedAt[1] ?? 0) < 260);
  });

  it('never comes back before the time the server named', async () => {
    for (const random of [0, 0.5, 0.999]) {
      const clock = handClock();
      const { model, triedAt } = failing(clock, [failure('rate-limit', { retryAfterSeconds: 7 })]);
      const answer = complete(withRetry(model, { clock, random: () => random }), question);
      await clock.advance(60_000);
      await answer;
      assert.ok((triedAt[1] ?? 0) >= 7_000 && (triedAt[1] ?? 0) < 8_000);
    }
  });

  it('does not wait for a server that asks for more than a minute', async () => {
    const clock = handClock();
    const { model, triedAt } = failing(clock, [failure('rate-limit', { retryAfterSeconds: 3_600 })]);
    await assert.rejects(complete(withRetry(model, { clock }), question), { kind: 'rate-limit' });
    assert.equal(triedAt.length, 1);
  });

  it('makes one call and so many retries, then throws the last failure', async () => {
    const clock = handClock();
    const { model, triedAt } = failing(
      clock,
      Array.from({ length: 9 }, (_, index) => failure('server', { status: 500 + index })),
    );
    const answer = assert.rejects(complete(withRetry(model, { clock, retries: 2 }), question), {
      status: 502,
    });
    await clock.advance(60_000);
    await answer;
    assert.equal(triedAt.length, 3);
  });

  it('does not repeat what cannot get better', async () => {
    for (const error of [new ModelError('no', { kind: 'auth' }), new InputError('no'), new TypeError('no')]) {
      const clock = handClock();
      const { model, triedAt } = failing(clock, [error]);
      await assert.rejects(complete(withRetry(model, { clock }), question), error);
      assert.equal(triedAt.length, 1);
    }
  });

  it('throws instead of telling a text twice once it has begun', async () => {
    const clock = handClock();
    let tries = 0;
    const model: Model = {
      id: 'cut',
      async *sample() {
        tries++;
        yield { type: 'text-delta', text: 'The answer' };
        throw failure('protocol');
      },
    };
    const events: SampleEvent[] = [];
    await assert.rejects(
      async () => {
        for await (const event of withRetry(model, { clock }).sample(question)) events.push(event);
      },
      { kind: 'protocol' },
    );
    assert.equal(tries, 1);
    assert.deepEqual(events, [{ type: 'text-delta', text: 'The answer' }]);
  });

  it('holds retries of all calls together to a share', async () => {
    const clock = handClock();
    let tries = 0;
    const model: Model = {
      id: 'down',
      // biome-ignore lint/correctness/useYield: it fails before its first event
      async *sample() {
        tries++;
        throw failure('server');
      },
    };
    const retrying = withRetry(model, { clock, budget: new RetryBudget({ share: 0.1, floor: 5 }) });
    const calls = Array.from({ length: 200 }, () => complete(retrying, question));
    const settled = Promise.allSettled(calls);
    await clock.advance(600_000);
    await settled;
    assert.ok(tries >= 200 + 20 && tries <= 200 + 5 + 20, `${tries} tries for 200 calls`);
  });

  it('waits for a closed door without counting tries, but not for ever', async () => {
    const clock = handClock();
    const refusal = () => failure('unavailable', { retryAfterSeconds: 1 });
    const patient = failing(clock, Array.from({ length: 10 }, refusal));
    const answer = complete(withRetry(patient.model, { clock, retries: 0, random: () => 0 }), question);
    await clock.advance(20_000);
    assert.equal((await answer).text, '4');
    const hopeless = failing(clock, Array.from({ length: 1_000 }, refusal));
    const given = assert.rejects(complete(withRetry(hopeless.model, { clock }), question), {
      kind: 'unavailable',
    });
    await clock.advance(60_000);
    await given;
    assert.ok(hopeless.triedAt.length <= 31);
  });

  it('stops waiting when the caller gives up', async () => {
    const clock = handClock();
    const controller = new AbortController();
    const { model, triedAt } = failing(clock, [failure('server')]);
    const answer = complete(withRetry(model, { clock }), { ...question, signal: controller.signal });
    const rejected = assert.rejects(answer, /enough/);
    await clock.advance(100);
    controller.abort(new Error('enough'));
    await rejected;
    await clock.advance(60_000);
    assert.equal(triedAt.length, 1);
  });
});

function failure(
  kind: ModelErrorKind,
  options: { status?: number; retryAfterSeconds?: number } = {},
): ModelError {
  return new ModelError(`scripted ${kind}`, { kind, retryable: true, ...options });
}

/** A model that fails with these errors in turn and then answers. */
function failing(clock: { now(): number }, errors: readonly Error[]): { model: Model; triedAt: number[] } {
  const triedAt: number[] = [];
  const model = scripted({
    answer: () => {
      triedAt.push(Math.round(clock.now()));
      const error = errors[triedAt.length - 1];
      if (error) throw error;
      return '4';
    },
  });
  return { model, triedAt };
}
