import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { damages } from '../../test/damage.ts';
import { diskThatFails } from '../../test/failing-disk.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { CheckpointError, InputError } from '../core/errors.ts';
import { fromBfloat16, fromFloat16 } from './half-floats.ts';
import type { StoredTensor } from './safetensors.ts';
import { readSafetensors, safetensorsChunks, writeSafetensors } from './safetensors.ts';

const folder = temporaryFolder();

const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
const size = (of: readonly number[]) => of.reduce((product, length) => product * length, 1);
const numbers = (count: number) =>
  fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: count, maxLength: count });
const tensor: fc.Arbitrary<StoredTensor> = shape.chain((of) =>
  fc.oneof(
    numbers(size(of)).map(
      (all) => ({ type: 'F32', shape: of, values: Float32Array.from(all, (one) => one * 1.1) }) as const,
    ),
    numbers(size(of)).map(
      (all) => ({ type: 'I32', shape: of, values: Int32Array.from(all, (one) => -one) }) as const,
    ),
    numbers(size(of)).map(
      (all) => ({ type: 'F16', shape: of, values: Float32Array.from(all, fromFloat16) }) as const,
    ),
    numbers(size(of)).map(
      (all) => ({ type: 'BF16', shape: of, values: Float32Array.from(all, fromBfloat16) }) as const,
    ),
  ),
);
const name = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', '0', 'model.embed_tokens.weight'),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const tensorMap = fc.array(fc.tuple(name, tensor), { maxLength: 6 }).map((entries) => new Map(entries));

const SMALL: ReadonlyMap<string, StoredTensor> = new Map([
  ['a', { type: 'F32', shape: [2, 3], values: Float32Array.of(1, 2, 3, 4, 5, 6) }],
  ['b', { type: 'BF16', shape: [4], values: Float32Array.of(1, -2, 0.5, 0) }],
]);

function bytesOf(tensors: ReadonlyMap<string, StoredTensor>): Buffer {
  return Buffer.concat([...safetensorsChunks(tensors)].map((chunk) => Buffer.from(chunk)));
}

/** A file with any header, written by hand. */
function file(header: unknown, dataBytes = 0): string {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return folder.write('by-hand.safetensors', Buffer.concat([length, json, Buffer.alloc(dataBytes)]));
}

const entry = (begin: number, end: number, more = {}) => ({
  dtype: 'F32',
  shape: [(end - begin) / 4],
  data_offsets: [begin, end],
  ...more,
});

async function refuses(path: string, message: RegExp, options = {}): Promise<void> {
  await assert.rejects(readSafetensors(path, options), (error: unknown) => {
    assert.ok(error instanceof CheckpointError);
    assert.ok(error.message.includes(path), error.message);
    assert.match(error.message, message);
    return true;
  });
}

test('tensors and metadata come back as they went in', async () => {
  const path = join(folder.path, 'any.safetensors');
  const metadata = fc.option(
    fc.array(fc.tuple(name, fc.string())).map((entries) => new Map(entries)),
    { nil: undefined },
  );
  await fc.assert(
    fc.asyncProperty(tensorMap, metadata, async (tensors, texts) => {
      await writeSafetensors(path, tensors, texts ? { metadata: texts } : {});
      const read = await readSafetensors(path);
      assert.deepEqual(new Map([...read.tensors].sort()), new Map([...tensors].sort()));
      assert.deepEqual(read.metadata, texts ?? new Map());
    }),
    { numRuns: 200 },
  );
});

test('a large tensor crosses many chunks', async () => {
  const path = join(folder.path, 'large.safetensors');
  const values = Float32Array.from({ length: 700_001 }, (_, index) => index % 251);
  for (const type of ['F32', 'F16', 'BF16'] as const) {
    await writeSafetensors(path, new Map([['x', { type, shape: [700_001], values }]]));
    const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
    assert.deepEqual((await readSafetensors(path, { sha256 })).tensors.get('x')?.values, values);
    await refuses(path, /checksum/, { sha256: sha256.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) });
  }
});

test('the layout is the published one', () => {
  const bytes = bytesOf(SMALL);
  const headerBytes = Number(bytes.readBigUInt64LE());
  assert.equal(headerBytes % 8, 0);
  assert.deepEqual(JSON.parse(bytes.toString('utf8', 8, 8 + headerBytes)), {
    a: { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] },
    b: { dtype: 'BF16', shape: [4], data_offsets: [24, 32] },
  });
  assert.deepEqual([...bytes.subarray(8 + headerBytes + 24)], [0x80, 0x3f, 0x00, 0xc0, 0x00, 0x3f, 0, 0]);
});

