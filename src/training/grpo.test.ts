/** The trainer on a task that takes seconds: write a letter near the one asked for. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { InputError } from '../core/errors.ts';
import type { Method } from '../core/method.ts';
import { complete, type Model } from '../core/model.ts';
import type { Dataset, Problem } from '../core/problem.ts';
import { seeded } from '../core/random.ts';
import { adamW } from '../tensor/optimizer.ts';
import { loadCheckpoint, saveCheckpoint } from '../transformer/checkpoint.ts';
import { initialWeights } from '../transformer/decoder.ts';
import type { DecoderConfig } from '../transformer/decoder-config.ts';
import { policy } from '../transformer/policy.ts';
import { trainTokenizer } from '../transformer/tokenizer.ts';
import { clippedSurrogate } from './clipped-surrogate.ts';
import { type GrpoOptions, grpo } from './grpo.ts';
import { type LearnerState, learner } from './learner.ts';
import { learnerState } from './snapshot.ts';
import type { Trainer, TrainStep } from './trainer.ts';

const tokenizer = trainTokenizer([], { vocabularySize: 263 });
const config: DecoderConfig = {
  vocabularySize: 263,
  width: 16,
  hidden: 16,
  layers: 1,
  heads: 1,
  keyValueHeads: 1,
  context: 16,
  normEpsilon: 1e-5,
  ropeTheta: 10_000,
  tiedEmbeddings: false,
};
const weights = initialWeights(config, seeded(1));

/** The reply is one token; the nearer it is to the letter that ends the question, the higher the score. */
const oneToken = (model: Model): Method => ({
  name: 'one-token',
  solve: async ({ messages }, run) => {
    const { text } = await run.sample(model, { messages, maxTokens: 1 });
    return { steps: [], answer: text, complete: true };
  },
});

const nearness = ({ reference }: Problem<string>, answer = ''): number => {
  const distance = Math.abs((answer.charCodeAt(0) || 255) - reference.charCodeAt(0));
  return Math.max(0, 1 - distance / 32);
};

function letterTask(
  score: (problem: Problem<string>, answer: string) => number = nearness,
): Dataset<Problem<string>> {
  return {
    name: 'letter-task',
    splits: ['train'],
    verifier: {
      name: 'nearness',
      verify: async (problem, { answer = '' }) => ({ score: score(problem, answer) }),
    },
    async *load() {
      for (const letter of ['c', 'u'])
        yield { id: letter, messages: [{ role: 'user', text: letter }], reference: letter };
    },
  };
}

type Changes = Partial<Omit<GrpoOptions, 'learner' | 'policy' | 'surrogate'>> & {
  readonly surrogate?: Parameters<typeof clippedSurrogate>[0];
  readonly start?: LearnerState;
};

const open: { close(): Promise<unknown> }[] = [];
after(() => Promise.all(open.map((one) => one.close())));

async function make({ surrogate: clip, start, ...changes }: Changes = {}) {
  const surrogate = clippedSurrogate(clip);
  const learns = await learner({
    config,
    from: start ?? { weights },
    objective: surrogate.objective,
    optimizer: adamW({ weightDecay: 0 }),
    threads: 1,
  });
  const model = await policy({ config, tokenizer, weights: learns.state.weights, threads: 1 });
  open.push({ close: () => Promise.all([learns.dispose(), model.close()]) });
  const trainer = grpo({
    learner: learns,
    surrogate,
    reference: weights,
    policy: model,
    dataset: letterTask(),
    method: oneToken,
    shape: { rows: 8, length: 64 },
    steps: 60,
    learningRate: () => 1e-2,
    maxTokens: 1,
    groupSize: 16,
    promptsPerStep: 8,
    seed: 1,
    ...changes,
  });
  return { trainer, model, learns };
}

