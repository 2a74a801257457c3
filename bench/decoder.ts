/** A decoder in the Llama layout as one plain jax-js function: the work that `bench/tensor.ts` measures. */
import { type JaxModule, type TensorFunctions, tensorFunctions } from '../src/tensor/functions.ts';
import { normal, type UniformStream } from '../src/tensor/random.ts';
import { type Tensor, tensor } from '../src/tensor/tensor.ts';
import type { Traced } from '../src/tensor/trace.ts';

export interface DecoderShape {
  readonly layers: number;
  readonly width: number; // C
  readonly heads: number; // H heads of D = C / H
  readonly hidden: number;
  readonly vocabulary: number;
  readonly context: number; // T, tokens
  readonly batch: number; // B, sequences
}

/** 2.73 M parameters, 2,048 tokens a step. */
export const MEASURED: DecoderShape = {
  layers: 6,
  width: 192,
  heads: 6,
  hidden: 512,
  vocabulary: 384,
  context: 128,
  batch: 16,
};

type LayerWeights<Leaf> = {
  readonly attentionNorm: Leaf;
  readonly query: Leaf; // weights are [out, in]
  readonly key: Leaf;
  readonly value: Leaf;
  readonly output: Leaf;
  readonly feedForwardNorm: Leaf;
  readonly gate: Leaf;
  readonly up: Leaf;
  readonly down: Leaf;
};

export type DecoderWeights<Leaf> = {
  readonly embedding: Leaf; // also the output layer
  readonly layers: readonly LayerWeights<Leaf>[];
  readonly norm: Leaf;
};

export type DecoderBatch<Leaf> = {
  readonly ids: Leaf; // [B, T]
  readonly targets: Leaf; // [B, T]
};

/** Normal weights with the deviations of GPT-2, norms of one. */
export function initialWeights(shape: DecoderShape, random: UniformStream): DecoderWeights<Tensor> {
  const { layers, width, hidden, vocabulary } = shape;
  const matrix = (rows: number, columns: number): Tensor => normal(random, [rows, columns], 0.02);
  const ones = (): Tensor => tensor(new Float32Array(width).fill(1), [width]);
  const layer = (): LayerWeights<Tensor> => ({
    attentionNorm: ones(),
    query: matrix(width, width),
    key: matrix(width, width),
    value: matrix(width, width),
    output: matrix(width, width),
    feedForwardNorm: ones(),
    gate: matrix(hidden, width),
    up: matrix(hidden, width),
    down: matrix(width, hidden),
  });
  return {
    embedding: matrix(vocabulary, width),
    layers: Array.from({ length: layers }, layer),
    norm: ones(),
  };
}

/** Token ids drawn uniformly, and the same moved by one as targets. */
export function randomBatch(
  { batch, context, vocabulary }: DecoderShape,
  random: UniformStream,
): DecoderBatch<Tensor> {
  const draw = (): number => Math.floor(random.next() * vocabulary);
  const ids = Int32Array.from({ length: batch * context }, draw);
  const targets = Int32Array.from(ids, (_, index) => ids[index + 1] ?? draw());
  return { ids: tensor(ids, [batch, context]), targets: tensor(targets, [batch, context]) };
}

/** Multiplications and additions of matrix products in one forward and backward pass. */
export function matrixOperations({
  layers,
  width,
  hidden,
  vocabulary,
  context,
  batch,
}: DecoderShape): number {
  const perToken =
    layers * (4 * width * width + 3 * width * hidden + 2 * context * width) + width * vocabulary;
  return 3 * 2 * perToken * batch * context;
}

export type DecoderFunctions = Pick<TensorFunctions, 'attention' | 'logProbabilities' | 'rmsNorm' | 'silu'>;

