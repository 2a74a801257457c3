import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pageFolder } from '../../host/page-folder.ts';
import type { Handler } from './exchange.ts';

/** Files of the page and their bytes, all held in memory. */
const MOST_FILES = 500;
const MOST_BYTES = 20 * 1024 * 1024;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
};

/** Nothing from elsewhere, no script in the page itself, no text that becomes markup or code, nobody's frame. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
  "require-trusted-types-for 'script'; trusted-types 'none'";

/** Types that compression helps. */
const COMPRESSIBLE = /^(?:text\/|image\/svg|application\/(?:json|manifest))/;
/** Names with a hash of what is in the file: what such a name stands for never changes. */
const HASHED = /^\/assets\//;

export interface StaticFile {
  readonly bytes: Uint8Array;
  readonly gzipped?: Uint8Array; // where that is smaller
  readonly type: string;
  readonly tag: string;
  readonly hashed: boolean; // the name says what is in it
}

/** The files of a folder by path (`/`, `/assets/x.js`), read once: a request can name nothing that is not among them. */
export function readStaticFiles(folder: string): ReadonlyMap<string, StaticFile> {
  const files = new Map<string, StaticFile>();
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const type = TYPES[extname(entry.name)];
    if (!entry.isFile() || !type || files.size >= MOST_FILES) continue;
    const path = join(entry.parentPath, entry.name);
    const content = readFileSync(path);
    bytes += content.length;
    if (bytes > MOST_BYTES) break;
    const name = `/${relative(folder, path).split(sep).join('/')}`;
    const tag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;
    const gzipped = COMPRESSIBLE.test(type) ? gzipSync(content) : content;
    files.set(name === '/index.html' ? '/' : name, {
      bytes: content,
      ...(gzipped.length < content.length && { gzipped }),
      type,
      tag,
      hashed: HASHED.test(name),
    });
  }
  return files;
}

/** The page as it is packed with Reckon; none in a checkout that has not built it. */
export function pageFiles(): ReadonlyMap<string, StaticFile> {
  const folder = pageFolder();
  return existsSync(join(folder, 'index.html')) ? readStaticFiles(folder) : new Map();
}

/** GET of a file of the page. */
export function staticFile({ bytes, gzipped, type, tag, hashed }: StaticFile): Handler {
  const headers = {
    'content-type': type,
    etag: tag,
    'cache-control': hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    'content-security-policy': POLICY,
    vary: 'accept-encoding',
  };
  return ({ request }) => {
    if (request.headers.get('if-none-match') === tag) return { status: 304, headers, body: '' };
    const packed = /\bgzip\b/.test(request.headers.get('accept-encoding') ?? '') ? gzipped : undefined;
    if (!packed) return { status: 200, headers, body: bytes };
    return { status: 200, headers: { ...headers, 'content-encoding': 'gzip' }, body: packed };
  };
}
