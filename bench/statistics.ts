/**
 * Do the intervals hold what they say, and do the tests err as often as they may? Simulation against known truths.
 * `node bench/statistics.ts [--json] [--seed N]`; about a minute.
 */
import { parseArgs } from 'node:util';
import { probabilityOfLead } from '../src/core/beta.ts';
import { type Random, seeded } from '../src/core/random.ts';
import { estimateCost } from '../src/evaluation/estimate.ts';
import type { Row } from '../src/evaluation/row.ts';
import {
  adjustedWald,
  holm,
  type Interval,
  mcnemarExact,
  normalQuantile,
  type PairedScores,
  pairedBootstrap,
  pairedDifferences,
  sampleSizeForDifference,
  signFlip,
  wilson,
  wilsonOfMeans,
} from '../src/evaluation/statistics.ts';

interface Measured {
  readonly claim: string;
  readonly setting: string;
  readonly trials: number;
  readonly share: number;
  readonly ci: Interval; // Wilson, 95 %
  readonly wanted: string;
  readonly met: boolean; // by the measured share
}

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, seed: { type: 'string', default: '0' } },
});
const root = seeded(values.seed);

function measure(
  claim: string,
  setting: string,
  trials: number,
  [least, most]: Interval,
  hit: (random: Random, trial: number) => boolean,
): Measured {
  const random = root.fork(`${claim} ${setting}`);
  let hits = 0;
  for (let trial = 0; trial < trials; trial++) if (hit(random, trial)) hits++;
  const share = hits / trials;
  const wanted =
    least === 0
      ? `≤ ${percent(most)}`
      : most === 1
        ? `≥ ${percent(least)}`
        : `${percent(least)} to ${percent(most)}`;
  return {
    claim,
    setting,
    trials,
    share,
    ci: wilson(hits, trials),
    wanted,
    met: least <= share && share <= most,
  };
}

/** Two methods on n problems: they differ on a share `discordant`, and b leads by `delta`. */
function pairs(random: Random, n: number, discordant: number, delta: number): PairedScores[] {
  const onlyB = (discordant + delta) / 2;
  return Array.from({ length: n }, () => {
    const u = random.next();
    if (u < onlyB) return { a: [0], b: [1] };
    return u < discordant ? { a: [1], b: [0] } : { a: [1], b: [1] };
  });
}

/** Repeats: each problem has its own chance to be solved, and b's is higher by `delta` on average. */
function repeatedPairs(random: Random, n: number, repeats: number, delta: number): PairedScores[] {
  return Array.from({ length: n }, () => {
    const chance = random.next() * (1 - delta);
    const score = (p: number) => Array.from({ length: repeats }, () => (random.next() < p ? 1 : 0));
    return { a: score(chance), b: score(chance + delta) };
  });
}

const holds = ([low, high]: Interval, truth: number): boolean =>
  low - 1e-12 <= truth && truth <= high + 1e-12;
const NEAR_95: Interval = [0.94, 0.96];

function bootstrapCoverage(): Measured[] {
  const settings = [
    { n: 100, discordant: 0.2, delta: 0.05 },
    { n: 200, discordant: 0.15, delta: 0.03 },
    { n: 300, discordant: 0.3, delta: 0.1 },
  ];
  const single = settings.map(({ n, discordant, delta }) =>
    measure(
      'BCa bootstrap covers',
      `n ${n}, differ ${percent(discordant)}, δ ${percent(delta)}`,
      3000,
      NEAR_95,
      (random, trial) =>
        holds(
          pairedBootstrap(pairs(random, n, discordant, delta), { resamples: 1000, seed: trial }).interval,
          delta,
        ),
    ),
  );
  const repeated = measure(
    'BCa bootstrap covers',
    'n 150 × 4 repeats, δ 8.0 %',
    3000,
    NEAR_95,
    (random, trial) =>
      holds(
        pairedBootstrap(repeatedPairs(random, 150, 4, 0.08), { resamples: 1000, seed: trial }).interval,
        0.08,
      ),
  );
  return [...single, repeated];
}

