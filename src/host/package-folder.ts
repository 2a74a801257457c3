import { fileURLToPath } from 'node:url';

/** A folder that comes with the package, by its path below the root: the same in a checkout and in what npm installs. */
export function packageFolder(path: string): string {
  return fileURLToPath(new URL(`../../${path}/`, import.meta.url));
}
