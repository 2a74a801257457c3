/**
 * Self-consistency: sample several solutions and keep the answer that most of them reach.
 * Wang et al. 2022, arXiv:2203.11171. The paper samples 40 at temperature 0.7.
 * Weighted votes: the same paper's table of aggregations. Universal: Chen et al. 2023, arXiv:2311.17311.
 * Adaptive stopping: Beta rule, Aggarwal et al. 2023, arXiv:2305.11860; windows, Li et al. 2024, arXiv:2401.10480.
 * Cost: `samples` calls of the inner method; + 2 for the universal vote; fewer with adaptive stopping.
 * Deviations: samples without a readable answer do not vote; the Beta rule looks after waves of samples drawn in parallel
 * instead of after each one; the universal vote asks twice, the second time in reverse order, against position bias.
 */
import { probabilityOfLead } from '../core/beta.ts';
import type { MethodEntry } from '../core/catalog-entry.ts';
import { InputError } from '../core/errors.ts';
import type { Method } from '../core/method.ts';
import type { Model } from '../core/model.ts';
import type { Question } from '../core/problem.ts';
import type { Run } from '../core/run.ts';
import type { Solution } from '../core/solution.ts';
import { untilExhausted } from '../core/solve.ts';
import type { Verifier } from '../core/verifier.ts';
import { instruct } from './parts/prompt.ts';
import { countSamples, elect, tally } from './parts/vote.ts';

/**
 * Who wins: `plurality` one solution one vote · `verifier` votes weighted by a verifier's score · `log-probability` by
 * exp(mean token log-probability) · `universal` the model picks the most consistent solution, for free-form answers.
 */
export type VoteRule =
  | { readonly type: 'plurality' }
  | { readonly type: 'verifier'; readonly verifier: Verifier<Question> }
  | { readonly type: 'log-probability' }
  | { readonly type: 'universal'; readonly model: Model };

/**
 * When to stop before all samples are drawn: `beta` once the leader's probability of being ahead of the runner-up reaches
 * `threshold` · `windows` once a whole window of `size` samples agrees.
 */
export type StopRule =
  | { readonly type: 'never' }
  | { readonly type: 'beta'; readonly threshold?: number } // in (0.5, 1), default 0.95
  | { readonly type: 'windows'; readonly size?: number }; // default 5

export interface SelfConsistencyOptions {
  readonly method: Method;
  readonly samples?: number;
  readonly vote?: VoteRule;
  readonly stop?: StopRule;
}

/** Samples `method` several times and returns the answer that most samples reach. */
export function selfConsistency({
  method,
  samples = 8,
  vote = { type: 'plurality' },
  stop = { type: 'never' },
}: SelfConsistencyOptions): Method {
  if (!Number.isInteger(samples) || samples < 1)
    throw new InputError(
      `Self-consistency cannot draw ${samples} samples; give a whole number of at least 1`,
    );
  return {
    name: `self-consistency(${method.name})`,
    async solve(question, run) {
      const solutions: Solution[] = [];
      await untilExhausted(
        async () => {
          while (solutions.length < samples && !decided(solutions, question, stop)) {
            const wave = Math.min(waveSize(solutions.length, samples, stop), samples - solutions.length);
            solutions.push(...(await run.map(wave, 'sample', (branch) => method.solve(question, branch))));
            if (run.budget.exhausted) break;
          }
        },
        (limit) => {
          if (solutions.length === 0) run.signal.throwIfAborted();
          return limit;
        },
      );
      return untilExhausted(
        () => electBy(vote, solutions, question, run, samples),
        () => elect(tally(solutions, question), solutions, samples),
      );
    },
  };
}

/** The Beta rule starts with four samples, because no lead of fewer decides at 0.95; then two at a time. */
function waveSize(drawn: number, samples: number, stop: StopRule): number {
  switch (stop.type) {
    case 'never':
      return samples;
    case 'beta':
      return drawn === 0 ? 4 : 2;
    case 'windows':
      return stop.size ?? 5;
    default:
      return stop satisfies never;
  }
}

function decided(solutions: readonly Solution[], question: Question, stop: StopRule): boolean {
  if (solutions.length === 0 || stop.type === 'never') return false;
  if (stop.type === 'beta') {
    const [first, second] = tally(solutions, question);
    const lead = probabilityOfLead(first?.solutions.length ?? 0, second?.solutions.length ?? 0);
    return lead >= (stop.threshold ?? 0.95);
  }
  const size = stop.size ?? 5;
  const window = solutions.slice(-size);
  return window.length === size && tally(window, question)[0]?.solutions.length === size;
}

