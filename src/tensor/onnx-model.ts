/** ONNX models as bytes: the few protobuf messages an executor needs (field numbers from onnx.proto3, ONNX 1.19). */

import type { ElementType } from './tensor.ts';

/** Types of values in a graph: those of tensors, and the integers that shapes and axes are made of. */
export type OnnxType = ElementType | 'int64';

/** The value of a node's attribute; whole numbers are written as INT, so a float attribute says so. */
export type OnnxAttribute = number | string | readonly number[] | { readonly float: number };

export interface OnnxNode {
  readonly operator: string;
  readonly domain?: string; // '' = the standard operators
  readonly inputs: readonly string[]; // '' = an optional input left out
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

/** A named, typed, statically shaped border value. */
export interface OnnxPort {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
}

export interface OnnxConstant extends OnnxPort {
  readonly bytes: Uint8Array; // little-endian, row-major
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[]; // in order of execution
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  readonly constants: readonly OnnxConstant[];
}

const ELEMENT_TYPE: Readonly<Record<OnnxType, number>> = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  uint32: 12,
};
const IR_VERSION = 10;
const OPERATOR_SET = 23;
const ATTRIBUTE = { float: 1, int: 2, string: 3, ints: 7 };

/** The model file of a graph, ready for an inference session. */
export function encodeModel(graph: OnnxGraph): Uint8Array<ArrayBuffer> {
  const model = new Message();
  model.integer(1, IR_VERSION);
  model.text(2, 'reckon');
  model.message(7, encodeGraph(graph));
  model.message(8, operatorSet('', OPERATOR_SET));
  model.message(8, operatorSet('com.microsoft', 1));
  return model.bytes();
}

function operatorSet(domain: string, version: number): Message {
  const set = new Message();
  set.text(1, domain);
  set.integer(2, version);
  return set;
}

function encodeGraph({ nodes, inputs, outputs, constants }: OnnxGraph): Message {
  const graph = new Message();
  for (const node of nodes) graph.message(1, encodeNode(node));
  graph.text(2, 'graph');
  for (const constant of constants) graph.message(5, encodeConstant(constant));
  for (const port of inputs) graph.message(11, encodePort(port));
  for (const port of outputs) graph.message(12, encodePort(port));
  return graph;
}

function encodeNode({ operator, domain = '', inputs, outputs, attributes = {} }: OnnxNode): Message {
  const node = new Message();
  for (const name of inputs) node.text(1, name);
  for (const name of outputs) node.text(2, name);
  node.text(3, `${operator}:${outputs[0]}`); // shows up in the runtime's profile
  node.text(4, operator);
  for (const [name, value] of Object.entries(attributes)) node.message(5, encodeAttribute(name, value));
  node.text(7, domain);
  return node;
}

function encodeAttribute(name: string, value: OnnxAttribute): Message {
  const attribute = new Message();
  attribute.text(1, name);
  if (typeof value === 'number') {
    attribute.integer(3, value);
    attribute.integer(20, ATTRIBUTE.int);
  } else if (typeof value === 'string') {
    attribute.text(4, value);
    attribute.integer(20, ATTRIBUTE.string);
  } else if ('float' in value) {
    attribute.float(2, value.float);
    attribute.integer(20, ATTRIBUTE.float);
  } else {
    for (const item of value) attribute.integer(8, item);
    attribute.integer(20, ATTRIBUTE.ints);
  }
  return attribute;
}

function encodeConstant({ name, type, shape, bytes }: OnnxConstant): Message {
  const tensor = new Message();
  for (const size of shape) tensor.integer(1, size);
  tensor.integer(2, ELEMENT_TYPE[type]);
  tensor.text(8, name);
  tensor.chunk(9, bytes);
  return tensor;
}

function encodePort({ name, type, shape }: OnnxPort): Message {
  const shapeMessage = new Message();
  for (const size of shape) {
    const dimension = new Message();
    dimension.integer(1, size);
    shapeMessage.message(1, dimension);
  }
  const tensorType = new Message();
  tensorType.integer(1, ELEMENT_TYPE[type]);
  tensorType.message(2, shapeMessage);
  const typeMessage = new Message();
  typeMessage.message(1, tensorType);
  const port = new Message();
  port.text(1, name);
  port.message(2, typeMessage);
  return port;
}

const WIRE = { varint: 0, bytes: 2, fixed32: 5 };
const textEncoder = new TextEncoder();

/** A protobuf message under construction: chunks, so that large constants are copied once. */
class Message {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  integer(field: number, value: number): void {
    this.#append(varint(field * 8 + WIRE.varint));
    this.#append(varint(value));
  }

  float(field: number, value: number): void {
    this.#append(varint(field * 8 + WIRE.fixed32));
    this.#append(new Uint8Array(new Float32Array([value]).buffer));
  }

  text(field: number, value: string): void {
    this.chunk(field, textEncoder.encode(value));
  }

  message(field: number, message: Message): void {
    this.#append(varint(field * 8 + WIRE.bytes));
    this.#append(varint(message.#length));
    for (const chunk of message.#chunks) this.#append(chunk);
  }

  chunk(field: number, bytes: Uint8Array): void {
    this.#append(varint(field * 8 + WIRE.bytes));
    this.#append(varint(bytes.length));
    this.#append(bytes);
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.#length);
    let offset = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, offset);
      offset += chunk.length;
    }
    return all;
  }

  #append(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }
}

/** Seven bits at a time, lowest first; negative numbers as 64-bit two's complement. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