/** The same functions with derivatives left to jax-js: what one would write for jax-js alone. */
export function plainFunctions({ numpy: np, nn }: JaxModule): DecoderFunctions {
  return {
    silu: nn.silu,
    rmsNorm: (x, weight, epsilon = 1e-5) => {
      const square = np.mean(x.ref.mul(x.ref), -1, { keepdims: true });
      return x.mul(np.reciprocal(np.sqrt(square.add(epsilon)))).mul(weight);
    },
    attention: (queries, keys, values, bias) => {
      const scale = 1 / Math.sqrt(queries.shape.at(-1) as number);
      const scores = np.einsum('bthd,bshd->bhts', queries.mul(scale), keys).add(bias);
      return np.einsum('bhts,bshd->bthd', nn.softmax(scores, -1), values);
    },
    logProbabilities: (logits, targets) => {
      const vocabulary = logits.shape.at(-1) as number;
      return np.sum(nn.logSoftmax(logits, -1).mul(nn.oneHot(targets, vocabulary)), -1);
    },
  };
}

/** The mean cross-entropy of the next token, in nats. */
export function decoderLoss(
  jax: JaxModule,
  { width, heads, context }: DecoderShape,
  { attention, logProbabilities, rmsNorm, silu }: DecoderFunctions = tensorFunctions(jax),
) {
  const { numpy: np } = jax;
  const headWidth = width / heads;
  const tables = rotaryTables(context, heads, headWidth);
  const project = (x: Traced, weight: Traced): Traced => np.einsum('btc,oc->bto', x, weight);

  return (weights: DecoderWeights<Traced>, { ids, targets }: DecoderBatch<Traced>): Traced => {
    const [cosine, sine, turn, bias] = tables.map(({ data, shape }) =>
      np.array(data as Float32Array<ArrayBuffer>, { shape: [...shape] }),
    ) as [Traced, Traced, Traced, Traced];
    const rotate = (x: Traced): Traced => x.ref.mul(cosine.ref).add(np.matmul(x, turn.ref).mul(sine.ref)); // [B, T, H, D]
    const [batch] = ids.shape as [number, number];
    const split = (x: Traced): Traced => x.reshape([batch, context, heads, headWidth]);

    let x = weights.embedding.ref.slice(ids); // [B, T, C]
    for (const layer of weights.layers) {
      const normal = rmsNorm(x.ref, layer.attentionNorm);
      const queries = rotate(split(project(normal.ref, layer.query)));
      const keys = rotate(split(project(normal.ref, layer.key)));
      const values = split(project(normal, layer.value));
      const attended = attention(queries, keys, values, bias.ref).reshape([batch, context, width]);
      x = x.add(project(attended, layer.output));
      const inner = rmsNorm(x.ref, layer.feedForwardNorm);
      const gated = silu(project(inner.ref, layer.gate)).mul(project(inner, layer.up));
      x = x.add(project(gated, layer.down));
    }
    for (const table of [cosine, sine, turn, bias]) table.dispose();
    const logits = project(rmsNorm(x, weights.norm), weights.embedding);
    return np.mean(logProbabilities(logits, targets)).neg();
  };
}

/** Cosines and sines [T, H, D], the quarter turn [D, D] of each pair (d, d + D/2), and the causal bias [T, T]. */
function rotaryTables(context: number, heads: number, headWidth: number): Tensor[] {
  const half = headWidth / 2;
  const angle = (index: number): number => {
    const position = Math.floor(index / (heads * headWidth));
    return position * 10_000 ** (-(index % half) / half);
  };
  const shape = [context, heads, headWidth];
  const angles = Array.from({ length: context * heads * headWidth }, (_, index) => angle(index));
  const turn = new Float32Array(headWidth * headWidth);
  for (let d = 0; d < half; d++) {
    turn[(d + half) * headWidth + d] = -1;
    turn[d * headWidth + d + half] = 1;
  }
  const isPast = (index: number): boolean => index % context <= Math.floor(index / context);
  const bias = Float32Array.from({ length: context * context }, (_, index) => (isPast(index) ? 0 : MASKED));
  return [
    tensor(Float32Array.from(angles, Math.cos), shape),
    tensor(Float32Array.from(angles, Math.sin), shape),
    tensor(turn, [headWidth, headWidth]),
    tensor(bias, [context, context]),
  ];
}

const MASKED = -1e9;