/** Where few problems differ the report takes the adjusted Wald interval; the bootstrap beside it, to show why. */
function fewDiffer(): Measured[] {
  const settings = [
    { n: 50, discordant: 0.06, delta: 0.04 },
    { n: 200, discordant: 0.02, delta: 0.01 },
    { n: 200, discordant: 0.04, delta: 0 },
  ];
  return settings.flatMap(({ n, discordant, delta }) => {
    const setting = `n ${n}, differ ${percent(discordant)}, δ ${percent(delta)}`;
    return [
      measure('adjusted Wald covers, few differ', setting, 20_000, [0.94, 1], (random) =>
        holds(adjustedWald(pairedDifferences(pairs(random, n, discordant, delta))), delta),
      ),
      measure('(BCa bootstrap there)', setting, 1000, [0, 1], (random, trial) =>
        holds(
          pairedBootstrap(pairs(random, n, discordant, delta), { resamples: 500, seed: trial }).interval,
          delta,
        ),
      ),
    ];
  });
}

function wilsonCoverage(): Measured[] {
  const binary = [
    { n: 30, p: 0.5 },
    { n: 30, p: 0.9 },
    { n: 100, p: 0.97 },
    { n: 500, p: 0.8 },
  ].map(({ n, p }) =>
    measure('Wilson covers', `n ${n}, accuracy ${percent(p)}`, 40_000, [0.93, 0.98], (random) => {
      let correct = 0;
      for (let problem = 0; problem < n; problem++) if (random.next() < p) correct++;
      return holds(wilson(correct, n), p);
    }),
  );
  const clustered = measure(
    'Wilson of means covers',
    'n 60 × 8 repeats, chances uniform',
    10_000,
    NEAR_95,
    (random) => {
      const means = Array.from({ length: 60 }, () => {
        const chance = random.next();
        let correct = 0;
        for (let repeat = 0; repeat < 8; repeat++) if (random.next() < chance) correct++;
        return correct / 8;
      });
      return holds(wilsonOfMeans(means, 8), 0.5);
    },
  );
  return [...binary, clustered];
}

function falseAlarms(): Measured[] {
  const mcnemar = [
    { n: 50, discordant: 0.2 },
    { n: 200, discordant: 0.1 },
    { n: 1000, discordant: 0.3 },
  ].map(({ n, discordant }) =>
    measure(
      'McNemar false alarms at 5 %',
      `n ${n}, differ ${percent(discordant)}`,
      20_000,
      [0, 0.05],
      (random) => {
        let [onlyA, onlyB] = [0, 0];
        for (let problem = 0; problem < n; problem++) {
          const u = random.next();
          if (u < discordant / 2) onlyA++;
          else if (u < discordant) onlyB++;
        }
        return mcnemarExact(onlyA, onlyB) < 0.05;
      },
    ),
  );
  const repeated = measure(
    'sign-flip false alarms at 5 %',
    'n 80 × 4 repeats',
    5000,
    [0, 0.055],
    (random) => signFlip(pairedDifferences(repeatedPairs(random, 80, 4, 0))) < 0.05,
  );
  const family = measure(
    'any false alarm of 5 tests, Holm',
    'n 200, six equal methods',
    4000,
    [0, 0.05],
    (random) => {
      const scores = Array.from({ length: 6 }, () => new Uint8Array(200));
      for (let problem = 0; problem < 200; problem++) {
        const chance = random.next();
        for (const own of scores) own[problem] = random.next() < chance ? 1 : 0;
      }
      const [baseline, ...others] = scores;
      const pValues = others.map((own) =>
        signFlip(Array.from(own, (score, problem) => score - baseline![problem]!)),
      );
      return holm(pValues).some((p) => p < 0.05);
    },
  );
  return [...mcnemar, repeated, family];
}

