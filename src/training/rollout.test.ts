import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Method } from '../core/method.ts';
import type { Completion, Message, Model, SampleRequest } from '../core/model.ts';
import type { Problem } from '../core/problem.ts';
import type { Verifier } from '../core/verifier.ts';
import { chainOfThought } from '../methods/chain-of-thought.ts';
import { programAided } from '../methods/program-aided.ts';
import type { Policy } from '../transformer/policy.ts';
import { callSequence } from './call-sequences.ts';
import { type RolloutOptions, rollout } from './rollout.ts';

const problem: Problem<string> = {
  id: 'p',
  messages: [{ role: 'user', text: 'What is 2 + 2?' }],
  answerKind: 'number',
  reference: '4',
};

const verifier: Verifier<Problem<string>> = {
  name: 'equal',
  verify: async ({ reference }, { answer }) => ({ score: answer === reference ? 1 : 0 }),
};

/** One id a character, each with log-probability −1; prompts likewise. */
const promptIds = (messages: readonly Message[]): Int32Array =>
  Int32Array.from(messages.map(({ text }) => text).join('\n'), (character) => character.charCodeAt(0));

function fakePolicy(
  answer: (request: SampleRequest, call: number) => Partial<Completion>,
  seen: SampleRequest[] = [],
) {
  const model: Pick<Policy, 'id' | 'sample' | 'promptIds'> = {
    id: 'fake',
    promptIds,
    async *sample(request) {
      const { text = '', ...rest } = answer(request, seen.push(request));
      const ids = Int32Array.from(text, (character) => character.charCodeAt(0));
      const tokens = {
        ids,
        logProbs: new Float32Array(ids.length).fill(-1),
        sampled: new Uint8Array(ids.length).fill(1),
      };
      const usage = { calls: 1, promptTokens: 1, completionTokens: ids.length };
      yield { type: 'sample-end', completion: { text, finish: 'stop', usage, tokens, ...rest } };
    },
  };
  return model;
}

function options(
  policy: RolloutOptions<Problem<string>>['policy'],
  changes: Partial<RolloutOptions<Problem<string>>> = {},
): RolloutOptions<Problem<string>> {
  const method = (model: Model): Method => chainOfThought({ model, maxTokens: 500 });
  const signal = new AbortController().signal;
  return { policy, method, verifier, problem, maxTokens: 64, seed: '1', signal, ...changes };
}

test('a rollout holds what was read, what was sampled and the score', async () => {
  const found = await rollout(options(fakePolicy(() => ({ text: '2 + 2 = 4\nThe answer is 4' }))));
  assert.equal(found.reward, 1);
  assert.equal(found.complete, true);
  assert.equal(found.calls.length, 1);
  const [{ promptIds: read, tokens }] = found.calls as [(typeof found.calls)[number]];
  assert.ok(String.fromCharCode(...read).startsWith('What is 2 + 2?'));
  assert.equal(String.fromCharCode(...tokens.ids), '2 + 2 = 4\nThe answer is 4');
  assert.equal(found.sampledTokens, tokens.ids.length);
});

test('whatever the method asks for, the policy is sampled as it is', async () => {
  const seen: SampleRequest[] = [];
  const method = (model: Model): Method => ({
    name: 'picky',
    solve: async (_, run) => {
      await run.sample(model, {
        messages: [],
        temperature: 0.2,
        topP: 0.5,
        extra: { top_k: 1 },
        maxTokens: 8,
      });
      return { steps: [], complete: true, answer: '4' };
    },
  });
  await rollout(
    options(
      fakePolicy(() => ({ text: 'x' }), seen),
      { method },
    ),
  );
  await rollout(options(fakePolicy(() => ({ text: 'x' }), seen)));
  const [picky, cot] = seen.map(({ temperature, topP, maxTokens, extra }) => ({
    temperature,
    topP,
    maxTokens,
    extra,
  }));
  assert.deepEqual(picky, { temperature: 1, topP: 1, maxTokens: 8, extra: undefined });
  assert.deepEqual(cot, { temperature: 1, topP: 1, maxTokens: 64, extra: undefined });
});

test('the key reaches the verifier and nobody else', async () => {
  const method = (): Method => ({
    name: 'nosy',
    solve: async (question) => ({
      steps: [],
      complete: true,
      answer: 'reference' in question ? '4' : 'none',
    }),
  });
  assert.equal(
    (
      await rollout(
        options(
          fakePolicy(() => ({})),
          { method },
        ),
      )
    ).reward,
    0,
  );
});

