/**
 * Builds the page and the report's template into web/dist, and prints what a browser loads. Where the packages for it are
 * not installed, as with `npm ci --omit=dev`, there is nothing to do.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const folder = fileURLToPath(new URL('dist/', import.meta.url));
const configFile = fileURLToPath(new URL('vite.config.ts', import.meta.url));

/** Builds both. Rejects when the code does not compile. */
export async function buildPage(): Promise<void> {
  const { build } = await import('vite');
  await build({ configFile, logLevel: 'warn' });
  await build({ configFile, mode: 'report', logLevel: 'warn' });
}

/** Scripts of a built page, in bytes after gzip: what is loaded first, and what is there in all. */
export function scriptSizes(): { readonly first: number; readonly all: number; readonly report: number } {
  const index = readFileSync(`${folder}index.html`, 'utf8');
  const sizes = readdirSync(`${folder}assets`)
    .filter((name) => name.endsWith('.js'))
    .map((name) => ({ name, bytes: gzipSync(readFileSync(`${folder}assets/${name}`)).length }));
  const sum = (files: typeof sizes) => files.reduce((total, { bytes }) => total + bytes, 0);
  return {
    first: sum(sizes.filter(({ name }) => index.includes(name))),
    all: sum(sizes),
    report: gzipSync(readFileSync(`${folder}report.html`)).length,
  };
}

if (import.meta.main) {
  try {
    await buildPage();
    const { first, all, report } = scriptSizes();
    const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
    console.log(
      `The page is in web/dist. Scripts, gzipped: ${kilobytes(first)} first, ${kilobytes(all)} in all; a report without its data: ${kilobytes(report)}.`,
    );
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code !== 'ERR_MODULE_NOT_FOUND' || !/'vite'/.test(message)) throw cause;
    console.log('The page is not built: vite is not installed here.');
  }
}
