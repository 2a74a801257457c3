import type { OptionSpec } from '../core/catalog-entry.ts';
import { ADVANTAGE_FORMS } from './advantages.ts';

export type ObjectiveName = 'pretrain' | 'sft' | 'grpo';

/** An objective as the command line and recipes see it. */
export interface ObjectiveEntry {
  readonly name: ObjectiveName;
  readonly summary: string;
  readonly paper: string; // authors, year, arXiv number
  readonly options: { readonly [name: string]: OptionSpec };
}

const whole = (summary: string, minimum: number, maximum: number, preset?: number): OptionSpec => ({
  summary,
  type: 'integer',
  minimum,
  maximum,
  ...(preset !== undefined && { default: preset }),
});
const real = (summary: string, minimum: number, maximum: number, preset?: number): OptionSpec => ({
  ...whole(summary, minimum, maximum, preset),
  type: 'number',
});
const word = (summary: string, words: readonly string[], preset?: string): OptionSpec => ({
  summary,
  type: words,
  ...(preset !== undefined && { default: preset }),
});

interface Presets {
  readonly steps: number;
  readonly learningRate: number;
  readonly schedule: 'cosine' | 'constant';
  readonly warmupSteps: number;
  readonly weightDecay: number;
  readonly evaluateEvery: number;
  readonly checkpointEvery: number;
}

/** What every objective has. */
function common(presets: Presets) {
  return {
    steps: whole('steps in all', 1, 1_000_000, presets.steps),
    learningRate: real('highest learning rate', 1e-8, 1, presets.learningRate),
    schedule: word('of the learning rate after the warm-up', ['cosine', 'constant'], presets.schedule),
    warmupSteps: whole('in which the learning rate rises from 0', 0, 100_000, presets.warmupSteps),
    optimizer: word(
      'muon orthogonalises the updates of matrices; adamw does not',
      ['adamw', 'muon'],
      'adamw',
    ),
    weightDecay: real('per unit of learning rate', 0, 10, presets.weightDecay),
    maximumNorm: real('gradients are scaled down to this norm', 1e-6, 1e6, 1),
    rows: whole('of a batch', 1, 4096, 16),
    length: whole("tokens of a row; the model's context unless given", 8, 65_536),
    evaluateEvery: whole('steps between evaluations', 1, 1_000_000, presets.evaluateEvery),
    evaluateProblems: whole('held-out problems of an evaluation; 0 = none', 0, 10_000, 200),
    checkpointEvery: whole('steps between checkpoints', 1, 1_000_000, presets.checkpointEvery),
    checkpointMinutes: real('minutes between checkpoints, where that is sooner', 0.01, 1440, 5),
    backend: word('onnx needs onnxruntime-node; jax runs everywhere, slower', ['onnx', 'jax'], 'onnx'),
    threads: whole('of onnx; all cores unless given', 1, 256),
  };
}

const LIKELIHOOD = { schedule: 'cosine', weightDecay: 0.1, checkpointEvery: 500 } as const;

/** The objectives there are, each with its options, their ranges and defaults. */
export const OBJECTIVES: Readonly<Record<ObjectiveName, ObjectiveEntry>> = {
  pretrain: {
    name: 'pretrain',
    summary: 'next-token prediction over whole conversations, from scratch',
    paper: 'Radford et al. 2018',
    options: {
      ...common({ ...LIKELIHOOD, steps: 2_000, learningRate: 1e-3, warmupSteps: 100, evaluateEvery: 500 }),
      vocabularySize: whole('tokens of the tokenizer', 263, 65_536, 512),
      width: whole('of the model; a multiple of twice its heads', 2, 4096, 128),
      layers: whole('of the model', 1, 64, 4),
      heads: whole('of each layer', 1, 64, 4),
      hidden: whole('inner width of a layer; 8/3 of the width unless given', 1, 16_384),
      context: whole('longest conversation, tokens', 16, 65_536, 256),
    },
  },
  sft: {
    name: 'sft',
    summary: 'likelihood of the replies that a teacher gives to the methods',
    paper: 'Ouyang et al. 2022, arXiv:2203.02155',
    options: common({ ...LIKELIHOOD, steps: 1_000, learningRate: 3e-4, warmupSteps: 50, evaluateEvery: 200 }),
  },
  grpo: {
    name: 'grpo',
    summary: "reinforcement learning from the dataset's verifier, a group of rollouts as its own baseline",
    paper: 'Shao et al. 2024, arXiv:2402.03300',
    options: {
      ...common({
        steps: 200,
        learningRate: 1e-4,
        schedule: 'constant',
        warmupSteps: 0,
        weightDecay: 0,
        evaluateEvery: 10,
        checkpointEvery: 10,
      }),
      groupSize: whole('rollouts of one problem', 2, 1024, 8),
      promptsPerStep: whole('problems of a step', 1, 4096, 32),
      maxTokens: whole('of one reply', 1, 65_536, 128),
      temperature: real('of rollouts; what is learned is the policy at this temperature', 0.05, 10, 1),
      updatesPerRollout: whole('passes over the rollouts of a step', 1, 64, 1),
      minibatches: whole('updates of a pass', 1, 256, 1),
      advantage: word('how a reward is compared with its group', ADVANTAGE_FORMS, 'grpo'),
      weighting: word('what a token weighs', ['grpo', 'dapo', 'dr-grpo'], 'grpo'),
      overlong: word('a reply cut off at maxTokens: reward 0, or no loss either', ['zero', 'mask'], 'zero'),
      clipLow: real('ratios end at 1 - this', 0.001, 1, 0.2),
      clipHigh: real('ratios end at 1 + this', 0.001, 1000, 0.28),
      klWeight: real('of the divergence from the first policy, in the loss', 0, 100, 0),
      klPenalty: word('estimator of that divergence', ['k2', 'k3'], 'k3'),
      klBudget: real('nats per rollout from the first policy; the run ends there', 1e-6, 1e6),
      resampling: whole('rounds in which groups without variance are replaced', 0, 64, 0),
      samplers: whole('rollouts in work at a time', 1, 1024, 64),
    },
  },
};
