/** Bytes before a frame: its length, big-endian. */
const HEADER_BYTES = 4;

/** The header of a frame of so many bytes. Also runs inside the Deno jail: web-standard code only. */
export function frameHeader(bytes: number): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(HEADER_BYTES);
  new DataView(header.buffer).setUint32(0, bytes);
  return header;
}

/** Puts frames together from a stream of chunks. Throws RangeError for a frame above `mostBytes`. */
export function frameDecoder(mostBytes: number): (chunk: Uint8Array) => Uint8Array<ArrayBuffer>[] {
  let header = new Uint8Array(HEADER_BYTES);
  let body: Uint8Array<ArrayBuffer> | undefined;
  let filled = 0;
  return (chunk) => {
    const frames: Uint8Array<ArrayBuffer>[] = [];
    let at = 0;
    // an empty body is complete without another byte
    while (at < chunk.length || (body && filled === body.length)) {
      const target = body ?? header;
      const piece = chunk.subarray(at, at + target.length - filled);
      target.set(piece, filled);
      at += piece.length;
      filled += piece.length;
      if (filled < target.length) break;
      filled = 0;
      if (body) {
        frames.push(body);
        body = undefined;
        continue;
      }
      const length = new DataView(header.buffer).getUint32(0);
      if (length > mostBytes)
        throw new RangeError(`A frame of ${length} bytes; at most ${mostBytes} are read`);
      body = new Uint8Array(length);
      header = new Uint8Array(HEADER_BYTES);
    }
    return frames;
  };
}
