import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { before, test } from 'node:test';
import { damages } from '../../test/damage.ts';
import { diskThatFails } from '../../test/failing-disk.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { CheckpointError, InputError } from '../core/errors.ts';
import { seeded } from '../core/random.ts';
import type { Checkpoint } from './checkpoint.ts';
import { loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
import type { DecoderConfig } from './decoder-config.ts';
import { parameterShapes } from './decoder-config.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';
import { trainTokenizer } from './tokenizer.ts';

const place = temporaryFolder();
const tokenizer = trainTokenizer(['one two one two 1 + 2 = 3'], { vocabularySize: 270 });

const CONFIG: DecoderConfig = {
  vocabularySize: tokenizer.vocabularySize,
  width: 4,
  hidden: 6,
  layers: 2,
  heads: 2,
  keyValueHeads: 1,
  context: 32,
  normEpsilon: 1e-5,
  ropeTheta: 10_000,
  tiedEmbeddings: true,
};

function randomArrays(seed: string, config = CONFIG): Map<string, Float32Array> {
  const random = seeded(seed);
  return new Map(
    [...parameterShapes(config)].map(([name, shape]) => [
      name,
      Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.next() - 0.5),
    ]),
  );
}

function checkpoint(step: number): Checkpoint {
  return {
    config: CONFIG,
    parameters: randomArrays(`parameters ${step}`),
    tokenizer,
    generation: { temperature: 0.7, topP: 0.9, maxTokens: 16 },
    weights: 'float32',
    training: {
      step,
      random: { seed: 7, label: `step ${step}` },
      dataCursor: [step, 'train'],
      metricsCursor: 10 * step,
      moments: new Map([
        ['first', randomArrays(`first ${step}`)],
        ['second', randomArrays(`second ${step}`)],
      ]),
    },
  };
}

/** What two checkpoints are compared by: functions aside. */
const plain = ({ tokenizer: { definition }, ...rest }: Checkpoint) => ({ ...rest, definition });

const one = checkpoint(1);
const two = checkpoint(2);
const saved = join(place.path, 'saved');
before(() => saveCheckpoint(saved, one));

function copy(): string {
  const folder = join(place.path, 'copy');
  for (const suffix of ['', '.next', '.previous']) rmSync(folder + suffix, { recursive: true, force: true });
  cpSync(saved, folder, { recursive: true });
  return folder;
}

async function refuses(folder: string, message: RegExp, options = {}): Promise<void> {
  await assert.rejects(loadCheckpoint(folder, options), (error: unknown) => {
    assert.ok(error instanceof CheckpointError, String(error));
    assert.match(error.message, message);
    return true;
  });
}

test('a checkpoint comes back as it was saved', async () => {
  assert.deepEqual(plain(await loadCheckpoint(saved, { training: true })), plain(one));
  const { training: _, ...rest } = one;
  assert.deepEqual(plain(await loadCheckpoint(saved)), plain(rest));
});

test('a place in the data may be long, and one that could not be read back is not saved', async () => {
  const folder = join(place.path, 'long');
  const training = { ...one.training!, dataCursor: { held: Array.from({ length: 200_000 }, (_, id) => id) } };
  await saveCheckpoint(folder, { ...one, training });
  assert.deepEqual((await loadCheckpoint(folder, { training: true })).training, training);
  const tooLong = { ...training, dataCursor: 'x'.repeat(33 * 2 ** 20) };
  await assert.rejects(saveCheckpoint(folder, { ...one, training: tooLong }), /dataCursor take \d+ bytes/);
  assert.deepEqual((await loadCheckpoint(folder, { training: true })).training, training);
});

test('weights are stored in 16 bits where that is asked for', async () => {
  const folder = join(place.path, 'half');
  const { training: _, ...rest } = one;
  for (const weights of ['bfloat16', 'float16'] as const) {
    await saveCheckpoint(folder, { ...rest, weights });
    const read = await loadCheckpoint(folder, { training: true });
    assert.equal(read.weights, weights);
    for (const [name, values] of one.parameters)
      for (const [index, value] of read.parameters.get(name)!.entries())
        assert.ok(Math.abs(value - values[index]!) <= 2 ** -9);
    assert.equal(read.training, undefined);
  }
  await assert.rejects(saveCheckpoint(folder, { ...one, weights: 'bfloat16' }), InputError);
});

