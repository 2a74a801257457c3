import { packageFolder } from './package-folder.ts';

/** Where the built page lies, whether or not it has been built. */
export function pageFolder(): string {
  return packageFolder('web/dist');
}
