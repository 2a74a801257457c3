import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { ModelError } from '../core/errors.ts';
import type { Model } from '../core/model.ts';
import type { Dataset, Problem } from '../core/problem.ts';
import { chainOfThought } from '../methods/chain-of-thought.ts';
import { direct } from '../methods/direct.ts';
import { selfConsistency } from '../methods/self-consistency.ts';
import { scripted } from '../models/scripted.ts';
import type { CompareOptions } from './compare.ts';
import { compare } from './compare.ts';
import { memoryStore } from './memory-store.ts';
import type { Row } from './row.ts';

const SECRET = '424242';

/** n questions whose key never appears in the question. */
function numbers(n: number): Dataset<Problem<string>> {
  return {
    name: 'numbers',
    splits: ['test'],
    verifier: {
      name: 'same',
      verify: async ({ reference }, { answer }) => ({ score: answer === reference ? 1 : 0 }),
    },
    async *load(_split, { limit = n } = {}) {
      for (let index = 0; index < Math.min(n, limit); index++)
        yield {
          id: `n${index}`,
          messages: [{ role: 'user', text: `Say number ${index}` }],
          answerKind: 'number',
          reference: index === 0 ? SECRET : String(index),
        };
    },
  };
}

const honest = scripted({
  answer: ({ messages }) => {
    assert.ok(!JSON.stringify(messages).includes(SECRET), 'the key reached a prompt');
    return `The answer is ${/number (\d+)/.exec(messages[0]?.text ?? '')?.[1]}`;
  },
});

function options(rest: Partial<CompareOptions> = {}): CompareOptions {
  return {
    run: 'r',
    dataset: numbers(6),
    methods: [
      { name: 'direct', method: direct({ model: honest }) },
      { name: 'cot', method: chainOfThought({ model: honest }) },
    ],
    model: 'honest',
    store: memoryStore(),
    version: 'test',
    reproducible: true,
    ...rest,
  };
}

test('every method meets every problem, and the key reaches no prompt', async () => {
  const record = await compare(options());
  assert.equal(record.rows.length, 12);
  assert.equal(record.rows.filter((row) => row.outcome === 'correct').length, 10);
  assert.deepEqual([record.rows[0]?.outcome, record.rows[0]?.answer], ['wrong', '0']);
});

test('rows are sorted by how they ended', async () => {
  const replies: Record<string, () => string> = {
    1: () => 'The answer is 1',
    2: () => 'The answer is 7',
    3: () => 'no idea',
    4: () => {
      throw new ModelError('The upstream fell over (500)', { kind: 'server' });
    },
  };
  const model = scripted({
    answer: ({ messages }) =>
      replies[/number (\d+)/.exec(messages[0]?.text ?? '')?.[1] ?? '']?.() ?? 'The answer is 9',
  });
  const { rows } = await compare(options({ methods: [{ name: 'direct', method: direct({ model }) }] }));
  const outcome = (id: string) => rows.find((row) => row.problem === id)?.outcome;
  assert.deepEqual(['n1', 'n2', 'n3', 'n4'].map(outcome), ['correct', 'wrong', 'no-answer', 'error']);
  assert.match(rows.find((row) => row.problem === 'n4')?.error?.message ?? '', /fell over/);
});

test('a budget that ends without a right answer is a row of its own kind', async () => {
  const method = selfConsistency({ method: chainOfThought({ model: honest }), samples: 4 });
  const { rows } = await compare(options({ methods: [{ name: 'sc', method }], limits: { calls: 2 } }));
  assert.deepEqual([...new Set(rows.map((row) => row.outcome))].sort(), ['correct', 'exhausted']);
  assert.ok(rows.every((row) => row.exhausted === 'calls' && row.usage.calls === 2));
});

