import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Trace, TraceEvent } from '../../../src/core/trace.ts';
import { TraceFold } from '../../../src/core/trace.ts';

/** A trace that is shown growing again. */
export interface Replay {
  readonly trace: Trace;
  readonly length: number; // events
  readonly at: number | undefined; // events shown; undefined: all, and nobody asked
  readonly playing: boolean;
  readonly toggle: () => void;
  readonly jump: (at: number) => void;
}

/** A whole replay takes this long, however many events there are, milliseconds. */
const DURATION = 8_000;

/** Lets the events of a finished trace be replayed; undefined while there are none. */
export function useReplay(events: readonly TraceEvent[] | undefined): Replay | undefined {
  const [at, setAt] = useState<number>();
  const [playing, setPlaying] = useState(false);
  const held = useRef(false); // a jump holds the replay before the next frame
  const length = events?.length ?? 0;
  const trace = useGrown(events, Math.min(at ?? 0, length));

  useEffect(() => {
    setAt(undefined);
    setPlaying(false);
  }, [events]);

  useEffect(() => {
    if (!playing || length === 0) return;
    let frame = 0;
    let before = performance.now();
    let position = 0; // within the event that comes next
    held.current = false;
    const step = (now: number) => {
      if (held.current) return;
      position += ((now - before) / DURATION) * length;
      before = now;
      const whole = Math.floor(position);
      position -= whole;
      setAt((shown = 0) => Math.min(length, shown + whole));
      frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
  }, [playing, length]);

  useEffect(() => {
    if (playing && at === length) {
      setPlaying(false);
      setAt(undefined);
    }
  }, [playing, at, length]);

  if (!events || length === 0) return undefined;
  return {
    trace,
    length,
    at,
    playing,
    toggle: () => {
      if (!playing && at === undefined) setAt(1);
      setPlaying(!playing);
    },
    jump: (next) => {
      held.current = true;
      setPlaying(false);
      setAt(next === length ? undefined : next);
    },
  };
}

/** The fold of the first so many events; going on costs only what is new. */
function useGrown(events: readonly TraceEvent[] | undefined, length: number): Trace {
  const grown = useRef({ events, fold: new TraceFold(), length: 0 });
  return useMemo(() => {
    const known = grown.current;
    const fresh = known.events !== events || known.length > length;
    const fold = fresh ? new TraceFold() : known.fold;
    for (const event of (events ?? []).slice(fresh ? 0 : known.length, length)) fold.add(event);
    grown.current = { events, fold, length };
    return fold;
  }, [events, length]);
}
