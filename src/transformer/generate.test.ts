import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { InputError, ModelError } from '../core/errors.ts';
import { seeded } from '../core/random.ts';
import { compile, loadJax } from '../tensor/compile.ts';
import { type Tensor, tensor } from '../tensor/tensor.ts';
import { type DecoderWeights, decoder, initialWeights, MASKED } from './decoder.ts';
import type { DecoderConfig } from './decoder-config.ts';
import { type Generator, generator } from './generate.ts';
import type { Generation, GenerationRequest } from './generate-request.ts';

/** Larger weights than a fresh decoder's, so that tokens differ in likelihood. */
function weightsOf(config: DecoderConfig, seed: number): DecoderWeights<Tensor<Float32Array>> {
  const weights = initialWeights(config, seeded(seed));
  for (const { data, shape } of Object.values(weights))
    if (shape.length > 1) for (const [index, value] of data.entries()) data[index] = 6 * value;
  return weights;
}

const SMALL: DecoderConfig = {
  vocabularySize: 101,
  width: 48,
  hidden: 80,
  layers: 2,
  heads: 4,
  keyValueHeads: 4,
  context: 80,
  normEpsilon: 1e-5,
  ropeTheta: 10_000,
  tiedEmbeddings: true,
};
const SHARED_HEADS: DecoderConfig = { ...SMALL, keyValueHeads: 2, tiedEmbeddings: false };

function promptOf(config: DecoderConfig, length: number, seed: number): Int32Array {
  const random = seeded(`prompt ${seed}`);
  return Int32Array.from({ length }, () => random.integer(config.vocabularySize));
}

for (const [name, config, backend] of [
  ['onnx', SMALL, 'onnx'],
  ['onnx, heads that share keys and values', SHARED_HEADS, 'onnx'],
  ['onnx, nothing but memories', { ...SMALL, memoryLayers: [0, 1] }, 'onnx'],
  ['jax, attention after memories', { ...SHARED_HEADS, memoryLayers: [0] }, 'jax'],
] as const)
  describe(`generation, ${name}`, () => {
    const weights = weightsOf(config, 1);
    let made: Generator;
    before(async () => {
      made = await generator({ config, weights, backend, slots: 8 });
    });
    after(() => made.dispose());

    const request = (
      length: number,
      seed: number,
      more: Partial<GenerationRequest> = {},
    ): GenerationRequest => ({
      promptIds: promptOf(config, length, seed),
      random: seeded(seed),
      temperature: 1,
      maxTokens: 12,
      ...more,
    });
    const same = (a: Generation, b: Generation): void => {
      assert.deepEqual(a.ids, b.ids);
      assert.deepEqual(a.logProbs, b.logProbs);
      assert.equal(a.finish, b.finish);
    };

    test('log-probabilities are those of the whole sequence without a cache', async () => {
      const jax = await loadJax();
      const { forward } = decoder(jax, config);
      for (const [length, temperature] of [
        [1, 1],
        [7, 0.7],
        [9, 0.01],
        [30, 1],
      ] as const) {
        const asked = request(length, length, { temperature, maxTokens: 50 });
        const { ids, logProbs } = await made.generate(asked);
        assert.equal(ids.length, 50);
        const sequence = [...asked.promptIds, ...ids];
        const size = sequence.length;
        const isPast = (index: number): boolean => index % size <= Math.floor(index / size);
        const inputs = [
          weights,
          {
            ids: tensor(Int32Array.from(sequence), [1, size]),
            positions: tensor(Int32Array.from(sequence.keys()), [1, size]),
            bias: tensor(
              Float32Array.from({ length: size * size }, (_, index) => (isPast(index) ? 0 : MASKED)),
              [1, 1, size, size],
            ),
          },
        ];
        const executor = await compile(forward, inputs, { backend });
        const { data } = (await executor.run(inputs)) as Tensor;
        await executor.dispose();
        const vocabulary = config.vocabularySize;
        for (const [index, id] of ids.entries()) {
          const at = (length - 1 + index) * vocabulary;
          const row = Array.from(data.subarray(at, at + vocabulary), (value) => value / temperature);
          const total = Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0));
          const expected = (row[id] as number) - total;
          assert.ok(
            Math.abs((logProbs[index] as number) - expected) < 1e-3,
            `token ${index} after ${length}`,
          );
        }
      }
    });

    test('a request gets the same alone, beside two others, beside many, and entering late', async () => {
      const asked = () => request(9, 1, { maxTokens: 40 });
      const alone = await made.generate(asked());
      assert.equal(alone.ids.length, 40);
      same(await made.generate(asked()), alone);
      const three = await Promise.all(
        [request(40, 2), asked(), request(3, 3)].map((one) => made.generate(one)),
      );
      same(three[1] as Generation, alone);
      const others = Array.from({ length: 30 }, (_, index) =>
        request(1 + ((index * 13) % 60), index + 10, { maxTokens: 3 + (index % 17) }),
      );
      const many = await Promise.all([...others, asked()].map((one) => made.generate(one))); // more than slots
      same(many.at(-1) as Generation, alone);
      let late: Promise<Generation> | undefined;
      let seen = 0;
      const onToken = (): boolean => {
        if (++seen === 5) late = made.generate(asked());
        return false;
      };
      await Promise.all(
        [...others.slice(0, 6), request(20, 5, { onToken })].map((one) => made.generate(one)),
      );
      same(await (late as Promise<Generation>), alone);
    });

    test('random companies: whoever comes, goes or is told to stop, nobody else notices', async () => {
      const random = seeded(9);
      const shapes = Array.from({ length: 24 }, (_, index) => ({
        length: 1 + random.integer(60),
        maxTokens: 1 + random.integer(19),
        temperature: [0, 0.5, 1][index % 3] as number,
      }));
      const of = (index: number, more: Partial<GenerationRequest> = {}) => {
        const { length, ...rest } = shapes[index] as (typeof shapes)[number];
        return request(length, 100 + index, { ...rest, ...more });
      };
      const alone: Generation[] = [];
      for (const index of shapes.keys()) alone.push(await made.generate(of(index)));
      for (let round = 0; round < 3; round++) {
        made.setWeights(weights); // forgets prompts, so that they are read again, several at a time
        const order = [...shapes.keys()].sort(() => random.next() - 0.5);
        const together = await Promise.all(
          order.map(async (index) => {
            for (let wait = random.integer(12); wait > 0; wait--) await new Promise(setImmediate);
            if (random.next() > 0.25) return made.generate(of(index));
            const controller = new AbortController();
            const gone = made.generate(of(index, { signal: controller.signal }));
            for (let wait = random.integer(8); wait > 0; wait--) await new Promise(setImmediate);
            controller.abort(new Error('gone'));
            return gone.catch(() => undefined);
          }),
        );
        for (const [at, index] of order.entries()) {
          const result = together[at];
          if (result) same(result, alone[index] as Generation);
        }
      }
    });

    test('new weights count from the next token on', async () => {
      const first = await made.generate(request(9, 1));
      made.setWeights(weightsOf(config, 2));
      const second = await made.generate(request(9, 1));
      made.setWeights(weights);
      assert.notDeepEqual(second.logProbs, first.logProbs);
      same(await made.generate(request(9, 1)), first);
    });

    test('ends at an end token, at onToken, at maxTokens and at the end of the context', async () => {
      const { ids } = await made.generate(request(9, 1));
      const ended = await made.generate(request(9, 1, { ends: [ids[3] as number] }));
      const at = ids.indexOf(ids[3] as number);
      assert.deepEqual([ended.ids, ended.finish], [ids.subarray(0, at + 1), 'stop']);
      let calls = 0;
      const told = await made.generate(request(9, 1, { onToken: () => ++calls === 2 }));
      assert.deepEqual([told.ids, told.finish], [ids.subarray(0, 2), 'stop']);
      const { maxTokens: _, ...open } = request(70, 4);
      const full = await made.generate(open);
      assert.deepEqual([full.ids.length, full.finish], [10, 'length']);
    });
  });

