import type { Random } from '../core/random.ts';
import type { Asked, Outcome, Value, World } from './generative-model.ts';
import { UndecidedError } from './program-error.ts';

/** An estimate with its standard error. */
export interface Estimate {
  readonly value: number; // in [0, 1]
  readonly standardError: number;
}

/** A run that hit the condition is sought this often before the sampler gives up. */
const MOST_STARTS = 100_000;
/** The part of the chain that is thrown away, and the batches the rest is cut into for its standard error. */
const BURN_IN_SHARE = 0.1;
const BATCHES = 30;
/** How often all chances are drawn anew, so that the chain leaves what single changes cannot leave. */
const RESTART_SHARE = 0.2;

/**
 * Likelihood weighting (Fung and Chang 1990): chances are drawn from their distributions, those with evidence take it, and
 * the run counts as much as the evidence was probable. Throws UndecidedError where no run has weight.
 */
export function likelihoodWeighting(asked: Asked, samples: number, random: Random): Estimate {
  const weights = new Float64Array(samples);
  const hits = new Uint8Array(samples);
  for (let index = 0; index < samples; index++) {
    let weight = 1;
    const world = asked.model((name, outcomes) => {
      const value = asked.evidence.get(name);
      if (value === undefined) return draw(outcomes, random);
      weight *= probabilityOf(outcomes, value);
      return value;
    });
    if (!world || weight === 0 || !asked.given(world)) continue;
    weights[index] = weight;
    hits[index] = asked.holds(world) ? 1 : 0;
  }
  const total = sum(weights, (weight) => weight);
  if (total === 0) throw new UndecidedError(`None of ${samples} samples meets the condition; draw more`);
  const value = sum(weights, (weight, index) => weight * (hits[index] as number)) / total;
  const spread = sum(weights, (weight, index) => (weight * ((hits[index] as number) - value)) ** 2);
  return { value, standardError: Math.sqrt(spread) / total };
}

/**
 * Metropolis–Hastings over runs (Wingate, Stuhlmüller and Goodman 2011): one chance is drawn anew, or now and then all of
 * them, and the new run is taken with the probability that keeps the distribution. The standard error is that of batch means. Throws UndecidedError where no run meets the condition.
 */
export function metropolisHastings(asked: Asked, samples: number, random: Random): Estimate {
  let current = firstRun(asked, random);
  const burnIn = Math.floor(samples * BURN_IN_SHARE);
  const hits = new Uint8Array(samples);
  for (let index = -burnIn; index < samples; index++) {
    const proposed =
      random.next() < RESTART_SHARE ? restart(asked, current, random) : step(asked, current, random);
    const { world } = proposed.run;
    if (world && asked.given(world) && Math.log(random.next()) < proposed.logRatio) current = proposed.run;
    if (index >= 0) hits[index] = current.world && asked.holds(current.world) ? 1 : 0;
  }
  return batchMeans(hits);
}

interface Choice {
  readonly value: Value;
  readonly logProbability: number;
}

interface Run {
  readonly choices: ReadonlyMap<string, Choice>;
  readonly world: World;
  readonly likelihood: number; // log probability of the evidence
  readonly kept: number; // log probability of the chances that were kept
}

/** A run with the logarithm of the probability of taking it. */
interface Proposal {
  readonly run: Run;
  readonly logRatio: number;
}

/** All chances anew: prior and proposal cancel, only the evidence is weighed. */
function restart(asked: Asked, current: Run, random: Random): Proposal {
  const run = rerun(asked, new Map(), undefined, random);
  return { run, logRatio: run.likelihood - current.likelihood };
}

/** One chance anew, the others kept where they still occur. */
function step(asked: Asked, current: Run, random: Random): Proposal {
  const free = ({ choices }: Run) => [...choices.keys()].filter((name) => !asked.evidence.has(name));
  const names = free(current);
  const redrawn = names[random.integer(names.length)];
  const run = rerun(asked, current.choices, redrawn, random);
  const isOther = (name: string) => name === redrawn || asked.evidence.has(name);
  return {
    run,
    logRatio:
      run.likelihood -
      current.likelihood +
      Math.log(names.length / free(run).length) +
      run.kept -
      keptOf(current.choices, run.choices, isOther),
  };
}

function firstRun(asked: Asked, random: Random): Run {
  for (let start = 0; start < MOST_STARTS; start++) {
    const run = rerun(asked, new Map(), undefined, random);
    if (run.world && run.likelihood > Number.NEGATIVE_INFINITY && asked.given(run.world)) return run;
  }
  throw new UndecidedError(`None of ${MOST_STARTS} runs meets the condition`);
}

function rerun(
  asked: Asked,
  before: ReadonlyMap<string, Choice>,
  redrawn: string | undefined,
  random: Random,
): Run {
  const choices = new Map<string, Choice>();
  let likelihood = 0;
  let kept = 0;
  const world = asked.model((name, outcomes) => {
    const evidence = asked.evidence.get(name);
    const old = name === redrawn ? undefined : before.get(name)?.value;
    const keeps = old !== undefined && probabilityOf(outcomes, old) > 0;
    const value = evidence ?? (keeps ? old : draw(outcomes, random));
    const logProbability = Math.log(probabilityOf(outcomes, value));
    if (evidence !== undefined) likelihood += logProbability;
    else if (keeps) kept += logProbability;
    choices.set(name, { value, logProbability });
    return value;
  });
  return { choices, world, likelihood, kept };
}

/** Log probability, in the run before, of the chances that the run after it kept. */
function keptOf(
  before: ReadonlyMap<string, Choice>,
  after: ReadonlyMap<string, Choice>,
  isOther: (name: string) => boolean,
): number {
  let total = 0;
  for (const [name, { value, logProbability }] of before)
    if (!isOther(name) && after.get(name)?.value === value) total += logProbability;
  return total;
}

function draw(outcomes: readonly Outcome[], random: Random): Value {
  let left = random.next();
  for (const { value, probability } of outcomes) {
    left -= probability.valueOf();
    if (left < 0) return value;
  }
  return (outcomes.findLast(({ probability }) => probability.compare(0) > 0) as Outcome).value;
}

function probabilityOf(outcomes: readonly Outcome[], value: Value): number {
  return outcomes.find((one) => one.value === value)?.probability.valueOf() ?? 0;
}

function sum(values: Float64Array, term: (value: number, index: number) => number): number {
  return values.reduce((total, value, index) => total + term(value, index), 0);
}

function batchMeans(hits: Uint8Array): Estimate {
  const size = Math.floor(hits.length / BATCHES);
  const means = Array.from(
    { length: BATCHES },
    (_, batch) =>
      hits.subarray(batch * size, (batch + 1) * size).reduce((total, hit) => total + hit, 0) / size,
  );
  const value = means.reduce((total, mean) => total + mean, 0) / BATCHES;
  const variance = means.reduce((total, mean) => total + (mean - value) ** 2, 0) / (BATCHES - 1);
  return { value, standardError: Math.sqrt(variance / BATCHES) };
}
