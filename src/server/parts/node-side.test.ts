import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { test } from 'node:test';
import { until } from '../../../test/fixtures/until.ts';
import { KEEP_ALIVE_MILLISECONDS } from './limits.ts';
import { onGone, sendReply } from './node-side.ts';
import { eventReply } from './reply.ts';

/** A server that answers everything with these events. */
async function serving(
  events: () => AsyncIterable<string>,
  happened: { gone?: () => void; done?: () => void } = {},
): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer((incoming, outgoing) => {
    const side = { incoming, outgoing };
    onGone(side, () => happened.gone?.());
    sendReply(side, eventReply(events()), () => happened.done?.());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, server };
}

test('the head goes out at once, events as they come, and a comment where nothing is said for long', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  let say: (text: string) => void = () => {};
  const { port, server } = await serving(async function* () {
    yield await new Promise<string>((resolve) => {
      say = resolve;
    });
  });
  let text = '';
  let ended = false;
  const head = await new Promise<number | undefined>((resolve) => {
    get({ port }, (answer) => {
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      answer.on('end', () => {
        ended = true;
      });
      resolve(answer.statusCode);
    });
  });
  assert.deepEqual([head, text], [200, '']);
  for (let pings = 1; pings <= 2; pings++) {
    context.mock.timers.tick(KEEP_ALIVE_MILLISECONDS);
    await until(() => text === ': ping\n\n'.repeat(pings));
  }
  say('data: word\n\n');
  await until(() => ended);
  assert.equal(text, ': ping\n\n: ping\n\ndata: word\n\n');
  context.mock.timers.tick(KEEP_ALIVE_MILLISECONDS);
  server.close();
});

test('events are asked for no faster than they are taken, and no longer once the client has gone', async () => {
  const event = `data: ${'x'.repeat(64 * 1024)}\n\n`;
  let asked = 0;
  let [gone, done, returned] = [false, false, false];
  const { port, server } = await serving(
    async function* () {
      try {
        for (;;) {
          asked++;
          yield event;
        }
      } finally {
        returned = true;
      }
    },
    {
      gone: () => {
        gone = true;
      },
      done: () => {
        done = true;
      },
    },
  );
  const socket = connect(port, '127.0.0.1');
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  let before = -1;
  for (let still = 0; still < 100; before = asked) {
    await new Promise((resolve) => setImmediate(resolve));
    still = asked > 0 && asked === before ? still + 1 : 0;
  }
  assert.ok(asked < 1_000, `${asked} events asked for`); // what the system's buffers hold, and no more
  socket.destroy();
  await until(() => done);
  assert.deepEqual([gone, returned], [true, true]);
  server.close();
});