test('the config is what other programs expect of a Llama', () => {
  const json = JSON.parse(readFileSync(join(saved, 'config.json'), 'utf8'));
  const { reckon: _, ...rest } = json;
  assert.deepEqual(rest, {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_act: 'silu',
    attention_bias: false,
    mlp_bias: false,
    rope_scaling: null,
    vocab_size: tokenizer.vocabularySize,
    hidden_size: 4,
    intermediate_size: 6,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    head_dim: 2,
    max_position_embeddings: 32,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    tie_word_embeddings: true,
    torch_dtype: 'float32',
    bos_token_id: 1,
    eos_token_id: 2,
    pad_token_id: 0,
  });
});

test('a decoder with memories comes back, under a name that no other program takes for a Llama', async () => {
  const folder = join(place.path, 'memory');
  const config = { ...CONFIG, memoryLayers: [1] };
  const { training: _, ...rest } = one;
  const saving: Checkpoint = { ...rest, config, parameters: randomArrays('memory', config) };
  await saveCheckpoint(folder, saving);
  assert.deepEqual(plain(await loadCheckpoint(folder)), plain(saving));
  const path = join(folder, 'config.json');
  const { reckon: __, ...json } = JSON.parse(readFileSync(path, 'utf8'));
  assert.deepEqual(json.architectures, ['ReckonMemoryForCausalLM']);
  assert.equal(json.model_type, 'reckon_memory');
  for (const [edit, message] of [
    [{ memory_layers: undefined }, /memory_layers is missing instead of a list of numbers/],
    [{ memory_layers: ['1'] }, /memory_layers is \["1"\] instead/],
    [{ memory_layers: [] }, /memoryLayers is empty/],
    [{ memory_layers: [1, 1] }, /memoryLayers has 1 where a whole number from 2 to 1/],
    [{ memory_layers: [0] }, /layers\.0\.memory\.\S+ is missing/],
    [{ model_type: 'llama' }, /model_type is "llama"; only "reckon_memory"/],
    [{ architectures: ['LlamaForCausalLM'], model_type: 'llama' }, /self_attn\.\S+ is missing/],
  ] as const) {
    writeFileSync(path, JSON.stringify({ ...json, ...edit }));
    await refuses(folder, message, { checksums: 'ignored' });
  }
});

test('every damaged file is refused, or nothing that is read is different', async () => {
  const folder = copy();
  // the files of the second line are of kinds that are damaged as often elsewhere, or covered by a checksum alone
  for (const [name, count] of [
    ...(['config.json', 'training.json', 'model.safetensors'] as const).map((file) => [file, 3000] as const),
    ...(
      ['tokenizer.json', 'tokenizer_config.json', 'generation_config.json', 'training.safetensors'] as const
    ).map((file) => [file, 300] as const),
  ]) {
    const original = readFileSync(join(folder, name));
    let refused = 0;
    for (const [damaged, kind] of damages(original, { count, seed: name })) {
      writeFileSync(join(folder, name), damaged);
      try {
        const read = await loadCheckpoint(folder, { training: true });
        assert.deepEqual(plain(read), plain(one), `${name}: ${kind}`);
        assert.equal(name, 'config.json'); // only its spaces are not covered by a checksum
      } catch (error) {
        if (!(error instanceof CheckpointError)) throw error;
        assert.ok(error.message.includes(folder), error.message);
        refused++;
      }
    }
    assert.ok(refused > 0.93 * count, `${name}: ${refused} refused`);
    writeFileSync(join(folder, name), original);
  }
});

test('whatever operation the disk fails at, the old checkpoint or the new one loads, and the next save succeeds', async () => {
  for (const mode of ['error', 'crash', 'crash after'] as const) {
    const seen = { old: 0, new: 0 };
    for (let at = 0; ; at++) {
      const folder = copy();
      const disk = diskThatFails(at, mode);
      const failed = await saveCheckpoint(folder, two, { files: disk.files }).then(
        () => false,
        (error: unknown) => {
          assert.ok(error instanceof CheckpointError, String(error));
          return true;
        },
      );
      const read = await loadCheckpoint(folder, { training: true });
      const step = read.training?.step;
      assert.deepEqual(plain(read), plain(step === 1 ? one : two));
      if (!failed) assert.equal(step, 2);
      seen[step === 1 ? 'old' : 'new']++;
      if (!disk.failed()) break;
      await saveCheckpoint(folder, checkpoint(3));
      assert.deepEqual(plain(await loadCheckpoint(folder, { training: true })), plain(checkpoint(3)));
      for (const suffix of ['.next', '.previous']) assert.ok(!existsSync(folder + suffix));
    }
    assert.ok(seen.old > 30 && seen.new >= 2, JSON.stringify(seen));
  }
});

