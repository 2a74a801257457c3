import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { GENERATED } from '../../test/fixtures/generated-datasets.ts';
import { judgeAlone } from '../../test/judge-alone.ts';
import { InputError } from '../core/errors.ts';
import type { Json, Model } from '../core/model.ts';
import { noUsage } from '../core/model.ts';
import { withoutReference } from '../core/problem.ts';
import { seeded } from '../core/random.ts';
import { attempt } from '../core/solve.ts';
import { waysToTarget } from '../datasets/parts/arithmetic-search.ts';
import { chainOfThought } from '../methods/chain-of-thought.ts';
import { direct } from '../methods/direct.ts';
import { programAided, readProgram } from '../methods/program-aided.ts';
import { encodeLesson } from '../training/lesson.ts';
import { judge } from '../verifiers/judge.ts';
import { lessonTokenizer } from './lessons/tokenizer.ts';
import type { MixturePart, TaughtLesson } from './lessons.ts';
import { lessons } from './lessons.ts';

const recipe = JSON.parse(
  readFileSync(new URL('../../recipes/reckon-nano.json', import.meta.url), 'utf8'),
) as {
  tokenizer: { vocabularySize: number };
  model: { vocabularySize: number; context: number };
  mixture: MixturePart[];
};

async function take(part: MixturePart, count: number): Promise<TaughtLesson[]> {
  const stream = await lessons({ mixture: [part], seed: 'test' });
  const taken: TaughtLesson[] = [];
  while (taken.length < count) taken.push(await stream.next());
  return taken;
}

/** A model that replies what the lesson says, and only to what the lesson was asked. */
function pupil({ messages, completion }: TaughtLesson): Model {
  return {
    id: 'pupil',
    async *sample(request) {
      assert.deepEqual(request.messages, messages);
      yield { type: 'sample-end', completion: { text: completion, finish: 'stop', usage: noUsage } };
    },
  };
}

const partsOf = (method: MixturePart['method']) => recipe.mixture.filter((part) => part.method === method);
const nameOf = ({ dataset, options = {} }: MixturePart) => `${dataset} ${JSON.stringify(options)}`;

describe('a pupil who says what the lesson says scores 1 with the method itself', () => {
  for (const part of [...partsOf('direct'), ...partsOf('chain-of-thought')])
    test(`${part.method}, ${nameOf(part)}`, async () => {
      for (const lesson of await take(part, 60)) {
        const method = (part.method === 'direct' ? direct : chainOfThought)({ model: pupil(lesson) });
        const { solution, error } = await attempt(method, withoutReference(lesson.problem));
        assert.equal(error, undefined);
        const verdict = await judgeAlone(GENERATED[part.dataset]!.open().verifier, lesson.problem, solution!);
        assert.equal(verdict.score, 1, lesson.completion);
        if (part.method === 'chain-of-thought')
          assert.ok(
            verdict.steps?.every((score) => score === 1),
            lesson.completion,
          );
      }
    });

  for (const part of partsOf('program-aided'))
    test(`${part.method}, ${nameOf(part)}`, async () => {
      for (const lesson of await take(part, 20)) {
        let ran: string | undefined;
        const method = programAided({
          model: pupil(lesson),
          interpreter: {
            language: 'python',
            execute: async (code) => {
              ran = code;
              return { status: 'ok', value: '1', stdout: '', seconds: 0, engine: 'test' };
            },
            close: async () => {},
          },
        });
        await attempt(method, withoutReference(lesson.problem));
        // that these programs compute the answers is part of the contract of generated datasets
        assert.equal(ran?.trimEnd(), lesson.problem.reference.program);
        assert.equal(readProgram(lesson.completion), ran);
      }
    });
});

describe('verdicts', () => {
  for (const part of partsOf('judge'))
    test(`on steps of ${nameOf(part)} are read as they are meant, and half of them are no`, async () => {
      const taken = await take(part, 300);
      let yes = 0;
      for (const { messages, completion, problem } of taken) {
        const model: Model = {
          id: 'pupil',
          async *sample() {
            yield { type: 'sample-end', completion: { text: completion, finish: 'stop', usage: noUsage } };
          },
        };
        const { score } = await judgeAlone(judge({ model }), problem, { steps: ['x'], complete: true });
        yes += score;
        // the step shown is the right one exactly where the verdict is yes
        const shown =
          /<solution>\n([^<]*)\n<\/solution>/.exec(messages.at(-1)?.text ?? '')?.[1]?.split('\n') ?? [];
        const right = problem.reference.steps[shown.length - 1];
        assert.equal(shown.at(-1) === right, score === 1);
        assert.deepEqual(shown.slice(0, -1), problem.reference.steps.slice(0, shown.length - 1));
        const { steps } = await judgeAlone(GENERATED[part.dataset]!.open().verifier, problem, {
          steps: shown,
          complete: false,
        });
        assert.equal(steps?.at(-1), score, shown.join('\n'));
      }
      assert.ok(yes > 120 && yes < 190, `${yes} of ${taken.length} are yes`);
    });
});

