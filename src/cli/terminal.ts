import { writeSync } from 'node:fs';

/** Text of models and files without what a terminal would obey: escape sequences and other control characters. */
export function plain(text: string): string {
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, '');
}

/** Whether to colour: a terminal that was not asked to refrain. */
export function colours(stream: NodeJS.WriteStream): boolean {
  if (process.env.FORCE_COLOR !== undefined && process.env.FORCE_COLOR !== '0') return true;
  return stream.isTTY === true && process.env.NO_COLOR === undefined;
}

/** The width to lay tables out for. */
export function columns(stream: NodeJS.WriteStream): number {
  return Math.min(stream.columns ?? 100, 160);
}

/** One JSON document on stdout, whole even when the process is about to exit. */
export function printJson(value: unknown): void {
  print(`${JSON.stringify(value, null, 2)}\n`);
}

/** One JSON document in one line, as part of a stream of them. */
export function printLine(value: unknown): void {
  print(`${JSON.stringify(value)}\n`);
}

function print(text: string): void {
  const bytes = Buffer.from(text);
  for (let offset = 0; offset < bytes.length; ) {
    try {
      offset += writeSync(1, bytes, offset);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EPIPE') return; // the reader has gone
      if ((cause as NodeJS.ErrnoException).code !== 'EAGAIN') throw cause; // a full pipe: try again
    }
  }
}