/** The planned number of problems gives the planned power, a little less with the exact test. */
function plannedPower(): Measured[] {
  return [
    { delta: 0.03, discordant: 0.1 },
    { delta: 0.05, discordant: 0.1 },
    { delta: 0.1, discordant: 0.15 },
  ].map(({ delta, discordant }) => {
    const n = sampleSizeForDifference(delta, discordant);
    return measure(
      'planned n shows the difference',
      `δ ${percent(delta)}, differ ${percent(discordant)}: n ${n}`,
      5000,
      [0.76, 0.84],
      (random) => {
        const differences = pairedDifferences(pairs(random, n, discordant, delta));
        const onlyB = differences.filter((value) => value > 0).length;
        return mcnemarExact(differences.filter((value) => value < 0).length, onlyB) < 0.05;
      },
    );
  });
}

function estimateCoverage(): Measured[] {
  const spreads: readonly (readonly [string, (random: Random) => number])[] = [
    ['lognormal, sd/mean 0.3', (random) => lognormal(random, 0.3)],
    ['lognormal, sd/mean 0.5', (random) => lognormal(random, 0.5)],
    ['lognormal, sd/mean 1', (random) => lognormal(random, 1)],
    ['16 samples, or 4 on 7 of 10', (random) => (random.next() < 0.3 ? 16 : 4) * (0.8 + 0.4 * random.next())],
  ];
  return spreads.flatMap(([name, draw]) =>
    [3, 10].map((probes) =>
      measure(
        'cost estimate (90 %) covers',
        `${name}; ${probes} of 200 probed`,
        4000,
        [0.85, 1],
        (random) => {
          const amounts = Array.from({ length: 200 }, () => draw(random));
          const rows = amounts.slice(0, probes).map(
            (amount, index): Row => ({
              ...{ problem: String(index), method: 'm', repeat: 0, outcome: 'correct', score: 1 },
              usage: { calls: 1, promptTokens: 0, completionTokens: amount },
            }),
          );
          const { low, high } = estimateCost(rows, 200).total.tokens;
          return holds(
            [low, high],
            amounts.reduce((sum, amount) => sum + amount, 0),
          );
        },
      ),
    ),
  );
}

function lognormal(random: Random, variation: number): number {
  const deviation = Math.sqrt(Math.log(1 + variation ** 2));
  return Math.exp(deviation * normalQuantile(Math.max(1e-12, random.next())));
}

/** Votes the leader needs before the Beta rule stops, by votes of the runner-up. */
function stopTable(threshold: number): number[] {
  return Array.from({ length: 8 }, (_, second) => {
    let first = second;
    while (probabilityOfLead(first, second) < threshold) first++;
    return first;
  });
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

const startedAt = performance.now();
const measured = [
  ...bootstrapCoverage(),
  ...fewDiffer(),
  ...wilsonCoverage(),
  ...falseAlarms(),
  ...plannedPower(),
  ...estimateCoverage(),
];
const beta = [0.9, 0.95, 0.99].map((threshold) => ({ threshold, needed: stopTable(threshold) }));
const seconds = (performance.now() - startedAt) / 1000;

if (values.json) console.log(JSON.stringify({ seed: values.seed, measured, beta, seconds }, null, 2));
else {
  const claims = [...new Set(measured.map(({ claim }) => claim))];
  for (const claim of claims) {
    console.log(`\n${claim}`);
    for (const { setting, trials, share, ci, wanted, met } of measured.filter((row) => row.claim === claim)) {
      const target = claim.startsWith('(') ? '' : `${met ? 'ok  ' : 'MISS'} wanted ${wanted}`;
      const figures = `${percent(share)} [${percent(ci[0])}, ${percent(ci[1])}] of ${trials}`;
      console.log(`  ${setting.padEnd(50)} ${figures.padEnd(36)} ${target}`);
    }
  }
  console.log('\nBeta rule: votes the leader needs against 0, 1, … 7 for the runner-up');
  for (const { threshold, needed } of beta)
    console.log(`  τ = ${threshold.toFixed(2)}: ${needed.join(', ')}`);
  console.log(`\nseed ${values.seed}, ${seconds.toFixed(0)} s`);
}
