/** How a metric is shown. */
export interface MetricName {
  readonly key: string; // in a line of metrics.jsonl
  readonly title: string;
  readonly about: string; // unit, and what it means
  readonly share?: boolean; // in [0, 1]
}

/** What a run of training is watched by, in the order in which it is looked at. */
const MAIN: readonly MetricName[] = [
  { key: 'accuracy', title: 'Accuracy', about: 'held-out problems, 95 % interval', share: true },
  { key: 'reward', title: 'Reward', about: 'mean over the rollouts', share: true },
  { key: 'loss', title: 'Loss', about: '' },
  { key: 'kl', title: 'KL', about: 'from the reference policy, nats per token' },
  { key: 'entropy', title: 'Entropy', about: 'of the policy, nats per token' },
  { key: 'length', title: 'Length', about: 'sampled tokens per rollout' },
];

const FURTHER: readonly MetricName[] = [
  { key: 'gradientNorm', title: 'Gradient norm', about: 'before clipping' },
  { key: 'learningRate', title: 'Learning rate', about: '' },
  { key: 'clipShare', title: 'Clipped', about: 'share of the sampled tokens', share: true },
  { key: 'degenerateGroups', title: 'Groups without variance', about: 'share of them', share: true },
  { key: 'tokens', title: 'Tokens', about: 'learned from, per step' },
  { key: 'rollouts', title: 'Rollouts', about: 'per step' },
  { key: 'rolloutSeconds', title: 'Sampling time', about: 'seconds per step' },
  { key: 'seconds', title: 'Time', about: 'seconds per step or evaluation' },
];

/** Not curves: the axis, and the ends and sizes of intervals. */
const HIDDEN: ReadonlySet<string> = new Set(['step', 'accuracyLow', 'accuracyHigh', 'problems', 'errors']);

/** The metrics among some keys: those to be seen at once (pass@k with them), and the others. */
export function metricNames(keys: readonly string[]): {
  readonly main: readonly MetricName[];
  readonly further: readonly MetricName[];
} {
  const there = new Set(keys);
  const known = new Set([...MAIN, ...FURTHER].map(({ key }) => key));
  const others = keys.filter((key) => !known.has(key) && !HIDDEN.has(key)).sort();
  const passes = others.filter((key) => /^pass/i.test(key));
  const named = (key: string): MetricName => ({ key, title: key, about: '' });
  return {
    main: [
      ...MAIN.filter(({ key }) => there.has(key)),
      ...passes.map((key): MetricName => ({ ...named(key), about: 'any of k attempts right', share: true })),
    ],
    further: [
      ...FURTHER.filter(({ key }) => there.has(key)),
      ...others.filter((key) => !passes.includes(key)).map(named),
    ],
  };
}
