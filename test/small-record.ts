import type { Outcome, Row, RunInfo, RunRecord } from '../src/evaluation/row.ts';

/** One letter per problem: right, wrong, no answer, exhausted, error, or not run. */
const OUTCOMES: { readonly [letter: string]: Outcome | undefined } = {
  r: 'correct',
  w: 'wrong',
  n: 'no-answer',
  x: 'exhausted',
  e: 'error',
  '.': undefined,
};

/**
 * A run record for tests, written as one string of outcomes per method: `{ direct: ['rrw'], cot: ['rre'] }` is three
 * problems and one repeat. Each row of method number m (from 1) costs m calls, 100·m prompt and 10·m completion tokens,
 * m / 1000 usd and m seconds.
 */
export function smallRecord(
  methods: { readonly [method: string]: readonly string[] },
  { info = {}, row = {} }: { info?: Partial<RunInfo>; row?: Partial<Row> } = {},
): RunRecord {
  const names = Object.keys(methods);
  const repeats = Math.max(...Object.values(methods).map((strings) => strings.length));
  const problems = Math.max(...Object.values(methods).map(([first]) => first?.length ?? 0));
  return {
    info: {
      run: 'run-1',
      dataset: 'sums',
      split: 'test',
      model: 'scripted',
      methods: names,
      repeats,
      seed: 0,
      limits: {},
      version: '0.1.0',
      ...info,
    },
    problems: Array.from({ length: problems }, (_, index) => ({
      id: `p${index}`,
      text: `What is ${index} + 1?`,
      reference: String(index + 1),
    })),
    rows: Object.entries(methods).flatMap(([method, strings], number) =>
      strings.flatMap((letters, repeat) =>
        [...letters].flatMap((letter, index): Row[] => {
          const outcome = OUTCOMES[letter];
          if (!outcome) return [];
          const unit = number + 1;
          return [
            {
              problem: `p${index}`,
              method,
              repeat,
              outcome,
              score: outcome === 'correct' ? 1 : 0,
              ...(outcome === 'correct' && { answer: String(index + 1) }),
              ...(outcome === 'wrong' && { answer: String(index + 7) }),
              ...(outcome === 'exhausted' && { exhausted: 'tokens' }),
              ...(outcome === 'error' && { error: { name: 'ModelError', message: 'out of order' } }),
              usage: {
                calls: unit,
                promptTokens: 100 * unit,
                completionTokens: 10 * unit,
                usd: unit / 1000,
              },
              seconds: unit,
              ...row,
            },
          ];
        }),
      ),
    ),
  };
}
