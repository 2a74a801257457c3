import { InputError } from '../../core/errors.ts';
import type { Split } from '../../core/problem.ts';

export const SPLITS: readonly Split[] = ['train', 'validation', 'test'];

const SPLIT_WORDS: ReadonlyMap<string, Split> = new Map([
  ['train', 'train'],
  ['training', 'train'],
  ['validation', 'validation'],
  ['valid', 'validation'],
  ['val', 'validation'],
  ['dev', 'validation'],
  ['eval', 'validation'],
  ['test', 'test'],
  ['testing', 'test'],
]);

/** The split that a file's name, or else the nearest folder's, speaks of. */
export function splitOf(path: string): Split | undefined {
  for (const segment of path.toLowerCase().split(/[/\\]/).reverse())
    for (const word of segment.split(/[^a-z]+/)) {
      const split = SPLIT_WORDS.get(word);
      if (split) return split;
    }
  return undefined;
}

/**
 * The files that hold one split, in reading order. Prefers the folder named `config` and, where a split is there in
 * several formats, the ending that comes first in `endings`. Throws InputError when several folders could be meant.
 */
export function splitFiles(
  files: readonly string[],
  { split, config, endings }: { split: Split; config: string; endings: readonly string[] },
): readonly string[] {
  const endingOf = (file: string) => {
    const bare = file.toLowerCase().replace(/\.gz$/, '');
    return endings.find((ending) => bare.endsWith(ending));
  };
  const all = files.filter((file) => endingOf(file) !== undefined && splitOf(file) === split);
  const configured = all.filter((file) => file.split('/').slice(0, -1).includes(config));
  const candidates = configured.length > 0 ? configured : all;
  const best = endings.find((ending) => candidates.some((file) => endingOf(file) === ending));
  const chosen = candidates.filter((file) => endingOf(file) === best).sort();
  const folders = new Set(chosen.map((file) => file.slice(0, file.lastIndexOf('/') + 1)));
  if (folders.size > 1)
    throw new InputError(
      `Several folders hold a ${split} split: ${[...folders].slice(0, 20).join(', ')}; give the path of one`,
    );
  return chosen;
}
