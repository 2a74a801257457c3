import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Execution, Interpreter } from '../core/interpreter.ts';
import type { Question } from '../core/problem.ts';
import { solve } from '../core/solve.ts';
import { scripted } from '../models/scripted.ts';
import { direct } from './direct.ts';
import { programAided, readProgram } from './program-aided.ts';

const question: Question = { id: 'q', messages: [{ role: 'user', text: 'How many?' }], answerKind: 'number' };

function interpreterOf(...outcomes: Partial<Execution>[]): Interpreter & { readonly ran: string[] } {
  const ran: string[] = [];
  return {
    language: 'python',
    ran,
    execute: async (code) => {
      ran.push(code);
      return { status: 'ok', stdout: '', seconds: 0, engine: 'test', ...outcomes[ran.length - 1] };
    },
    close: async () => {},
  };
}

const writing = (...texts: string[]) => {
  let asked = 0;
  return scripted({ answer: () => texts[asked++] ?? texts.at(-1) ?? '' });
};

test('the value of the program is the answer', async () => {
  const interpreter = interpreterOf({ value: '42' });
  const model = writing('Sure.\n```python\ndef solution():\n    return 6 * 7\n```');
  const { solution, usage } = await solve(programAided({ model, interpreter }), question);
  assert.deepEqual([solution.answer, usage.calls], ['42', 1]);
  assert.equal(interpreter.ran[0], 'def solution():\n    return 6 * 7\n');
});

test('an error goes back to the model, which repairs the program', async () => {
  const interpreter = interpreterOf(
    { status: 'error', error: "NameError: name 'x' is not defined" },
    { value: "'blue'" },
  );
  const prompts: string[] = [];
  const model = scripted({
    answer: ({ messages }) => {
      prompts.push(messages.at(-1)?.text ?? '');
      return '```python\npass\n```';
    },
  });
  const { solution } = await solve(programAided({ model, interpreter }), question);
  assert.match(prompts[1] ?? '', /NameError/);
  assert.equal(solution.answer, 'blue');
});

test('a program that keeps failing gives way to the fallback', async () => {
  const failing = { status: 'timeout' as const, error: 'no result within 5 s' };
  const interpreter = interpreterOf(failing, failing, failing);
  const model = writing('```python\nwhile True: pass\n```');
  const fallback = direct({ model: scripted({ answer: () => 'The answer is 9' }) });
  const { solution, usage } = await solve(
    programAided({ model, interpreter, fallback, repairs: 1 }),
    question,
  );
  assert.deepEqual([solution.answer, usage.calls, interpreter.ran.length], ['9', 3, 2]);
});

test('the last fenced block is the program, an unclosed one too, else the whole text', () => {
  assert.equal(readProgram('a\n```python\none\n```\nb\n```py\ntwo\n```\nc'), 'two\n');
  assert.equal(readProgram('a\n```\nhalf'), 'half');
  assert.equal(readProgram('print(1)'), 'print(1)');
});
