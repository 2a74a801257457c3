import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { CheckpointError, MissingPackageError } from '../core/errors.ts';
import { complete, type SampleRequest } from '../core/model.ts';
import { seeded } from '../core/random.ts';
import { saveCheckpoint } from '../transformer/checkpoint.ts';
import { initialWeights } from '../transformer/decoder.ts';
import { trainTokenizer } from '../transformer/tokenizer.ts';
import { embedded } from './embedded.ts';

const place = temporaryFolder();
const folder = join(place.path, 'tiny');
const tokenizer = trainTokenizer(['one two one two 1 + 2 = 3'], { vocabularySize: 270 });
const config = {
  vocabularySize: tokenizer.vocabularySize,
  width: 16,
  hidden: 24,
  layers: 2,
  heads: 2,
  keyValueHeads: 1,
  context: 48,
  normEpsilon: 1e-5,
  ropeTheta: 10_000,
  tiedEmbeddings: true,
};
const request: SampleRequest = { messages: [{ role: 'user', text: 'one two' }], seed: 5, maxTokens: 8 };

/** Runs `work` as if packages were not installed. */
async function without<T>(packages: readonly string[], work: () => Promise<T>): Promise<T> {
  const hooks = registerHooks({
    resolve: (name, context, next) => {
      if (packages.includes(name)) throw new Error(`Cannot find package ${name}`);
      return next(name, context);
    },
  });
  try {
    return await work();
  } finally {
    hooks.deregister();
  }
}

describe('the embedded model', () => {
  before(async () => {
    const weights = initialWeights(config, seeded(1));
    const parameters = new Map(Object.entries(weights).map(([name, { data }]) => [name, data]));
    const generation = { temperature: 0, maxTokens: 5 };
    await saveCheckpoint(folder, { config, tokenizer, parameters, generation, weights: 'float16' });
  });

  // this test comes first: what has been imported once stays
  test('without any back end it names the package; without onnxruntime it answers through jax-js', async () => {
    const model = embedded({ folder });
    await without(['onnxruntime-node', '@jax-js/jax'], () =>
      assert.rejects(complete(model, request), (error) => {
        assert.ok(error instanceof MissingPackageError);
        assert.match(error.message, /npm install @jax-js\/jax/);
        return true;
      }),
    );
    const slow = await without(['onnxruntime-node'], () => complete(model, request));
    assert.equal(slow.model, 'tiny');
    const fast = embedded({ folder });
    const { tokens } = await complete(fast, request);
    assert.deepEqual(tokens?.ids, slow.tokens?.ids);
    await Promise.all([model.close(), fast.close()]);
  });

  test('samples asked for before it is loaded share one model', async () => {
    const model = embedded({ folder });
    const [first, second] = await Promise.all([complete(model, request), complete(model, request)]);
    assert.deepEqual(first, second);
    assert.ok((first?.usage.completionTokens ?? 0) > 0);
    await model.close();
    assert.deepEqual(await complete(model, request), first); // opened again
    await model.close();
  });

  test('what a request leaves open is as the checkpoint says', async () => {
    const model = embedded({ folder, id: 'other' });
    const { messages } = request;
    const greedy = await complete(model, { messages });
    assert.deepEqual(await complete(model, { messages, seed: 6 }), greedy);
    assert.ok((greedy.tokens?.ids.length ?? 9) <= 5);
    assert.equal(greedy.model, 'other');
    await model.close();
  });

  test('a missing folder is an error of its own; a checkpoint put there later is found', async () => {
    const late = join(place.path, 'late');
    const model = embedded({ folder: late });
    await assert.rejects(
      complete(model, request),
      (error) => error instanceof CheckpointError && error.message.includes(late),
    );
    cpSync(folder, late, { recursive: true });
    assert.ok((await complete(model, request)).usage.completionTokens > 0);
    await model.close();
    await embedded({ folder }).close(); // never used
  });
});
