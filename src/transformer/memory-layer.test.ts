/** The memory of all tokens at once against one that is written token by token in double precision, and its derivative. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '../core/random.ts';
import { compile, loadJax } from '../tensor/compile.ts';
import { normal } from '../tensor/random.ts';
import { type Tensor, tensor } from '../tensor/tensor.ts';
import { isTensor, type Traced } from '../tensor/trace.ts';
import { leavesOf } from '../tensor/tree.ts';
import { decoder, initialWeights, MASKED } from './decoder.ts';
import type { DecoderConfig } from './decoder-config.ts';
import { memoryLayer } from './memory-layer.ts';

const jax = await loadJax();
const { numpy: np } = jax;
const BACKENDS = ['onnx', 'jax'] as const;

const CONFIG: DecoderConfig = {
  vocabularySize: 23,
  width: 16,
  hidden: 24,
  layers: 2,
  heads: 4,
  keyValueHeads: 2,
  context: 16,
  normEpsilon: 1e-5,
  ropeTheta: 10_000,
  tiedEmbeddings: true,
  memoryLayers: [0],
};
const [B, T, H, K, D] = [2, 6, 4, 2, 4];
const SEGMENTS = [
  [1, 1, 1, 1, 2, 2],
  [1, 1, 1, 1, 1, 1],
];
/** [B, 1, T, T]: 0 for a token of the same segment that is not ahead. */
const bias = tensor(
  Float32Array.from(
    SEGMENTS.flatMap((segments) =>
      segments.flatMap((own, t) => segments.map((other, s) => (s <= t && own === other ? 0 : MASKED))),
    ),
  ),
  [B, 1, T, T],
);

type Numbers = readonly number[];
const dot = (a: Numbers, b: Numbers): number => a.reduce((sum, x, d) => sum + x * (b[d] as number), 0);
const unit = (x: Numbers): number[] => {
  const length = Math.sqrt(dot(x, x) + D * CONFIG.normEpsilon);
  return x.map((value) => value / length);
};

/** What [B, T, H, D] is found, from queries [B, T, H · D], keys and values [B, T, K · D] and gates [B, T, K] as they are projected. */
function reference(queries: Numbers, keys: Numbers, values: Numbers, gates: Numbers): number[] {
  const found: number[] = [];
  const memories = new Map<number, number[][]>(); // rows of W [D, D], by head
  for (let b = 0; b < B; b++)
    for (let t = 0; t < T; t++) {
      const first = t === 0 || SEGMENTS[b]?.[t] !== SEGMENTS[b]?.[t - 1];
      const token = b * T + t;
      const head = (of: Numbers, at: number): number[] => of.slice(at * D, (at + 1) * D);
      for (let k = 0; k < K; k++) {
        const memory = first ? Array.from({ length: D }, () => Array<number>(D).fill(0)) : memories.get(k);
        const rows = memory as number[][];
        const key = first ? Array<number>(D).fill(0) : unit(head(keys, (token - 1) * K + k));
        const gate = 1 / (1 + Math.exp(-(gates[token * K + k] as number)));
        const value = head(values, token * K + k);
        const next = rows.map((row, d) => {
          const error = (value[d] as number) - dot(row, key);
          return row.map((x, e) => x + gate * error * (key[e] as number));
        });
        memories.set(k, next);
      }
      for (let h = 0; h < H; h++) {
        const query = unit(head(queries, token * H + h));
        found.push(...(memories.get(Math.floor((h * K) / H)) as number[][]).map((row) => dot(row, query)));
      }
    }
  return found;
}

function assertClose(actual: ArrayLike<number>, expected: Numbers, tolerance: number, message: string): void {
  const size = Math.max(...expected.map(Math.abs));
  assert.equal(actual.length, expected.length, message);
  for (const [index, value] of expected.entries())
    assert.ok(
      Math.abs((actual[index] as number) - value) <= tolerance * size,
      `${message}[${index}]: ${actual[index]}, not ${value}`,
    );
}

