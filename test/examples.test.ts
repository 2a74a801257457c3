/** Every example runs as it stands. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const folder = fileURLToPath(new URL('../examples/', import.meta.url));
const examples = readdirSync(folder).filter((file) => file.endsWith('.ts'));

test('there are examples, each under 60 lines', () => {
  assert.ok(examples.length >= 4);
  for (const file of examples)
    assert.ok(readFileSync(`${folder}${file}`, 'utf8').split('\n').length <= 60, file);
});

for (const file of examples)
  test(`${file} runs and prints something`, async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [`${folder}${file}`]);
    assert.ok(stdout.trim().length > 0);
  });
