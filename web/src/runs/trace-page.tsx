import { useMemo } from 'preact/hooks';
import { foldTrace } from '../../../src/core/trace.ts';
import type { StoredTrace } from '../api/types.ts';
import { Failure } from '../failure.tsx';
import { Icon } from '../icon.tsx';
import { hrefTo } from '../router.ts';
import { TreeView } from '../tree/tree-view.tsx';
import { useLoaded } from '../use-loaded.ts';

interface TracePageProps {
  readonly run: string;
  readonly query: URLSearchParams;
}

/** The tree of one stored attempt, as wide as the window. */
export function TracePage({ run, query }: TracePageProps) {
  const problem = query.get('problem') ?? '';
  const method = query.get('method') ?? '';
  const repeat = query.get('repeat') ?? '0';
  const loaded = useLoaded<StoredTrace>(
    `/api/runs/${encodeURIComponent(run)}/trace?${new URLSearchParams({ problem, method, repeat })}`,
  );
  const events = loaded.state === 'there' ? loaded.value.events : undefined;
  const trace = useMemo(() => events && foldTrace(events), [events]);
  return (
    <div class="trace-page">
      <p class="crumbs">
        <a href={hrefTo(['runs', run])}>
          <Icon name="back" />
          {run}
        </a>
        <span class="run-facts">
          <span>{problem}</span>
          <span>{method}</span>
          {repeat !== '0' && <span>attempt {Number(repeat) + 1}</span>}
          {trace?.solution?.answer !== undefined && <span>answer {trace.solution.answer}</span>}
        </span>
      </p>
      {loaded.state === 'failed' && <Failure failure={loaded.failure} />}
      {loaded.state === 'loading' && <p class="working">Loading…</p>}
      {trace && (
        <div class="trace-tree">
          <TreeView trace={trace} version={0} events={events} />
        </div>
      )}
    </div>
  );
}
