import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HandClock } from '../../test/hand-clock.ts';
import { handClock } from '../../test/hand-clock.ts';
import { InputError, ModelError } from '../core/errors.ts';
import type { Permit, RateLimits } from './limiter.ts';
import { Limiter, LONGEST_QUEUE } from './limiter.ts';

describe('limiter', () => {
  it('lets no more calls through at once than it should, in the order they came', async () => {
    const limiter = new Limiter('host', { concurrency: 2 }, handClock());
    const order: number[] = [];
    const permits: Permit[] = [];
    for (let index = 0; index < 5; index++)
      void limiter.acquire(1).then((permit) => {
        order.push(index);
        permits.push(permit);
      });
    await settle();
    assert.deepEqual(order, [0, 1]);
    permits[0]?.done({ accepted: true });
    permits[0]?.done({ accepted: true }); // a second time counts for nothing
    await settle();
    assert.deepEqual(order, [0, 1, 2]);
    assert.equal(limiter.active, 2);
    assert.equal(limiter.waiting, 2);
  });

  it('forgets a call that gives up while it waits', async () => {
    const limiter = new Limiter('host', { concurrency: 1 }, handClock());
    const first = await limiter.acquire(1);
    const controller = new AbortController();
    const second = limiter.acquire(1, controller.signal);
    const third = limiter.acquire(1);
    controller.abort(new Error('no longer wanted'));
    await assert.rejects(second, /no longer wanted/);
    first.done({ accepted: true });
    (await third).done({ accepted: true });
    assert.equal(limiter.active, 0);
    assert.equal(limiter.waiting, 0);
    await assert.rejects(limiter.acquire(1, AbortSignal.abort(new Error('too late'))), /too late/);
  });

  it('refuses to queue without bound', async () => {
    const limiter = new Limiter('host', { concurrency: 1 }, handClock());
    await limiter.acquire(1);
    const controller = new AbortController();
    const queued = Array.from({ length: LONGEST_QUEUE }, () => limiter.acquire(1, controller.signal));
    await assert.rejects(
      limiter.acquire(1),
      (error: unknown) => error instanceof ModelError && error.kind === 'overloaded' && !error.retryable,
    );
    controller.abort(new Error('stop'));
    const settled = await Promise.allSettled(queued);
    assert.ok(settled.every((result) => result.status === 'rejected'));
  });

  it('spreads requests evenly over the minute', async () => {
    const clock = handClock();
    const limiter = new Limiter('host', { concurrency: 100, requestsPerMinute: 600 }, clock);
    const sentAt: number[] = [];
    for (let index = 0; index < 50; index++)
      void limiter.acquire(1).then((permit) => {
        sentAt.push(clock.now());
        permit.done({ accepted: true });
      });
    await clock.advance(10_000);
    assert.equal(sentAt.length, 50);
    const last = sentAt.at(-1) as number;
    assert.ok(last >= 4_900 && last <= 5_200, `last at ${last} ms`);
  });

  it('keeps to the tokens per minute, by what calls really used', async () => {
    const clock = handClock();
    const limiter = new Limiter('host', { concurrency: 100, tokensPerMinute: 60_000 }, clock);
    let tokens = 0;
    for (let index = 0; index < 2_000; index++)
      void limiter.acquire(100).then((permit) => {
        tokens += 500;
        permit.done({ accepted: true, tokens: 500 });
      });
    await clock.advance(60_000);
    assert.ok(tokens > 57_000 && tokens < 62_000, `${tokens} tokens in a minute`);
  });

  it('holds everybody back until the moment the server named', async () => {
    const clock = handClock();
    const limiter = new Limiter('host', {}, clock);
    limiter.pause(3);
    const sentAt: number[] = [];
    for (let index = 0; index < 5; index++)
      void limiter.acquire(1).then(() => {
        sentAt.push(clock.now());
      });
    await clock.advance(2_999);
    assert.deepEqual(sentAt, []);
    await clock.advance(1);
    assert.equal(sentAt.length, 5);
  });

  it('takes the stricter of two limits and rejects limits that cannot be', async () => {
    const clock = handClock();
    const limiter = new Limiter('host', { concurrency: 8 }, clock);
    limiter.tighten({ concurrency: 1 });
    limiter.tighten({ concurrency: 5 });
    await limiter.acquire(1);
    void limiter.acquire(1);
    assert.equal(limiter.waiting, 1);
    assert.throws(() => limiter.tighten({ requestsPerMinute: 0 }), InputError);
    assert.throws(() => new Limiter('host', { concurrency: Number.NaN }), InputError);
  });

  for (const perSecond of [2, 20, 50, 200])
    it(`finds an unknown limit of ${perSecond} requests a second`, async () => {
      const seconds = perSecond < 20 ? 400 : 120;
      const figures = await simulate(handClock(), { perSecond, seconds, concurrency: 256 });
      assert.ok(figures.refusedShare <= 0.02, `${(100 * figures.refusedShare).toFixed(2)} % refused`);
      assert.ok(figures.used >= 0.95, `${(100 * figures.used).toFixed(1)} % of the limit used`);
    });

  it('makes little of one refusal out of the blue', async () => {
    const clock = handClock();
    const limiter = new Limiter('host', {}, clock);
    (await limiter.acquire(1)).refused(true);
    let calls = 0;
    const caller = async () => {
      for (;;) {
        const permit = await limiter.acquire(1);
        await clock.wait(5);
        permit.done({ accepted: true });
        calls++;
      }
    };
    for (let index = 0; index < 4; index++) void caller();
    await clock.advance(60_000);
    assert.ok(calls > 600, `${calls} calls in a minute`);
  });

  it('finds its way back up when the limit is raised', async () => {
    const clock = handClock();
    const limiter = new Limiter('host', { concurrency: 256 }, clock);
    await simulate(clock, { perSecond: 10, seconds: 60, limiter });
    await simulate(clock, { perSecond: 40, seconds: 400, limiter });
    const after = await simulate(clock, { perSecond: 40, seconds: 60, limiter });
    assert.ok(after.used > 0.9, `${(100 * after.used).toFixed(1)} % of the new limit used`);
  });
});

