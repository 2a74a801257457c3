import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { mcpOverHttp } from '../../test/fixtures/mcp-server.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { InputError } from '../core/errors.ts';
import type { Json } from '../core/model.ts';
import { openMcp, openTools } from './tools.ts';
import { readToolsConfig } from './tools-config.ts';

const signal = new AbortController().signal;

const folder = temporaryFolder();
let files = 0;

/** A file of settings. */
const settings = (value: Json | string): string =>
  folder.write(`tools-${files++}.json`, typeof value === 'string' ? value : JSON.stringify(value));
/** A place in a setting where a variable of the environment stands. */
const variable = (name: string) => `\${${name}}`;

test('tools are opened by name, with the settings, the policy and the secrets of the user', async (t) => {
  const http = await mcpOverHttp();
  t.after(() => http.close());
  process.env.RECKON_TEST_TOKEN = 'canary-token-0123456789';
  t.after(() => delete process.env.RECKON_TEST_TOKEN);
  const server = {
    url: http.url,
    private: true,
    headers: { authorization: `Bearer ${variable('RECKON_TEST_TOKEN')}` },
  };
  const open = await openMcp('own', await readToolsConfig(settings({ mcp: { own: server } })), 'x');
  await open.close();
  const add = open.offered.find(({ name }) => name === 'add');
  assert.ok(add);
  const config = settings({
    afterOutsideText: ['fetch'],
    fetch: { hosts: ['example.com'] },
    mcp: { own: { ...server, tools: { add: { fingerprint: add.fingerprint, reach: 'inside' } } } },
  });
  const { use, close } = await openTools(['calculator', 'fetch', 'mcp:own', 'calculator', 'javascript'], {
    config,
  });
  t.after(close);
  assert.deepEqual(
    use.tools.map(({ name, reach }) => [name, reach]),
    [
      ['calculator', 'inside'],
      ['fetch', 'reads'],
      ['own__add', 'inside'],
      ['javascript', 'inside'],
    ],
  );
  assert.equal(await use.tools[2]?.call({ a: 1, b: 2 }, { signal }), '3');
  assert.ok(http.headers.every((headers) => headers.includes('canary-token-0123456789')));
  assert.ok(use.secrets?.includes('canary-token-0123456789'));
  const ask = (name: string, exposed: boolean) =>
    use.policy?.({
      tool: { name, parameters: {}, call: async () => '' },
      input: {},
      exposed,
      quoted: false,
    });
  assert.equal(ask('fetch', true), true);
  assert.match(String(ask('rm', false)), /not allowed/);
});

test('what is not there is named, with the remedy', async () => {
  const none = settings({});
  const cases: readonly [readonly string[], string, RegExp][] = [
    [['calc'], none, /no tool "calc"; there are calculator, python/],
    [['fetch'], none, /write \{"fetch": \{"hosts"/],
    [['mcp:own'], none, /no MCP server "own" in .*; there is none/],
    [['mcp:__proto__'], none, /no MCP server/],
    [['search'], none, /reckon index/],
    [['calculator'], join(folder.path, 'absent.json'), /there is no such file/],
    [['calculator'], settings('{"fetch": '), /is not JSON/],
    [['calculator'], settings({ fetch: { host: ['a'] } }), /at fetch/],
    [
      ['calculator'],
      settings({ mcp: { a: { command: 'x', tools: { y: { fingerprint: 'z' } } } } }),
      /at mcp\.a\.tools\.y\.fingerprint: must be sha256:/,
    ],
    [['calculator'], settings({ secrets: ['RECKON_TEST_ABSENT'] }), /RECKON_TEST_ABSENT; set it/],
    [['calculator'], settings(' '.repeat(2 ** 20 + 1)), /at most 1048576 are read/],
    [['fetch'], settings({ fetch: { hosts: ['https://a.example'] } }), /Cannot read the host/],
    [
      ['mcp:a'],
      settings({ mcp: { a: { command: 'x', environment: { T: variable('RECKON_TEST_ABSENT') } } } }),
      /T needs the environment variable RECKON_TEST_ABSENT/,
    ],
    [['calculator'], folder.path, /directory/],
  ];
  for (const [names, config, why] of cases)
    await assert.rejects(
      openTools(names, { config }),
      (error) => error instanceof InputError && why.test(error.message),
      String(why),
    );
});
