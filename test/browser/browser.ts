import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { chromium } from 'playwright-core';
import { pageFolder } from '../../src/host/page-folder.ts';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** How long apt may take to install a browser, milliseconds. */
const INSTALLATION = 240_000;

/** A browser for the tests of one file, closed when they are done; or why there is none, for `skip`. */
export async function openBrowser(): Promise<{ readonly browser?: Browser; readonly missing?: string }> {
  if (!existsSync(join(pageFolder(), 'index.html')))
    return { missing: 'the page is not built: npm run build:web' };
  const executablePath = findChromium() ?? installChromium();
  if (executablePath === undefined)
    return { missing: 'there is no Chromium: install it, or set CHROMIUM_PATH' };
  const root = process.getuid?.() === 0;
  const browser = await chromium.launch({
    executablePath,
    chromiumSandbox: !root, // it refuses to be set up as root
    args: ['--disable-dev-shm-usage'],
  });
  after(() => browser.close());
  return { browser };
}

function findChromium(): string | undefined {
  const asked = process.env.CHROMIUM_PATH;
  if (asked) return existsSync(asked) ? asked : undefined;
  return PLACES.find((place) => existsSync(place));
}

/** Debian's own, where this process may install it. Test files take turns: apt waits for its lock. */
function installChromium(): string | undefined {
  if (process.env.CHROMIUM_PATH || process.getuid?.() !== 0 || !existsSync('/etc/debian_version'))
    return undefined;
  spawnSync('apt-get', ['install', '-y', '-o', 'DPkg::Lock::Timeout=200', 'chromium'], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: 'ignore',
    timeout: INSTALLATION,
  });
  return findChromium();
}

/** Where pictures of the screen are kept: `artifacts/` of the checkout, or the temporary folder where that is read-only. */
export function pictureFile(name: string): string {
  const folder = fileURLToPath(new URL('../../artifacts/', import.meta.url));
  try {
    mkdirSync(folder, { recursive: true });
    return join(folder, `${name}.png`);
  } catch {
    return join(tmpdir(), `${name}.png`);
  }
}