for (const backend of BACKENDS)
  test(`${backend}: a memory written all at once is the one written token by token, and so is its derivative`, async () => {
    const random = seeded('delta rule');
    const { memoryInputs, recall } = memoryLayer(jax, CONFIG);
    const inputs = [H * D, K * D, K * D, K].map((size) => normal(random, [B, T, size], 1));
    const doubles = inputs.map(({ data }) => Array.from(data));
    const direction = Array.from({ length: B * T * H * D }, () => random.next() - 0.5);
    const traced = (...given: Traced[]): [Traced, Traced] => {
      const [queries, keys, values, gates, known] = given as [Traced, Traced, Traced, Traced, Traced];
      const { found } = recall(memoryInputs({ queries, keys, values, gates }), known);
      const towards = np.array(Float32Array.from(direction), { shape: [B, T, H, D] });
      return [np.sum(found.ref.mul(towards)), found];
    };
    const differentiated = jax.valueAndGrad(traced, { argnums: [0, 1, 2, 3], hasAux: true });
    const executor = await compile(differentiated, [...inputs, bias], { backend });
    const leaves = leavesOf(await executor.run([...inputs, bias]), isTensor).map(([, leaf]) => leaf);
    await executor.dispose();
    const [, found, ...gradients] = leaves as [Tensor, Tensor, ...Tensor[]];
    assertClose(found.data, reference(...quadruple(doubles)), 1e-5, 'found');
    const step = 1e-5;
    for (const [index, gradient] of gradients.entries()) {
      const lossAt = (element: number, by: number): number => {
        const moved = (doubles[index] as number[]).map((x, at) => (at === element ? x + by : x));
        return dot(reference(...quadruple(doubles.with(index, moved))), direction);
      };
      const slopes = Array.from(
        gradient.data,
        (_, element) => (lossAt(element, step) - lossAt(element, -step)) / (2 * step),
      );
      assertClose(gradient.data, slopes, 1e-5, `gradient ${index}`);
    }
  });

type Four = [Numbers, Numbers, Numbers, Numbers];
const quadruple = ([a = [], b = [], c = [], d = []]: readonly Numbers[]): Four => [a, b, c, d];

test('a key holds what was written under it last, and others what they held', async () => {
  const one = { ...CONFIG, width: D, heads: 1, keyValueHeads: 1 };
  const { recall } = memoryLayer(jax, one);
  const basis = (at: number): number[] => Array.from({ length: D }, (_, d) => Number(d === at));
  const [a, b] = [basis(0), basis(1)];
  const [first, second, third] = [basis(2), basis(3), [1, 2, 3, 4]] as [number[], number[], number[]];
  const nothing = Array<number>(D).fill(0);
  const tokens = [a, first, b, second, a, third, a, b]; // a → first, b → second, a → third, then what are a and b?
  const length = tokens.length;
  const vectors = (rows: readonly Numbers[]): Tensor =>
    tensor(Float32Array.from(rows.flat()), [1, length, 1, D]);
  const asked = tokens.map((token, t) => (t < 6 ? nothing : token));
  const inputs = {
    queries: vectors(asked),
    keys: vectors(tokens),
    values: vectors(tokens),
    gates: tensor(Float32Array.of(0, 1, 0, 1, 0, 1, 0, 0), [1, length, 1]), // only values are written
  };
  const past = Float32Array.from({ length: length * length }, (_, i) =>
    i % length <= Math.floor(i / length) ? 0 : MASKED,
  );
  const given = [inputs, tensor(past, [1, 1, length, length])];
  const executor = await compile((these: never, known: Traced) => {
    const { found, keys, values } = recall(these, known);
    for (const unused of [keys, values]) unused.dispose();
    return found;
  }, given);
  const { data } = (await executor.run(given)) as Tensor;
  await executor.dispose();
  assert.deepEqual([...data.subarray(6 * D)], [...third, ...second]);
});

for (const backend of BACKENDS)
  test(`${backend}: a later token changes nothing before it`, async () => {
    const { forward } = decoder(jax, CONFIG);
    const weights = initialWeights(CONFIG, seeded(1));
    const random = seeded('causality');
    const length = 12;
    const ids = Int32Array.from({ length }, () => random.integer(CONFIG.vocabularySize));
    const inputsFor = (these: Int32Array) => [
      weights,
      {
        ids: tensor(these, [1, length]),
        positions: tensor(Int32Array.from(these.keys()), [1, length]),
        bias: tensor(
          Float32Array.from({ length: length * length }, (_, i) =>
            i % length <= Math.floor(i / length) ? 0 : MASKED,
          ),
          [1, 1, length, length],
        ),
      },
    ];
    const executor = await compile(forward, inputsFor(ids), { backend });
    const logits = async (these: Int32Array) => ((await executor.run(inputsFor(these))) as Tensor).data;
    const before = await logits(ids);
    for (let changed = 0; changed < length; changed++) {
      const other = (ids[changed] as number) + 1;
      const after = await logits(ids.with(changed, other % CONFIG.vocabularySize));
      const place = changed * CONFIG.vocabularySize;
      assert.deepEqual(after.subarray(0, place), before.subarray(0, place));
      assert.notDeepEqual(after.subarray(place), before.subarray(place));
    }
    await executor.dispose();
  });
