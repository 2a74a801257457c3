/**
 * The lessons of a recipe, part by part: how fast they come, how fast they become tokens, and how long they are.
 *
 *   node bench/lessons.ts [recipes/reckon-nano.json] [--json]
 */
import { readFileSync } from 'node:fs';
import Table from 'cli-table3';
import { lessonTokenizer } from '../src/catalog/lessons/tokenizer.ts';
import type { MixturePart } from '../src/catalog/lessons.ts';
import { lessons } from '../src/catalog/lessons.ts';
import { encodeLesson } from '../src/training/lesson.ts';

const SAMPLES = 2_000;
const WARM_UP = 200;

interface Recipe {
  readonly tokenizer: { readonly vocabularySize: number; readonly lessons: number; readonly seed: number };
  readonly model: { readonly context: number };
  readonly mixture: readonly MixturePart[];
}

interface Row {
  readonly part: string;
  readonly lessonShare: number;
  readonly tokenShare: number;
  readonly lessonsPerSecond: number; // made, not yet tokens
  readonly tokensPerSecond: number; // made and encoded
  readonly prompt: number; // mean tokens
  readonly completion: number; // mean tokens
  readonly p50: number;
  readonly p95: number;
  readonly longest: number;
  readonly tooLong: number; // share beyond the context
}

const path =
  process.argv.slice(2).find((argument) => !argument.startsWith('-')) ?? 'recipes/reckon-nano.json';
const recipe = JSON.parse(readFileSync(path, 'utf8')) as Recipe;
const { mixture, model } = recipe;

const started = performance.now();
const tokenizer = await lessonTokenizer({ mixture, ...recipe.tokenizer });
const tokenizerSeconds = (performance.now() - started) / 1000;

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

async function measure(part: MixturePart, share: number): Promise<Omit<Row, 'tokenShare'>> {
  const stream = await lessons({ mixture: [part], seed: 'bench' });
  for (let index = 0; index < WARM_UP; index++) encodeLesson(tokenizer, await stream.next());
  let start = performance.now();
  const made = [];
  while (made.length < SAMPLES) made.push(await stream.next());
  const making = (performance.now() - start) / 1000;
  start = performance.now();
  const encoded = made.map((lesson) => encodeLesson(tokenizer, lesson));
  const encoding = (performance.now() - start) / 1000;
  const lengths = encoded.map(({ ids }) => ids.length).sort((a, b) => a - b);
  const at = (share: number) => lengths[Math.min(SAMPLES - 1, Math.floor(share * SAMPLES))] as number;
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const options = Object.entries(part.options ?? {}).map(([name, value]) => `${name}=${value}`);
  return {
    part: `${part.dataset}${options.length > 0 ? `{${options.join(',')}}` : ''} ${part.method}`,
    lessonShare: share,
    lessonsPerSecond: Math.round(SAMPLES / making),
    tokensPerSecond: Math.round(tokens / (making + encoding)),
    prompt: mean(encoded.map(({ promptLength }) => promptLength)),
    completion: mean(encoded.map(({ ids, promptLength }) => ids.length - promptLength)),
    p50: at(0.5),
    p95: at(0.95),
    longest: at(1),
    tooLong: lengths.filter((length) => length > model.context).length / SAMPLES,
  };
}

const total = mixture.reduce((sum, { weight }) => sum + weight, 0);
const measured = [];
for (const part of mixture) measured.push(await measure(part, part.weight / total));
const meanTokens = measured.reduce((sum, row) => sum + row.lessonShare * (row.prompt + row.completion), 0);
const rows: Row[] = measured.map((row) => ({
  ...row,
  tokenShare: (row.lessonShare * (row.prompt + row.completion)) / meanTokens,
}));

// the mixture as training reads it
const stream = await lessons({ mixture, seed: 'bench' });
const begun = performance.now();
let tokens = 0;
for (let index = 0; index < 5 * SAMPLES; index++)
  tokens += encodeLesson(tokenizer, await stream.next()).ids.length;
const tokensPerSecond = Math.round(tokens / ((performance.now() - begun) / 1000));

if (process.argv.includes('--json')) {
  console.log(
    JSON.stringify({
      vocabularySize: tokenizer.vocabularySize,
      tokenizerSeconds,
      tokensPerSecond,
      meanTokens,
      rows,
    }),
  );
} else {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const table = new Table({
    head: [
      'part',
      'lessons',
      'tokens',
      'lessons/s',
      'tokens/s',
      'prompt',
      'reply',
      'p50',
      'p95',
      'longest',
      'too long',
    ],
  });
  for (const row of rows)
    table.push([
      row.part,
      percent(row.lessonShare),
      percent(row.tokenShare),
      row.lessonsPerSecond,
      row.tokensPerSecond,
      row.prompt.toFixed(0),
      row.completion.toFixed(0),
      row.p50,
      row.p95,
      row.longest,
      percent(row.tooLong),
    ]);
  console.log(table.toString());
  console.log(
    `vocabulary ${tokenizer.vocabularySize}, learned in ${tokenizerSeconds.toFixed(1)} s; ${meanTokens.toFixed(0)} tokens a lesson; ` +
      `the whole mixture, made and encoded: ${tokensPerSecond} tokens/s on one thread`,
  );
}
