import type { ReportedProblem, Row, RunRecord } from '../../../src/evaluation/row.ts';

/** A problem with the attempts at it: by method, by repeat. */
export interface ProblemRows extends ReportedProblem {
  readonly rows: readonly (readonly Row[])[];
}

/** Problems in their order with their rows. Of several rows for one attempt the last counts, as in the report. */
export function problemRows({ info, problems, rows }: RunRecord): ProblemRows[] {
  const byAttempt = Map.groupBy(rows, ({ problem, method }) => keyOf(problem, method));
  return problems.map((problem) => ({
    ...problem,
    rows: info.methods.map((method) => {
      const own = byAttempt.get(keyOf(problem.id, method)) ?? [];
      return [...new Map(own.map((row) => [row.repeat, row])).values()].sort((a, b) => a.repeat - b.repeat);
    }),
  }));
}

/** Which problems a list shows. */
export interface ProblemFilter {
  readonly show: Show;
  readonly method: number | undefined; // index; undefined: any
  /** Indices of the two methods that differ; undefined: any. */
  readonly pair: readonly [number, number] | undefined;
  readonly words: string;
}

export const SHOWS = [
  { show: 'all', name: 'All' },
  { show: 'differ', name: 'They differ' },
  { show: 'wrong', name: 'Wrong' },
  { show: 'failed', name: 'Failed' },
  { show: 'exhausted', name: 'Hit a limit' },
  { show: 'no-answer', name: 'No answer' },
] as const;

export type Show = (typeof SHOWS)[number]['show'];

const OUTCOME_OF: Partial<Record<Show, Row['outcome']>> = {
  wrong: 'wrong',
  failed: 'error',
  exhausted: 'exhausted',
  'no-answer': 'no-answer',
};

/** Whether a problem belongs to a list, its words apart. */
export function matches({ rows }: ProblemRows, filter: Omit<ProblemFilter, 'words'>): boolean {
  const { show, method, pair } = filter;
  if (show === 'all') return true;
  if (show === 'differ') {
    const compared = pair ? pair.map((index) => rows[index] ?? []) : rows;
    const shares = compared.filter((own) => own.length > 0).map(rightShare);
    return shares.some((share) => share !== shares[0]);
  }
  const asked = method === undefined ? rows.flat() : (rows[method] ?? []);
  return asked.some(({ outcome }) => outcome === OUTCOME_OF[show]);
}

/** Whether every word of a search occurs in the problem, its key or an answer to it. */
export function mentions(problem: ProblemRows, words: string): boolean {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return true;
  const answers = problem.rows.flat().map(({ answer = '' }) => answer);
  const text = [problem.id, problem.text, problem.reference, ...answers].join('\n').toLowerCase();
  return wanted.every((word) => text.includes(word));
}

function rightShare(rows: readonly Row[]): number {
  return rows.filter(({ outcome }) => outcome === 'correct').length / Math.max(1, rows.length);
}

function keyOf(problem: string, method: string): string {
  return JSON.stringify([problem, method]);
}