test('a second crash while saving after a crash loses nothing either', async () => {
  const random = seeded('two crashes');
  for (let round = 0; round < 150; round++) {
    const folder = copy();
    const modes = ['crash', 'crash after'] as const;
    // the renames are near the end: most first crashes fall there
    const first = round % 3 === 0 ? random.integer(50) : 38 + random.integer(14);
    for (const [at, next] of [
      [first, two],
      [random.integer(50), checkpoint(3)],
    ] as const)
      await saveCheckpoint(folder, next, { files: diskThatFails(at, modes[random.integer(2)]!).files }).catch(
        (error: unknown) => assert.ok(error instanceof CheckpointError),
      );
    const read = await loadCheckpoint(folder, { training: true });
    assert.deepEqual(plain(read), plain([one, two, checkpoint(3)][read.training!.step - 1]!));
  }
});

test('a first save that fails leaves no checkpoint, and says so', async () => {
  const folder = join(place.path, 'first');
  await assert.rejects(
    saveCheckpoint(folder, one, { files: diskThatFails(12, 'error').files }),
    (error: unknown) => error instanceof CheckpointError && /ENOSPC/.test(error.message),
  );
  await refuses(folder, /no checkpoint/);
  await saveCheckpoint(folder, one);
  assert.equal((await loadCheckpoint(folder, { training: true })).training?.step, 1);
});

test('a folder with other files is never replaced', async () => {
  for (const suffix of ['', '.next', '.previous']) {
    const folder = join(place.path, `home${suffix.slice(1)}`);
    mkdirSync(folder + suffix, { recursive: true });
    writeFileSync(join(folder + suffix, 'letters.txt'), 'dear');
    await assert.rejects(saveCheckpoint(folder, one), (error: unknown) => {
      return error instanceof InputError && error.message.includes('letters.txt');
    });
    assert.equal(readFileSync(join(folder + suffix, 'letters.txt'), 'utf8'), 'dear');
  }
});

test('a config that does not fit is refused by what is wrong', async () => {
  const edits: [object, RegExp][] = [
    [{ architectures: ['GPT2LMHeadModel'] }, /\["GPT2LMHeadModel"\]; only LlamaForCausalLM/],
    [{ architectures: ['__proto__'] }, /only LlamaForCausalLM/],
    [{ hidden_act: 'gelu' }, /hidden_act is "gelu"; only "silu"/],
    [{ rope_scaling: { rope_type: 'yarn' } }, /rope_scaling is/],
    [{ attention_bias: true }, /attention_bias is true/],
    [{ num_hidden_layers: 3 }, /model\.layers\.2\.\S+ is missing/],
    [{ num_hidden_layers: 1 }, /tensor "model\.layers\.1\.\S+" is no parameter/],
    [{ num_hidden_layers: 1e9 }, /layers is 1000000000; .* 1 to 256/],
    [{ hidden_size: 8, head_dim: 4 }, /shape|memory/],
    [{ num_attention_heads: 1, head_dim: 4 }, /shape \[2,4\]; config.json needs \[4,4\]/],
    [{ num_key_value_heads: 3 }, /does not divide/],
    [{ head_dim: 64 }, /head_dim is 64/],
    [{ vocab_size: 999 }, /vocab_size is 999 and the tokenizer has/],
    [{ eos_token_id: 7 }, /eos_token_id is 7; the tokenizer has 2/],
    [{ tie_word_embeddings: false }, /lm_head\.weight is missing/],
    [{ torch_dtype: 'bfloat16' }, /is F32; config.json says bfloat16/],
    [{ torch_dtype: 'int8' }, /torch_dtype is "int8"/],
    [{ rms_norm_eps: '1e-5' }, /rms_norm_eps is "1e-5" instead of a number/],
    [{ rope_theta: 0 }, /ropeTheta is 0/],
    [
      { rope_parameters: { rope_type: 'llama3', rope_theta: 1e4 } },
      /rope_parameters is .*only the type "default"/,
    ],
    [{ rope_theta: undefined }, /rope_theta is missing/],
  ];
  for (const [edit, message] of edits) {
    const folder = copy();
    const { reckon: _, ...json } = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...json, ...edit }));
    await refuses(folder, /holds no checksums/);
    await refuses(folder, message, { checksums: 'ignored' });
    writeFileSync(join(folder, 'config.json'), JSON.stringify(json));
    const { training: __, ...rest } = one;
    assert.deepEqual(plain(await loadCheckpoint(folder, { checksums: 'ignored' })), plain(rest));
  }
});

