/** The page's files as the server sends them, and how large they are. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { pageFolder } from '../../src/host/page-folder.ts';
import { pageFiles, readStaticFiles } from '../../src/server/parts/static-files.ts';
import { scriptSizes } from '../../web/build.ts';
import { served } from '../fixtures/served.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const folder = temporaryFolder();
const missing = existsSync(join(pageFolder(), 'index.html')) ? false : 'not built: npm run build:web';
const budget = 150_000; // bytes of script after gzip, those that are loaded later included

test('files go out whole or compressed, with a policy, and are kept as long as their names say', async () => {
  const html = `<!doctype html><title>x</title>${' '.repeat(500)}`;
  folder.write('page/index.html', html);
  folder.write('page/assets/a-1a2b.js', `${'console.log(1);'.repeat(50)}`);
  folder.write('page/.secret', 'no type, no file');
  const site = await served({}, { pages: readStaticFiles(join(folder.path, 'page')) });
  const page = await fetch(`${site.url}/`, { headers: { 'accept-encoding': 'identity' } });
  assert.equal(await page.text(), html);
  assert.equal(page.headers.get('content-encoding'), null);
  assert.equal(page.headers.get('cache-control'), 'no-cache');
  const policy = page.headers.get('content-security-policy') ?? '';
  for (const part of ["default-src 'none'", "script-src 'self'", "require-trusted-types-for 'script'"])
    assert.ok(policy.includes(part), part);
  assert.ok(!policy.includes('unsafe'));

  const { body } = await new Promise<{ body: Buffer }>((resolve, reject) => {
    import('node:http').then(({ get }) =>
      get(`${site.url}/`, { headers: { 'accept-encoding': 'br, gzip' } }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => resolve({ body: Buffer.concat(parts) }));
      }).on('error', reject),
    );
  });
  assert.equal(gunzipSync(body).toString(), html);
  assert.ok(body.length < html.length);

  const script = await fetch(`${site.url}/assets/a-1a2b.js`);
  assert.match(script.headers.get('content-type') ?? '', /^text\/javascript/);
  assert.match(script.headers.get('cache-control') ?? '', /immutable/);
  const tag = page.headers.get('etag') ?? '';
  assert.equal((await fetch(`${site.url}/`, { headers: { 'if-none-match': tag } })).status, 304);
  for (const path of ['/.secret', '/assets/', '/assets/../index.html/x', '/%2e%2e/page.test.ts'])
    assert.equal((await fetch(`${site.url}${path}`)).status, 404, path);
  await site.close();
});

test('the scripts of the built page fit their budget', { skip: missing }, () => {
  const { first, all } = scriptSizes();
  assert.ok(first > 10_000 && first <= 80_000, `${first} bytes are loaded first`);
  assert.ok(all <= budget, `${all} bytes in all, more than ${budget}`);
  assert.ok(pageFiles().has('/') && pageFiles().size > 5);
});
