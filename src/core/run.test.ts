import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { scripted } from '../models/scripted.ts';
import { BudgetExceededError, InputError } from './errors.ts';
import type { Method } from './method.ts';
import type { SampleRequest } from './model.ts';
import { seeded } from './random.ts';
import type { Run } from './run.ts';
import { attempt, solve, untilExhausted } from './solve.ts';
import type { TraceEvent } from './trace.ts';
import { foldTrace, traceUsage } from './trace.ts';

const question = { id: 'q', messages: [{ role: 'user' as const, text: 'What is 2 + 2?' }] };

/** Answers with the seed, after a number of turns of the event loop that a second seed decides: shuffled timing. */
function shuffledModel(timing: number, text = (request: SampleRequest) => String(request.seed)) {
  const chance = seeded(timing);
  return scripted({
    answer: async (request) => {
      for (let turn = chance.integer(20); turn > 0; turn--)
        await new Promise((resolve) => setImmediate(resolve));
      return text(request);
    },
  });
}

/** Branches that sample different numbers of times, to any depth. */
function nested(model: ReturnType<typeof scripted>): Method {
  const work = async (run: Run, depth: number): Promise<string> => {
    const first = await run.sample(model, { messages: question.messages, maxTokens: 50 });
    if (depth === 0) return first.text;
    const below = await untilExhausted(
      () => run.map(1 + (Number(first.text) % 4), 'below', (branch) => work(branch, depth - 1)),
      () => ['cut'],
    );
    const last = await untilExhausted(
      async () => (await run.sample(model, { messages: question.messages, maxTokens: 50 })).text,
      () => 'end',
    );
    return `(${first.text} ${below.join(' ')} ${last})`;
  };
  return {
    name: 'nested',
    solve: async (_question, run) => ({ steps: [], answer: await work(run, 3), complete: true }),
  };
}

test('a seed gives the same result under any timing, with and without limits', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(),
      fc.nat(),
      fc.oneof(
        fc.constant({}),
        fc.record({ calls: fc.integer({ min: 1, max: 40 }) }),
        fc.record({ tokens: fc.integer({ min: 100, max: 3000 }) }),
      ),
      async (seed, timing, limits) => {
        const one = await solve(nested(shuffledModel(timing)), question, { seed, limits });
        const two = await solve(nested(shuffledModel(timing + 1)), question, { seed, limits });
        assert.deepEqual(one.solution, two.solution);
        assert.deepEqual(one.usage, two.usage);
      },
    ),
    { numRuns: 60 },
  );
});

test('different seeds draw differently, and each branch has a seed of its own', async () => {
  const seeds: (number | undefined)[] = [];
  const model = scripted({ answer: (request) => String(seeds.push(request.seed)) });
  const method: Method = {
    name: 'm',
    solve: async (_question, run) => {
      await run.map(5, 'a', (branch) => branch.sample(model, { messages: [] }));
      await run.map(5, 'a', (branch) => branch.sample(model, { messages: [] }));
      await run.sample(model, { messages: [] });
      return { steps: [], complete: true };
    },
  };
  await solve(method, question, { seed: 1 });
  await solve(method, question, { seed: 2 });
  assert.equal(new Set(seeds).size, 22);
});

test('a mapped branch numbers its samples on from earlier maps', async () => {
  const indexes: (number | undefined)[] = [];
  const model = scripted({ answer: (request) => String(indexes.push(request.index)) });
  await solve(
    {
      name: 'm',
      solve: async (_question, run) => {
        await run.map(3, 'a', (branch) => branch.sample(model, { messages: [] }));
        await run.map(2, 'a', (branch) => branch.sample(model, { messages: [] }));
        return { steps: [], complete: true };
      },
    },
    question,
  );
  assert.deepEqual(indexes, [0, 1, 2, 3, 4]);
});

const tenSamples = (model: ReturnType<typeof scripted>, maxTokens?: number): Method => ({
  name: 'ten',
  solve: async (_question, run) => {
    const texts = await run.map(10, 'sample', async (branch) => {
      const request = { messages: question.messages, ...(maxTokens !== undefined && { maxTokens }) };
      return (await branch.sample(model, request)).text;
    });
    return { steps: texts, answer: String(texts.length), complete: true };
  },
});

test('a call limit holds exactly, keeps what finished and says which limit ended the work', async () => {
  const { solution, usage } = await solve(tenSamples(shuffledModel(1)), question, { limits: { calls: 4 } });
  assert.equal(usage.calls, 4);
  assert.deepEqual([solution.answer, solution.complete, solution.exhausted], ['4', false, 'calls']);
});

test('a token limit is not overshot when samples bound their length', async () => {
  const model = scripted({ answer: () => 'x'.repeat(400) }); // 100 tokens
  for (const tokens of [50, 120, 333, 1000, 5000]) {
    const { usage } = await attempt(tenSamples(model, 100), question, { limits: { tokens } });
    assert.ok(usage.promptTokens + usage.completionTokens <= tokens, `${tokens}`);
  }
});

test('a token limit shortens the last completion and marks the budget as used up', async () => {
  const model = scripted({ answer: () => 'x'.repeat(400) });
  const { solution, usage } = await solve(tenSamples(model), question, { limits: { tokens: 60 } });
  assert.ok(usage.promptTokens + usage.completionTokens <= 60);
  assert.equal(solution.exhausted, 'tokens');
});

