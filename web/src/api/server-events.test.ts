import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ServerEvent } from './server-events.ts';
import { serverEvents } from './server-events.ts';

async function read(bytes: Uint8Array, cuts: readonly number[]): Promise<ServerEvent[]> {
  const ends = [...new Set([...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort(
    (a, b) => a - b,
  );
  let start = 0;
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const end of ends) {
        controller.enqueue(bytes.slice(start, end));
        start = end;
      }
      controller.close();
    },
  });
  const events: ServerEvent[] = [];
  for await (const event of serverEvents(stream)) events.push(event);
  return events;
}

test('events come out whole wherever the bytes are cut', async () => {
  const text = `: ping\n\nevent: trace\ndata: {"text":"é😀"}\n\r\nevent: answer\r\ndata: 1\r\ndata: 2\r\n\r\ndata: plain\n\n`;
  const bytes = new TextEncoder().encode(text);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(), { maxLength: 20 }), async (cuts) => {
      assert.deepEqual(await read(bytes, cuts), [
        { event: 'trace', data: '{"text":"é😀"}' },
        { event: 'answer', data: '1\n2' },
        { event: 'message', data: 'plain' },
      ]);
    }),
  );
});

test('what was cut off before its end is no event', async () => {
  assert.deepEqual(await read(new TextEncoder().encode('event: answer\ndata: 1\n'), []), []);
});