describe('requests that fail', () => {
  const weights = weightsOf(SMALL, 1);
  const asked = { promptIds: Int32Array.of(1, 2, 3), random: seeded(1), temperature: 1 };

  test('what cannot be is refused by name', async () => {
    const made = await generator({ config: SMALL, weights });
    const refused = (
      more: Partial<GenerationRequest>,
      message: RegExp,
      kind: typeof InputError | typeof ModelError = InputError,
    ) =>
      assert.rejects(made.generate({ ...asked, ...more }), (error: unknown) => {
        assert.ok(error instanceof kind);
        assert.match(error.message, message);
        return true;
      });
    await refused({ promptIds: new Int32Array(0) }, /no tokens/);
    await refused(
      { promptIds: new Int32Array(80) },
      /80 tokens and the model's context 80/,
      ModelError as never,
    );
    await refused({ promptIds: Int32Array.of(101) }, /id 101/);
    await refused({ maxTokens: 1.5 }, /maxTokens is 1.5/);
    await refused({ topK: 0 }, /topK is 0/);
    await made.dispose();
    await assert.rejects(made.generate(asked), /disposed/);
    await assert.rejects(generator({ config: SMALL, weights, slots: 0 }), /slots is 0/);
  });

  test('an error of the engine or of onToken reaches its requests and leaves the generator usable', async () => {
    const made = await generator({ config: SMALL, weights });
    const failure = new Error('no more');
    const failing = made.generate({
      ...asked,
      onToken: () => {
        throw failure;
      },
    });
    const beside = made.generate({ ...asked, maxTokens: 3 });
    await assert.rejects(failing, failure);
    assert.equal((await beside).ids.length, 3);
    made.setWeights({});
    await assert.rejects(made.generate({ ...asked, maxTokens: 3 }));
    const broken = weightsOf(SMALL, 1);
    (broken['model.norm.weight'] as Tensor).data.fill(Number.NaN);
    made.setWeights(broken);
    await assert.rejects(made.generate({ ...asked, maxTokens: 3 }), /probabilities sum to NaN/);
    made.setWeights(weights);
    assert.deepEqual((await made.generate({ ...asked, random: seeded(1), maxTokens: 3 })).ids.length, 3);
    await made.dispose();
  });

  test('disposing rejects what is in flight', async () => {
    const made = await generator({ config: SMALL, weights });
    const open = made.generate({ ...asked, maxTokens: 60 });
    const rejected = assert.rejects(open, /disposed/);
    await new Promise(setImmediate);
    await made.dispose();
    await rejected;
  });
});
