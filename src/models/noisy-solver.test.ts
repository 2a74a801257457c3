import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { InputError } from '../core/errors.ts';
import type { Message } from '../core/model.ts';
import { complete } from '../core/model.ts';
import { formatRational } from '../core/number.ts';
import { noisyAnswer, noisySolver } from './noisy-solver.ts';
import { nextOperation, readSum, sumOf } from './sums.ts';

const steps = 'Think step by step, then end with "The answer is" and the answer (a number).';
const direct = 'Give only the final answer (a number), no steps.';

describe('sums', () => {
  it('have the value that JavaScript gives them', () => {
    const operation = fc.constantFrom('+', '-', '*');
    const number = fc.integer({ min: 0, max: 99 }).map(String);
    const bracket = fc.tuple(number, operation, number).map(([a, sign, b]) => `(${a} ${sign} ${b})`);
    const part = fc.oneof(number, bracket);
    fc.assert(
      fc.property(part, fc.array(fc.tuple(operation, part), { maxLength: 5 }), (first, more) => {
        const text = [first, ...more.flat()].join(' ');
        // fast-check wrote this text from digits and signs alone
        const expected = new Function(`return ${text}`)() as number;
        const value = sumOf(readSum(text) ?? []);
        assert.equal(value && formatRational(value), String(expected === 0 ? 0 : expected), text);
      }),
    );
  });

  it('divide exactly', () => {
    const value = sumOf(readSum('1 / 3 + 0.5 ÷ 2 × -4') ?? []);
    assert.equal(value && formatRational(value), '-2/3');
    assert.equal(sumOf(readSum('1 / 0') ?? []), undefined);
  });

  it('are worked out products first', () => {
    const operation = nextOperation(readSum('17 + 25 * 3') ?? []);
    assert.equal(operation?.text, '25 * 3');
  });

  it('are nothing but numbers and signs', () => {
    for (const text of [
      '',
      '1 +',
      '+ 1',
      '1 2',
      '(1',
      '1)',
      '()',
      '1..2',
      'x + 1',
      '1 - - - 1',
      '9'.repeat(99),
      '1+'.repeat(99),
    ])
      assert.equal(readSum(text), undefined, text);
  });
});

describe('noisySolver', () => {
  it('errs at its rate, more without steps, less in programs', async () => {
    const model = noisySolver({ errorRate: 0.3, seed: 1 });
    const rateOf = async (instruction: string, right: (text: string, value: number) => boolean) => {
      let wrong = 0;
      for (let sample = 0; sample < 4_000; sample++) {
        const [a, b, c] = [11 + (sample % 80), 12 + (sample % 71), 2 + (sample % 7)];
        const text = `What is ${a} + ${b} * ${c}?\n\n${instruction}`;
        const completion = await complete(model, { messages: [{ role: 'user', text }], seed: sample });
        if (!right(completion.text, a + b * c)) wrong++;
      }
      return wrong / 4_000;
    };
    const near = (rate: number, expected: number) =>
      assert.ok(Math.abs(rate - expected) < 0.025, `${rate} instead of ${expected}`);
    near(await rateOf(steps, (text, value) => text.endsWith(`The answer is ${value}.`)), 0.3);
    near(await rateOf(direct, (text, value) => text === String(value)), 0.51);
    const python = 'Write a Python function solution() that computes and returns the answer.';
    near(await rateOf(python, (text) => /return \d+ \+ \d+ \* \d+\n/.test(text)), 0.1);
  });

  it('gives each question, prompt and seed one answer, and other seeds independent ones', () => {
    const answer = noisyAnswer({ errorRate: 0.5 });
    const ask = (seed: number) =>
      answer({ messages: user(`What is 17 + 25 * 3?\n\n${steps}`), seed, temperature: 0 });
    assert.equal(ask(5), ask(5));
    const texts = Array.from({ length: 200 }, (_, seed) => ask(seed));
    const wrong = texts.filter((text) => !text.endsWith('The answer is 92.'));
    assert.ok(wrong.length > 70 && wrong.length < 130);
    const misses = new Set(wrong.map((text) => text.split('The answer is ')[1]));
    assert.ok(misses.size >= 6 && misses.has('126.'), [...misses].join(' ')); // 126: worked from left to right
  });

  it('shows its steps', () => {
    const answer = noisyAnswer({ errorRate: 0 });
    assert.equal(
      answer({ messages: user(`What is (17 + 25) * 3 - 4?\n\n${steps}`) }),
      '17 + 25 = 42\n42 * 3 = 126\n126 - 4 = 122\nThe answer is 122.',
    );
    const wrong = noisyAnswer({ errorRate: 1 })({
      messages: user(`What is 17 + 25 * 3?\n\n${steps}`),
      seed: 2,
    });
    const [, last, said] = /17 \+ 75 = (-?\d+)\nThe answer is (-?\d+)\.$/.exec(wrong) ?? [];
    assert.ok(last !== undefined && last === said && last !== '92', wrong);
  });

  it('does what other prompts ask for', () => {
    const answer = noisyAnswer({ errorRate: 0 });
    const ask = (text: string, before: readonly Message[] = []) =>
      answer({ messages: [...before, ...user(text)] });
    const sum = 'What is 17 + 25 * 3?';
    assert.equal(ask(`${sum}\n\nWrite 2 different next steps, one line each.`).split('\n')[0], '25 * 3 = 75');
    assert.equal(
      ask(`${sum}\n\nSteps so far:\n25 * 3 = 75\n17 + 75 = 92\n\nWrite the next step, one line each.`),
      'The answer is 92.',
    );
    const value = 'Can these steps lead to the right answer? Reply sure, likely or impossible.';
    assert.equal(ask(`${sum}\n\nSteps so far:\n25 * 3 = 75\n\n${value}`), 'sure');
    assert.equal(ask(`${sum}\n\nSteps so far:\n25 * 3 = 85\n\n${value}`), 'impossible');
    assert.equal(
      ask(
        `${sum}\n\n[1]\nThe answer is 7.\n\n[2]\nThe answer is 92.\n\n[3]\nSo 92.\n\nWhich solution agrees most with the others? Reply with its number.`,
      ),
      '2',
    );
    assert.equal(
      ask(`${sum}\n\nList the simpler questions to answer first, one per line.`),
      'What is 25 * 3?',
    );
    const dialogue: Message[] = [...user(sum), { role: 'assistant', text: 'The answer is 7.' }];
    assert.match(
      ask('Find the first mistake in this solution. If there is none, say "no mistake".', dialogue),
      /wrong/,
    );
    assert.match(
      ask('Write the corrected solution, ending with "The answer is"', dialogue),
      /The answer is 92\.$/,
    );
    const judge: Message[] = [{ role: 'system', text: 'End with "Verdict: yes" or "Verdict: no".' }];
    assert.equal(
      ask(`Question:\n${sum}\n\n<solution>\nThe answer is 92.\n</solution>`, judge),
      'Verdict: yes',
    );
    assert.equal(
      ask(`Question:\n${sum}\n\n<solution>\nThe answer is 93.\n</solution>`, judge),
      'Verdict: no',
    );
  });

  it('says so when it is asked anything else', () => {
    assert.match(noisyAnswer()({ messages: user('Who wrote Faust?') }), /only work out sums/);
    assert.match(
      noisyAnswer()({ messages: user(`What is ${'1+'.repeat(100_000)}1?`) }),
      /only work out sums/,
    );
    assert.throws(() => noisySolver({ errorRate: 2 }), InputError);
  });
});

function user(text: string): Message[] {
  return [{ role: 'user', text }];
}