test('a stopped run goes on where it stopped, to the same record', async () => {
  const whole = await compare(options());
  for (const after of [1, 3, 7]) {
    const store = memoryStore();
    const stop = new AbortController();
    const part = await compare(
      options({
        store,
        stop: stop.signal,
        concurrency: 1,
        onProgress: ({ finished }) => {
          if (finished === after) stop.abort();
        },
      }),
    );
    assert.ok(part.rows.length >= after && part.rows.length < 12);
    const seen: Row[] = [];
    const record = await compare(options({ store, resume: true, onProgress: ({ row }) => seen.push(row) }));
    assert.deepEqual(record, whole);
    assert.equal(seen.length, 12 - part.rows.length);
  }
});

test('attempts that would only wait for calls begin later, and change nothing', async () => {
  let open = 0;
  let most = 0;
  const slow: Model = {
    ...honest,
    async *sample(request) {
      most = Math.max(most, ++open);
      try {
        await setImmediate();
        yield* honest.sample(request);
      } finally {
        open--;
      }
    },
  };
  const votes = (model: Model) => [
    { name: 'sc', method: selfConsistency({ method: chainOfThought({ model }), samples: 8 }) },
  ];
  const record = await compare(options({ methods: votes(slow), dataset: numbers(20), concurrency: 8 }));
  assert.ok(most >= 12 && most < 12 + 8, `${most} calls waited for`);
  const oneByOne = await compare(options({ methods: votes(honest), dataset: numbers(20), concurrency: 1 }));
  assert.deepEqual(record.rows, oneByOne.rows);
});

test('a run does not go on with other methods or other problems', async () => {
  const store = memoryStore();
  await compare(options({ store }));
  await assert.rejects(
    compare(options({ store, resume: true, dataset: numbers(5) })),
    /problems of numbers have changed/,
  );
  const methods = [{ name: 'direct', method: direct({ model: honest }) }];
  await assert.rejects(
    compare(options({ store, resume: true, methods })),
    /compares direct, cot; it cannot go on with direct/,
  );
});

test('the estimate comes from the probes, and a no ends the run with their rows kept', async () => {
  let calls = 0;
  const record = await compare(
    options({
      dataset: numbers(50),
      confirm: async (estimate) => {
        calls = estimate.total.calls.expected;
        return false;
      },
    }),
  );
  assert.equal(Math.round(calls), 100);
  assert.equal(record.rows.length, 6);
});

test('equal tokens gives every method what the dearest one needs', async () => {
  const sc = selfConsistency({ method: chainOfThought({ model: honest, temperature: 0.7 }), samples: 8 });
  const methods = [
    { name: 'direct', method: direct({ model: honest }) },
    { name: 'sc', method: sc },
  ];
  const record = await compare(options({ methods, equalTokens: true }));
  const most = Math.max(...record.rows.map(({ usage }) => usage.promptTokens + usage.completionTokens));
  const { tokens = 0 } = record.info.limits;
  assert.ok(tokens >= most && tokens < most + 200, `${tokens} ${most}`);
});

test('a failure that all attempts would share ends the run at once', async () => {
  let calls = 0;
  const model = scripted({
    answer: () => {
      calls++;
      throw new ModelError('The key was refused by example (401); set OPENAI_API_KEY', { kind: 'auth' });
    },
  });
  const methods = [{ name: 'direct', method: direct({ model }) }];
  await assert.rejects(compare(options({ methods, concurrency: 2 })), /key was refused/);
  assert.ok(calls <= 2);
});

test('repeats draw independent samples', async () => {
  const model = scripted({ answer: ({ seed = 0 }) => `The answer is ${seed % 1000}` });
  const methods = [{ name: 'direct', method: direct({ model }) }];
  const { rows } = await compare(options({ methods, repeats: 5 }));
  assert.equal(new Set(rows.map((row) => row.answer)).size > 20, true);
});

test('nothing to compare, nothing in the dataset, a method twice: one sentence each', async () => {
  await assert.rejects(compare(options({ methods: [] })), /name at least one method/);
  await assert.rejects(compare(options({ dataset: numbers(0) })), /no problems in split test/);
  const twice = [0, 1].map(() => ({ name: 'direct', method: direct({ model: honest }) }));
  await assert.rejects(compare(options({ methods: twice })), /listed twice/);
});
