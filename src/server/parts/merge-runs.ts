import type { ReportedProblem, RunRecord } from '../../evaluation/row.ts';
import { ApiError } from './api-error.ts';

/** Two runs as one: their record over the problems that both have, and every method of the one with every one of the other. */
export interface MergedRuns {
  readonly record: RunRecord;
  readonly pairs: readonly (readonly [a: string, b: string])[];
}

/** Merges two runs. Methods of the same name are told apart by their run. Throws ApiError when they have no problem in common. */
export function mergeRuns(a: RunRecord, b: RunRecord): MergedRuns {
  const known = new Map(b.problems.map((problem) => [problem.id, problem]));
  const shared = a.problems.filter((problem) => same(problem, known.get(problem.id)));
  if (shared.length === 0)
    throw new ApiError(400, `The runs ${a.info.run} and ${b.info.run} have no problem in common`, {
      code: 'runs_not_comparable',
    });
  const ids = new Set(shared.map(({ id }) => id));
  const clash = new Set(a.info.methods.filter((method) => b.info.methods.includes(method)));
  const part = ({ info, rows }: RunRecord) => {
    const name = (method: string) => (clash.has(method) ? `${method} (${info.run})` : method);
    const own = info.methods.map(
      (method) => [name(method), info.ownRepeats?.[method] ?? info.repeats] as const,
    );
    return {
      methods: info.methods.map(name),
      repeats: Object.fromEntries(own),
      rows: rows
        .filter(({ problem }) => ids.has(problem))
        .map((row) => ({ ...row, method: name(row.method) })),
    };
  };
  const [first, second] = [part(a), part(b)];
  const record: RunRecord = {
    info: {
      ...a.info,
      run: `${a.info.run} with ${b.info.run}`,
      model: a.info.model === b.info.model ? a.info.model : `${a.info.model}, ${b.info.model}`,
      methods: [...first.methods, ...second.methods],
      ownRepeats: { ...first.repeats, ...second.repeats },
    },
    problems: shared,
    rows: [...first.rows, ...second.rows],
  };
  const pairs = first.methods.flatMap((one) => second.methods.map((other) => [one, other] as const));
  return { record, pairs };
}

function same(a: ReportedProblem, b: ReportedProblem | undefined): boolean {
  return b !== undefined && a.text === b.text && a.reference === b.reference;
}
