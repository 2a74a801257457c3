import { spawn } from 'node:child_process';

const OPENERS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/** Opens an address in the browser; where there is none, nothing happens, because the address has been printed. */
export function openPage(url: string): void {
  const [command, ...first] = OPENERS[process.platform] ?? (['xdg-open'] as const);
  const child = spawn(command, [...first, url], { stdio: 'ignore', detached: true });
  child.on('error', () => {}); // no opener: a machine without a screen
  child.unref();
}
