/** What every method of the catalog must do, whatever it does. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { buildMethod, methodEntries, parseMethod } from '../../src/catalog/methods.ts';
import type { Interpreter } from '../../src/core/interpreter.ts';
import type { SampleRequest } from '../../src/core/model.ts';
import type { Question } from '../../src/core/problem.ts';
import { seeded } from '../../src/core/random.ts';
import type { Retriever } from '../../src/core/retriever.ts';
import { attempt, solve } from '../../src/core/solve.ts';
import type { Solver } from '../../src/core/solver.ts';
import type { Tool } from '../../src/core/tool.ts';
import type { TraceEvent } from '../../src/core/trace.ts';
import { foldTrace, traceUsage } from '../../src/core/trace.ts';
import type { Verifier } from '../../src/core/verifier.ts';
import { scripted } from '../../src/models/scripted.ts';

const question: Question = {
  id: 'q',
  messages: [
    { role: 'system', text: 'Be brief.' },
    { role: 'user', text: 'What is 3 + 4 * 2?' },
  ],
  answerKind: 'number',
};

/** Answers each kind of prompt in the form it asks for, differently for different seeds. */
function reply({ messages, seed = 0 }: SampleRequest): string {
  const text = messages.at(-1)?.text ?? '';
  const number = 9 + (seed % 3);
  if (text.includes('solution()')) return `\`\`\`python\ndef solution():\n    return ${number}\n\`\`\``;
  if (text.includes('sure, likely or impossible'))
    return ['sure', 'likely', 'impossible'][seed % 3] as string;
  if (text.includes('next steps')) return '4 * 2 = 8\n3 + 8 = 11. The answer is 11';
  if (text.includes('simpler questions')) return '1. What is 4 * 2?\n2. What is 3 + 8?';
  if (text.includes('Reply with')) return String(1 + (seed % 2));
  return `4 * 2 = 8\nThe answer is ${number}`;
}

/** Runs only what `reply` writes. */
const interpreter: Interpreter = {
  language: 'python',
  execute: async (code) => ({
    status: 'ok',
    value: /return (\d+)/.exec(code)?.[1] ?? '',
    stdout: '',
    seconds: 0,
    engine: 'test',
  }),
  close: async () => {},
};

const verifier: Verifier<Question> = {
  name: 'even',
  verify: async (_question, { answer = '' }) => ({ score: Number(answer) % 2 === 0 ? 1 : 0 }),
};

/** Finds the same passage, whatever is asked. */
const retriever: Retriever = {
  name: 'fixed',
  retrieve: async () => [{ passage: { id: 'p', title: 'Sums', text: '4 * 2 = 8' }, score: 1 }],
};

/** Understands no program. */
const solver: Solver = {
  formalisms: ['datalog'],
  grammar: () => 'Write facts.',
  solve: async () => ({ status: 'malformed', error: 'Line 1: not a fact', seconds: 0, engine: 'test' }),
  close: async () => {},
};

/** Says the same, whatever it is asked. */
const tool: Tool = { name: 'sums', parameters: {}, call: async () => '4 * 2 = 8' };

async function build(name: string, timing = 0, answer = reply) {
  const chance = seeded(timing);
  const model = scripted({
    answer: async (request) => {
      for (let turn = chance.integer(10); turn > 0; turn--)
        await new Promise((resolve) => setImmediate(resolve));
      return answer(request);
    },
  });
  return buildMethod(await parseMethod(name), {
    model,
    interpreter: () => interpreter,
    verifier: () => verifier,
    retriever,
    solver: () => solver,
    toolUse: { tools: [tool] },
  });
}

for (const [name, entry] of await methodEntries())
  describe(name, () => {
    test('has the name of its file, a summary, a source and unique aliases', async () => {
      assert.equal(entry.name, name);
      assert.ok(entry.summary.length > 10 && entry.paper.length > 5 && entry.calls.length > 0);
      const others = [...(await methodEntries()).values()].filter((other) => other !== entry);
      for (const alias of entry.aliases)
        assert.ok(
          others.every((other) => other.name !== alias && !other.aliases.includes(alias)),
          alias,
        );
    });

    test('answers, and its trace is closed and adds up', async () => {
      const events: TraceEvent[] = [];
      const { solution, usage } = await solve(await build(name), question, {
        onEvent: (event) => events.push(event),
      });
      assert.match(solution.answer ?? '', /^(9|10|11)$/);
      assert.equal(solution.complete, true);
      const trace = foldTrace(events);
      assert.ok([...trace.nodes.values()].every((node) => node.status !== 'open'));
      assert.deepEqual(traceUsage(trace), usage);
    });

    test('gives the same solution for the same seed under shuffled timing', async () => {
      for (const limits of [{}, { calls: 3 }, { tokens: 400 }]) {
        const first = await attempt(await build(name, 1), question, { seed: 5, limits });
        const second = await attempt(await build(name, 2), question, { seed: 5, limits });
        assert.deepEqual(first.solution, second.solution);
      }
    });

    test('returns within its budget, or an incomplete solution that says which limit ended it', async () => {
      for (let calls = 0; calls <= 12; calls++) {
        const { solution, usage, error } = await attempt(await build(name), question, { limits: { calls } });
        assert.equal(error, undefined);
        assert.ok(usage.calls <= calls);
        if (solution?.exhausted) assert.deepEqual([solution.exhausted, solution.complete], ['calls', false]);
        if (calls === 0) assert.equal(solution?.exhausted, 'calls');
      }
    });

    test('keeps turns alternating, the system turn first, and short instructions', async () => {
      await solve(
        await build(name, 0, (request) => {
          const roles = request.messages.map((message) => message.role);
          assert.equal(roles[0], 'system');
          roles.slice(1).forEach((role, index) => {
            assert.equal(role, index % 2 === 0 ? 'user' : 'assistant');
          });
          return reply(request);
        }),
        question,
      );
    });

    test('survives empty replies and huge ones', async () => {
      for (const text of ['', 'x'.repeat(200_000), '{"a":'.repeat(10_000), '\n'.repeat(50_000)]) {
        const { error } = await attempt(await build(name, 0, () => text), question, {
          limits: { calls: 40 },
        });
        assert.equal(error, undefined);
      }
    });

    test('passes a failed call on', async () => {
      const method = await build(name, 0, () => {
        throw new TypeError('upstream is gone');
      });
      assert.match(String((await attempt(method, question)).error), /upstream is gone/);
    });
  });
