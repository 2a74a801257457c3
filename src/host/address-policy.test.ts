import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request } from 'undici';
import { HOSTILE_NAMES, hostileAddresses } from '../../test/fixtures/hostile-addresses.ts';
import { watchConnections } from '../../test/fixtures/watch-connections.ts';
import { InputError, ToolError } from '../core/errors.ts';
import type { AddressPolicy } from './address-policy.ts';
import { allowedUrl, checkedLookup, guardedAgent, readAddressPolicy } from './address-policy.ts';
import { isPublicAddress } from './public-address.ts';

const LIMIT = { maxResponseBytes: 1_000 };
const resolveHostile = async (name: string) => HOSTILE_NAMES.get(name) ?? [];

test('hostile addresses: no connection is tried, though the policy allows every public host', async () => {
  const watch = await watchConnections();
  const policy: AddressPolicy = { hosts: ['*', `*:${watch.port}`] };
  const agent = await guardedAgent(policy, { ...LIMIT, resolve: resolveHostile });
  const addresses = hostileAddresses(watch.port);
  assert.ok(new Set(addresses.map(({ url }) => url)).size >= 150);
  try {
    for (const { url } of addresses) {
      await assert.rejects(
        async () => request(allowedUrl(url, policy), { dispatcher: agent }),
        ToolError,
        url,
      );
      // the wall at the connection holds alone, too
      if (/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
        await assert.rejects(request(url, { dispatcher: agent }), Error, url);
    }
    assert.deepEqual(watch.attempts, []);
    assert.equal(watch.arrived(), 0);
    // the watch does see what is let through
    const open = await guardedAgent({ hosts: [], private: [`127.0.0.1:${watch.port}`] }, LIMIT);
    await assert.rejects(request(`http://127.0.0.1:${watch.port}/`, { dispatcher: open }));
    assert.deepEqual([watch.attempts, watch.arrived()], [[`127.0.0.1:${watch.port}`], 1]);
    await open.destroy();
  } finally {
    await agent.destroy();
    await watch.close();
  }
});

test('a name is asked for once per connection, and sockets get what was checked', async () => {
  const answers = [['93.184.216.34', '2606:4700::1111'], ['93.184.216.34', '127.0.0.1'], []];
  let asked = 0;
  const lookup = checkedLookup(async () => answers[asked++] ?? []);
  const look = (all: boolean) =>
    new Promise((resolve) =>
      lookup('changes.example', { all }, (error, address) => resolve(error ? error.message : address)),
    );
  assert.deepEqual(await look(true), [
    { address: '93.184.216.34', family: 4 },
    { address: '2606:4700::1111', family: 6 },
  ]);
  assert.equal(asked, 1);
  assert.match(
    String(await look(false)),
    /changes\.example leads to 127\.0\.0\.1, which is not on the public/,
  );
  assert.match(String(await look(true)), /has no address/);
});

test('the list of hosts', () => {
  const policy = readAddressPolicy({
    hosts: ['example.com', '*.docs.example', 'api.example:8443'],
    private: ['127.0.0.1:3000', '[::1]:3000'],
  });
  const opens = (url: string) => {
    try {
      return allowedUrl(url, policy) instanceof URL;
    } catch (cause) {
      assert.ok(cause instanceof ToolError);
      return false;
    }
  };
  for (const url of [
    'http://example.com/a?b=c#d',
    'https://EXAMPLE.com',
    'https://a.docs.example/',
    'https://a.b.docs.example/',
    'https://api.example:8443/',
    'http://127.0.0.1:3000/',
    'http://2130706433:3000/', // the same address
    'http://[::1]:3000/',
  ])
    assert.equal(opens(url), true, url);
  for (const url of [
    'http://www.example.com/',
    'http://example.com.evil.test/',
    'http://evilexample.com/',
    'https://example.com:8443/',
    'https://docs.example/',
    'https://evildocs.example/',
    'https://api.example/',
    'http://127.0.0.1:3001/',
    'http://127.0.0.2:3000/',
    'http://localhost:3000/',
  ])
    assert.equal(opens(url), false, url);
  assert.throws(() => allowedUrl('https://other.example/', policy), /other\.example:443 is not on the list/);
});

test('entries that are none are named', () => {
  for (const entry of ['https://example.com', 'example.com/path', 'a b', '*.*', '', 'EXAMPLE.com', '*x.com'])
    assert.throws(() => readAddressPolicy({ hosts: [entry] }), InputError, entry);
  for (const entry of ['127.0.0.1', '*:80', 'http://127.0.0.1:80'])
    assert.throws(() => readAddressPolicy({ hosts: [], private: [entry] }), InputError, entry);
});

test('public addresses are public', () => {
  for (const address of [
    '8.8.8.8',
    '1.1.1.1',
    '93.184.216.34',
    '172.15.0.1',
    '172.32.0.1',
    '2606:4700::1111',
    '2a00:1450::1',
  ])
    assert.equal(isPublicAddress(address), true, address);
  for (const address of ['', 'example.com', '8.8.8', '::ffff:8.8.8.8', '2606:4700::1111%eth0', '010.0.0.1'])
    assert.equal(isPublicAddress(address), false, address);
});
