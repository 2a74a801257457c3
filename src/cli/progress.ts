import { plain } from './terminal.ts';

/** Counts work on stderr: one line redrawn on a terminal, a plain line every tenth of the way elsewhere. */
export interface ProgressLine {
  update(finished: number, note: string): void;
  end(): void;
}

/** A progress line for `planned` pieces of work, of which `alreadyFinished` were done before. */
export function progressLine(
  planned: number,
  alreadyFinished: number,
  stream = process.stderr,
): ProgressLine {
  const startedAt = performance.now();
  let drawnAt = 0;
  let nextTenth = Math.floor((alreadyFinished / planned) * 10) + 1;
  let drawn = false;
  const line = (finished: number, note: string) => {
    const seconds = (performance.now() - startedAt) / 1000;
    const rate = (finished - alreadyFinished) / Math.max(seconds, 1e-3);
    const left = rate > 0 ? duration((planned - finished) / rate) : '…';
    const percent = Math.floor((finished / planned) * 100);
    return `${finished}/${planned} (${percent} %)  ${rate.toFixed(rate < 10 ? 1 : 0)}/s  ${left} left  ${plain(note)}`;
  };
  return {
    update(finished, note) {
      if (stream.isTTY) {
        const now = performance.now();
        if (now - drawnAt < 100 && finished < planned) return;
        drawnAt = now;
        drawn = true;
        stream.write(`\r\x1b[2K${line(finished, note).slice(0, (stream.columns ?? 80) - 1)}`);
      } else if (finished >= (planned * nextTenth) / 10) {
        stream.write(`${line(finished, note)}\n`);
        while (finished >= (planned * nextTenth) / 10) nextTenth++;
      }
    },
    end() {
      if (drawn) stream.write('\r\x1b[2K');
    },
  };
}

/** Seconds as a person says them. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}
