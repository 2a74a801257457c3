/**
 * A small assembler for WebAssembly: functions of 32-bit integers over one memory, with vectors of four floats. For loops that
 * neither an operator of a runtime nor JavaScript does fast enough. Opcodes from the core specification 2.0, section 5.4.
 */

/** Instructions that leave a value, or none, on the stack. */
export type Code = readonly number[];

/** A variable of a function. */
export interface Variable {
  readonly value: Code;
  set(value: Code): Code;
}

/** A function over the memory; it gives nothing back. */
export interface WasmFunction {
  readonly parameters: number;
  readonly integers: number; // further variables of each type
  readonly vectors: number;
  readonly body: Code;
}

/** Defines a function by the names of its integer parameters; `integer` and `vector` make further variables. */
export function wasmFunction<Name extends string>(
  names: readonly Name[],
  build: (
    parameters: Readonly<Record<Name, Variable>>,
    fresh: { integer(): Variable; vector(): Variable },
  ) => readonly Code[],
): WasmFunction {
  const parameters = Object.fromEntries(names.map((name, index) => [name, variable(index)]));
  let [integers, vectors] = [0, 0];
  const fresh = {
    integer: () => variable(names.length + integers++),
    vector: () => variable(names.length + MOST_INTEGERS + vectors++),
  };
  const body = build(parameters as Record<Name, Variable>, fresh).flat();
  return { parameters: names.length, integers: MOST_INTEGERS, vectors, body };
}

/** Vectors are numbered after this many integers, whether all are used or not. */
const MOST_INTEGERS = 16;

function variable(index: number): Variable {
  return { value: [0x20, ...unsigned(index)], set: (value) => [...value, 0x21, ...unsigned(index)] };
}

export const integer = (value: number): Code => [0x41, ...signed(value)];
export const plus = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
export const times = (a: Code, b: Code): Code => [...a, ...b, 0x6c];

/** The integer at an address in bytes. */
export const integerAt = (address: Code): Code => [...address, 0x28, 2, 0];

/** The four floats from an address on. */
export const vectorAt = (address: Code): Code => [...address, 0xfd, 0x00, 2, 0];
/** The float at an address, four times. */
export const repeatedAt = (address: Code): Code => [...address, 0xfd, 0x09, 2, 0];
export const storeVector = (address: Code, vector: Code): Code => [...address, ...vector, 0xfd, 0x0b, 2, 0];
export const addVectors = (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0xe4, 0x01];
export const multiplyVectors = (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0xe6, 0x01];
export const zeroVector: Code = [0xfd, 0x0c, ...new Array<number>(16).fill(0)];

/** Adds the four floats of a vector variable to the float at an address. */
export function addSumAt(address: Code, { value }: Variable): Code {
  const lane = (index: number): Code => [...value, 0xfd, 0x1f, index];
  const sum = [lane(0), lane(1), [0x92], lane(2), [0x92], lane(3), [0x92]].flat();
  return [...address, ...address, 0x2a, 2, 0, ...sum, 0x92, 0x38, 2, 0];
}

/** Repeats the body while `a` is less than `b`, both without sign. */
export function whileLess(a: Code, b: Code, body: readonly Code[]): Code {
  return [0x02, 0x40, 0x03, 0x40, ...a, ...b, 0x4f, 0x0d, 1, ...body.flat(), 0x0c, 0, 0x0b, 0x0b];
}

/** The functions as JavaScript ones over the memory, which is shared. */
export function instantiate<Name extends string>(
  functions: Readonly<Record<Name, WasmFunction>>,
  memory: WebAssembly.Memory,
): Readonly<Record<Name, (...integers: number[]) => void>> {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(moduleOf(functions)), {
    host: { memory },
  });
  return instance.exports as Readonly<Record<Name, (...integers: number[]) => void>>;
}

/** Pages of 64 KiB that a memory of 4 GiB has. */
export const MOST_PAGES = 65_536;

function moduleOf(functions: Readonly<Record<string, WasmFunction>>): Uint8Array<ArrayBuffer> {
  const all = Object.entries<WasmFunction>(functions);
  const shared = [0x02, 0x03, ...unsigned(0), ...unsigned(MOST_PAGES)];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(
      1,
      all.map(([, { parameters }]) => [0x60, ...list(new Array<Code>(parameters).fill([INTEGER])), 0]),
    ),
    ...section(2, [[...text('host'), ...text('memory'), ...shared]]),
    ...section(
      3,
      all.map((_, index) => unsigned(index)),
    ),
    ...section(
      7,
      all.map(([name], index) => [...text(name), 0, ...unsigned(index)]),
    ),
    ...section(
      10,
      all.map(([, { integers, vectors, body }]) => {
        const variables = list([
          [...unsigned(integers), INTEGER],
          [...unsigned(vectors), VECTOR],
        ]);
        return sized([...variables, ...body, 0x0b]);
      }),
    ),
  ]);
}

const INTEGER = 0x7f;
const VECTOR = 0x7b;

function section(id: number, items: readonly Code[]): Code {
  return [id, ...sized(list(items))];
}

function list(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function sized(bytes: Code): Code {
  return [...unsigned(bytes.length), ...bytes];
}

function text(characters: string): Code {
  return sized([...new TextEncoder().encode(characters)]);
}

/** LEB128, low groups of seven bits first. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...unsigned(Math.floor(value / 128))];
}

function signed(value: number): number[] {
  const [low, rest] = [value & 127, value >> 7];
  const complete = rest === (low & 64 ? -1 : 0);
  return complete ? [low] : [low | 128, ...signed(rest)];
}