test('every call of a method is recorded; what a tool wrote is only read', async () => {
  const policy = fakePolicy((_, call) => ({ text: call === 1 ? 'broken' : '```python\nright\n```' }));
  const found = await rollout(
    options(policy, {
      method: (model) =>
        programAided({
          model,
          interpreter: {
            language: 'python',
            execute: async (code) =>
              code.includes('right')
                ? { status: 'ok', value: '4', stdout: '', seconds: 0, engine: 'test' }
                : { status: 'error', error: 'SECRET OUTPUT', stdout: '', seconds: 0, engine: 'test' },
            close: async () => {},
          },
        }),
    }),
  );
  assert.equal(found.reward, 1);
  const texts = found.calls.map(({ tokens }) => String.fromCharCode(...tokens.ids));
  assert.deepEqual(texts.toSorted(), ['```python\nright\n```', 'broken']);
  const second = found.calls.find(({ promptIds: read }) =>
    String.fromCharCode(...read).includes('SECRET OUTPUT'),
  );
  assert.ok(second && !String.fromCharCode(...second.tokens.ids).includes('SECRET'));
});

test('calls of parallel branches come in one order, whichever ends first', async () => {
  const method = (model: Model): Method => ({
    name: 'wide',
    solve: async (_, run) => {
      await run.map(6, 'sample', (branch) => branch.sample(model, { messages: problem.messages }));
      return { steps: [], complete: true, answer: '4' };
    },
  });
  const run = async (delay: (call: number) => number): Promise<string> => {
    const inner = fakePolicy(({ seed }) => ({ text: `${seed}` }));
    let call = 0;
    const policy: typeof inner = {
      ...inner,
      async *sample(request) {
        for (let turns = delay(call++); turns > 0; turns--)
          await new Promise((resolve) => setImmediate(resolve));
        yield* inner.sample(request);
      },
    };
    const { calls } = await rollout(options(policy, { method }));
    return calls.map(({ tokens }) => String.fromCharCode(...tokens.ids)).join();
  };
  assert.equal(await run((call) => call), await run((call) => 6 - call));
});

test('an attempt that was cut off, has no answer or failed has reward 0', async () => {
  const right = '2 + 2 = 4\nThe answer is 4';
  const cut = await rollout(options(fakePolicy(() => ({ text: right, finish: 'length' }))));
  assert.deepEqual([cut.reward, cut.complete, cut.calls.length], [0, false, 1]);
  const mute = await rollout(options(fakePolicy(() => ({ text: '' }))));
  assert.deepEqual([mute.reward, mute.calls.length, mute.sampledTokens], [0, 0, 0]);
  const limited = await rollout(
    options(
      fakePolicy(() => ({ text: right })),
      { limits: { calls: 0 } },
    ),
  );
  assert.deepEqual([limited.reward, limited.complete], [0, false]);
  const boom = new Error('boom');
  const failed = await rollout(
    options(
      fakePolicy(() => {
        throw boom;
      }),
    ),
  );
  assert.deepEqual([failed.reward, failed.error], [0, boom]);
  const broken = { name: 'broken', verify: () => Promise.reject(boom) };
  const ungraded = await rollout(
    options(
      fakePolicy(() => ({ text: right })),
      { verifier: broken },
    ),
  );
  assert.deepEqual([ungraded.reward, ungraded.error], [0, boom]);
});

test('an abort is no rollout', async () => {
  const controller = new AbortController();
  const policy = fakePolicy(() => {
    controller.abort(new Error('enough'));
    return { text: 'x' };
  });
  await assert.rejects(rollout(options(policy, { signal: controller.signal })), /enough/);
});

test('a sequence has columns on the tokens that the policy chose and nowhere else', () => {
  const tokens = {
    ids: Int32Array.of(7, 8, 9),
    logProbs: Float32Array.of(-1, 0, -3),
    sampled: Uint8Array.of(1, 0, 1),
  };
  const { ids, columns } = callSequence(
    { promptIds: Int32Array.of(1, 2), tokens },
    { weight: 0.5, oldLogProb: tokens.logProbs },
  );
  assert.deepEqual([...ids], [1, 2, 7, 8, 9]);
  assert.deepEqual([...(columns.weight ?? [])], [0, 0, 0.5, 0, 0.5]);
  assert.deepEqual([...(columns.oldLogProb ?? [])], [0, 0, -1, 0, -3]);
});