async function electBy(
  vote: VoteRule,
  solutions: readonly Solution[],
  question: Question,
  run: Run,
  asked: number,
): Promise<Solution> {
  switch (vote.type) {
    case 'plurality':
      return elect(tally(solutions, question), solutions, asked);
    case 'verifier': {
      const weights = solutions.map(() => 0); // a score that the budget did not reach counts for nothing
      await run.map(solutions.length, 'score', async (branch, index) => {
        weights[index] = (await branch.judge(vote.verifier, question, solutions[index] as Solution)).score;
      });
      return elect(tally(solutions, question, weights), solutions, asked);
    }
    case 'log-probability': {
      const weights = solutions.map((solution) => Math.exp(solution.meanLogProb ?? Number.NEGATIVE_INFINITY));
      return elect(tally(solutions, question, weights), solutions, asked);
    }
    case 'universal':
      return mostConsistent(vote.model, solutions, question, run, asked);
    default:
      return vote satisfies never;
  }
}

/** Universal self-consistency: the model reads all solutions and names the most consistent one, in two orders. */
async function mostConsistent(
  model: Model,
  solutions: readonly Solution[],
  question: Question,
  run: Run,
  asked: number,
): Promise<Solution> {
  const order = solutions.map((_, index) => index);
  const picks = await run.map(2, 'most consistent', async (branch, pass) => {
    const shown = pass === 0 ? order : order.toReversed();
    const listing = shown
      .map((index, place) => `[${place + 1}]\n${solutions[index]?.text ?? ''}`)
      .join('\n\n');
    const { text } = await branch.sample(model, {
      messages: instruct(
        question,
        `${listing}\n\nWhich solution agrees most with the others? Reply with its number.`,
      ),
      temperature: 0,
      maxTokens: 16,
    });
    return shown[Number(/\d{1,4}/.exec(text)?.[0]) - 1];
  });
  const named = picks.filter((pick) => pick !== undefined);
  // two different picks: the one whose answer has more votes; none readable: the plain vote
  const groups = tally(solutions, question);
  const support = (index: number) =>
    groups.find((group) => group.solutions.includes(solutions[index] as Solution))?.solutions.length ?? 0;
  const best = named.toSorted((a, b) => support(b) - support(a))[0];
  if (best === undefined) return elect(groups, solutions, asked);
  return {
    ...(solutions[best] as Solution),
    complete: true,
    confidence: support(best) / solutions.length,
    samples: countSamples(solutions, asked),
  };
}

export const entry: MethodEntry = {
  name: 'self-consistency',
  summary: 'several samples, the answer most of them reach',
  paper: 'Wang et al. 2022, arXiv:2203.11171',
  aliases: ['sc'],
  calls: 'samples × inner method; adaptive stopping usually needs 4 to 8',
  wraps: true,
  count: 'samples',
  options: {
    samples: { summary: 'samples at the most', type: 'integer', default: 8, minimum: 1, maximum: 256 },
    vote: {
      summary: 'who wins',
      type: ['plurality', 'verifier', 'log-probability', 'universal'],
      default: 'plurality',
    },
    verifier: { summary: 'for vote=verifier', type: ['judge', 'expression'], default: 'judge' },
    stop: { summary: 'when to stop early', type: ['never', 'beta', 'windows'], default: 'never' },
    threshold: { summary: 'for stop=beta', type: 'number', default: 0.95, minimum: 0.5, maximum: 0.9999 },
    window: { summary: 'for stop=windows', type: 'integer', default: 5, minimum: 2, maximum: 64 },
  },
  build(options, parts) {
    const rules: Record<string, () => VoteRule> = {
      plurality: () => ({ type: 'plurality' }),
      verifier: () => ({ type: 'verifier', verifier: parts.verifier(String(options.verifier)) }),
      'log-probability': () => ({ type: 'log-probability' }),
      universal: () => ({ type: 'universal', model: parts.model }),
    };
    const stops: Record<string, () => StopRule> = {
      never: () => ({ type: 'never' }),
      beta: () => ({ type: 'beta', threshold: Number(options.threshold) }),
      windows: () => ({ type: 'windows', size: Number(options.window) }),
    };
    return selfConsistency({
      method: parts.inner('chain-of-thought', {
        temperature: 0.7,
        logProbs: options.vote === 'log-probability',
      }),
      samples: Number(options.samples),
      vote: rules[String(options.vote)]?.() ?? { type: 'plurality' },
      stop: stops[String(options.stop)]?.() ?? { type: 'never' },
    });
  },
};
