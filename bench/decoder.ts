/** The decoder whose training step and generation are measured: 2.73 M parameters, 2,048 tokens a step. */
import { type JaxModule, tensorFunctions } from '../src/tensor/functions.ts';
import type { UniformStream } from '../src/tensor/random.ts';
import { type Tensor, tensor } from '../src/tensor/tensor.ts';
import type { Traced } from '../src/tensor/trace.ts';
import { type DecoderFunctions, type DecoderWeights, decoder, MASKED } from '../src/transformer/decoder.ts';
import type { DecoderConfig } from '../src/transformer/decoder-config.ts';

export const MEASURED: DecoderConfig = {
  vocabularySize: 384,
  width: 192,
  hidden: 512,
  layers: 6,
  heads: 6,
  keyValueHeads: 6,
  context: 128,
  normEpsilon: 1e-5,
  ropeTheta: 10_000,
  tiedEmbeddings: true,
};
export const ROWS = 16; // sequences a step, each as long as the context

export type DecoderBatch<Leaf> = {
  readonly ids: Leaf; // [B, T]
  readonly targets: Leaf; // [B, T]
};

/** Token ids drawn uniformly, and the same moved by one as targets. */
export function randomBatch(
  { context, vocabularySize }: DecoderConfig,
  random: UniformStream,
  rows = ROWS,
): DecoderBatch<Tensor<Int32Array>> {
  const draw = (): number => Math.floor(random.next() * vocabularySize);
  const ids = Int32Array.from({ length: rows * context }, draw);
  const targets = Int32Array.from(ids, (_, index) => ids[index + 1] ?? draw());
  return { ids: tensor(ids, [rows, context]), targets: tensor(targets, [rows, context]) };
}

/** Multiplications and additions of matrix products in one forward and backward pass; a third of them are the forward's. */
export function matrixOperations(
  { layers, width, hidden, vocabularySize, context }: DecoderConfig,
  rows = ROWS,
): number {
  const perToken =
    layers * (4 * width * width + 3 * width * hidden + 2 * context * width) + width * vocabularySize;
  return 3 * 2 * perToken * rows * context;
}

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
    logProbabilities: (x, table, targets) => {
      const vocabulary = table.shape[0] as number;
      const logits = np.einsum('btd,vd->btv', x, table);
      return np.sum(nn.logSoftmax(logits, -1).mul(nn.oneHot(targets, vocabulary)), -1);
    },
  };
}

/** The mean cross-entropy of the next token, in nats. */
export function decoderLoss(
  jax: JaxModule,
  config: DecoderConfig,
  functions: DecoderFunctions = tensorFunctions(jax),
) {
  const { numpy: np } = jax;
  const { likelihood } = decoder(jax, config, functions);
  return (weights: DecoderWeights<Traced>, { ids, targets }: DecoderBatch<Traced>): Traced => {
    const [rows, length] = ids.shape as [number, number];
    const positions = np.broadcastTo(np.arange(length), [rows, length]);
    const past = np.greaterEqual(np.expandDims(np.arange(length), 1), np.arange(length));
    const bias = np.where(past, 0, MASKED).reshape([1, 1, length, length]);
    return np.mean(likelihood(weights, { ids, positions, bias }, targets)).neg();
  };
}
