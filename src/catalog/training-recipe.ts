/** A training run as a file: the model, what it learns from, and one stage of training after another. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { InputError } from '../core/errors.ts';
import { openRegularFile } from '../host/regular-file.ts';
import { DECODER_LIMITS } from '../transformer/decoder-config.ts';
import { parseStrictJson } from '../transformer/strict-json.ts';

const RECIPE_BYTES = 2 ** 20;
const MOST_PARTS = 1_000; // of a mixture

const optionValue = z.union([z.string().max(200), z.number(), z.boolean()]);
const name = z.string().min(1).max(200);
const count = z.int().min(1);

const mixturePart = z.strictObject({
  dataset: name,
  options: z.record(z.string().max(100), optionValue).optional(),
  method: z.enum(['direct', 'chain-of-thought', 'program-aided', 'tree-of-thought', 'judge']),
  weight: z.number().positive(),
});

const recipe = z.strictObject({
  seed: z.int().min(0).optional(),
  /** Learned from the first lessons of the mixture. */
  tokenizer: z
    .strictObject({ vocabularySize: count, lessons: count.max(1_000_000), seed: z.int().min(0) })
    .optional(),
  /** The decoder's configuration. */
  model: z
    .strictObject({
      vocabularySize: count,
      width: count,
      hidden: count,
      layers: count,
      heads: count,
      keyValueHeads: count,
      context: count,
      normEpsilon: z.number(),
      ropeTheta: z.number(),
      tiedEmbeddings: z.boolean(),
      memoryLayers: z.array(z.int().min(0)).max(DECODER_LIMITS.layers).exactOptional(),
    })
    .optional(),
  mixture: z.array(mixturePart).min(1).max(MOST_PARTS).optional(),
  /** What accuracy is taken of; absent: each dataset of the mixture, by the first method it is taught with. */
  evaluation: z
    .array(z.strictObject({ dataset: name, method: name }))
    .min(1)
    .max(MOST_PARTS)
    .optional(),
  /** The objective of each stage, with its options; `only`: a dataset of the mixture, of which alone the stage learns. */
  stages: z
    .array(z.object({ objective: z.enum(['pretrain', 'sft', 'grpo']) }).catchall(optionValue))
    .min(1)
    .max(100)
    .optional(),
  /** How the last stage's weights are stored. */
  weights: z.enum(['float32', 'float16', 'bfloat16']).optional(),
});

export type TrainingRecipe = Readonly<z.infer<typeof recipe>>;

/** Reads a recipe. Throws InputError naming the file and what is wrong in it. */
export async function readTrainingRecipe(path: string): Promise<TrainingRecipe> {
  const { handle, size } = await openRegularFile(path);
  try {
    if (size > RECIPE_BYTES)
      throw new InputError(`${path} has ${size} bytes; a recipe has at most ${RECIPE_BYTES}`);
    const result = recipe.safeParse(parseJson(path, await readFile(handle, 'utf8')));
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    const where = issue && issue.path.length > 0 ? ` at ${issue.path.join('.')}` : '';
    throw new InputError(`${path} is no recipe for training${where}: ${issue?.message}`);
  } finally {
    await handle.close();
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return parseStrictJson(text);
  } catch (cause) {
    throw new InputError(`${path} is no recipe for training: ${(cause as Error).message}`, { cause });
  }
}
