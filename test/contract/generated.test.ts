/** What every generated dataset must do: certain keys, steps that are checked one by one, splits without common structure. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { canonicalAnswer, extractAnswer } from '../../src/core/answer.ts';
import { MissingPackageError } from '../../src/core/errors.ts';
import type { Problem, Split } from '../../src/core/problem.ts';
import { seeded } from '../../src/core/random.ts';
import type { Verdict } from '../../src/core/verifier.ts';
import type { Worked } from '../../src/datasets/parts/worked.ts';
import { stepVerifier } from '../../src/datasets/parts/worked-verifier.ts';
import { python } from '../../src/tools/python.ts';
import { collect } from '../collect.ts';
import { GENERATED } from '../fixtures/generated-datasets.ts';
import { judgeAlone } from '../judge-alone.ts';

type Given = Problem<Worked>;

const SPLITS: readonly Split[] = ['train', 'validation', 'test'];

for (const [name, { open, harder, checkSteps, structure, spoil }] of Object.entries(GENERATED))
  describe(name, () => {
    const { verifier } = open();
    /** The verdict on a text as a model would write it. */
    const judged = (problem: Given, text: string): Promise<Verdict> => {
      const answer = extractAnswer(text, problem);
      const steps = text.split('\n').filter((line) => line.trim() !== '');
      return judgeAlone(verifier, problem, {
        steps,
        text,
        complete: true,
        ...(answer !== null && { answer }),
      });
    };
    const chain = ({ reference }: Given) => reference.steps.join('\n');

    test('worked solutions are right in every step, in every split and when harder', async () => {
      const problems = [
        ...(await Promise.all(SPLITS.map((split) => collect(open(), split, { limit: 300 })))).flat(),
        ...(await collect(harder(), 'test', { limit: 100 })),
      ];
      assert.ok(problems.length > 700);
      for (const problem of problems) {
        const { answer, steps } = problem.reference;
        const verdict = await judged(problem, chain(problem));
        assert.equal(verdict.score, 1, chain(problem));
        assert.deepEqual(verdict.steps, Array(steps.length).fill(1), `${problem.id}\n${chain(problem)}`);
        const extracted = extractAnswer(chain(problem), problem) ?? '';
        assert.equal(canonicalAnswer(extracted, problem), canonicalAnswer(answer, problem));
        assert.equal((await judged(problem, answer)).score, 1, `${answer} alone`);
      }
    });

    test('a spoilt step scores 0, whichever it is', async () => {
      const problems = await collect(open(1), 'train', { limit: 400 });
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...problems), fc.nat(), fc.nat(), async (problem, at, seed) => {
          const { steps } = problem.reference;
          const index = at % Math.max(1, steps.length - 1);
          const step = steps[index] as string;
          for (const line of spoil(step, problem, seeded(seed))) {
            if (line === step) continue;
            const text = steps.with(index, line).join('\n');
            const verdict = await judged(problem, text);
            assert.equal(verdict.steps?.[index], 0, `${step} spoilt as ${line}\n\n${text}`);
          }
        }),
        { numRuns: 300, seed: 1 },
      );
    });

    test('a wrong last line scores 0, as a step and as an answer', async () => {
      const problems = await collect(open(2), 'train', { limit: 100 });
      for (const problem of problems) {
        const wrong = wrongAnswer(problem, problems);
        const last = problem.reference.steps.at(-1) as string;
        const line = last.replace(problem.reference.answer, wrong);
        const verdict = await judged(problem, [...problem.reference.steps.slice(0, -1), line].join('\n'));
        assert.equal(verdict.score, 0, `${chain(problem)}\n${line}`);
        assert.equal(verdict.steps?.at(-1), 0);
      }
    });

    test('an answer in the wrong place, or among others, scores 0', async () => {
      const problems = await collect(open(3), 'train', { limit: 60 });
      for (const problem of problems) {
        const { answer, steps } = problem.reference;
        const wrong = wrongAnswer(problem, problems);
        const last = steps.at(-1) as string;
        const smuggled = [
          `${last}\nHowever, there is more to say.`,
          `The answer is ${answer} or ${wrong}`,
          `The answer is ${wrong} or ${answer}`,
          `The answer is ${answer}. The answer is ${wrong}`,
          `${last} or ${wrong}`,
          `${last}\n${last.replace(answer, wrong)}`,
          '',
          '   ',
        ];
        for (const text of smuggled) assert.equal((await judged(problem, text)).score, 0, text);
        const direct = { steps: [], complete: true };
        for (const said of [
          '',
          ' ',
          `${answer} or ${wrong}`,
          answer.repeat(2000),
          `${answer}${' '.repeat(2 ** 20)}`,
        ])
          assert.equal((await judgeAlone(verifier, problem, { ...direct, answer: said })).score, 0);
        assert.equal((await judgeAlone(verifier, problem, direct)).score, 0);
        // steps cannot be scored twice by being said twice
        const twice = await judged(problem, [steps[0], ...steps].join('\n'));
        if (steps.length > 1) assert.equal(twice.steps?.[1], 0);
      }
    });

    test('huge and hostile texts end and score 0', async () => {
      const [problem] = (await collect(open(), 'train', { limit: 1 })) as [Given];
      const long = 2 ** 20;
      const texts = [
        '977'.repeat(long / 4),
        '('.repeat(long),
        '977 + '.repeat(long / 4),
        'x is a y, so '.repeat(long / 16),
        'The answer is '.repeat(long / 16),
        '977/978 '.repeat(long / 8),
        'a '.repeat(long / 2),
        '1 + 1 = 2\n'.repeat(20_000),
        '__proto__: constructor',
        '\u0000\ud800',
      ];
      for (const text of texts) {
        const { score, steps } = await judged(problem, text);
        assert.equal(score, 0, text.slice(0, 20));
        assert.ok(steps?.every((one) => one === 0) ?? true, text.slice(0, 20));
      }
    });

    test('no structure is in two splits', async () => {
      const seen = new Map<string, Split>();
      for (const [split, limit] of [
        ['train', 20_000],
        ['validation', 2_000],
        ['test', 2_000],
      ] as const)
        for (const seed of [0, 1])
          for await (const problem of open(seed).load(split, { limit: limit / 2 })) {
            const key = structure(problem);
            assert.equal(seen.get(key) ?? split, split, key);
            seen.set(key, split);
          }
      assert.ok(seen.size > 100);
    });

    test('the seed decides the rows', async () => {
      const texts = async (seed: number) =>
        (await collect(open(seed), 'train', { limit: 50 })).map(({ messages }) => messages[0]?.text);
      assert.deepEqual(await texts(4), await texts(4));
      assert.notDeepEqual(await texts(4), await texts(5));
    });

    test('the check without a key agrees on worked steps', { skip: !checkSteps }, async () => {
      const guide = stepVerifier('steps', checkSteps!);
      for (const problem of await collect(open(5), 'train', { limit: 100 })) {
        const { reference, ...question } = problem;
        const solution = { steps: reference.steps, complete: true };
        assert.equal((await judgeAlone(guide, question, solution)).score, 1);
        const cut = { steps: [...reference.steps.slice(0, -1), 'nonsense'], complete: true };
        assert.ok((await judgeAlone(guide, question, cut)).score < 1);
      }
    });
  });

