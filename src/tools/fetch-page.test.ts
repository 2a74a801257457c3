import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { HOSTILE_NAMES, hostileAddresses } from '../../test/fixtures/hostile-addresses.ts';
import { watchConnections } from '../../test/fixtures/watch-connections.ts';
import { InputError, ToolError } from '../core/errors.ts';
import type { FetchPageOptions } from './fetch-page.ts';
import { fetchPage } from './fetch-page.ts';

type Page = (request: IncomingMessage, response: ServerResponse) => void;
const pages = new Map<string, Page>();
const requests: IncomingMessage[] = [];
const server = createServer((request, response) => {
  requests.push(request);
  const page = pages.get(request.url ?? '');
  if (page) page(request, response);
  else response.writeHead(404).end('no such page');
});
let host = '';

before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const signal = new AbortController().signal;

async function read(url: string, options: Partial<FetchPageOptions> = {}): Promise<string> {
  const tool = fetchPage({ hosts: [], private: [host], ...options });
  try {
    return await tool.call({ url }, { signal });
  } finally {
    await tool.close();
  }
}

const serve = (path: string, headers: Record<string, string>, body: string | Buffer, status = 200) =>
  pages.set(path, (_request, response) => response.writeHead(status, headers).end(body));

test('a page is read as text, with nothing of this machine in the request', async () => {
  serve('/a', { 'content-type': 'text/html; charset=utf-8' }, '<p>Hello <b>you</b></p>');
  serve('/latin', { 'content-type': 'text/plain; charset=iso-8859-1' }, Buffer.from([0x66, 0xfc, 0x72]));
  serve('/json', { 'content-type': 'application/problem+json' }, '{"a":1}');
  const readHtml = (source: string) => source.replace(/<[^>]*>/g, '');
  assert.equal(await read(`http://${host}/a`, { readHtml }), `http://${host}/a\n\nHello you`);
  assert.match(await read(`http://${host}/latin`), /für$/);
  assert.match(await read(`http://${host}/json`), /\{"a":1\}$/);
  const { headers, method } = requests[0] as IncomingMessage;
  assert.equal(method, 'GET');
  assert.deepEqual(Object.keys(headers).sort(), [
    'accept',
    'accept-encoding',
    'connection',
    'host',
    'user-agent',
  ]);
});

test('redirects are followed and checked one by one', async () => {
  serve('/one', { location: '/two' }, '', 302);
  serve('/two', { location: `http://${host}/end` }, '', 307);
  serve('/end', { 'content-type': 'text/plain' }, 'here');
  serve('/loop', { location: '/loop' }, '', 301);
  serve('/away', { location: 'http://other.example/' }, '', 302);
  serve('/user', { location: `http://me:secret@${host}/end` }, '', 302);
  serve('/file', { location: 'file:///etc/passwd' }, '', 302);
  assert.match(await read(`http://${host}/one`), /\/end\n\nhere$/);
  await assert.rejects(read(`http://${host}/loop`), /leads on more than 5 times/);
  await assert.rejects(read(`http://${host}/away`), /other\.example:80 is not on the list/);
  await assert.rejects(read(`http://${host}/user`), /user name/);
  await assert.rejects(read(`http://${host}/file`), /only http and https/);
});

test('a redirect to a hostile address opens no connection but the first', async () => {
  const watch = await watchConnections();
  const tool = fetchPage({
    hosts: ['*', `*:${watch.port}`],
    private: [host],
    resolve: async (name) => HOSTILE_NAMES.get(name) ?? [],
  });
  try {
    for (const { url } of hostileAddresses(watch.port)) {
      serve('/to', { location: encodeURI(url).replaceAll('%25', '%') }, '', 302);
      const before = watch.attempts.length;
      await assert.rejects(tool.call({ url: `http://${host}/to` }, { signal }), ToolError, url);
      assert.ok(
        watch.attempts.slice(before).every((address) => address === host),
        url,
      );
    }
    assert.equal(watch.arrived(), 0);
  } finally {
    await tool.close();
    await watch.close();
  }
});

test('bombs are refused: too long, packed, endless, never', async () => {
  const MIB = 2 ** 20;
  serve('/long', { 'content-type': 'text/plain' }, 'x'.repeat(MIB + 1));
  pages.set('/endless', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    const chunk = 'x'.repeat(MIB / 4);
    const more = () => {
      while (!response.destroyed && response.write(chunk));
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  });
  const packed = Buffer.alloc(MIB * 8);
  serve('/gzip', { 'content-type': 'text/plain', 'content-encoding': 'gzip' }, gzipSync(packed));
  serve('/br', { 'content-type': 'text/plain', 'content-encoding': 'br' }, brotliCompressSync(packed));
  serve('/zip', { 'content-type': 'application/zip' }, 'PK');
  serve('/none', {}, 'x');
  serve('/odd', { 'content-type': 'text/plain; charset=klingon' }, 'x');
  serve('/claimed', { 'content-type': 'text/plain', 'content-length': '99999999999' }, '');
  pages.set('/never', () => {});
  pages.set('/slow', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.write('x');
  });
  pages.set('/headers', (request) =>
    request.socket.end(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`),
  );
  const cases: readonly [string, RegExp][] = [
    ['/long', /longer than 1048576 bytes/],
    ['/endless', /longer than 1048576 bytes/],
    ['/claimed', /was not read/],
    ['/gzip', /packed \(gzip\)/],
    ['/br', /packed \(br\)/],
    ['/zip', /application\/zip; only text/],
    ['/none', /of no type/],
    ['/odd', /klingon/],
    ['/missing', /status 404/],
    ['/never', /longer than 0.2 s/],
    ['/slow', /longer than 0.2 s/],
    ['/headers', /was not read/],
  ];
  for (const [path, why] of cases)
    await assert.rejects(
      read(`http://${host}${path}`, { maxBytes: MIB, seconds: /never|slow/.test(path) ? 0.2 : 10 }),
      (error) => error instanceof ToolError && why.test(error.message),
      path,
    );
});

test('a wrong list, a wrong input and an abort', async () => {
  assert.throws(() => fetchPage({ hosts: ['http://example.com/'] }), InputError);
  const tool = fetchPage({ hosts: ['example.com'] });
  assert.match(tool.description ?? '', /example\.com/);
  assert.equal(tool.reach, 'reads');
  await assert.rejects(tool.call({ address: 'x' }, { signal }), /needs \{"url"/);
  const own = fetchPage({ hosts: [], private: [host] });
  const stop = new AbortController();
  pages.set('/never', () => stop.abort(new Error('enough')));
  await assert.rejects(own.call({ url: `http://${host}/never` }, { signal: stop.signal }), /enough/);
  await own.close();
});
