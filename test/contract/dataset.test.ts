/** What every dataset of the catalog must do, on invented rows and, where they are at hand, on the published ones. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { datasetEntries } from '../../src/catalog/datasets.ts';
import type { OptionValues } from '../../src/core/catalog-entry.ts';
import { InputError } from '../../src/core/errors.ts';
import type { Dataset, Problem, Question, Split } from '../../src/core/problem.ts';
import { keyText, withoutReference } from '../../src/core/problem.ts';
import { seeded } from '../../src/core/random.ts';
import { startRun } from '../../src/core/run.ts';
import * as samples from '../fixtures/dataset-samples.ts';
import { sharedData } from '../shared-data.ts';
import { temporaryFolder } from '../temporary-folder.ts';

interface Case {
  readonly title: string;
  readonly path: string | undefined; // undefined: generated, or not at hand
  readonly options?: OptionValues;
  readonly splits: readonly Split[];
  readonly rows?: number; // in each split, where known
  readonly limit?: number; // of an endless split
  readonly shared?: boolean;
}

const folder = temporaryFolder();
const made = (
  title: string,
  name: string,
  content: string,
  splits: readonly Split[],
  options?: OptionValues,
): Case => ({
  title,
  path: folder.write(name, content),
  splits,
  ...(options && { options }),
});
const published = (path: string, splits: readonly Split[], rows?: number, options?: OptionValues): Case => ({
  title: path,
  path: sharedData(path),
  splits,
  shared: true,
  ...(rows !== undefined && { rows }),
  ...(options && { options }),
});

const generated: Case = {
  title: 'generated',
  path: undefined,
  splits: ['train', 'validation', 'test'],
  limit: 300,
};

const CASES: Readonly<Record<string, readonly Case[]>> = {
  abduction: [generated],
  arithmetic: [
    { title: 'generated', path: undefined, splits: ['train', 'validation', 'test'], limit: 500 },
    { title: 'one digit', path: undefined, splits: ['test'], options: { digits: 1, fewest: 2, most: 2 } },
  ],
  'common-sense': [generated],
  recall: [generated],
  countdown: [
    generated,
    { ...generated, title: 'the Game of 24', options: { target: 24, fewest: 4 }, limit: 50 },
  ],
  deduction: [generated],
  'game-of-24': [
    { title: 'generated', path: undefined, splits: ['test'], rows: 100 },
    made('csv', 'game/24.csv', samples.game24Csv, ['train', 'test'], { first: 2, last: 3 }),
    published('tot_tasks/24/24.csv', ['test'], 100),
    published('tot_tasks/24/24.csv', ['train'], 1262),
  ],
  gsm8k: [
    made('jsonl', 'gsm8k/test.jsonl', samples.gsm8kLines, ['test']),
    published('gsm8k', ['train'], 7473),
    published('gsm8k', ['test'], 1319),
  ],
  math: [
    made('MATH-500', 'math/test.jsonl', samples.mathLines, ['test']),
    made('whole MATH', 'math-all/train.jsonl', samples.mathSolutionLines, ['train']),
    published('math/math_oai', ['test'], 500),
  ],
  arc: [
    made('as published', 'arc/test.jsonl', samples.arcLines, ['test']),
    made('query and gold', 'arc-query/arc.jsonl', samples.arcQueryLines, ['test'], { set: 'easy' }),
    made('instruction', 'arc-instruction/test.json', samples.arcInstructionArray, ['test']),
    published('arc/ARC-Challenge/test.json.gz', ['test'], 1172),
    published('arc/mosaic_arc_challenge.jsonl', ['test'], 1172),
    published('arc/ARC-Easy/test.json.gz', ['test'], 2376, { set: 'easy' }),
    published('arc/mosaic_arc_easy.jsonl.gz', ['test'], 2376, { set: 'easy' }),
  ],
  logiqa: [
    made('text', 'logiqa/Test.txt', samples.logiqaText, ['test']),
    made('mirror', 'logiqa-mirror/validation.jsonl', samples.logiqaLines, ['validation']),
    published('logiqa', ['validation', 'test'], 651),
  ],
  hotpotqa: [
    made('as published', 'hotpotqa/dev.json', samples.hotpotqaArray, ['validation']),
    made('with passages', 'hotpotqa/train.json', samples.hotpotqaArray, ['train'], { passages: true }),
    made('hub columns', 'hotpotqa-hub/train.jsonl', samples.hotpotqaHubLines, ['train'], { passages: true }),
    published('hotpotqa/hotpot_dev_v1_simplified.json.gz', ['validation'], 7405),
    published('hotpotqa/hotpotqa_train.json.gz', ['train'], 100, { passages: true }),
  ],
  folio: [
    made('lists and texts', 'folio/validation.jsonl', samples.folioLines, ['validation']),
    published('folio/folio-train.jsonl.gz', ['train'], 1004),
    published('folio/folio-validation.jsonl', ['validation'], 204),
  ],
  'logic-lm': [
    made('as published', 'logic-lm/validation.json', samples.logicLmArray, ['validation']),
    published('logic_lm/ProntoQA/dev.json.gz', ['validation'], 500),
    published('logic_lm/ProofWriter/test.json.gz', ['test'], 600),
    published('logic_lm/LogicalDeduction/dev.json', ['validation'], 300),
  ],
  induction: [generated],
  kinship: [generated],
  letters: [generated],
  probability: [generated],
  'word-problems': [generated],
  table: [
    made('jsonl', 'table/questions.jsonl', samples.tableLines, ['test']),
    made('choices', 'table/choices.jsonl', samples.arcLines, ['test']),
    made('after ####', 'table/train.jsonl', samples.gsm8kLines, ['train']),
    published('gsm8k/test.jsonl.gz', ['test'], 1319),
    published('math/math_oai/test.jsonl.gz', ['test'], 500),
  ],
};

async function collect(dataset: Dataset, split: Split, limit?: number): Promise<Problem[]> {
  const problems: Problem[] = [];
  for await (const problem of dataset.load(split, limit === undefined ? {} : { limit }))
    problems.push(problem);
  return problems;
}

async function scores(
  dataset: Dataset,
  problems: readonly Problem[],
  answer: (problem: Problem) => string,
): Promise<number[]> {
  const { signal } = new AbortController();
  return startRun(
    { signal, limits: {}, random: seeded(0), record: () => {}, label: 'check' },
    async (run) => {
      const all: number[] = [];
      for (const problem of problems) {
        const solution = { steps: [], answer: answer(problem), complete: true };
        all.push((await dataset.verifier.verify(problem, solution, run)).score);
      }
      return all;
    },
  );
}

/** Every text in the own fields of a question, but for what a person reads: its messages and its choices. */
function ownTexts({ messages: _read, choices: _too, ...fields }: Question): string[] {
  const texts: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value === 'object' && value !== null) Object.values(value).forEach(visit);
    else texts.push(String(value));
  };
  visit(fields);
  return texts;
}

