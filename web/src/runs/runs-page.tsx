import { useState } from 'preact/hooks';
import { count } from '../../../src/evaluation/format.ts';
import type { RunSummary } from '../../../src/evaluation/run-store.ts';
import type { RunList } from '../api/types.ts';
import { Command } from '../command.tsx';
import { Failure } from '../failure.tsx';
import { hrefTo } from '../router.ts';
import { useLoaded } from '../use-loaded.ts';
import { moment } from '../words.ts';

/** Stored runs, the latest first. Two of them can be chosen to be compared. */
export function RunsPage() {
  const loaded = useLoaded<RunList>('/api/runs');
  if (loaded.state === 'failed') return <Failure failure={loaded.failure} />;
  if (loaded.state === 'loading') return <p class="page working">Loading…</p>;
  const { runs } = loaded.value;
  return (
    <div class="page">
      {runs.length === 0 ? (
        <div class="empty">
          <h2>Nothing has been run yet</h2>
          <p>A comparison asks every method the same problems and says which is better, at what cost.</p>
          <Command text="reckon compare --demo" />
        </div>
      ) : (
        <Runs runs={runs} />
      )}
    </div>
  );
}

function Runs({ runs }: { readonly runs: readonly RunSummary[] }) {
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const toggle = (run: string) =>
    setChosen(chosen.includes(run) ? chosen.filter((other) => other !== run) : [...chosen.slice(-1), run]);
  const [a, b] = chosen;
  return (
    <>
      <header class="page-head">
        <h1>Runs</h1>
        <p class="choice" role="status">
          {a === undefined ? (
            <span class="quiet">Choose two to compare them.</span>
          ) : b === undefined ? (
            <span class="quiet">Choose another one to compare with {a}.</span>
          ) : (
            <a class="primary" href={hrefTo(['runs', a, 'with', b])}>
              Compare the two
            </a>
          )}
        </p>
      </header>
      <div class="scroll">
        <table class="run-list">
          <thead>
            <tr>
              <th>
                <span class="unseen">Compare</span>
              </th>
              <th scope="col">run</th>
              <th scope="col">started</th>
              <th scope="col">dataset</th>
              <th scope="col">model</th>
              <th scope="col">methods</th>
              <th scope="col" class="number">
                attempts
              </th>
            </tr>
          </thead>
          <tbody>
            {runs.map(({ run, dataset, model, methods, startedAt, rows, planned }) => (
              <tr key={run} class={chosen.includes(run) ? 'chosen' : ''}>
                <td>
                  <input
                    type="checkbox"
                    aria-label={`Compare ${run}`}
                    checked={chosen.includes(run)}
                    onChange={() => toggle(run)}
                  />
                </td>
                <th scope="row">
                  <a href={hrefTo(['runs', run])}>{run}</a>
                </th>
                <td class="quiet">{moment(startedAt)}</td>
                <td>{dataset}</td>
                <td>{model}</td>
                <td class="run-methods">{methods.join(', ')}</td>
                <td class="number">
                  {count(rows)}
                  {rows < planned && <span class="quiet"> of {count(planned)}</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