test('a money limit stops before it is passed, and refuses a model without a price', async () => {
  const priced = scripted({
    answer: () => ({ text: 'a', usage: { calls: 1, promptTokens: 1, completionTokens: 1, usd: 0.01 } }),
  });
  const sequential: Method = {
    name: 's',
    solve: async (_question, run) => {
      for (;;) await run.sample(priced, { messages: [] });
    },
  };
  const { usage, solution } = await solve(sequential, question, { limits: { usd: 0.05 } });
  assert.equal(usage.calls, 5);
  assert.equal(solution.exhausted, 'usd');
  const unpriced = scripted({
    answer: () => ({ text: 'a', usage: { calls: 1, promptTokens: 1, completionTokens: 1 } }),
  });
  await assert.rejects(solve(tenSamples(unpriced), question, { limits: { usd: 1 } }), InputError);
});

test('a limit of a branch ends that branch alone', async () => {
  const model = shuffledModel(3);
  const method: Method = {
    name: 'm',
    solve: async (_question, run) => {
      const inside = await run.branch(
        'limited',
        (branch) =>
          untilExhausted(
            async () => {
              for (;;) await branch.sample(model, { messages: [] });
            },
            (limit) => limit,
          ),
        { calls: 2 },
      );
      await run.sample(model, { messages: [] });
      return { steps: [String(inside)], complete: true };
    },
  };
  const { solution, usage } = await solve(method, question);
  assert.deepEqual([solution.steps, solution.complete, usage.calls], [['calls'], true, 3]);
});

test('a deadline aborts what is in flight and keeps what finished', async () => {
  let calls = 0;
  const model = scripted({
    answer: (request) => {
      if (calls++ < 3) return 'fast';
      return new Promise((_resolve, reject) => {
        request.signal?.addEventListener('abort', () => reject(request.signal?.reason));
      });
    },
  });
  const { solution } = await solve(tenSamples(model), question, { limits: { seconds: 0.02 } });
  assert.deepEqual([solution.answer, solution.exhausted, solution.complete], ['3', 'seconds', false]);
});

test("the caller's abort rejects with the caller's reason", async () => {
  const controller = new AbortController();
  const model = scripted({
    answer: (request) =>
      new Promise((_resolve, reject) => {
        request.signal?.addEventListener('abort', () => reject(new Error('socket closed')));
        controller.abort(new Error('enough'));
      }),
  });
  await assert.rejects(solve(tenSamples(model), question, { signal: controller.signal }), /enough/);
});

test('an error of one branch surfaces after the others ended, with what was spent', async () => {
  let calls = 0;
  const model = scripted({
    answer: () => {
      if (calls++ === 2) throw new TypeError('broken');
      return 'ok';
    },
  });
  const { error, usage } = await attempt(tenSamples(model), question);
  assert.match(String(error), /broken/);
  assert.equal(usage.calls, 9);
});

test('the trace is closed and its usage is the sum of its samples', async () => {
  const events: TraceEvent[] = [];
  const { usage, solution } = await solve(nested(shuffledModel(5)), question, {
    seed: 7,
    onEvent: (event) => events.push(event),
  });
  const trace = foldTrace(events);
  assert.ok([...trace.nodes.values()].every((node) => node.status !== 'open'));
  assert.deepEqual(traceUsage(trace), usage);
  assert.deepEqual(trace.solution, solution);
  const samples = [...trace.nodes.values()].filter((node) => node.prompt);
  assert.equal(samples.length, usage.calls);
});

test('a score outside [0, 1] is refused by name', async () => {
  const method: Method = {
    name: 'm',
    solve: async (asked, run) => {
      await run.judge({ name: 'odd', verify: async () => ({ score: 2 }) }, asked, {
        steps: [],
        complete: true,
      });
      return { steps: [], complete: true };
    },
  };
  await assert.rejects(solve(method, question), /Verifier odd gave the score 2/);
});

test('a failing tool answers with its error as text', async () => {
  const method: Method = {
    name: 'm',
    solve: async (_question, run) => {
      const tool = { name: 't', parameters: {}, call: async () => Promise.reject(new Error('no such city')) };
      const outcome = await run.call(tool, {});
      return { steps: [], answer: `${outcome.failed} ${outcome.text}`, complete: true };
    },
  };
  assert.equal((await solve(method, question)).solution.answer, 'true no such city');
});

test('a negative limit is refused by name', async () => {
  await assert.rejects(
    solve(tenSamples(shuffledModel(1)), question, { limits: { tokens: -1 } }),
    /Limit tokens is -1/,
  );
  assert.ok(new BudgetExceededError('calls', 3).message.includes('3 calls'));
});

test('a place moves a branch in the trace and changes nothing else', async () => {
  const answers: string[] = [];
  const traces = [];
  for (const placed of [false, true]) {
    const events: TraceEvent[] = [];
    const method: Method = {
      name: 'placed',
      async solve(_question, run) {
        const first = await run.branch('first', async (branch) => branch.node);
        const texts = await run.map(
          2,
          'second',
          async (branch) =>
            (await branch.sample(shuffledModel(0), { messages: question.messages, maxTokens: 50 })).text,
          placed ? (index) => ({ parent: first, state: `state ${index}` }) : undefined,
        );
        return { steps: texts, answer: texts.join(), complete: true };
      },
    };
    const { solution } = await solve(method, question, {
      seed: 3,
      onEvent: (event) => events.push(event),
    });
    answers.push(solution.answer ?? '');
    traces.push(foldTrace(events));
  }
  assert.equal(answers[0], answers[1]);
  const [plain, moved] = traces.map(({ nodes }) =>
    [...nodes.values()].filter(({ label }) => label === 'second'),
  );
  assert.deepEqual(
    plain?.map(({ parent, state }) => [parent, state]),
    [
      [0, undefined],
      [0, undefined],
    ],
  );
  assert.deepEqual(
    moved?.map(({ parent, state }) => [parent, state]),
    [
      [1, 'state 0'],
      [1, 'state 1'],
    ],
  );
});
