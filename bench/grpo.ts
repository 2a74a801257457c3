/**
 * GRPO from exact rewards: a policy after supervised fine-tuning, and after reinforcement learning on the verifier of the same dataset.
 * On held-out problems, whose structures training never sees: greedy accuracy before and after with McNemar's exact test, pass@k and
 * maj@16 from samples at the temperature of the rollouts; and what training reported, first and last. `--control` gives rewards by chance instead.
 *
 *   node bench/grpo.ts [--from <checkpoint>] [--recipe recipes/grpo-countdown.json] [--set learningRate=0.0001,…]
 *     [--seeds 1,2,3] [--minutes 40] [--problems 1000] [--sampled 200] [--samples 128] [--control] [--keep <folder>] [--json]
 *
 * Without --from the policy of recipes/countdown-small.json is trained first. --keep saves the policy of each seed.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { openDataset } from '../src/catalog/datasets.ts';
import { methodBuilder, openPantry, parseMethod } from '../src/catalog/methods.ts';
import { defaults, readOptions, readPairs } from '../src/catalog/options.ts';
import { checkpointFolder } from '../src/catalog/training.ts';
import { readTrainingRecipe } from '../src/catalog/training-recipe.ts';
import type { Model } from '../src/core/model.ts';
import type { Dataset, Problem } from '../src/core/problem.ts';
import { seeded } from '../src/core/random.ts';
import { evaluate } from '../src/evaluation/evaluate.ts';
import type { Row } from '../src/evaluation/row.ts';
import {
  type AnswerCount,
  type Interval,
  majAtK,
  mcnemarExact,
  passAtK,
  wilson,
  wilsonOfMeans,
} from '../src/evaluation/statistics.ts';
import { makeTrainer } from '../src/training/make-trainer.ts';
import { OBJECTIVES } from '../src/training/objectives.ts';
import type { TrainStep } from '../src/training/trainer.ts';
import { loadCheckpoint, saveCheckpoint } from '../src/transformer/checkpoint.ts';

const KS = [1, 4, 16, 64];
const VOTES = 16;
const ENDS = 10; // steps averaged at either end of a run
const CONCURRENCY = 256;

const { values: flags } = parseArgs({
  options: {
    from: { type: 'string' },
    recipe: { type: 'string', default: path('../recipes/grpo-countdown.json') },
    set: { type: 'string', default: '' },
    seeds: { type: 'string', default: '1,2,3' },
    minutes: { type: 'string', default: '40' },
    problems: { type: 'string', default: '1000' },
    sampled: { type: 'string', default: '200' },
    samples: { type: 'string', default: '128' },
    control: { type: 'boolean', default: false },
    keep: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const [minutes, problemCount, sampledCount, samples] = [
  flags.minutes,
  flags.problems,
  flags.sampled,
  flags.samples,
].map(Number) as [number, number, number, number];

interface Estimate {
  readonly value: number;
  readonly interval: Interval;
}

/** What held-out problems say about a policy. */
interface Measured {
  readonly greedy: Estimate;
  readonly right: ReadonlySet<string>; // problems
  readonly length: number; // tokens of a greedy reply
  readonly pass: { readonly [k: number]: Estimate };
  readonly majority: Estimate;
}

interface Outcome {
  readonly seed: number;
  readonly steps: number;
  readonly minutes: number;
  readonly after: Measured;
  readonly gained: number; // problems that only the trained policy solves
  readonly lost: number;
  readonly p: number; // McNemar
  readonly first: Gauges;
  readonly last: Gauges;
}

type Gauges = { readonly [Name in (typeof GAUGES)[number]]: number };
const GAUGES = ['reward', 'kl', 'entropy', 'length', 'degenerateGroups', 'clipShare'] as const;

const say = (line: string): void => console.error(line);
const mean = (numbers: readonly number[]): number =>
  numbers.reduce((sum, value) => sum + value, 0) / Math.max(1, numbers.length);

