import { InputError } from '../core/errors.ts';

/** Reads a text piece by piece and ends it before the first stop string, wherever the pieces are cut. */
export interface StopFinder {
  /** The text that can be given out now that this piece has come, and whether a stop string has ended it. */
  push(piece: string): { readonly text: string; readonly stopped: boolean };
  /** What was held back because it could have been the start of a stop string. */
  end(): string;
}

/** Stop strings of one request, and the length of each in UTF-16 units. */
const MOST_STOPS = 64;
const LONGEST_STOP = 1024;

/** Throws InputError for an empty or oversized stop string, or too many of them. */
export function stopFinder(stops: readonly string[]): StopFinder {
  if (stops.length > MOST_STOPS)
    throw new InputError(`${stops.length} stop strings; give at most ${MOST_STOPS}`);
  for (const { length } of stops)
    if (length === 0 || length > LONGEST_STOP)
      throw new InputError(
        `A stop string has ${length} characters; each needs at least 1 and at most ${LONGEST_STOP}`,
      );
  let held = '';

  /** How much of the end of a text could begin a stop string. */
  function undecided(text: string): number {
    const longest = Math.max(0, ...stops.map(({ length }) => length - 1));
    for (let length = Math.min(longest, text.length); length > 0; length--)
      if (stops.some((stop) => stop.startsWith(text.slice(-length)))) return length;
    return 0;
  }

  return {
    push: (piece) => {
      const text = held + piece;
      const found = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
      if (found.length > 0) {
        held = '';
        return { text: text.slice(0, Math.min(...found)), stopped: true };
      }
      const keep = undecided(text);
      held = text.slice(text.length - keep);
      return { text: text.slice(0, text.length - keep), stopped: false };
    },
    end: () => {
      const rest = held;
      held = '';
      return rest;
    },
  };
}
