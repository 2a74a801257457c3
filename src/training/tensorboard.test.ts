import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { scalarRecord, startRecord, versionRecord } from './tensorboard.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

test('the bytes that other programs write for the same events', () => {
  // TensorFlow's own test of its event file loader: brain.Event:2 at the time of the double 41d5b3e627000000
  const wallTime = Buffer.from('00000027e6b3d541', 'hex').readDoubleLE();
  const theirs = `1800000000000000a37f4b220900000027e6b3d541${Buffer.from('\x1a\rbrain.Event:2').toString('hex')}6a4d0b15`;
  assert.equal(hex(versionRecord(wallTime)), theirs);
  // tensorboard_logger's test: 1.5 under v/1 in step 1, at 256.5 seconds
  const scalar =
    '19000000000000008bf10828090000000000087040' + '10012a0c0a0a0a03762f31150000c03f' + '2cecc087';
  assert.equal(hex(scalarRecord(256.5, 1, { 'v/1': 1.5 })), scalar);
});

test('a reader of the wire format finds what was written', () => {
  const scalars = fc.dictionary(fc.string({ minLength: 1, unit: 'grapheme' }), fc.float(), { maxKeys: 8 });
  const steps = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  fc.assert(
    fc.property(fc.double({ noNaN: true }), steps, scalars, (wallTime, step, values) => {
      const [event] = events(scalarRecord(wallTime, step, values));
      assert.ok(event);
      assert.equal(event.wallTime, wallTime);
      assert.equal(event.step, BigInt(step));
      assert.deepEqual(event.scalars, new Map(Object.entries(values)));
    }),
  );
});

test('a start names the step from which earlier files no longer count', () => {
  const [version, start] = events(Buffer.concat([versionRecord(1), startRecord(2, 300)]));
  assert.equal(version?.version, 'brain.Event:2');
  assert.deepEqual([start?.started, start?.step], [true, 300n]);
});

interface ReadEvent {
  wallTime: number;
  step: bigint;
  version?: string;
  started?: boolean;
  scalars: Map<string, number>;
}

/** Reads records and messages field by field, written from the description of the two formats and not from the encoder. */
function events(bytes: Uint8Array): ReadEvent[] {
  const found: ReadEvent[] = [];
  const buffer = Buffer.from(bytes);
  for (let at = 0; at < buffer.length; ) {
    const length = Number(buffer.readBigUInt64LE(at));
    assert.equal(buffer.readUInt32LE(at + 8), maskedBitwise(buffer.subarray(at, at + 8)));
    const data = buffer.subarray(at + 12, at + 12 + length);
    assert.equal(buffer.readUInt32LE(at + 12 + length), maskedBitwise(data));
    at += 16 + length;
    const event: ReadEvent = { wallTime: 0, step: 0n, scalars: new Map() };
    for (const { field, value } of fields(data)) {
      if (field === 1) event.wallTime = (value as Buffer).readDoubleLE();
      else if (field === 2) event.step = value as bigint;
      else if (field === 3) event.version = (value as Buffer).toString();
      else if (field === 5)
        for (const summaryValue of fields(value as Buffer)) {
          const parts = new Map(fields(summaryValue.value as Buffer).map((part) => [part.field, part.value]));
          const number = (parts.get(2) as Buffer).readFloatLE();
          event.scalars.set((parts.get(1) as Buffer).toString(), number);
        }
      else if (field === 7) event.started = fields(value as Buffer).some((log) => log.value === 1n);
      else assert.fail(`field ${field}`);
    }
    found.push(event);
  }
  return found;
}

function fields(data: Buffer): { field: number; value: bigint | Buffer }[] {
  const found: { field: number; value: bigint | Buffer }[] = [];
  let at = 0;
  const number = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = data[at++] as number;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < data.length) {
    const key = Number(number());
    const [field, type] = [key >> 3, key & 7];
    const width = type === 1 ? 8 : type === 5 ? 4 : type === 2 ? Number(number()) : undefined;
    if (width === undefined) found.push({ field, value: number() });
    else {
      found.push({ field, value: data.subarray(at, at + width) });
      at += width;
    }
  }
  return found;
}

/** The checksum by long division, bit by bit. */
function maskedBitwise(bytes: Uint8Array): number {
  let crc = 0xffffffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x82f63b78n : crc >> 1n;
  }
  crc ^= 0xffffffffn;
  return Number((((crc >> 15n) | ((crc << 17n) & 0xffffffffn)) + 0xa282ead8n) & 0xffffffffn);
}
