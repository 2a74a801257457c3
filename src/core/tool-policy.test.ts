import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Reach, Tool } from './tool.ts';
import { informationFlow, isQuoted } from './tool-policy.ts';

const tool = (reach?: Reach, name = 'x'): Tool => ({
  name,
  parameters: {},
  ...(reach && { reach }),
  call: async () => '',
});

test('the rule of information flow, case by case', () => {
  const policy = informationFlow();
  const allows = (reach: Reach | undefined, exposed: boolean, quoted: boolean) =>
    policy({ tool: tool(reach), input: {}, exposed, quoted }) === true;
  for (const reach of ['inside', 'reads', 'acts', undefined] as const)
    for (const quoted of [true, false]) {
      assert.equal(allows(reach, false, quoted), true);
      assert.equal(
        allows(reach, true, quoted),
        reach === 'inside' || (reach === 'reads' && quoted),
        `${reach}`,
      );
    }
});

test('the list decides before everything else; what the user allows by name runs after text from outside', () => {
  const policy = informationFlow({ allow: ['mail', 'fetch'], afterOutsideText: ['mail', 'other'] });
  const ask = (name: string, exposed: boolean) =>
    policy({ tool: tool('acts', name), input: {}, exposed, quoted: false });
  assert.equal(ask('mail', true), true);
  assert.equal(ask('fetch', false), true);
  assert.match(String(ask('fetch', true)), /fetch, which may change something, is closed/);
  assert.match(String(ask('other', true)), /not allowed/);
  assert.match(String(ask('constructor', false)), /not allowed/);
});

test('quoted is word for word and whole', () => {
  const words =
    'Compare https://a.example/x?y=1 and (https://b.example/). How many in 2024, "New York"? Mail ann@a.example.';
  const quoted = (input: Parameters<typeof isQuoted>[0], keys = ['url', 'n']) => isQuoted(input, words, keys);
  for (const input of [
    { url: 'https://a.example/x?y=1' },
    { url: 'https://b.example/' },
    { url: 'New York', n: 2024 },
    { url: 'ann@a.example' },
    { n: [true, null, ''] },
    { Compare: 'and' },
  ])
    assert.equal(quoted(input), true, JSON.stringify(input));
  for (const input of [
    { url: 'https://a.example/x?y=1&z=2' },
    { url: 'https://a.example/x' },
    { url: 'https://a.example' },
    { url: 'a.example/x?y=1' },
    { url: 'York 2024' },
    { n: 202 },
    { n: 7 },
    { stolen: 'and' },
    { url: ['New York', 'Boston'] },
    { url: { 'secret words': 1 } },
  ])
    assert.equal(quoted(input), false, JSON.stringify(input));
  assert.equal(isQuoted({ url: 'a' }, 'ab '.repeat(1e6), ['url']), false);
});
