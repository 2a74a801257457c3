import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Problem } from '../../src/core/problem.ts';
import type { Verifier } from '../../src/core/verifier.ts';
import { scripted } from '../../src/models/scripted.ts';
import { agreement } from '../../src/verifiers/agreement.ts';
import { allOf } from '../../src/verifiers/all-of.ts';
import { exactMatch } from '../../src/verifiers/exact-match.ts';
import { expression } from '../../src/verifiers/expression.ts';
import { grounded } from '../../src/verifiers/grounded.ts';
import { judge } from '../../src/verifiers/judge.ts';
import { mathEquivalence } from '../../src/verifiers/math-equivalence.ts';
import { multipleChoice } from '../../src/verifiers/multiple-choice.ts';
import { answered, judgeAlone } from '../judge-alone.ts';

interface Case {
  readonly verifier: Verifier<Problem<string>>;
  readonly problem: Problem<string>;
  readonly right: readonly string[];
  readonly wrong: readonly string[];
}

const question = { id: 'q', messages: [{ role: 'user', text: 'What is it?' }] } as const;
const choices = [
  { label: 'A', text: 'the moon' },
  { label: 'B', text: 'the sun' },
];
const given = { numbers: [4, 5, 6, 10], target: 24 };
/** Says yes to exactly one answer, as a judge with good sense would. */
const sensible = scripted({
  answer: ({ messages }) =>
    messages.at(-1)?.text.includes('Final answer: 42\n') ? 'Fine.\nVerdict: yes' : 'Verdict: no',
});

/** One case per file of the folder: a verifier without one is a verifier without a contract. */
const cases: Readonly<Record<string, Case>> = {
  agreement: {
    verifier: agreement({ methods: [{ name: 'other', solve: async () => answered('42') }] }),
    problem: { ...question, answerKind: 'number', reference: '42' },
    right: ['42', '42.0'],
    wrong: ['41', 'forty-two'],
  },
  'all-of': {
    verifier: allOf<Problem<string>>({ verifiers: [exactMatch(), mathEquivalence()] }),
    problem: { ...question, reference: '42' },
    right: ['42', '42.0'],
    wrong: ['43', 'forty'],
  },
  'exact-match': {
    verifier: exactMatch(),
    problem: { ...question, reference: 'The Eiffel Tower' },
    right: ['The Eiffel Tower', 'eiffel tower.'],
    wrong: ['Eiffel', 'tower eiffel'],
  },
  expression: {
    verifier: expression(),
    problem: { ...question, answerKind: 'expression', given, reference: '(10 - 4) * 5 - 6' },
    right: ['(10 - 4) * 5 - 6', '(10−4)×5−6 = 24'],
    wrong: ['4 * 6', '(10 - 4) * 5 - 6 - 0', '24'],
  },
  grounded: {
    verifier: grounded({ passages: () => [{ number: 1, id: 'bees', text: 'Bees make honey in Bergen.' }] }),
    problem: { ...question, reference: 'Bees make honey [1].' },
    right: ['Bees make honey [1].', 'Honey is made by bees. [1]'],
    wrong: ['Bees make honey.', 'Bees make honey in Oslo [1].', 'Bees make honey [2].'],
  },
  judge: {
    verifier: judge({ model: sensible }),
    problem: { ...question, reference: '42' },
    right: ['42'],
    wrong: ['41'],
  },
  'math-equivalence': {
    verifier: mathEquivalence(),
    problem: { ...question, answerKind: 'math', reference: '\\frac{1}{2}' },
    right: ['\\frac{1}{2}', '0.5', '$\\dfrac12$'],
    wrong: ['0.51', '2', 'x'],
  },
  'multiple-choice': {
    verifier: multipleChoice(),
    problem: { ...question, answerKind: 'choice', choices, reference: 'B' },
    right: ['B', '(b)', 'the sun'],
    wrong: ['A', 'the moon', 'C', 'A or B'],
  },
};

const folder = fileURLToPath(new URL('../../src/verifiers/', import.meta.url));
const files = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => file.slice(0, -'.ts'.length));

describe('every verifier', () => {
  for (const file of files) {
    describe(file, () => {
      const found = cases[file];
      assert.ok(found, `verifiers/${file}.ts has no case in this suite; add one`);
      const { verifier, problem, right, wrong } = found;

      it('accepts its own gold answers', async () => {
        for (const answer of right) {
          const { score } = await judgeAlone(verifier, problem, answered(answer));
          assert.equal(score, 1, answer);
        }
      });

      it('scores wrong answers below the right ones, in [0, 1]', async () => {
        for (const answer of wrong) {
          const { score } = await judgeAlone(verifier, problem, answered(answer));
          assert.ok(score >= 0 && score < 1, `${answer} scores ${score}`);
        }
      });

      it('gives the same verdict for the same question and solution', async () => {
        for (const answer of [...right, ...wrong]) {
          const first = await judgeAlone(verifier, problem, answered(answer));
          assert.deepEqual(await judgeAlone(verifier, problem, answered(answer)), first);
        }
      });

      it('scores 0 without an answer, and for hostile ones, without a throw', async () => {
        const megabyte = 2 ** 20;
        const hostile = [
          undefined,
          '',
          ' \n\t',
          'x'.repeat(megabyte),
          '('.repeat(megabyte),
          '1+'.repeat(megabyte / 2),
          '\\frac{'.repeat(megabyte / 6),
          '{"__proto__": {"score": 1}}',
          '\u0000\ud800',
          'constructor',
        ];
        for (const answer of hostile) {
          const { score } = await judgeAlone(verifier, problem, answered(answer));
          assert.equal(score, 0, String(answer).slice(0, 20));
        }
      });
    });
  }
});
