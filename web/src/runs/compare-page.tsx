import { useMemo } from 'preact/hooks';
import { type Comparison, claim } from '../../../src/evaluation/comparison.ts';
import type { MethodReport, Report } from '../../../src/evaluation/report.ts';
import type { ReportedRun } from '../api/types.ts';
import { Failure } from '../failure.tsx';
import { Icon } from '../icon.tsx';
import { Differences } from '../report/differences.tsx';
import { FrontierSection } from '../report/frontier-section.tsx';
import { Hero } from '../report/hero.tsx';
import { MethodTable } from '../report/method-table.tsx';
import { ProblemList } from '../report/problem-list.tsx';
import { problemRows } from '../report/problem-rows.ts';
import { Provenance } from '../report/run-report.tsx';
import { hrefTo } from '../router.ts';
import { useLoaded } from '../use-loaded.ts';
import { RunCard } from './run-card.tsx';

interface ComparePageProps {
  readonly a: string;
  readonly b: string;
}

/** Two runs side by side, compared on the problems that both have. */
export function ComparePage({ a, b }: ComparePageProps) {
  const merged = useLoaded<ReportedRun>(`/api/runs/${encodeURIComponent(a)}/with/${encodeURIComponent(b)}`);
  const first = useLoaded<ReportedRun>(`/api/runs/${encodeURIComponent(a)}`);
  const second = useLoaded<ReportedRun>(`/api/runs/${encodeURIComponent(b)}`);
  for (const loaded of [merged, first, second])
    if (loaded.state === 'failed') return <Failure failure={loaded.failure} />;
  if (merged.state !== 'there' || first.state !== 'there' || second.state !== 'there')
    return <p class="page working">Loading…</p>;
  return <Compared merged={merged.value} runs={[first.value, second.value]} />;
}

interface ComparedProps {
  readonly merged: ReportedRun;
  readonly runs: readonly [ReportedRun, ReportedRun];
}

function Compared({ merged, runs }: ComparedProps) {
  const { report } = merged;
  const problems = useMemo(() => problemRows(merged), [merged]);
  const decisive = betweenLeaders(report, runs[0].info.methods.length);
  return (
    <div class="page">
      <p class="crumbs">
        <a href={hrefTo(['runs'])}>
          <Icon name="back" />
          Runs
        </a>
        <span class="run-facts">
          <span>{report.n} problems in common</span>
        </span>
      </p>
      <div class="report">
        <Hero
          report={{
            headline: decisive ? claim(decisive) : 'The two runs cannot be compared',
            decision: decisive?.decision ?? 'The two runs cannot be compared',
            notes: report.notes,
          }}
        />
        <div class="run-cards">
          {runs.map(({ report: own }) => (
            <RunCard key={own.run} report={own} />
          ))}
        </div>
        <FrontierSection report={report} />
        <MethodTable report={report} />
        {report.comparisons.length > 0 && <Differences report={report} />}
        <ProblemList
          report={report}
          problems={problems}
          show="differ"
          pair={decisive && [decisive.a, decisive.b]}
          traceOf={({ problem, method, repeat }) => {
            const own = ownMethod(report, runs, method);
            return hrefTo(['runs', own.run, 'trace'], { problem, method: own.method, repeat });
          }}
        />
        <Provenance report={report} />
      </div>
    </div>
  );
}

/** A method of both runs together, as its own run names it. */
function ownMethod(merged: Report, [first, second]: ComparedProps['runs'], name: string) {
  const index = merged.methods.findIndex((method) => method.name === name);
  const inFirst = first.info.methods.length;
  const { info } = index < inFirst ? first : second;
  return { run: info.run, method: info.methods[index < inFirst ? index : index - inFirst] ?? name };
}

/** The comparison of the most accurate method of the first run with that of the second. */
function betweenLeaders({ methods, comparisons }: Report, inFirst: number): Comparison | undefined {
  const leader = (some: Report['methods']) =>
    some.reduce<MethodReport | undefined>(
      (best, method) => (best && best.accuracy >= method.accuracy ? best : method),
      undefined,
    )?.name;
  const [a, b] = [leader(methods.slice(0, inFirst)), leader(methods.slice(inFirst))];
  return comparisons.find((comparison) => comparison.a === a && comparison.b === b);
}
