import { readdirSync } from 'node:fs';
import { InputError } from '../core/errors.ts';

/** What every entry of the catalog has. */
export interface Named {
  readonly name: string;
  readonly aliases: readonly string[];
}

const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

/** The modules of a folder of ingredients that export `entry`, by file name. */
export async function entriesOf<E>(folder: string): Promise<Map<string, E>> {
  const directory = new URL(`../${folder}/`, import.meta.url);
  const files = readdirSync(directory).filter(
    (file) => file.endsWith(extension) && !file.endsWith(`.test${extension}`) && !file.endsWith('.d.ts'),
  );
  const found = new Map<string, E>();
  for (const file of files.sort()) {
    const module = (await import(new URL(file, directory).href)) as { entry?: E };
    if (module.entry) found.set(file.slice(0, -extension.length), module.entry);
  }
  return found;
}

/** An entry by name or alias. Throws InputError with the names there are, the nearest first. */
export function pick<E extends Named>(all: ReadonlyMap<string, E>, name: string, kind: string): E {
  const found = all.get(name) ?? [...all.values()].find((entry) => entry.aliases.includes(name));
  if (found) return found;
  throw new InputError(`There is no ${kind} "${name}"; there are ${nameList(all.values(), name)}`);
}

/** The names most like `wanted`, the nearest first. */
export function nearest(names: readonly string[], wanted: string, count: number): string[] {
  const distances = new Map(names.map((name) => [name, editDistance(name, wanted)]));
  return names.toSorted((a, b) => (distances.get(a) ?? 0) - (distances.get(b) ?? 0)).slice(0, count);
}

/** Names with their first alias, the nearest to `wanted` first. */
function nameList(all: Iterable<Named>, wanted: string): string {
  const distance = (entry: Named) =>
    Math.min(...[entry.name, ...entry.aliases].map((name) => editDistance(name, wanted)));
  return [...all]
    .toSorted((a, b) => distance(a) - distance(b))
    .map((entry) => (entry.aliases[0] ? `${entry.name} (${entry.aliases[0]})` : entry.name))
    .join(', ');
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