test('a tree search is taught exact steps, exact values, and right expressions only', async () => {
  for (const part of partsOf('tree-of-thought')) {
    const kinds = { propose: 0, sure: 0, impossible: 0, expression: 0 };
    for (const { messages, completion, problem } of await take(part, 400)) {
      const prompt = messages[0]?.text ?? '';
      const { target } = problem.given as { target: number };
      const numbers = /^Numbers: ([\d ]+)$/m.exec(prompt)?.[1]?.split(' ').map(Number) ?? [];
      const expression = /^Answer: (.*) = \d+$/m.exec(`${prompt}\n${completion}`)?.[1];
      if (expression !== undefined) {
        const { score } = await judgeAlone(GENERATED.countdown!.open().verifier, problem, {
          steps: [],
          answer: expression,
          complete: true,
        });
        if (/^Answer:/.test(completion)) assert.equal(score, 1, completion);
        else assert.equal(completion, score === 1 ? 'sure' : 'impossible');
        kinds.expression++;
      } else if (/^(?:sure|impossible)$/.test(completion)) {
        kinds[completion as 'sure' | 'impossible']++;
        // any way counts here, also through fractions and below zero, so only one direction is certain
        if (completion === 'sure') assert.ok(waysToTarget(numbers, target) > 0, prompt);
        else if (numbers.length <= 2) assert.equal(waysToTarget(numbers, target), 0, prompt);
      } else {
        kinds.propose++;
        const lines = completion.split('\n');
        assert.ok(lines.length >= 1 && lines.length <= 4 && new Set(lines).size === lines.length);
        const [first] = lines;
        const left =
          /left: ([\d ]+)\)/
            .exec(first ?? '')?.[1]
            ?.split(' ')
            .map(Number) ?? [];
        assert.ok(waysToTarget(left, target) > 0, `${prompt}\n${completion}`);
        for (const line of lines) {
          const question = { ...problem, given: { numbers, target } };
          const { steps } = await judgeAlone(GENERATED.countdown!.open().verifier, question, {
            steps: [line],
            complete: false,
          });
          assert.deepEqual(steps, [1], line);
        }
      }
    }
    for (const [kind, count] of Object.entries(kinds)) assert.ok(count > 20, `${kind}: ${count}`);
  }
});

test('a stream goes on from its cursor, after any number of lessons, through JSON', async () => {
  const { mixture } = recipe;
  const through = await lessons({ mixture, seed: 3 });
  const random = seeded('cuts');
  for (let round = 0; round < 4; round++) {
    const count = 1 + random.integer(400);
    for (let index = 0; index < count; index++) await through.next();
    const cursor = JSON.parse(JSON.stringify(through.cursor)) as Json;
    const again = await lessons({ mixture, seed: 3, cursor });
    assert.deepEqual(again.cursor, cursor);
    for (let index = 0; index < 120; index++) assert.deepEqual(await again.next(), await through.next());
  }
});

test('seeds differ, and so do the parts of one dataset', async () => {
  const first = async (seed: number) =>
    (await (await lessons({ mixture: recipe.mixture, seed })).next()).messages;
  assert.deepEqual(await first(1), await first(1));
  assert.notDeepEqual(await first(1), await first(2));
});

test('no lesson is about a structure of the test split', async () => {
  for (const [name, { open, structure }] of Object.entries(GENERATED)) {
    const held = new Set<string>();
    for (const split of ['validation', 'test'] as const)
      for await (const problem of open().load(split, { limit: 600 })) held.add(structure(problem));
    const parts = recipe.mixture.filter(({ dataset }) => dataset === name);
    assert.ok(parts.length > 0, name);
    for (const part of parts)
      for (const { problem } of await take(part, 300)) assert.ok(!held.has(structure(problem)), problem.id);
  }
});

test('the lessons of the recipe fit its context; the tokenizer depends on nothing but the recipe', async () => {
  const { mixture, model } = recipe;
  assert.equal(recipe.tokenizer.vocabularySize, model.vocabularySize);
  const options = { mixture, vocabularySize: 600, lessons: 500 };
  const [one, other] = [await lessonTokenizer(options), await lessonTokenizer(options)];
  assert.deepEqual(one.definition, other.definition);
  assert.equal(one.vocabularySize, 600);
  const full = await lessonTokenizer({ mixture, vocabularySize: model.vocabularySize, lessons: 4_000 });
  const stream = await lessons({ mixture, seed: 5 });
  let tooLong = 0;
  for (let index = 0; index < 2_000; index++)
    if (encodeLesson(full, await stream.next()).ids.length > model.context) tooLong++;
  assert.ok(tooLong <= 10, `${tooLong} of 2000 lessons are too long`);
});

test('mistakes in a mixture are named', async () => {
  const part = { dataset: 'letters', method: 'direct', weight: 1 } as const;
  const refused = (mixture: readonly unknown[], pattern: RegExp, cursor?: Json) =>
    assert.rejects(
      lessons({ mixture: mixture as MixturePart[], ...(cursor !== undefined && { cursor }) }),
      (error) => error instanceof InputError && pattern.test(error.message),
    );
  await refused([], /weight/);
  await refused([{ ...part, weight: 0 }], /weight/);
  await refused([{ ...part, dataset: 'leters' }], /letters/);
  await refused([{ ...part, dataset: 'gsm8k' }], /not generated/);
  await refused([{ ...part, method: 'hypnosis' }], /cannot be taught/);
  await refused([{ ...part, options: { lenght: 3 } }], /no option/);
  await refused([part], /cursor/, { drawn: 3, places: [] });
  await refused([part], /cursor/, { drawn: -1, places: [{ problem: 0, lesson: 0 }] });
  const untaught = await lessons({ mixture: [{ dataset: 'kinship', method: 'program-aided', weight: 1 }] });
  await assert.rejects(untaught.next(), /nothing to teach/);
});