test('what transformers saves again is read without checksums', async () => {
  const folder = copy();
  const rewrite = (name: string, edit: (json: ReturnType<typeof JSON.parse>) => object) =>
    writeFileSync(
      join(folder, name),
      JSON.stringify(edit(JSON.parse(readFileSync(join(folder, name), 'utf8')))),
    );
  rewrite('config.json', ({ torch_dtype, rope_theta, rope_scaling: _, ...rest }) => ({
    ...rest,
    dtype: torch_dtype,
    rope_parameters: { rope_theta, rope_type: 'default' },
    transformers_version: '5.23.0',
  }));
  rewrite('tokenizer.json', (json) => ({
    ...json,
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ Sequence: { id: 'A', type_id: 0 } }],
      pair: [],
      special_tokens: {},
    },
  }));
  await refuses(folder, /config\.json: it does not have the checksum that it holds; .*'ignored'/);
  const { training: _, ...rest } = one;
  assert.deepEqual(
    plain(await loadCheckpoint(folder, { checksums: 'ignored', training: true })),
    plain(rest),
  );
});

test('files of two checkpoints are not mixed, missing and oversized ones are named', async () => {
  const other = join(place.path, 'other');
  await saveCheckpoint(other, two);
  for (const name of ['model.safetensors', 'training.safetensors', 'training.json']) {
    const folder = copy();
    cpSync(join(other, name), join(folder, name));
    await refuses(folder, new RegExp(`${name}.*checksum`), { training: true });
    rmSync(join(folder, name));
    await refuses(folder, new RegExp(`${name}: there is no such file`), { training: true });
  }
  await refuses(saved, /1\d{3} parameters; at most 1000 are read/, { parametersLimit: 1000 });
  const folder = copy();
  writeFileSync(join(folder, 'generation_config.json'), ' '.repeat(2 ** 20 + 1));
  await refuses(folder, /1048577 bytes; at most 1048576/);
  await refuses(join(place.path, 'nowhere'), /There is no checkpoint in .*nowhere/);
  const tensors = new Map((await readSafetensors(join(saved, 'model.safetensors'))).tensors);
  tensors.set('model.norm.weight', { type: 'I32', shape: [4], values: new Int32Array(4) });
  await writeSafetensors(join(folder, 'model.safetensors'), tensors);
  await refuses(folder, new RegExp(basename(folder)));
});

test('a checkpoint that contradicts itself is not saved', async () => {
  const folder = join(place.path, 'wrong');
  const { training, ...rest } = one;
  const parameters = new Map(one.parameters);
  parameters.delete('model.norm.weight');
  const wrong: [Checkpoint, RegExp][] = [
    [{ ...rest, parameters }, /model\.norm\.weight has no values; its shape \[4\] needs 4/],
    [
      { ...rest, parameters: new Map([...one.parameters, ['more', new Float32Array(1)]]) },
      /no parameter more/,
    ],
    [{ ...rest, config: { ...CONFIG, heads: 3 } }, /3 heads/],
    [{ ...rest, config: { ...CONFIG, vocabularySize: 300 } }, /300/],
    [{ ...rest, generation: { topP: 2 } }, /topP is 2/],
    [{ ...one, training: { ...training!, step: 0.5 } }, /step 0.5/],
    [{ ...one, training: { ...training!, random: { state: Number.NaN } } }, /random is not plain JSON/],
    [
      {
        ...one,
        training: { ...training!, moments: new Map([['first', new Map([['x', new Float32Array(1)]])]]) },
      },
      /first moments of x/,
    ],
  ];
  for (const [content, message] of wrong)
    await assert.rejects(saveCheckpoint(folder, content), (error: unknown) => {
      assert.ok(error instanceof InputError, String(error));
      assert.match(error.message, message);
      return true;
    });
  assert.ok(!existsSync(folder) && !existsSync(`${folder}.next`));
});
