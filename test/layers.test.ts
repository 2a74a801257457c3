/** Imports point downwards: every import line against the layer table of ARCHITECTURE.md. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { posix, sep } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../src/', import.meta.url));

/** What the files of a folder may import besides their own folder. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  tensor: [],
  host: ['core'],
  transformer: ['core', 'host', 'tensor'],
  models: ['core', 'host', 'transformer'],
  methods: ['core'],
  verifiers: ['core', 'host'],
  tools: ['core', 'host'],
  knowledge: ['core', 'host', 'tensor'],
  symbolic: ['core', 'host'],
  datasets: ['core', 'host', 'verifiers'],
  training: ['core', 'host', 'tensor', 'transformer'],
  evaluation: ['core'],
  store: ['core', 'host', 'evaluation'],
  catalog: [
    'core',
    'host',
    'transformer',
    'models',
    'methods',
    'verifiers',
    'tools',
    'knowledge',
    'symbolic',
    'datasets',
    'training',
  ],
  server: ['core', 'host', 'catalog', 'evaluation', 'store', 'models'],
  cli: ['core', 'host', 'catalog', 'evaluation', 'store', 'models', 'training', 'knowledge', 'server'],
  '': ['core', 'catalog', 'evaluation', 'store', 'models', 'methods', 'verifiers', 'tools', 'datasets'],
};

/** `core/` runs in browsers. */
const NODE_FREE = ['core'];

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map((file) => file.split(sep).join('/'))
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));

function folderOf(file: string): string {
  return file.includes('/') ? (file.split('/')[0] as string) : '';
}

function importsOf(file: string): string[] {
  const text = readFileSync(`${root}${file}`, 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] as string);
}

test('every file lies in a folder of the table', () => {
  for (const file of files) assert.ok(folderOf(file) in MAY_IMPORT, file);
  assert.ok(files.length > 30);
});

test('imports point downwards', () => {
  const wrong: string[] = [];
  for (const file of files) {
    const own = folderOf(file);
    for (const target of importsOf(file)) {
      if (!target.startsWith('.')) {
        if (NODE_FREE.includes(own) && target.startsWith('node:')) wrong.push(`${file} imports ${target}`);
        continue;
      }
      const path = posix.normalize(posix.join(posix.dirname(file), target));
      if (path.startsWith('..')) continue; // package.json
      const folder = folderOf(path);
      if (folder !== own && !MAY_IMPORT[own]?.includes(folder)) wrong.push(`${file} imports ${path}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('core imports no package at all', () => {
  for (const file of files.filter((name) => folderOf(name) === 'core'))
    for (const target of importsOf(file)) assert.ok(target.startsWith('.'), `${file} imports ${target}`);
});
