import type { ReportedRun } from '../api/types.ts';
import { Command } from '../command.tsx';
import { Failure } from '../failure.tsx';
import { Icon } from '../icon.tsx';
import { RunReport, runFacts } from '../report/run-report.tsx';
import { hrefTo } from '../router.ts';
import { useLoaded } from '../use-loaded.ts';

/** One run: its report, with the tree of every attempt a click away. */
export function RunPage({ run }: { readonly run: string }) {
  const loaded = useLoaded<ReportedRun>(`/api/runs/${encodeURIComponent(run)}`);
  if (loaded.state === 'failed') return <Failure failure={loaded.failure} />;
  if (loaded.state === 'loading') return <p class="page working">Loading…</p>;
  const { report, rows, info } = loaded.value;
  const planned = report.methods.reduce((sum, { attempts, missing }) => sum + attempts + missing, 0);
  return (
    <div class="page">
      <p class="crumbs">
        <a href={hrefTo(['runs'])}>
          <Icon name="back" />
          Runs
        </a>
        <span class="run-facts">
          {[info.run, ...runFacts(report)].map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
        </span>
      </p>
      {rows.length < planned && (
        <p class="notice unfinished">
          Not all of its attempts have been made. <Command text={`reckon compare --resume ${run}`} />
        </p>
      )}
      <RunReport
        run={loaded.value}
        traceOf={({ problem, method, repeat }) => hrefTo(['runs', run, 'trace'], { problem, method, repeat })}
      />
    </div>
  );
}
