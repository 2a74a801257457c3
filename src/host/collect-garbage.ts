import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { type: 'major'; flavor: 'last-resort'; execution: 'sync' }) => void;

/** One collection of everything, memory given back to the system: for a program that has loaded and will wait. About 50 ms. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as Collect;
  setFlagsFromString('--no-expose-gc'); // nobody else's contexts get it
  collect({ type: 'major', flavor: 'last-resort', execution: 'sync' });
}
