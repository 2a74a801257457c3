import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('../../shared/data/', import.meta.url);

/** Path of a file or folder of the shared data, or undefined on a machine without it: skip the test then. */
export function sharedData(path: string): string | undefined {
  const full = fileURLToPath(new URL(path, folder));
  return existsSync(full) ? full : undefined;
}