const recipe = await readTrainingRecipe(flags.recipe);
const stage = recipe.stages?.find(({ objective }) => objective === 'grpo');
if (!stage) throw new Error(`${flags.recipe} has no stage grpo`);
const { objective: _, dataset: datasetSpec, method: methodSpec, ...chosen } = stage;
const entry = OBJECTIVES.grpo;
const options = {
  ...defaults(entry),
  ...readOptions(entry, { ...chosen, ...readPairs(flags.set, '--set') }),
};
const scratch = mkdtempSync(join(tmpdir(), 'reckon-grpo-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

const start = await loadCheckpoint(await checkpointFolder(flags.from ?? startingPolicy()));
const dataset: Dataset = await openDataset(String(datasetSpec));
const build = await methodBuilder(await parseMethod(String(methodSpec)));
const pantry = await openPantry();
const heldOut: Problem[] = [];
for await (const problem of dataset.load('test', { limit: problemCount })) heldOut.push(problem);

function path(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}

/** Trains the small policy of the recipe beside ours. */
function startingPolicy(): string {
  const out = join(scratch, 'policy');
  const stages = ['train', 'pretrain', '--recipe', path('../recipes/countdown-small.json')];
  const args = [path('../src/cli/main.ts'), ...stages, '--state', scratch, '--out', out];
  const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`reckon train ended with ${status}`);
  return out;
}

/** Greedy attempts at all held-out problems, and many samples of some. */
async function measure(policy: Model): Promise<Measured> {
  const rowsOf = async (temperature: number, problems: readonly Problem[], repeats: number) => {
    const rows: Row[] = [];
    await evaluate({
      methods: [{ name: 'policy', method: build(pantry.with(at(policy, temperature))) }],
      problems,
      verifier: dataset.verifier,
      repeats,
      concurrency: CONCURRENCY,
      onRow: (row) => rows.push(row),
    });
    return rows;
  };
  const greedy = await rowsOf(0, heldOut, 1);
  const right = new Set(greedy.filter(({ outcome }) => outcome === 'correct').map(({ problem }) => problem));
  const many = Map.groupBy(
    await rowsOf(Number(options.temperature), heldOut.slice(0, sampledCount), samples),
    ({ problem }) => problem,
  );
  const groups = [...many.values()];
  const estimate = (chance: (group: readonly Row[]) => number): Estimate => {
    const chances = groups.map(chance);
    return { value: mean(chances), interval: wilsonOfMeans(chances, samples) };
  };
  const correct = (group: readonly Row[]): number =>
    group.filter(({ outcome }) => outcome === 'correct').length;
  const ks = KS.filter((k) => 2 * k <= samples); // fewer samples say little
  return {
    greedy: { value: right.size / heldOut.length, interval: wilson(right.size, heldOut.length) },
    right,
    length: mean(greedy.map(({ usage }) => usage.completionTokens)),
    pass: Object.fromEntries(
      ks.map((k) => [k, estimate((group) => passAtK(group.length, correct(group), k))]),
    ),
    majority: estimate(majority),
  };
}

/** The chance that a vote over 16 of the samples is right. */
function majority(group: readonly Row[]): number {
  const answers = new Map<string, AnswerCount>();
  for (const { key, outcome } of group) {
    if (key === undefined) continue;
    const { count = 0, correct = false } = answers.get(key) ?? {};
    answers.set(key, { count: count + 1, correct: correct || outcome === 'correct' });
  }
  const unanswered = group.filter(({ key }) => key === undefined).length;
  return majAtK([...answers.values()], Math.min(VOTES, group.length), { unanswered });
}

/** The policy at one temperature, whatever the method asks for, with replies as long as in training. */
function at(policy: Model, temperature: number): Model {
  const maxTokens = Number(options.maxTokens);
  return { id: policy.id, sample: (request) => policy.sample({ ...request, temperature, maxTokens }) };
}

/** The dataset, or the same problems with rewards by chance. */
function rewarded(seed: number): Dataset {
  if (!flags.control) return dataset;
  const random = seeded(`control ${seed}`);
  return { ...dataset, verifier: { name: 'chance', verify: async () => ({ score: random.integer(2) }) } };
}

async function trained(seed: number, before: Measured): Promise<Outcome> {
  const { trainer, policy, refresh, close } = await makeTrainer({
    policy: start,
    data: {
      objective: 'grpo',
      dataset: rewarded(seed),
      method: (model) => build(pantry.with(model)),
      reference: start.parameters,
    },
    options,
    seed,
  });
  const startedAt = performance.now();
  const elapsed = (): number => (performance.now() - startedAt) / 60_000;
  const steps: TrainStep[] = [];
  for await (const step of trainer.steps(new AbortController().signal)) {
    steps.push(step);
    if (step.step % ENDS === 0) say(progress(seed, step.step, elapsed(), gauges(steps.slice(-ENDS))));
    if (elapsed() >= minutes) break;
  }
  const took = elapsed();
  refresh();
  const after = await measure(policy);
  if (flags.keep !== undefined) {
    const { parameters } = trainer.snapshot();
    await saveCheckpoint(join(flags.keep, `seed-${seed}`), { ...start, parameters });
  }
  await close();
  const gained = [...after.right].filter((id) => !before.right.has(id)).length;
  const lost = [...before.right].filter((id) => !after.right.has(id)).length;
  return {
    seed,
    steps: steps.length,
    minutes: took,
    after,
    gained,
    lost,
    p: mcnemarExact(gained, lost),
    first: gauges(steps.slice(0, ENDS)),
    last: gauges(steps.slice(-ENDS)),
  };
}

function gauges(steps: readonly TrainStep[]): Gauges {
  const entries = GAUGES.map((name) => [name, mean(steps.map((step) => step[name] ?? 0))] as const);
  return Object.fromEntries(entries) as Gauges;
}

function progress(
  seed: number,
  step: number,
  elapsed: number,
  { reward, kl, entropy, ...rest }: Gauges,
): string {
  const facts = `reward ${reward.toFixed(3)}, KL ${(kl * rest.length).toFixed(2)} nats, entropy ${entropy.toFixed(3)}`;
  const groups = `length ${rest.length.toFixed(1)}, without variance ${percent(rest.degenerateGroups)}`;
  return `seed ${seed} step ${step}, ${elapsed.toFixed(1)} min: ${facts}, ${groups}`;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const shown = ({ value, interval: [low, high] }: Estimate): string =>
  `${percent(value)} [${percent(low)}, ${percent(high)}]`;

const untrained = await makeTrainer({
  policy: start,
  data: {
    objective: 'grpo',
    dataset,
    method: (model) => build(pantry.with(model)),
    reference: start.parameters,
  },
  options,
  seed: 0,
});
const before = await measure(untrained.policy);
await untrained.close();
say(`before: greedy ${shown(before.greedy)}, n = ${heldOut.length}`);
const outcomes: Outcome[] = [];
for (const seed of flags.seeds.split(',').map(Number)) {
  const outcome = await trained(seed, before);
  say(
    `seed ${seed}: greedy ${shown(outcome.after.greedy)} after ${outcome.steps} steps, p = ${outcome.p.toPrecision(2)}`,
  );
  outcomes.push(outcome);
}
await pantry.close();

if (flags.json) {
  const plain = ({ right: _ids, ...rest }: Measured) => rest;
  const seeds = outcomes.map(({ after, ...rest }) => ({ ...rest, after: plain(after) }));
  console.log(
    JSON.stringify(
      {
        dataset: datasetSpec,
        problems: heldOut.length,
        sampledCount,
        samples,
        options,
        before: plain(before),
        seeds,
      },
      undefined,
      2,
    ),
  );
} else {
  console.log(
    `${datasetSpec}, ${methodSpec}${flags.control ? ', rewards by chance' : ''}: ${heldOut.length} held-out problems greedy; ` +
      `${samples} samples of ${Math.min(sampledCount, heldOut.length)} at temperature ${options.temperature}; 95 % intervals`,
  );
  const table = new Table({
    head: ['', 'before', ...outcomes.map(({ seed }) => `seed ${seed}`)],
    style: { head: [], border: [] },
  });
  const row = (name: string, first: string, value: (outcome: Outcome) => string): void => {
    table.push([name, first, ...outcomes.map(value)]);
  };
  row('greedy', shown(before.greedy), ({ after }) => shown(after.greedy));
  row('gained − lost', '', ({ gained, lost }) => `${gained} − ${lost}`);
  row('McNemar p', '', ({ p }) => (p < 1e-4 ? '< .0001' : p.toFixed(4)));
  for (const k of KS.filter((size) => before.pass[size]))
    row(`pass@${k}`, shown(before.pass[k]!), ({ after }) => shown(after.pass[k]!));
  row(`maj@${VOTES}`, shown(before.majority), ({ after }) => shown(after.majority));
  row('greedy length', before.length.toFixed(1), ({ after }) => after.length.toFixed(1));
  row('steps, minutes', '', ({ steps, minutes: took }) => `${steps}, ${took.toFixed(1)}`);
  const ends = (name: (typeof GAUGES)[number], show: (value: number) => string): void =>
    row(
      `${name}, first and last ${ENDS} steps`,
      '',
      ({ first, last }) => `${show(first[name])} → ${show(last[name])}`,
    );
  ends('reward', (value) => value.toFixed(3));
  row('KL, nats per rollout', '', ({ last }) => (last.kl * last.length).toFixed(2));
  ends('entropy', (value) => value.toFixed(3));
  ends('length', (value) => value.toFixed(1));
  ends('degenerateGroups', percent);
  ends('clipShare', percent);
  console.log(table.toString());
}
