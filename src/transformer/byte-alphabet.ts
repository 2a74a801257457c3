/**
 * The alphabet of byte-level BPE (Radford et al. 2019, GPT-2): each byte has one printable character, so that tokens are
 * plain strings without spaces in `tokenizer.json`. Printable Latin-1 stands for itself, the others follow from U+0100.
 */
const SYMBOLS = alphabet();
const BYTES: ReadonlyMap<string, number> = new Map(SYMBOLS.map((symbol, byte) => [symbol, byte]));

function alphabet(): readonly string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    return String.fromCharCode(printable ? byte : next++);
  });
}

/** Bytes written in the alphabet, one character each. */
export function bytesToSymbols(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += SYMBOLS[byte];
  return text;
}

/** The bytes that a string of the alphabet stands for; undefined when it holds another character. */
export function symbolsToBytes(symbols: string): Uint8Array | undefined {
  const bytes = new Uint8Array(symbols.length);
  for (let index = 0; index < symbols.length; index++) {
    const byte = BYTES.get(symbols[index] as string);
    if (byte === undefined) return undefined;
    bytes[index] = byte;
  }
  return bytes;
}
