/** Collects text up to a number of UTF-8 bytes and remembers whether some was dropped. */
export interface BoundedOutput {
  add(text: string): void;
  readonly text: string;
  readonly truncated: boolean;
}

/** A collector of at most `limitBytes`; characters are never cut in half. */
export function boundedOutput(limitBytes: number): BoundedOutput {
  const pieces: string[] = [];
  let left = limitBytes;
  let truncated = false;
  return {
    add(text) {
      if (truncated || text === '') return;
      // a character has at least one byte, so the cut keeps a flood from being encoded whole
      const bytes = Buffer.from(text.slice(0, left + 1));
      if (bytes.length <= left && text.length <= left) {
        pieces.push(text);
        left -= bytes.length;
        return;
      }
      truncated = true;
      let end = left;
      while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end--; // not inside a character
      pieces.push(bytes.subarray(0, end).toString());
    },
    get text() {
      return pieces.join('');
    },
    get truncated() {
      return truncated;
    },
  };
}
