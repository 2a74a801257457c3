import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environmentSecrets } from './known-secrets.ts';

test('secrets are known by the names of their variables, and in addresses', () => {
  const environment = {
    OPENAI_API_KEY: 'a',
    HF_TOKEN: 'b',
    my_password: 'c',
    DATABASE_URL: 'postgres://me:d%40@host/base',
    PATH: '/bin',
    HOME_PAGE: 'https://example.com/',
    GITHUB_TOKEN: '',
    UNSET_TOKEN: undefined,
  };
  assert.deepEqual(environmentSecrets(environment), ['a', 'b', 'c', 'd%40']);
});