async function run(trainer: Trainer, steps = Number.POSITIVE_INFINITY): Promise<TrainStep[]> {
  const rows: TrainStep[] = [];
  for await (const row of trainer.steps(new AbortController().signal)) {
    rows.push(row);
    if (rows.length === steps) break;
  }
  return rows;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const rewards = (rows: readonly TrainStep[]): number[] => rows.map(({ reward }) => reward ?? Number.NaN);

test('the mean reward rises, and each question gets its own letter', async () => {
  const { trainer, model } = await make();
  const rows = await run(trainer);
  assert.deepEqual(
    rows.map(({ step }) => step),
    rows.map((_, index) => index + 1),
  );
  assert.ok(mean(rewards(rows).slice(0, 3)) < 0.2, `${rewards(rows)}`);
  assert.ok(mean(rewards(rows).slice(-3)) > 0.85, `${rewards(rows)}`);
  const [first, last] = [rows[0]!, rows.at(-1)!];
  assert.ok(Math.abs(first.entropy! - Math.log(263)) < 0.1 && last.entropy! < first.entropy! - 1);
  assert.ok(first.kl! < 0.1 && last.kl! > 0.5);
  assert.equal(first.rollouts, 128);
  assert.equal(first.length, 1);
  assert.equal(first.clipShare, 0); // on policy every ratio is 1
  const greedy = async (letter: string) =>
    (await complete(model, { messages: [{ role: 'user', text: letter }], temperature: 0, maxTokens: 1 }))
      .text;
  const [c, u] = await Promise.all(['c', 'u'].map(greedy));
  assert.ok(c! < u!, `${c} for c, ${u} for u`);
});

test('rewards by chance raise nothing', async () => {
  const random = seeded('chance');
  const truth: number[] = [];
  const dataset = letterTask((problem, answer) => {
    truth.push(nearness(problem, answer));
    return random.integer(2);
  });
  const { trainer } = await make({ dataset });
  const rows = await run(trainer);
  assert.ok(Math.abs(mean(rewards(rows)) - 0.5) < 0.03);
  const [before, after] = [mean(truth.slice(0, 384)), mean(truth.slice(-384))];
  assert.ok(after < before + 0.1, `${before} before, ${after} after`);
});

test('every form of advantage and weighting learns, with a penalty and without', async () => {
  for (const changes of [
    { advantage: 'dr-grpo', weighting: 'dr-grpo', learningRate: () => 1e-2 },
    { advantage: 'rloo', weighting: 'dapo', surrogate: { klWeight: 0.01, klPenalty: 'k2' } },
    { surrogate: { klWeight: 0.01 }, overlong: 'mask' },
  ] as const) {
    const { trainer } = await make({ steps: 30, ...changes });
    const found = rewards(await run(trainer));
    assert.ok(mean(found.slice(-3)) > mean(found.slice(0, 3)) + 0.3, `${JSON.stringify(changes)} ${found}`);
  }
});

test('a penalty holds the policy near the reference', async () => {
  const klAfter = async (klWeight: number): Promise<number> => {
    const { trainer } = await make({ steps: 25, surrogate: { klWeight } });
    return mean((await run(trainer)).slice(-5).map(({ kl }) => kl ?? Number.NaN));
  };
  const [free, held] = [await klAfter(0), await klAfter(2)];
  assert.ok(held < free / 3, `${held} with a penalty, ${free} without`);
});

test('several updates from one set of rollouts go further, and the clip sees ratios that left their range', async () => {
  const { trainer, learns } = await make({ steps: 12, updatesPerRollout: 2, minibatches: 2 });
  const rows = await run(trainer);
  assert.equal(learns.state.step, 12 * 4);
  assert.ok(rows.some(({ clipShare }) => clipShare! > 0));
  assert.ok(rows.every(({ clipShare }) => clipShare! < 0.9));
  const { trainer: single } = await make({ steps: 12 });
  assert.ok(rewards(rows).at(-1)! > rewards(await run(single)).at(-1)!);
});

test('a run resumed from a checkpoint gives the same numbers and the same weights', async () => {
  const changes: Changes = {
    steps: 6,
    surrogate: { klWeight: 0.01 },
    updatesPerRollout: 2,
    promptsPerStep: 3,
  };
  const whole = await make(changes);
  const expected = await run(whole.trainer);

  const folder = `${temporaryFolder().path}/last`;
  const begun = await make(changes);
  await run(begun.trainer, 3);
  assert.equal(begun.trainer.step, 3);
  const { parameters, ...training } = begun.trainer.snapshot();
  await saveCheckpoint(folder, {
    config,
    tokenizer,
    parameters,
    training: { ...training, metricsCursor: 3 },
  });

  const loaded = await loadCheckpoint(folder, { training: true });
  assert.ok(loaded.training);
  const resumed = await make({
    ...changes,
    start: learnerState(config, loaded.parameters, loaded.training),
    from: loaded.training.dataCursor,
  });
  assert.equal(resumed.trainer.step, 3);
  const rest = await run(resumed.trainer);
  const timeless = (rows: readonly TrainStep[]) => rows.map(({ rolloutSeconds: _, ...row }) => row);
  assert.deepEqual(timeless(rest), timeless(expected.slice(3)));
  for (const [name, values] of resumed.trainer.snapshot().parameters)
    assert.deepEqual(values, whole.trainer.snapshot().parameters.get(name), name);
});

test('groups without variance are counted; with resampling others take their place', async () => {
  // only a letter with an even code scores, and only to one of the two questions
  const half = letterTask((problem, answer) =>
    problem.reference === 'c' && (answer.charCodeAt(0) || 1) % 2 === 0 ? 1 : 0,
  );
  const kept = await make({ dataset: half, steps: 2 });
  const [row] = await run(kept.trainer);
  assert.equal(row?.degenerateGroups, 0.5);
  assert.equal(row?.rollouts, 8 * 16);
  assert.equal(row?.tokens, 4 * 16); // what teaches nothing is not computed

  const resampled = await make({ dataset: half, steps: 1, resampling: 2 });
  const [again] = await run(resampled.trainer);
  assert.equal(again?.rollouts, (8 + 4 + 2) * 16);
  assert.equal(again?.degenerateGroups, 0.5);
  assert.equal(again?.tokens, 7 * 16); // one short: the tries are bounded
});

test('a step in which every group agrees changes nothing', async () => {
  const { trainer, learns } = await make({ dataset: letterTask(() => 1), steps: 2 });
  const rows = await run(trainer);
  assert.equal(learns.state.step, 0);
  assert.deepEqual(
    rows.map(({ loss, gradientNorm, tokens, degenerateGroups }) => ({
      loss,
      gradientNorm,
      tokens,
      degenerateGroups,
    })),
    Array(2).fill({ loss: 0, gradientNorm: 0, tokens: 0, degenerateGroups: 1 }),
  );
  for (const [name, { data }] of Object.entries(learns.state.weights))
    assert.deepEqual(data, weights[name]?.data);
});

test('the update that would leave the budget is undone and ends the run', async () => {
  const { trainer, model } = await make({ klBudget: 0.5 });
  const rows = await run(trainer);
  assert.ok(rows.length > 2 && rows.length < 60, `${rows.length} steps`);
  assert.ok(rows.every(({ kl, length }) => kl! * length! <= 0.5));
  const { parameters, step } = trainer.snapshot();
  assert.equal(step, rows.length);
  const { trainer: same } = await make({ steps: rows.length });
  await run(same);
  for (const [name, values] of same.snapshot().parameters)
    assert.deepEqual(parameters.get(name), values, name);
  const request = { messages: [{ role: 'user' as const, text: 'c' }], seed: 5, maxTokens: 1 };
  assert.ok(await complete(model, request)); // and the policy samples with them
});

test('replies near the limit are fined in the advantage, not in the reward that is reported', async () => {
  const always = letterTask(() => 1);
  const { trainer } = await make({ dataset: always, steps: 1, overlong: { buffer: 1 } });
  const [row] = await run(trainer);
  assert.equal(row?.reward, 1);
  assert.equal(row?.degenerateGroups, 1); // every reply has one token: all are fined alike
});

test('what cannot be is refused', async () => {
  const { learns, model } = await make();
  const base = { learner: learns, policy: model, surrogate: clippedSurrogate(), reference: weights };
  const rest = {
    dataset: letterTask(),
    method: oneToken,
    shape: { rows: 2, length: 8 },
    steps: 1,
    maxTokens: 1,
  };
  const options = { ...base, ...rest, learningRate: () => 1e-3 };
  for (const wrong of [
    { groupSize: 1 },
    { promptsPerStep: 0 },
    { minibatches: 1.5 },
    { resampling: -1 },
    { klBudget: 0 },
    { overlong: { buffer: 2 } },
    { from: { lessons: 3 } },
  ])
    assert.throws(() => grpo({ ...options, ...wrong }), InputError, JSON.stringify(wrong));
  const dataset: Dataset = { ...letterTask(), splits: ['test'] };
  await assert.rejects(run(grpo({ ...options, dataset })), /no train split/);
  await assert.rejects(
    run(grpo({ ...options, shape: { rows: 2, length: 2 }, groupSize: 16 })),
    /Raise the length/,
  );
  const failing = (): Method => ({ name: 'failing', solve: () => Promise.reject(new Error('no luck')) });
  await assert.rejects(run(grpo({ ...options, method: failing })), /no luck/);
});
