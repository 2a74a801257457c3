import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where files that can be made again are kept between runs: `$XDG_CACHE_HOME/reckon`, else `~/.cache/reckon`. */
export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'reckon');
}
