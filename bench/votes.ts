/**
 * Votes against theory, through a real HTTP server: a solver that errs with probability p per sample, always towards the same
 * wrong answer, so that a majority of k is right with binomial probability. Then adaptive stopping against a fixed 40 samples.
 *
 *   node bench/votes.ts [--problems 1000] [--json]
 */
import { parseArgs } from 'node:util';
import type { Method } from '../src/core/method.ts';
import type { Model } from '../src/core/model.ts';
import type { Problem } from '../src/core/problem.ts';
import { seeded } from '../src/core/random.ts';
import { evaluate } from '../src/evaluation/evaluate.ts';
import type { Row } from '../src/evaluation/row.ts';
import { mcnemarExact, wilson } from '../src/evaluation/statistics.ts';
import { chainOfThought } from '../src/methods/chain-of-thought.ts';
import { selfConsistency } from '../src/methods/self-consistency.ts';
import { methodAsModel } from '../src/models/method-as-model.ts';
import { openaiCompatible } from '../src/models/openai-compatible.ts';
import { scriptedServer } from '../src/models/scripted-server.ts';

const { values } = parseArgs({
  options: { problems: { type: 'string', default: '1000' }, json: { type: 'boolean', default: false } },
});
const n = Number(values.problems);

/** The question carries its own error rate, so that one server serves all tables. */
const server = await scriptedServer({
  answer: ({ messages, seed = 0 }) => {
    const text = messages.at(-1)?.text ?? '';
    const [, number = '0', rate = '0', misses = '1'] =
      /number (\d+) at rate ([\d.]+) of (\d+)/.exec(text) ?? [];
    const chance = seeded(`${number} ${seed}`);
    const off = chance.next() < Number(rate) ? 1 + chance.integer(Number(misses)) : 0;
    return `The answer is ${Number(number) + off}`;
  },
});
const model = openaiCompatible({
  baseUrl: `${server.url}/v1`,
  model: 'scripted',
  stream: 'off',
  limits: { concurrency: 64 },
});

function problemsAt(rate: (index: number) => number, misses = 1): Problem<string>[] {
  return Array.from({ length: n }, (_, index) => ({
    id: `${index}`,
    messages: [
      { role: 'user', text: `Say number ${10 * index} at rate ${rate(index)} of ${misses} wrong answers` },
    ],
    answerKind: 'number',
    reference: String(10 * index),
  }));
}

async function rowsOf(problems: Problem<string>[], method: Method, seed: number): Promise<Row[]> {
  const rows: Row[] = [];
  await evaluate({
    problems,
    methods: [{ name: method.name, method }],
    verifier: {
      name: 'same',
      verify: async ({ reference }, { answer }) => ({ score: answer === reference ? 1 : 0 }),
    },
    seed,
    concurrency: 64,
    onRow: (row) => rows.push(row),
  });
  return rows;
}

const sampled = (of: Model, samples: number) =>
  selfConsistency({ method: chainOfThought({ model: of, temperature: 0.7 }), samples });

/** A client that asks at temperature 0 for an answer that `method` finds behind the model's face. */
function askedAtZero(method: Method): Method {
  return {
    ...chainOfThought({ model: methodAsModel(method), temperature: 0 }),
    name: `${method.name} behind a model`,
  };
}

/** P(X > k/2) for X ~ Binomial(k, right), k odd. */
function majority(k: number, right: number): number {
  let sum = 0;
  for (let wins = (k + 1) / 2; wins <= k; wins++) {
    let ways = 1;
    for (let i = 0; i < wins; i++) ways = (ways * (k - i)) / (i + 1);
    sum += ways * right ** wins * (1 - right) ** (k - wins);
  }
  return sum;
}

const theory = [];
for (const p of [0.2, 0.4])
  for (const k of [1, 5, 15])
    for (const client of ['as is', 'temperature 0']) {
      const method = sampled(model, k);
      const rows = await rowsOf(
        problemsAt(() => p),
        client === 'as is' ? method : askedAtZero(method),
        100 * k + p,
      );
      const right = rows.filter((row) => row.outcome === 'correct').length;
      const [low, high] = wilson(right, rows.length);
      const predicted = majority(k, 1 - p);
      theory.push({
        p,
        k,
        client,
        n: rows.length,
        predicted,
        measured: right / rows.length,
        low,
        high,
        within: low <= predicted && predicted <= high,
      });
    }

// half the problems are easy (p = 0.1); the hard half errs more, towards one wrong answer or several
const stopping = [];
for (const [hard, misses] of [
  [0.3, 1],
  [0.4, 1],
  [0.4, 3],
] as const) {
  const mixed = problemsAt((index) => (index % 2 === 0 ? 0.1 : hard), misses);
  const easy = (row: Row) => Number(row.problem) % 2 === 0;
  const fixed = await rowsOf(mixed, sampled(model, 40), 1);
  const adaptive = await rowsOf(
    mixed,
    selfConsistency({
      method: chainOfThought({ model, temperature: 0.7 }),
      samples: 40,
      stop: { type: 'beta', threshold: 0.95 },
    }),
    2,
  );
  const byProblem = new Map(adaptive.map((row) => [row.problem, row]));
  const right = (row: Row | undefined) => row?.outcome === 'correct';
  const onlyFixed = fixed.filter((row) => right(row) && !right(byProblem.get(row.problem))).length;
  const onlyAdaptive = fixed.filter((row) => !right(row) && right(byProblem.get(row.problem))).length;
  const meanCalls = (rows: Row[]) => rows.reduce((sum, row) => sum + row.usage.calls, 0) / rows.length;
  const points = (100 * (onlyAdaptive - onlyFixed)) / fixed.length;
  const spread = 1.96 * (100 / fixed.length) * Math.sqrt(onlyFixed + onlyAdaptive);
  stopping.push({
    hard,
    wrongAnswers: misses,
    n: fixed.length,
    fixed: fixed.filter((row) => row.outcome === 'correct').length / fixed.length,
    difference: points,
    low: points - spread,
    high: points + spread,
    p: mcnemarExact(onlyFixed, onlyAdaptive),
    samplesEasy: meanCalls(adaptive.filter(easy)),
    samplesHard: meanCalls(adaptive.filter((row) => !easy(row))),
  });
}
await model.close();
await server.close();

if (values.json) console.log(JSON.stringify({ theory, stopping }, null, 2));
else {
  console.log('p    k   client          n     predicted  measured  95 % CI           within');
  for (const row of theory)
    console.log(
      `${row.p}  ${String(row.k).padEnd(3)} ${row.client.padEnd(15)} ${row.n}  ${percent(row.predicted)}     ${percent(row.measured)}    [${percent(row.low)}, ${percent(row.high)}]  ${row.within}`,
    );
  console.log('\nBeta rule at 0.95 against 40 samples; the easy half errs at 0.1');
  console.log(
    'hard half errs   n     40 samples  stopping early    95 % CI          p      samples easy, hard',
  );
  for (const row of stopping)
    console.log(
      `${row.hard}, ${row.wrongAnswers} wrong way(s)  ${row.n}  ${percent(row.fixed)}    ${row.difference.toFixed(2).padStart(6)} points   [${row.low.toFixed(2)}, ${row.high.toFixed(2)}]  ${row.p.toFixed(3)}  ${row.samplesEasy.toFixed(1)}, ${row.samplesHard.toFixed(1)}`,
    );
}
process.exitCode = theory.every((row) => row.within) ? 0 : 1;

function percent(value: number): string {
  return `${(100 * value).toFixed(1).padStart(5)} %`;
}