test('headers that lie are refused', async () => {
  await refuses(file({ a: entry(0, 8), b: entry(4, 12) }, 12), /"b" overlaps/);
  await refuses(file({ a: entry(0, 4), b: entry(8, 12) }, 12), /hole of 4 bytes before tensor "b"/);
  await refuses(file({ a: entry(0, 400) }, 12), /need 400 bytes and 12 are there; it was cut short/);
  await refuses(file({ a: entry(0, 4) }, 12), /8 bytes at its end belong to no tensor/);
  await refuses(file({ a: entry(0, 8, { shape: [3] }) }, 8), /its shape \[3\] of F32 needs 12/);
  await refuses(
    file({ a: entry(0, 8, { shape: [2 ** 40, 2 ** 40] }) }, 8),
    /more elements than can be counted/,
  );
  await refuses(file({ a: entry(0, 8, { shape: [-2] }) }, 8), /-2 instead of a length/);
  await refuses(file({ a: entry(0, 8, { shape: Array(9).fill(1) }) }, 8), /9 dimensions; at most 8/);
  await refuses(file({ a: entry(0, 8, { dtype: 'F64', shape: [1] }) }, 8), /type "F64"; F32, I32, F16, BF16/);
  await refuses(file({ a: entry(0, 8, { dtype: 'toString' }) }, 8), /type "toString"/);
  await refuses(file({ a: entry(8, 0, { shape: [-2] }) }, 8), /"a"|length/);
  await refuses(file({ a: entry(0, 8, { data_offsets: [0, 8, 9] }) }, 8), /offsets \[0,8,9\]/);
  await refuses(file({ a: { ...entry(0, 8), more: 1 } }, 8), /not {dtype, shape, data_offsets}/);
  const one = JSON.stringify(entry(0, 4));
  await refuses(file(`{"a":${one},"\\u0061":${one}}`, 4), /key "a" occurs twice/);
  await refuses(file(`{"__proto__":{"__proto__":{"polluted":1}}}`), /"__proto__" is not/);
  await refuses(file(`{"constructor":{"prototype":{"polluted":1}}}`), /"constructor" is not/);
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
  await refuses(file({ __metadata__: { a: 1 } }), /__metadata__ is not/);
  await refuses(file(` {}`), /does not start with {/);
  await refuses(file('{"a":'.repeat(100_000)), /deeper than 64/);
  await refuses(file('[]'), /does not start with {/);
  await refuses(file('{"a"'), /JSON/);
  assert.equal((await readSafetensors(file('{}   '))).tensors.size, 0);
});

test('limits hold before memory is taken', async () => {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(2n ** 63n);
  await refuses(folder.write('bomb.safetensors', length), /header has 9223372036854775808 bytes/);
  length.writeBigUInt64LE(1000n);
  await refuses(folder.write('short.safetensors', length), /ends at byte 1008 of 8; it was cut short/);
  await refuses(folder.write('empty.safetensors', ''), /0 bytes, too few/);
  await refuses(join(folder.path, 'none.safetensors'), /no such file/);
  await refuses(file({ a: entry(0, 8), b: entry(8, 12) }, 12), /2 tensors; at most 1/, { tensorsLimit: 1 });
  await refuses(file({ a: entry(0, 8) }, 8), /header has \d+ bytes; at most 16/, { headerBytesLimit: 16 });
  const sparse = file({ a: entry(0, 4e11, { dtype: 'BF16', shape: [2e11] }) });
  truncateSync(sparse, 4e11 + readFileSync(sparse).length); // a file of holes: 400 GB that take no room
  await refuses(sparse, /take 800000000000 bytes of memory; at most/);
  truncateSync(sparse, 0);
});

test('damaged files are refused, or what they hold fits their own header', async () => {
  const original = bytesOf(SMALL);
  const sha256 = createHash('sha256').update(original).digest('hex');
  let readable = 0;
  for (const [damaged, kind] of damages(original, { count: 3000, seed: 'safetensors' })) {
    const path = folder.write('damaged.safetensors', damaged);
    await assert.rejects(readSafetensors(path, { sha256 }), CheckpointError, kind);
    const { tensors } = await readSafetensors(path).catch((error: unknown) => {
      assert.ok(error instanceof CheckpointError, `${kind}: ${error}`);
      return { tensors: undefined };
    });
    if (!tensors) continue;
    readable++; // the numbers have no checksum of their own
    for (const { shape: of, values } of tensors.values()) assert.equal(values.length, size(of), kind);
  }
  assert.ok(readable < 1500, `${readable} of 3000 could be read without a checksum`);
});

test('a file that cannot be written leaves the old one as it was, at whichever operation the disk fails', async () => {
  const path = folder.write('atomic/kept.safetensors', bytesOf(SMALL));
  const next = new Map([['c', { type: 'F32', shape: [3], values: Float32Array.of(7, 8, 9) }]] as const);
  for (const mode of ['error', 'crash', 'crash after'] as const) {
    let failures = 0;
    for (let at = 0; ; at++) {
      folder.write('atomic/kept.safetensors', bytesOf(SMALL));
      const disk = diskThatFails(at, mode);
      const failed = await writeSafetensors(path, next, { files: disk.files }).then(
        () => undefined,
        (error: unknown) => error,
      );
      const { tensors } = await readSafetensors(path);
      if (!disk.failed()) {
        assert.deepEqual(tensors, next);
        break;
      }
      failures++;
      assert.ok(failed instanceof CheckpointError && failed.message.includes(path));
      assert.ok(tensors.has('a') ? tensors.size === 2 : tensors.has('c'));
      if (mode === 'error') assert.deepEqual(readdirSync(join(folder.path, 'atomic')), ['kept.safetensors']);
    }
    assert.ok(failures >= 6, `${failures} operations`);
  }
});

test('tensors that contradict themselves are not written', () => {
  const wrong = { type: 'F32', shape: [2], values: new Float32Array(3) } as const;
  assert.throws(() => bytesOf(new Map([['x', wrong]])), InputError);
  const right = { type: 'F32', shape: [3], values: new Float32Array(3) } as const;
  assert.throws(() => bytesOf(new Map([['__metadata__', right]])), InputError);
});
