import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { secretsOf } from './secrets.ts';

const key = 'sk-Canary-7f3A9q+/Zw==';
const secrets = secretsOf([key, 'short']);

test('a secret is found however it is dressed', () => {
  const base64 = (before: string) => Buffer.from(`${before}${key} and more`).toString('base64');
  for (const dressed of [
    `x${key}y`,
    key.toLowerCase(),
    [...key].join(' '),
    [...key].join('-'),
    [...key].reverse().join(''),
    Buffer.from(key).toString('hex'),
    Buffer.from(key).toString('hex').toUpperCase(),
    base64(''),
    base64('a'),
    base64('ab'),
    base64('abc'),
    Buffer.from(`id=1;${key}`).toString('base64url'),
    encodeURIComponent(key),
    [...Buffer.from(key)].map((byte) => `%${byte.toString(16)}`).join(''),
    `https://a.example/?k=${encodeURIComponent(key)}`,
  ])
    assert.equal(secrets.heldBy(dressed), true, dressed);
  for (const plain of [
    '',
    'a short text',
    'sk-Canary',
    key.slice(0, 10),
    Buffer.from('sk-').toString('base64'),
  ])
    assert.equal(secrets.heldBy(plain), false, plain);
});

test('what is redacted is not held any more, and the rest stays', () => {
  assert.equal(
    secrets.redact(`a ${key} b ${key}`),
    'a [secret] b [secret]'.replaceAll('[secret]', '[secret]=='),
  );
  fc.assert(
    fc.property(
      fc.string(),
      fc.string(),
      fc.constantFrom(key, [...key].join(' '), Buffer.from(key).toString('hex')),
      (before, after, dressed) => {
        const text = secrets.redact(`${before}|${dressed}|${after}`);
        assert.equal(
          secrets.heldBy(text.replaceAll('[secret]', '')) && !secrets.heldBy(`${before}||${after}`),
          false,
        );
        assert.ok(text.startsWith(before) && text.endsWith(after));
      },
    ),
  );
});

test('no secrets, no change; a long text costs linear time', () => {
  const none = secretsOf(['', 'abc']);
  assert.equal(none.heldBy(key), false);
  assert.equal(none.redact(key), key);
  assert.equal(secrets.heldBy('skcanary'.repeat(200_000)), false);
});
