import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import {
  answerError,
  embeddedError,
  retryAfterSeconds,
  transportError,
  unsupportedParameter,
} from './upstream-error.ts';

const upstream = { host: 'models.example', secrets: ['canary-key-123'], date: () => Date.UTC(2026, 0, 1) };

describe('upstream errors', () => {
  it('read Retry-After in milliseconds, seconds and as a date', () => {
    const read = (headers: Record<string, string>) => retryAfterSeconds(headers, upstream.date);
    assert.equal(read({ 'retry-after-ms': '1500', 'retry-after': '9' }), 1.5);
    assert.equal(read({ 'retry-after': ' 20 ' }), 20);
    assert.equal(read({ 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }), 30);
    assert.equal(read({ 'retry-after': 'Thu, 01 Jan 2025 00:00:30 GMT' }), 0);
    for (const nonsense of ['', 'soon', '-3', 'NaN'])
      assert.equal(read({ 'retry-after': nonsense }), undefined);
  });

  it('say who answered what, and what to do about it', () => {
    const error = answerError(
      { status: 429, headers: { 'retry-after': '3' }, body: '{"error":{"message":"Slow\\u0007 down"}}' },
      upstream,
    );
    assert.equal(
      error.message,
      'models.example answered 429 (rate-limit): "Slow down"; ' +
        'lower limits.concurrency or limits.requestsPerMinute, or wait (asked to wait 3 s)',
    );
    assert.equal(error.retryAfterSeconds, 3);
  });

  it('read the words of every dialect', () => {
    for (const body of [
      '{"error":{"message":"no such thing"}}',
      '{"error":"no such thing"}',
      '{"message":"no such thing"}',
      '{"detail":"no such thing"}',
      'no such thing',
    ])
      assert.match(answerError({ status: 404, headers: {}, body }, upstream).message, /: "no such thing";/);
  });

  it('never hold a key', () => {
    const body = JSON.stringify({
      error: { message: 'Incorrect key canary-key-123 in "Bearer canary-key-123", or sk-abcdefgh12345678?' },
    });
    for (const error of [
      answerError({ status: 400, headers: {}, body }, upstream),
      answerError({ status: 401, headers: {}, body }, upstream),
      embeddedError({ message: 'canary-key-123' }, upstream),
      transportError(new Error('connect to canary-key-123 failed'), upstream),
    ])
      if (error.cause === undefined) assert.doesNotMatch(inspect(error), /canary-key-123|abcdefgh/);
      else assert.doesNotMatch(error.message, /canary-key-123/);
  });

  it('keep long and hostile words short', () => {
    const body = JSON.stringify({ error: { message: '\u001b[31m'.repeat(1_000_000) } });
    assert.ok(answerError({ status: 500, headers: {}, body }, upstream).message.length < 600);
  });

  it('tell which parameter is not supported', () => {
    const rejection = (error: object) =>
      answerError({ status: 400, headers: {}, body: JSON.stringify({ error }) }, upstream);
    const sent = ['max_tokens', 'temperature', 'seed'];
    const unsupported =
      "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead.";
    assert.equal(
      unsupportedParameter(rejection({ message: unsupported, param: 'max_tokens' }), sent),
      'max_tokens',
    );
    assert.equal(unsupportedParameter(rejection({ message: unsupported }), sent), 'max_tokens');
    assert.equal(
      unsupportedParameter(rejection({ message: 'Only the default temperature is supported' }), sent),
      'temperature',
    );
    assert.equal(
      unsupportedParameter(rejection({ message: 'seed: Extra inputs are not permitted' }), sent),
      'seed',
    );
    assert.equal(
      unsupportedParameter(rejection({ message: 'temperature must be at most 2' }), sent),
      undefined,
    );
    assert.equal(unsupportedParameter(rejection({ message: 'top_k is not supported' }), sent), undefined);
  });
});
