import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32c } from './crc32c.ts';

const range = (length: number, value: (index: number) => number) =>
  Uint8Array.from({ length }, (_, i) => value(i));

test('the vectors of RFC 3720, appendix B.4, and the check value of the catalogue of CRCs', () => {
  assert.equal(crc32c(range(32, () => 0)), 0x8a9136aa);
  assert.equal(crc32c(range(32, () => 0xff)), 0x62a8ab43);
  assert.equal(crc32c(range(32, (index) => index)), 0x46dd794e);
  assert.equal(crc32c(range(32, (index) => 31 - index)), 0x113fdb5c);
  assert.equal(crc32c(new TextEncoder().encode('123456789')), 0xe3069283);
  assert.equal(crc32c(new Uint8Array()), 0);
});
