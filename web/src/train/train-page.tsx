import { useEffect, useState } from 'preact/hooks';
import { Command } from '../command.tsx';
import { Failure } from '../failure.tsx';
import { hrefTo } from '../router.ts';
import { useFrame } from '../use-frame.ts';
import { Chart, type ChartLine } from './chart.tsx';
import { type MetricName, metricNames } from './metric-names.ts';
import { RunChoice } from './run-choice.tsx';
import { Samples } from './samples.tsx';
import { type FollowedRun, TrainingFeed } from './training-feed.ts';

/** No run chosen, in an address; no name of a run. */
const NONE = '-';
/** Runs shown at once at the most: one for each colour. */
const MOST_SHOWN = 8;

/** Curves of training runs as they are written, several over each other, and what the policy said at each evaluation. */
export function TrainPage({ query }: { readonly query: URLSearchParams }) {
  const redraw = useFrame();
  const [feed] = useState(() => new TrainingFeed(redraw));
  useEffect(() => {
    feed.start();
    return () => feed.stop();
  }, [feed]);
  const asked = query.get('runs');
  const chosen = (asked === null ? (feed.list ?? []).slice(0, 1).map(({ name }) => name) : asked.split(','))
    .filter((name) => name !== NONE)
    .slice(0, MOST_SHOWN);
  const key = chosen.join(',');
  useEffect(() => feed.choose(chosen), [feed, key]);

  if (!feed.list)
    return feed.failure ? <Failure failure={feed.failure} /> : <p class="page working">Loading…</p>;
  if (feed.list.length === 0)
    return (
      <div class="page empty">
        <h2>Nothing has been trained yet</h2>
        <p>A run of training shows its curves here while it works. A small one takes a minute on a laptop.</p>
        <Command text="reckon train grpo --dataset countdown" />
      </div>
    );
  const order = feed.list.map(({ name }) => name).sort();
  const runs = chosen.flatMap((name) => {
    const run = feed.runs.get(name);
    return run ? [{ run, colour: 1 + (order.indexOf(name) % 7) }] : [];
  });
  return (
    <div class="train-page">
      <h1 class="unseen">Train</h1>
      <RunChoice
        runs={feed.list}
        chosen={chosen}
        order={order}
        onChoose={(names) => {
          location.hash = hrefTo(['train'], { runs: names.join(',') || NONE });
        }}
      />
      <div class="train-main">
        {feed.failure && <Failure failure={feed.failure} />}
        {runs.length === 0 ? <p class="working">Choose a run to see its curves.</p> : <Curves runs={runs} />}
        <Samples runs={runs} />
      </div>
    </div>
  );
}

interface CurvesProps {
  readonly runs: readonly { readonly run: FollowedRun; readonly colour: number }[];
}

function Curves({ runs }: CurvesProps) {
  const [smoothing, setSmoothing] = useState(0);
  const [logarithmic, setLogarithmic] = useState(false);
  const { main, further } = metricNames([
    ...new Set(runs.flatMap(({ run }) => [...run.metrics.series.keys()])),
  ]);
  const charts = (metrics: readonly MetricName[]) => (
    <div class="metrics">
      {metrics.map((metric) => (
        <Chart
          key={metric.key}
          metric={metric}
          lines={runs.flatMap((each) => lineOf(each, metric.key))}
          smoothing={smoothing}
          logarithmic={logarithmic && !metric.share}
        />
      ))}
    </div>
  );
  return (
    <>
      <div class="train-tools">
        <label class="slider">
          Smoothing
          <input
            type="range"
            min={0}
            max={0.98}
            step={0.02}
            value={smoothing}
            onInput={(event) => setSmoothing(Number(event.currentTarget.value))}
          />
          <output>{smoothing === 0 ? 'none' : smoothing.toFixed(2)}</output>
        </label>
        <fieldset class="pills">
          <legend class="unseen">Vertical axis</legend>
          {[false, true].map((log) => (
            <label key={String(log)} class="pill">
              <input
                type="radio"
                name="axis"
                checked={logarithmic === log}
                onChange={() => setLogarithmic(log)}
              />
              {log ? 'logarithmic' : 'linear'}
            </label>
          ))}
        </fieldset>
        <p class="quiet hint">Drag over a curve to look closer, double-click to see all of it.</p>
      </div>
      {charts(main)}
      {further.length > 0 && (
        <details class="further">
          <summary>{further.length} more</summary>
          {charts(further)}
        </details>
      )}
    </>
  );
}

function lineOf({ run, colour }: CurvesProps['runs'][number], key: string): ChartLine[] {
  const series = run.metrics.series.get(key);
  if (!series) return [];
  const low = run.metrics.series.get(`${key}Low`);
  const high = run.metrics.series.get(`${key}High`);
  return [{ run: run.name, colour, series, ...(low && high && { interval: { low, high } }) }];
}