/** The answer of another problem, or a made-up one, that is not the right one. */
function wrongAnswer(problem: Given, others: readonly Given[]): string {
  const key = canonicalAnswer(problem.reference.answer, problem);
  const { choices } = problem;
  if (choices) return choices.find(({ label }) => label !== problem.reference.answer)?.label as string;
  const other = others.find(({ answerKind, reference }) => {
    const said = canonicalAnswer(reference.answer, problem);
    // one number must not contain the other: 12 and 2 would leave the right one standing
    return answerKind === problem.answerKind && said !== key && !said.includes(key) && !key.includes(said);
  });
  return other?.reference.answer ?? 'wrong';
}

const programs = async (limit: number) => {
  const all: { problem: Given; program: string }[] = [];
  for (const [, { open, harder }] of Object.entries(GENERATED))
    for (const dataset of [open(6), harder()])
      for (const problem of await collect(dataset, 'train', { limit })) {
        const { program } = problem.reference;
        if (program !== undefined) all.push({ problem, program });
      }
  return all;
};

const hasPython = spawnSync('python3', ['--version']).status === 0;

test('programs compute the answer', { skip: hasPython ? false : 'python3 is not at hand' }, async () => {
  const all = await programs(40);
  assert.ok(all.length >= 6 * 40);
  const script = `
import json, sys
out = []
for code in json.load(sys.stdin):
    names = {}
    exec(code, names)
    out.append(str(names["solution"]()))
print(json.dumps(out))`;
  const run = spawnSync('python3', ['-c', script], {
    input: JSON.stringify(all.map(({ program }) => program)),
    encoding: 'utf8',
  });
  assert.equal(run.status, 0, run.stderr);
  const values = JSON.parse(run.stdout) as string[];
  for (const [index, { problem, program }] of all.entries()) {
    const answer = values[index] as string;
    const { open } = GENERATED[problem.id.split('/')[0] as string]!;
    const verdict = await judgeAlone(open().verifier, problem, {
      steps: program.split('\n'),
      answer,
      complete: true,
    });
    assert.equal(verdict.score, 1, `${program}\n${answer}`);
  }
});

test('programs compute the answer in the sandbox', async (context) => {
  let interpreter: ReturnType<typeof python>;
  try {
    interpreter = python({ processes: 1 });
  } catch (cause) {
    if (!(cause instanceof MissingPackageError)) throw cause;
    context.skip('no Python sandbox is installed');
    return;
  }
  try {
    for (const { problem, program } of await programs(5)) {
      const { status, value = '', error } = await interpreter.execute(program, { result: 'solution()' });
      assert.equal(status, 'ok', `${error}\n${program}`);
      const answer = value.replace(/^'(.*)'$/, '$1');
      const { open } = GENERATED[problem.id.split('/')[0] as string]!;
      const verdict = await judgeAlone(open().verifier, problem, { steps: [], answer, complete: true });
      assert.equal(verdict.score, 1, `${program}\n${value}`);
    }
  } finally {
    await interpreter.close();
  }
});
