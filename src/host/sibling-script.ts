/**
 * Address of the script `name` beside the module whose `import.meta.url` is given, with that module's own extension:
 * `.ts` in the repository, `.js` once built.
 */
export function siblingScript(moduleUrl: string, name: string): URL {
  const extension = moduleUrl.endsWith('.ts') ? '.ts' : '.js';
  return new URL(`./${name}${extension}`, moduleUrl);
}
