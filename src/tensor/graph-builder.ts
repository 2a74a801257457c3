import type { OnnxAttribute, OnnxConstant, OnnxNode, OnnxType } from './onnx-model.ts';
import { type ElementType, elementType, type Tensor, zeros } from './tensor.ts';
import {
  align,
  type Buffer,
  broadcastTo,
  contiguous,
  type Loop,
  reshape,
  type SharedLoop,
  shapeOf,
  type View,
} from './view.ts';

/** What one node computes: its operator, what it reads, and what comes out. */
export interface NodeSpecification {
  readonly operator: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  readonly type: ElementType;
  readonly shape: readonly number[];
}

/** Collects the nodes of an ONNX graph; asking twice for the same node gives the first one again. */
export class GraphBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly constants: OnnxConstant[] = [];
  readonly #made = new Map<string, Buffer>();
  readonly #reshaped = new Map<string, Buffer>(); // what a Reshape's output was before
  #count = 0;

  /** The output of a node. */
  emit(specification: NodeSpecification): Buffer {
    return this.emitMany(specification, [specification.shape])[0] as Buffer;
  }

  /** The outputs of a node that has several, one shape each. */
  emitMany(
    { operator, domain = '', inputs, attributes = {}, type }: NodeSpecification,
    shapes: readonly (readonly number[])[],
  ): Buffer[] {
    const key = JSON.stringify([operator, inputs, attributes, type, shapes]);
    const outputs = shapes.map((shape, index): Buffer => {
      const known = this.#made.get(`${key}${index}`);
      return known ?? { name: this.#name(), type, shape };
    });
    if (!this.#made.has(`${key}0`)) {
      this.nodes.push({ operator, domain, inputs, outputs: outputs.map(({ name }) => name), attributes });
      for (const [index, output] of outputs.entries()) this.#made.set(`${key}${index}`, output);
    }
    return outputs;
  }

  /** A tensor that is part of the model. */
  constant(value: Tensor): Buffer {
    const type = elementType(value);
    const { buffer, byteOffset, byteLength } = value.data;
    return this.#constant(type, value.shape, new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength));
  }

  /** A constant of shape []. */
  scalar(value: number, type: ElementType): string {
    const { data } = zeros([], type);
    data[0] = value;
    return this.constant({ data, shape: [] }).name;
  }

  /** Shapes, axes and sizes: a constant of 64-bit integers. */
  integers(values: readonly number[]): string {
    const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    return this.#constant('int64', [values.length], bytes).name;
  }

  /** The buffer under another shape of the same size. */
  shaped(buffer: Buffer, shape: readonly number[]): string {
    const source = this.#reshaped.get(buffer.name) ?? buffer;
    if (isSame(shape, source.shape)) return source.name;
    const inputs = [source.name, this.integers(shape)];
    const result = this.emit({ operator: 'Reshape', inputs, type: source.type, shape });
    this.#reshaped.set(result.name, source);
    return result.name;
  }

  /** Whether a buffer can be read under a shape without a node. */
  hasShape({ name, shape }: Buffer, wanted: readonly number[]): boolean {
    return isSame(shape, wanted) || isSame(this.#reshaped.get(name)?.shape ?? shape, wanted);
  }

  /** A value with one dimension per loop, size 1 where the buffer repeats; transposed only if the order asks for it. */
  arranged(buffer: Buffer, loops: readonly Loop[]): string {
    const shape = loops.map(({ size, stride }) => (stride === 0 ? 1 : size));
    const wanted = loops.filter(({ stride }) => stride > 0);
    if (isInOrder(wanted)) return this.shaped(buffer, shape);
    const lying = wanted.toSorted((a, b) => b.stride - a.stride);
    const transposed = this.emit({
      operator: 'Transpose',
      inputs: [
        this.shaped(
          buffer,
          lying.map(({ size }) => size),
        ),
      ],
      attributes: { perm: wanted.map((loop) => lying.indexOf(loop)) },
      type: buffer.type,
      shape: wanted.map(({ size }) => size),
    });
    return this.shaped(transposed, shape);
  }

  /** The view with its factor multiplied in. */
  settled(view: View): View {
    const { buffer, scale } = view;
    if (scale === 1) return view;
    const [operator, inputs]: [string, string[]] =
      scale === -1 ? ['Neg', [buffer.name]] : ['Mul', [buffer.name, this.scalar(scale, buffer.type)]];
    return {
      ...view,
      buffer: this.emit({ operator, inputs, type: buffer.type, shape: buffer.shape }),
      scale: 1,
    };
  }

  /** The view's elements in row-major order of its logical shape, repeats written out. */
  written(pending: View): Buffer {
    const view = this.settled(pending);
    const shape = shapeOf(view);
    const loops = view.axes.flat();
    if (loops.every(({ stride }) => stride > 0) && isInOrder(loops))
      return { name: this.shaped(view.buffer, shape), type: view.buffer.type, shape };
    const name = this.arranged(view.buffer, loops);
    const { type } = view.buffer;
    if (loops.every(({ stride }) => stride > 0)) {
      const arranged = { name, type, shape: loops.map(({ size }) => size) };
      return { name: this.shaped(arranged, shape), type, shape };
    }
    const full = loops.map(({ size }) => size);
    const expanded = this.emit({
      operator: 'Expand',
      inputs: [name, this.integers(full)],
      type,
      shape: full,
    });
    return { name: this.shaped(expanded, shape), type, shape };
  }

  /** The view under another shape, written out only where its strides cannot express it. */
  reshaped(view: View, shape: readonly number[]): View {
    return reshape(view, shape) ?? contiguous(this.written(view), shape);
  }

  /** Views under one broadcast shape with their shared loops; written out where their cuts do not divide each other. */
  aligned(views: readonly View[], shape: readonly number[]): { views: View[]; loops: SharedLoop[] } {
    const wide = views.map((view) => broadcastTo(view, shape));
    const loops = align(wide);
    if (loops) return { views: wide, loops };
    const written = wide.map((view) => contiguous(this.written(view), shape));
    return { views: written, loops: align(written) as SharedLoop[] };
  }

  #constant(type: OnnxType, shape: readonly number[], bytes: Uint8Array): Buffer {
    const key = bytes.length <= MAXIMUM_SHARED_BYTES ? `constant ${type} ${shape} ${bytes}` : undefined;
    const known = key === undefined ? undefined : this.#made.get(key);
    if (known) return known;
    const constant = { name: this.#name(), type: type as ElementType, shape };
    this.constants.push({ ...constant, bytes });
    if (key !== undefined) this.#made.set(key, constant);
    return constant;
  }

  #name(): string {
    this.#count++;
    return `v${this.#count}`;
  }
}

function isSame(shape: readonly number[], other: readonly number[]): boolean {
  return shape.length === other.length && shape.every((size, axis) => size === other[axis]);
}

/** Constants up to this size are compared with those already there. */
const MAXIMUM_SHARED_BYTES = 256;

/** Whether loops with positive strides follow each other as they lie in memory. */
export function isInOrder(loops: readonly Loop[]): boolean {
  return loops.every(({ stride }, index) => index === 0 || stride < (loops[index - 1] as Loop).stride);
}
