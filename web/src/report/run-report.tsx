import { useMemo } from 'preact/hooks';
import * as format from '../../../src/evaluation/format.ts';
import type { Report } from '../../../src/evaluation/report.ts';
import type { Row } from '../../../src/evaluation/row.ts';
import type { ReportedRun } from '../api/types.ts';
import { Agreement } from './agreement.tsx';
import { Differences } from './differences.tsx';
import { FrontierSection } from './frontier-section.tsx';
import { Hero } from './hero.tsx';
import { MethodTable } from './method-table.tsx';
import { ProblemList } from './problem-list.tsx';
import { problemRows } from './problem-rows.ts';
import { RepeatTable } from './repeat-table.tsx';

interface RunReportProps {
  readonly run: ReportedRun;
  readonly cutTo?: number | undefined; // characters of each text
  /** Where the trace of an attempt is to be seen. Absent: there are none. */
  readonly traceOf?: (row: Row) => string;
}

/** What a run showed: the decision, the frontier, the methods, their differences, and every problem. */
export function RunReport({ run, cutTo, traceOf }: RunReportProps) {
  const { report } = run;
  const problems = useMemo(() => problemRows(run), [run]);
  return (
    <div class="report">
      <Hero report={report} />
      <FrontierSection report={report} />
      <MethodTable report={report} />
      {report.repeats > 1 && <RepeatTable report={report} />}
      {report.comparisons.length > 0 && <Differences report={report} />}
      <Agreement report={report} problems={problems} />
      <ProblemList report={report} problems={problems} cutTo={cutTo} traceOf={traceOf} />
      <Provenance report={report} />
    </div>
  );
}

/** What the run was, in a line: dataset, problems, model. */
export function runFacts({ dataset, split, n, repeats, model }: Report): readonly string[] {
  const problems = format.plural(n, 'problem');
  return [`${dataset} ${split}`, repeats > 1 ? `${problems} × ${repeats} attempts` : problems, model];
}

/** How the figures were made, and what would make them again. */
export function Provenance({ report }: { readonly report: Report }) {
  const limits = Object.entries(report.limits).map(([limit, value]) => `${value} ${limit}`);
  const facts = [
    `run ${report.run}`,
    `seed ${report.seed}`,
    limits.length > 0 ? `limits per attempt: ${limits.join(', ')}` : 'no limits',
    report.source !== null && `data: ${report.source}`,
    `reckon ${report.version}`,
    report.startedAt !== undefined && `started ${report.startedAt}`,
  ].filter((fact) => fact !== false);
  return (
    <footer class="provenance">
      <p>
        Intervals of accuracies are Wilson's, of differences BCa bootstraps over problems (adjusted Wald where
        fewer than ten problems differ). p-values are McNemar's exact test, with repeats the sign-flip test on
        each problem's mean. Errors, limits and unreadable answers count as not right and are shown apart.
      </p>
      <p class="run-facts">
        {facts.map((fact) => (
          <span key={fact}>{fact}</span>
        ))}
      </p>
    </footer>
  );
}
