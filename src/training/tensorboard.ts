/**
 * Scalars as TensorBoard reads them: records framed as in TFRecord files, each an `Event` message. Field numbers are those of
 * TensorFlow's event.proto and summary.proto.
 */
import { crc32c } from './crc32c.ts';

/** The record that a file of events begins with. `wallTime` in seconds since 1970. */
export function versionRecord(wallTime: number): Uint8Array {
  return record(event(wallTime, 0, lengthDelimited(FILE_VERSION, utf8.encode('brain.Event:2'))));
}

/** Says that a run starts at a step: TensorBoard drops what earlier files of the folder hold from this step on. */
export function startRecord(wallTime: number, step: number): Uint8Array {
  return record(event(wallTime, step, lengthDelimited(SESSION_LOG, varint(STATUS, START))));
}

/** The scalars of a step, a tag each. Numbers are stored with 32 bits, NaN and infinities as they are. */
export function scalarRecord(
  wallTime: number,
  step: number,
  scalars: Readonly<Record<string, number>>,
): Uint8Array {
  const values = Object.entries(scalars).map(([tag, value]) =>
    lengthDelimited(VALUE, joined([lengthDelimited(TAG, utf8.encode(tag)), float(SIMPLE_VALUE, value)])),
  );
  return record(event(wallTime, step, lengthDelimited(SUMMARY, joined(values))));
}

// Event
const WALL_TIME = 1;
const STEP = 2;
const FILE_VERSION = 3;
const SUMMARY = 5;
const SESSION_LOG = 7;
// SessionLog
const STATUS = 1;
const START = 1;
// Summary and Summary.Value
const VALUE = 1;
const TAG = 1;
const SIMPLE_VALUE = 2;

const utf8 = new TextEncoder();

function event(wallTime: number, step: number, what: Uint8Array): Uint8Array {
  return joined([double(WALL_TIME, wallTime), ...(step === 0 ? [] : [varint(STEP, step)]), what]);
}

/** Length, checksum of the length, bytes, checksum of the bytes; all numbers little-endian. */
function record(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 16);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length, true); // the upper half of the 64 bits stays 0
  view.setUint32(8, masked(bytes.subarray(0, 8)), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, masked(data), true);
  return bytes;
}

/** A checksum of bytes that may hold checksums themselves is rotated by 15 bits and shifted by a constant. */
function masked(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

// the wire types of protocol buffers
const VARINT = 0;
const DOUBLE = 1;
const LENGTH_DELIMITED = 2;
const FLOAT = 5;

/** A whole number of at least 0. */
function varint(field: number, value: number): Uint8Array {
  return Uint8Array.from([...base128(field * 8 + VARINT), ...base128(value)]);
}

function lengthDelimited(field: number, content: Uint8Array): Uint8Array {
  return joined([
    Uint8Array.from([...base128(field * 8 + LENGTH_DELIMITED), ...base128(content.length)]),
    content,
  ]);
}

function double(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(9);
  bytes[0] = field * 8 + DOUBLE;
  new DataView(bytes.buffer).setFloat64(1, value, true);
  return bytes;
}

function float(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(5);
  bytes[0] = field * 8 + FLOAT;
  new DataView(bytes.buffer).setFloat32(1, value, true);
  return bytes;
}

/** Seven bits a byte, the lowest first; by division, because steps may pass 32 bits. */
function base128(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
