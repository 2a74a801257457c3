import type { ReportedProblem, Row, RunInfo } from './row.ts';

/** Rows in the order of problems, methods and repeats, whatever order they finished in. */
export function inOrder(rows: readonly Row[], info: RunInfo, problems: readonly ReportedProblem[]): Row[] {
  const problemAt = new Map(problems.map((problem, index) => [problem.id, index]));
  const methodAt = new Map(info.methods.map((method, index) => [method, index]));
  const place = (row: Row) => [problemAt.get(row.problem) ?? 0, methodAt.get(row.method) ?? 0] as const;
  return rows.toSorted((a, b) => {
    const [first, second] = [place(a), place(b)];
    return first[0] - second[0] || first[1] - second[1] || a.repeat - b.repeat;
  });
}
