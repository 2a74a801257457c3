import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../core/errors.ts';

/**
 * Marks the folder of a run as being trained in by this process, so that no other one writes into its folder. Gives what takes the mark away; the
 * mark of a process that was killed counts for nothing. Throws InputError when another process is at it.
 */
export function lockRun(folder: string): () => void {
  const path = join(folder, 'pid');
  const owner = ownerOf(path);
  if (owner !== undefined && owner !== process.pid && isAlive(owner))
    throw new InputError(
      `Process ${owner} is training in ${folder}; stop it first, or delete ${path} if that is another program`,
    );
  writeFileSync(path, `${process.pid}\n`);
  return () => {
    if (ownerOf(path) === process.pid) rmSync(path, { force: true });
  };
}

function ownerOf(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined; // nobody has left a mark
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0); // asks only
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM'; // there is one, of another user
  }
}