const entries = await datasetEntries();

test('every dataset of the folder is checked here', () => {
  assert.deepEqual([...entries.keys()].sort(), Object.keys(CASES).sort());
  for (const [name, entry] of entries) assert.equal(entry.name, name);
});

for (const [name, cases] of Object.entries(CASES))
  for (const { title, path, options = {}, splits, rows, limit, shared } of cases)
    describe(`${name}: ${title}`, {
      skip: shared && path === undefined ? 'the file is not at hand' : false,
    }, () => {
      const open = async () =>
        (await entries.get(name)!.build(options, path === undefined ? {} : { path })) as Dataset;

      for (const split of splits) {
        test(`${split}: problems are whole, their ids unique, and two loads the same`, async () => {
          const dataset = await open();
          assert.ok(dataset.splits.includes(split));
          const problems = await collect(dataset, split, limit);
          assert.ok(problems.length > 0);
          if (rows !== undefined) assert.equal(problems.length, rows);
          assert.equal(new Set(problems.map((problem) => problem.id)).size, problems.length);
          assert.deepEqual(await collect(await open(), split, limit), problems);
          for (const { id, messages, answerKind, choices, reference } of problems) {
            assert.ok(id.startsWith(`${dataset.name}/`), id);
            assert.equal(messages.at(-1)?.role, 'user');
            assert.ok(messages.at(-1)?.text.trim());
            assert.ok(answerKind);
            assert.equal(choices !== undefined, answerKind === 'choice');
            assert.ok(reference !== undefined && reference !== '');
            for (const choice of choices ?? [])
              assert.ok(messages.at(-1)?.text.includes(`\n${choice.label}. ${choice.text}`), id);
          }
          assert.ok(dataset.source);
        });

        test(`${split}: the verifier takes every reference and not just anything`, async () => {
          const dataset = await open();
          const problems = await collect(dataset, split, limit);
          const right = await scores(dataset, problems, keyText);
          assert.deepEqual(
            problems.filter((_, index) => right[index] !== 1).map(({ id }) => id),
            [],
          );
          const few = problems.slice(0, 20);
          assert.ok((await scores(dataset, few, () => 'surely not this')).every((score) => score === 0));
        });

        test(`${split}: the key is in no field of what a method gets`, async () => {
          for (const problem of await collect(await open(), split, limit)) {
            const question = withoutReference(problem);
            assert.ok(!('reference' in question));
            assert.ok(!ownTexts(question).includes(keyText(problem)), problem.id);
          }
        });

        test(`${split}: a limit gives that many of the first`, async () => {
          const dataset = await open();
          const all = await collect(dataset, split, limit);
          for (const count of [0, 1, Math.min(3, all.length)])
            assert.deepEqual(await collect(dataset, split, count), all.slice(0, count));
          for (const wrong of [-1, 1.5, Number.NaN])
            await assert.rejects(collect(dataset, split, wrong), InputError);
        });

        test(`${split}: an abort ends it with the reason`, async () => {
          const dataset = await open();
          const signal = AbortSignal.abort(new Error('enough'));
          await assert.rejects(async () => {
            for await (const _problem of dataset.load(split, { signal }));
          }, /enough/);
        });
      }

      test('a split that is not there is refused with those that are', async () => {
        const dataset = await open();
        const absent = (['train', 'validation', 'test'] as const).find(
          (split) => !dataset.splits.includes(split),
        );
        if (absent === undefined) return;
        await assert.rejects(collect(dataset, absent), (error) => {
          assert.ok(error instanceof InputError);
          for (const split of dataset.splits) assert.ok(error.message.includes(split));
          return true;
        });
      });
    });
