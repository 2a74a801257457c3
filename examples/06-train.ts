/** Teach a small decoder from scratch: which letter comes next? Logs, checkpoints and an exact resume come with it. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaults } from '../src/catalog/options.ts';
import { complete } from '../src/core/model.ts';
import { wilson } from '../src/evaluation/statistics.ts';
import type { LessonSource } from '../src/training/lesson.ts';
import { freshPolicy, makeTrainer } from '../src/training/make-trainer.ts';
import { OBJECTIVES } from '../src/training/objectives.ts';
import { train } from '../src/training/train.ts';
import { trainTokenizer } from '../src/transformer/tokenizer.ts';

const letters = 'abcdefghijklmnopqrstuvwxyz';
const question = (letter: string) => ({ role: 'user' as const, text: `after ${letter}` });

/** All pairs in turn, from the place that a checkpoint remembers. */
function nextLetters(cursor: number): LessonSource {
  let index = cursor;
  return {
    next: async () => {
      const at = index++ % (letters.length - 1);
      return { messages: [question(letters[at] as string)], completion: letters[at + 1] as string };
    },
    get cursor() {
      return index;
    },
  };
}

const tokenizer = trainTokenizer([], { vocabularySize: 263 }); // bytes
const shape = { width: 32, hidden: 64, layers: 1, heads: 2, keyValueHeads: 1, context: 16 };
const rest = { vocabularySize: 263, normEpsilon: 1e-5, ropeTheta: 10_000, tiedEmbeddings: false };
const model = freshPolicy({ ...shape, ...rest }, tokenizer, 1);
const { trainer, policy, refresh, close } = await makeTrainer({
  policy: model,
  data: { objective: 'sft', lessons: async (cursor) => nextLetters(Number(cursor ?? 0)) },
  options: { ...defaults(OBJECTIVES.sft), steps: 160, learningRate: 0.01, rows: 16, threads: 1 },
  seed: 1,
});
const folder = join(mkdtempSync(join(tmpdir(), 'reckon-')), 'letters');
const result = await train({
  trainer,
  model,
  folder,
  evaluateEvery: 40,
  evaluate: async () => {
    refresh();
    const asked = [...letters]
      .slice(0, -1)
      .map((letter) => complete(policy, { messages: [question(letter)], temperature: 0, maxTokens: 2 }));
    const right = (await Promise.all(asked)).filter(({ text }, index) => text === letters[index + 1]).length;
    const [accuracyLow, accuracyHigh] = wilson(right, asked.length);
    return { accuracy: right / asked.length, accuracyLow, accuracyHigh, problems: asked.length, samples: [] };
  },
  onRow: (row) => 'accuracy' in row && console.log(`step ${row.step}: ${(100 * row.accuracy).toFixed(0)} %`),
});
await close();
console.log(`best after step ${result.best?.step}; saved in ${folder}`);
