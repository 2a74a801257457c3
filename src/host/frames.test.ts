import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { frameDecoder, frameHeader } from './frames.ts';

test('frames come out as they went in, however the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 20 })), fc.integer({ min: 1, max: 9 }), (bodies, cut) => {
      const stream = Buffer.concat(bodies.flatMap((body) => [frameHeader(body.length), body]));
      const decode = frameDecoder(20);
      const frames: Uint8Array[] = [];
      for (let at = 0; at < stream.length; at += cut) frames.push(...decode(stream.subarray(at, at + cut)));
      assert.deepEqual(
        frames.map((frame) => [...frame]),
        bodies.map((body) => [...body]),
      );
    }),
  );
});

test('a frame above the limit is refused before it is read', () => {
  assert.throws(() => frameDecoder(10)(frameHeader(11)), /11 bytes; at most 10/);
  assert.throws(() => frameDecoder(10)(new TextEncoder().encode('not a frame')), RangeError);
});