interface Simulation extends RateLimits {
  readonly perSecond: number;
  readonly seconds: number;
  readonly limiter?: Limiter;
}

/** A server with a sliding one-second window, asked by callers who always want more. Shares exclude the first 10 s. */
async function simulate(clock: HandClock, { perSecond, seconds, limiter: given, ...limits }: Simulation) {
  const limiter = given ?? new Limiter('host', limits, clock);
  const startedAt = clock.now();
  const end = startedAt + seconds * 1000;
  const accepted: number[] = [];
  const refused: number[] = [];
  const caller = async () => {
    while (clock.now() < end) {
      const permit = await limiter.acquire(10);
      await clock.wait(2);
      const now = clock.now();
      const recent = accepted.slice(-perSecond).filter((moment) => moment > now - 1_000).length;
      if (recent >= perSecond) {
        refused.push(now);
        permit.refused(false);
        await clock.wait(500);
      } else {
        accepted.push(now);
        await clock.wait(40);
        permit.done({ accepted: true, tokens: 20 });
      }
    }
  };
  const callers = Promise.all(Array.from({ length: Math.min(256, perSecond * 2) }, caller));
  while (clock.now() < end) await clock.advanceToNext();
  while (await clock.advanceToNext());
  await callers;
  const settled = (moments: readonly number[]) =>
    moments.filter((moment) => moment > startedAt + 10_000 && moment < end).length;
  const calls = settled(accepted) + settled(refused);
  return {
    refusedShare: settled(refused) / Math.max(1, calls),
    used: settled(accepted) / (perSecond * (seconds - 10)),
  };
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
